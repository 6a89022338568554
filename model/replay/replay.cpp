// SPDX-License-Identifier: Apache-2.0
// What callers see of the replay.
#include "model/replay/replay.h"

#include "model/replay/machine.h"

namespace systoliq::model {

Replayer::Replayer() : machine_(std::make_unique<Machine>()) {}
Replayer::~Replayer() = default;
Replayer::Replayer(Replayer&&) noexcept = default;
Replayer& Replayer::operator=(Replayer&&) noexcept = default;

const ReplayResult& Replayer::run(const ReplayPlan& plan) { return machine_->run(plan); }
std::int64_t Replayer::cycles(const ReplayPlan& plan) { return machine_->cycles(plan); }

ReplayResult replay_commands(const ReplayPlan& plan) { return Replayer().run(plan); }

}  // namespace systoliq::model
