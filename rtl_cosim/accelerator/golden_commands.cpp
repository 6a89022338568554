// SPDX-License-Identifier: Apache-2.0
// Execution of commands one after the other, with a record of what each wrote.
#include "rtl_cosim/accelerator/golden_commands.h"

#include <cstring>
#include <utility>

#include "model/functional/execute.h"
#include "model/functional/load_store.h"
#include "model/functional/post.h"
#include "model/isa/memory_records.h"
#include "model/timing/memory_timing.h"

namespace systoliq::rtl {
namespace {

std::int64_t param_lane(const model::ParamEntry& entry, int lane) {
  if (lane % 2 == 0) return entry.bias;
  const std::uint64_t low = static_cast<std::uint32_t>(entry.multiplier);
  return static_cast<std::int64_t>(std::uint64_t{static_cast<std::uint32_t>(entry.shift)} << 32 | low);
}

}  // namespace

std::int64_t held_lane(model::Storage& state, const std::vector<std::uint8_t>& memory, Store where,
                       std::int64_t address, int lane) {
  switch (where) {
    case Store::kActivation:
      return state.activations.words(address)[lane];
    case Store::kWeight:
      return state.weights.words(address)[lane];
    case Store::kParam:
      return param_lane(state.params.words(address)[lane / 2], lane);
    case Store::kAccumulator:
      return state.accumulators.words(address)[lane];
    case Store::kMemory:
      break;
  }
  return memory.at(static_cast<std::size_t>(address + lane));
}

GoldenCommands::GoldenCommands(const model::Program& program, const model::AcceleratorConfig& config,
                               std::vector<std::uint8_t> memory)
    : program_(program) {
  state_.configure(config);
  state_.memory = std::move(memory);
}

CommandWrites GoldenCommands::take(std::size_t index) {
  while (first_ + results_.size() <= index) results_.push_back(execute(first_ + results_.size()));
  CommandWrites writes = std::move(results_[index - first_]);
  results_[index - first_].pieces.clear();
  while (!results_.empty() && results_.front().pieces.empty()) {
    results_.pop_front();
    ++first_;
  }
  return writes;
}

CommandWrites GoldenCommands::execute(std::size_t index) {
  if (skipped_.count(index) != 0) return {};
  const model::Command& command = program_.commands[index];
  if (const auto* each = std::get_if<model::Load>(&command.body)) return load(*each);
  if (const auto* each = std::get_if<model::Execute>(&command.body)) return execute(*each);
  if (const auto* each = std::get_if<model::Post>(&command.body)) return post(*each);
  if (const auto* each = std::get_if<model::Store>(&command.body)) return store(*each);
  return {};
}

CommandWrites GoldenCommands::load(const model::Load& load) {
  std::vector<std::uint8_t> bytes;
  for (const model::Burst& burst : model::load_bursts(load, state_.config.memory)) {
    const std::uint8_t* source = state_.memory_at(burst.address, burst.bytes);
    bytes.insert(bytes.end(), source, source + burst.bytes);
  }
  model::apply_load(state_, load, bytes.data());
  return loaded_lanes(load);
}

CommandWrites GoldenCommands::loaded_lanes(const model::Load& load) {
  const model::AcceleratorConfig& config = state_.config;
  CommandWrites writes;
  int first = 0;
  int count = config.array.cols;
  switch (static_cast<model::LoadTarget>(load.target)) {
    case model::LoadTarget::kActivation:
      writes = {Store::kActivation, config.datatypes.activation_bits, {}};
      count = config.array.rows;
      if (load.pack_kernel_width != 0 && load.clear_lanes == 0) {
        first = load.lane_offset;
        count = load.pack_kernel_width * load.pack_channels;
      }
      break;
    case model::LoadTarget::kWeight:
      writes = {Store::kWeight, config.datatypes.weight_bits, {}};
      break;
    case model::LoadTarget::kParam:
      writes = {Store::kParam, 64, {}};
      count *= 2;
      break;
  }
  for (int y = 0; y < load.rows; ++y) {
    for (std::int64_t x = 0; x < model::row_words(load); ++x) {
      WrittenLanes piece;
      piece.address = load.buffer_address + std::int64_t{y} * load.buffer_row_pitch + x * load.buffer_word_pitch;
      piece.lane = first;
      for (int i = 0; i < count; ++i) {
        piece.values.push_back(held_lane(state_, state_.memory, writes.where, piece.address, first + i));
      }
      writes.pieces.push_back(std::move(piece));
    }
  }
  return writes;
}

CommandWrites GoldenCommands::execute(const model::Execute& execute) {
  model::compute_execute(state_, execute, &staged_, &counters_);
  model::commit_execute(state_, execute, staged_);
  CommandWrites writes{Store::kAccumulator, state_.config.datatypes.accumulator_bits, {}};
  const std::int64_t pixels = std::int64_t{execute.output_height} * execute.output_width;
  for (std::int64_t p = 0; p < pixels; ++p) {
    const std::int64_t* word = state_.accumulators.words(execute.accumulator_address + p);
    writes.pieces.push_back({execute.accumulator_address + p, 0, {word, word + execute.valid_columns}});
  }
  return writes;
}

CommandWrites GoldenCommands::post(const model::Post& post) {
  model::compute_post(state_, post, &staged_, &counters_);
  model::commit_post(state_, staged_);
  CommandWrites writes{Store::kActivation, state_.config.datatypes.activation_bits, {}};
  const int rows = state_.config.array.rows;
  for (const model::StagedRun& run : staged_.runs) {
    for (int piece = 0; piece < run.repeat; ++piece) {
      const std::int64_t word = run.address + std::int64_t{piece} * run.pitch;
      for (int done = 0; done < run.count;) {  // a run may cross words
        const int lane = (run.lane + done) % rows;
        const std::int64_t address = word + (run.lane + done) / rows;
        const int count = std::min(run.count - done, rows - lane);
        const std::int16_t* values = state_.activations.words(address) + lane;
        writes.pieces.push_back({address, lane, {values, values + count}});
        done += count;
      }
    }
  }
  return writes;
}

CommandWrites GoldenCommands::store(const model::Store& store) {
  model::compute_store(state_, store, &staged_);
  CommandWrites writes{Store::kMemory, 8, {}};
  const std::uint8_t* source = staged_.bytes.data();
  const std::vector<model::Burst> bursts = model::store_bursts(store, state_.config.memory);
  for (const model::Burst& burst : bursts) {
    std::memcpy(state_.memory_at(burst.address, burst.bytes), source, static_cast<std::size_t>(burst.bytes));
    source += burst.bytes;
  }
  for (const model::Burst& burst : bursts) {  // rows may lie on top of each other
    const std::uint8_t* written = state_.memory_at(burst.address, burst.bytes);
    writes.pieces.push_back({burst.address, 0, {written, written + burst.bytes}});
  }
  return writes;
}

}  // namespace systoliq::rtl
