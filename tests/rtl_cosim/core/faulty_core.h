// SPDX-License-Identifier: Apache-2.0
// A compute core with faults that a test puts in.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rtl_cosim/core/core_device.h"

namespace systoliq::rtl {

class FaultyCore final : public CoreDevice {
 public:
  int late_end = 0, late_write = 0;  ///< cycles; of every command's end and first write
  int flipped_weight = -1;           ///< word whose lowest bit in column 0 is not the one that is loaded
  int wrong_address = -1;            ///< of accumulators, that every command gets instead of its own

  explicit FaultyCore(std::unique_ptr<CoreDevice> core) : core_(std::move(core)) {}
  const std::string& name() const override { return core_->name(); }
  const model::AcceleratorConfig& config() const override { return core_->config(); }
  void reset() override { core_->reset(); }
  void load(model::Storage& state) override {
    if (flipped_weight >= 0) state.weights.words(flipped_weight)[0] ^= 1;
    core_->load(state);
    if (flipped_weight >= 0) state.weights.words(flipped_weight)[0] ^= 1;
  }
  CoreRun execute(const model::Command& command, int idle, int ungranted, std::int64_t limit) override {
    model::Command given = command;
    if (wrong_address >= 0) std::get<model::Execute>(given.body).accumulator_address = wrong_address;
    CoreRun run = core_->execute(given, idle, ungranted, limit);
    run.cycles += late_end;
    if (!run.writes.empty()) run.writes.front().cycle += late_write;
    return run;
  }
  CoreSequence execute(const std::vector<CoreOffer>& offers, std::int64_t limit) override {
    CoreSequence sequence = core_->execute(offers, limit);
    sequence.ends.back() += late_end;
    if (!sequence.writes.empty()) sequence.writes.back().cycle += late_write;
    return sequence;
  }
  std::vector<std::int64_t> accumulators() const override { return core_->accumulators(); }
  void trace(DeviceTrace* trace) override { core_->trace(trace); }
  std::int64_t cycle() const override { return core_->cycle(); }

 private:
  std::unique_ptr<CoreDevice> core_;
};

}  // namespace systoliq::rtl
