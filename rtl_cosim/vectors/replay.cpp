// SPDX-License-Identifier: Apache-2.0
// Each kind of command by the model's own data path.
#include "rtl_cosim/vectors/replay.h"

#include <cstring>
#include <utility>

#include "model/accounting/access_counts.h"
#include "model/functional/execute.h"
#include "model/functional/load_store.h"
#include "model/functional/post.h"
#include "model/timing/memory_timing.h"

namespace systoliq::rtl {

Replay::Replay(const model::Program& program, const model::AcceleratorConfig& config, std::vector<std::uint8_t> memory)
    : program_(program) {
  state_.configure(config);
  state_.memory = std::move(memory);
}

void Replay::step() {
  std::visit([this](const auto& body) { execute(body); }, command().body);
  ++next_;
}

void Replay::execute(const model::Load& load) {
  std::vector<std::uint8_t> bytes;
  for (const model::Burst& burst : model::load_bursts(load, state_.config.memory)) {
    const std::uint8_t* source = state_.memory_at(burst.address, burst.bytes);
    bytes.insert(bytes.end(), source, source + burst.bytes);
  }
  model::apply_load(state_, load, bytes.data());
}

void Replay::execute(const model::Execute& execute) {
  model::compute_execute(state_, execute, &staged_, &counters_);
  model::commit_execute(state_, execute, staged_);
}

void Replay::execute(const model::Post& post) {
  model::compute_post(state_, post, &staged_, &counters_);
  model::commit_post(state_, staged_);
}

void Replay::execute(const model::Store& store) {
  model::compute_store(state_, store, &staged_);
  const std::uint8_t* source = staged_.bytes.data();
  for (const model::Burst& burst : model::store_bursts(store, state_.config.memory)) {
    std::memcpy(state_.memory_at(burst.address, burst.bytes), source, static_cast<std::size_t>(burst.bytes));
    source += burst.bytes;
  }
}

}  // namespace systoliq::rtl
