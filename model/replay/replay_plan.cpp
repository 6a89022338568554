// SPDX-License-Identifier: Apache-2.0
// Judges and prepares commands, once for every plan.
#include "model/replay/replay_plan.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "model/accounting/access_counts.h"
#include "model/isa/command_decoder.h"
#include "types/error.h"

namespace systoliq::model {
namespace {

StallCause cause_of(const Load& load) {
  return static_cast<LoadTarget>(load.target) == LoadTarget::kWeight ? StallCause::kWeights : StallCause::kMemory;
}

}  // namespace

ReplayPlan::ReplayPlan(const AcceleratorConfig& config, std::int64_t command_address, std::int64_t count,
                       std::size_t layers, std::int64_t memory_bytes)
    : config_(config), command_address_(command_address), count_(count), memory_bytes_(memory_bytes) {
  const auto power_of_two = [](int value) { return value > 0 && (value & (value - 1)) == 0; };
  check(power_of_two(config.memory.bytes_per_cycle) && power_of_two(config.memory.burst_bytes),
        "a replay needs a validated configuration");
  layers_.resize(std::max<std::size_t>(layers, 1));
  const std::int64_t held = std::max<std::int64_t>(0, memory_bytes - command_address) / kCommandBytes;
  fetched_end_ = std::min(held, count);
  // Where commands begin within a burst repeats after this many.
  const std::int64_t period = std::max(1, config.memory.burst_bytes / kCommandBytes);
  std::vector<Burst> bursts;
  for (std::int64_t i = 0; i < period; ++i) {
    bursts.clear();
    fetch_bursts(i, &bursts);
    std::vector<std::int32_t>& beats = fetch_beats_.emplace_back();
    for (const Burst& burst : bursts) beats.push_back(static_cast<std::int32_t>(beat_count(burst, config.memory)));
  }
}

ReplayPlan::ReplayPlan(const Program& program, const AcceleratorConfig& config)
    : ReplayPlan(config, program.command_address, static_cast<std::int64_t>(program.commands.size()),
                 program.layer_names.size(), kNoLimit) {
  CommandDecoder decoder(config);
  commands_.reserve(program.commands.size());
  for (const Command& command : program.commands) {
    if (!accepts(encode(command), &decoder)) return;
    add(command);
  }
}

ReplayPlan::ReplayPlan(const Program& program, const AcceleratorConfig& config, const std::vector<std::uint8_t>& memory)
    : ReplayPlan(config, program.command_address, static_cast<std::int64_t>(program.commands.size()),
                 program.layer_names.size(), static_cast<std::int64_t>(memory.size())) {
  CommandDecoder decoder(config);
  commands_.reserve(static_cast<std::size_t>(fetched_end_));
  for (std::int64_t i = 0; i < fetched_end_; ++i) {
    CommandWords words;
    std::memcpy(words.data(), memory.data() + command_address_ + i * kCommandBytes, kCommandBytes);
    if (!accepts(words, &decoder)) return;
    add(decode(words));
  }
}

ReplayPlan ReplayPlan::part(const std::vector<Command>& commands, const AcceleratorConfig& config, std::size_t layers,
                            std::int64_t command_address) {
  ReplayPlan plan(config, command_address, static_cast<std::int64_t>(commands.size()), layers, kNoLimit);
  plan.part_ = true;
  CommandDecoder decoder(config);
  plan.commands_.reserve(commands.size());
  for (const Command& command : commands) {
    if (std::holds_alternative<Halt>(command.body)) throw InternalError("a part of a program holds a HALT");
    if (!plan.accepts(encode(command), &decoder)) throw plan.bad(-1);
    plan.add(command);
  }
  plan.find_first_tokens();
  return plan;
}

ReplayPlan ReplayPlan::unjudged_part(const std::vector<Command>& commands, const AcceleratorConfig& config,
                                     std::size_t layers) {
  ReplayPlan plan(config, 0, static_cast<std::int64_t>(commands.size()), layers, kNoLimit);
  plan.part_ = true;
  plan.commands_.reserve(commands.size());
  for (const Command& command : commands) plan.add(command);
  plan.find_first_tokens();
  return plan;
}

void ReplayPlan::find_first_tokens() {
  std::array<int, kSemaphores> held{};
  for (const PlannedCommand& command : commands_) {
    for (std::size_t s = 0; s < kSemaphores; ++s) {
      const int taken = (command.wait >> s & 1) + (command.stream_wait >> s & 1);
      first_tokens_[s] += std::max(0, taken - held[s]);
      check(first_tokens_[s] <= kSemaphoreMax, "a part of a program waits for more tokens than a semaphore holds");
      held[s] = std::max(0, held[s] - taken) + (command.signal >> s & 1);
    }
  }
}

bool ReplayPlan::accepts(const CommandWords& words, CommandDecoder* decoder) {
  const Verdict verdict = decoder->check(words);
  if (verdict.bad()) bad_ = decoder->error(static_cast<std::int64_t>(commands_.size()), words, verdict, -1);
  return !verdict.bad();
}

LayerCounters& ReplayPlan::layer(std::int32_t index) {
  if (static_cast<std::size_t>(index) >= layers_.size()) layers_.resize(static_cast<std::size_t>(index) + 1);
  return layers_[static_cast<std::size_t>(index)];
}

void ReplayPlan::add(const Command& command) {
  PlannedCommand planned;
  planned.opcode = static_cast<Opcode>(command.body.index());
  planned.wait = command.wait;
  planned.signal = command.signal;
  planned.layer = command.layer;
  planned.first_run = planned.end_run = runs_.size();
  LayerCounters& counters = layer(command.layer);
  const auto bursts = [&](const auto& body, const BurstSummary& summary) {
    count_accesses(body, summary.totals, &counters);
    planned.end_run = runs_.size();
    planned.lead_words = summary.lead_words;
    planned.refused = summary.refused.has_value();
    if (summary.refused) refused_.push_back({commands_.size(), *summary.refused});
  };
  if (const auto* load = std::get_if<Load>(&command.body)) {
    planned.cause = cause_of(*load);
    bursts(*load, append_runs(*load, config_.memory, memory_bytes_, &runs_));
  } else if (const auto* store = std::get_if<Store>(&command.body)) {
    planned.cause = StallCause::kMemory;
    bursts(*store, append_runs(*store, config_, memory_bytes_, &runs_));
  } else if (const auto* execute = std::get_if<Execute>(&command.body)) {
    planned.cause = StallCause::kAccumulators;
    planned.execute = execute_timing(*execute, config_);
    planned.stream_wait = static_cast<std::uint16_t>(execute->stream_wait);
    count_accesses(*execute, config_, &counters);
  } else if (const auto* post = std::get_if<Post>(&command.body)) {
    planned.cause = StallCause::kPost;
    planned.execute.stream = post_cycles(*post, config_);
    count_accesses(*post, config_, &counters);
  }
  commands_.push_back(planned);
}

void ReplayPlan::fetch_bursts(std::int64_t index, std::vector<Burst>* bursts) const {
  append_bursts(command_address_ + index * kCommandBytes, kCommandBytes, config_.memory, bursts);
}

Burst ReplayPlan::refused_burst(std::size_t index) const {
  for (const Refused& refused : refused_) {
    if (refused.command == index) return refused.burst;
  }
  throw InternalError("the memory refuses nothing to command " + std::to_string(index));
}

}  // namespace systoliq::model
