// SPDX-License-Identifier: Apache-2.0
// Fetch and decode: rules 1 to 6 of docs/timing.md.
#include <algorithm>
#include <string>

#include "model/replay/machine.h"
#include "types/error.h"

namespace systoliq::model {
namespace {

constexpr std::size_t kFetchDepth = 8;  ///< commands fetched or being fetched and not yet decoded

}  // namespace

using replay::kNever;

/// The next command's fetch may be raised in `cycle` at the earliest; nothing where one is raised already.
void Replayer::Machine::request_fetch(std::int64_t cycle) {
  if (scheduled(kFetch) || requested_ == static_cast<std::size_t>(plan_->count())) return;
  if (requested_ - decoded_ < kFetchDepth) schedule(kFetch, std::max(cycle, last_request_));
}

/// A burst of a fetch: LOAD's address of cycle `raised` has gone before, that of the next cycle goes after.
void Replayer::Machine::fetch(std::int64_t raised) {
  unschedule(kFetch);
  if (raised >= stopped_) return;
  const auto number = static_cast<std::int64_t>(requested_);
  if (plan_->fetch_refused(number)) {
    std::vector<Burst> bursts;
    plan_->fetch_bursts(number, &bursts);
    const Burst& burst = bursts[fetch_burst_];
    if (!plan_->holds(burst)) refuse_burst(burst);
  }
  const std::vector<std::int32_t>& beats = plan_->fetch_beats(number);
  const std::int64_t accept = read_.next_accept(raised + 1);
  read_.last_accept = accept;
  read_.last_beat = std::max(accept + memory_.latency_cycles, read_.last_beat + 1) + beats[fetch_burst_] - 1;
  read_.in_flight.push(read_.last_beat);
  last_request_ = accept;
  reads_.bursts = waves_.bursts = 0;
  if (request_.active) reschedule_load();
  if (++fetch_burst_ < beats.size()) return schedule(kFetch, accept);
  fetch_burst_ = 0;
  decodable_[requested_ % kFetchDepth] = read_.last_beat + 1;
  ++requested_;
  if (requested_ == decoded_ + 1 && waiting_ == Waiting::kNothing) schedule_decode(next_decode_);
  request_fetch(accept);
}

/// The head is decoded, or looked at again, in cycle `from` at the earliest.
void Replayer::Machine::schedule_decode(std::int64_t from) {
  schedule(kDecode, std::max(from, decodable_[decoded_ % kFetchDepth]));
}

void Replayer::Machine::decode(std::int64_t cycle) {
  unschedule(kDecode);
  if (decoded_ == plan_->commands().size()) {
    check(plan_->has_bad(), "a command was decoded that the plan does not hold");
    stopped_ = cycle;
    return;
  }
  const PlannedCommand& next = command(decoded_);
  if (next.opcode == Opcode::kHalt || next.opcode == Opcode::kFence) return take_in_decoder(next, cycle);
  if (enqueue(next, cycle)) decoded(cycle);
}

void Replayer::Machine::take_in_decoder(const PlannedCommand& next, std::int64_t cycle) {
  waiting_ = Waiting::kIdle;
  if (accounts_.in_flight() != 0) return;
  accounts_.executed_by_decoder(next.layer, cycle);
  result_.command_start_cycle[decoded_] = cycle;
  last_end_ = cycle + 1;
  if (next.opcode == Opcode::kHalt) {
    total_ = cycle + 1;
    return;
  }
  decoded(cycle);
}

/// False where the queue has no place in this cycle; that of a command which starts in it is free in the next.
bool Replayer::Machine::enqueue(const PlannedCommand& next, std::int64_t cycle) {
  const std::size_t engine = static_cast<std::size_t>(next.opcode) - static_cast<std::size_t>(Opcode::kLoad);
  EngineState& state = engines_[engine];
  const bool popped_now = state.last_pop == cycle;
  if (state.queue_size + (popped_now ? 1 : 0) >= kQueueDepth) {
    waiting_ = Waiting::kSpace;
    awaited_engine_ = engine;
    if (popped_now) schedule_decode(cycle + 1);
    return false;
  }
  state.enqueue({decoded_, cycle + 1});
  accounts_.dispatched(next.layer);
  if (state.queue_size == 1) schedule_start(engine);
  return true;
}

void Replayer::Machine::decoded(std::int64_t cycle) {
  waiting_ = Waiting::kNothing;
  ++decoded_;
  next_decode_ = cycle + 1;
  if (decoded_ < requested_) schedule_decode(next_decode_);
  request_fetch(cycle);
}

/// No fetch that is not known yet is raised before this cycle, while a LOAD has addresses to be accepted.
std::int64_t Replayer::Machine::earliest_fetch() const {
  if (scheduled(kFetch)) return due(kFetch);
  if (requested_ == static_cast<std::size_t>(plan_->count()) || stopped_ != kNever) return kNever;
  if (scheduled(kDecode)) return std::max(due(kDecode), last_request_);
  // The decoder waits: for all engines, hence for this LOAD, or for a place in a queue.
  if (waiting_ != Waiting::kSpace || awaited_engine_ == static_cast<std::size_t>(Engine::kLoad)) return kNever;
  if (scheduled(kStart + awaited_engine_)) return std::max(due(kStart + awaited_engine_) + 1, last_request_);
  // That engine waits for a token: from this LOAD or from what happens next.
  std::int64_t next = kNever;
  for (std::size_t event = 0; event < kDecode; ++event) next = std::min(next, due(event));
  return std::max(next + 1, last_request_);
}

std::string Replayer::Machine::describe_decoder() const {
  const std::string text = "command " + std::to_string(decoded_);
  if (waiting_ == Waiting::kIdle) return text + " (FENCE or HALT) waits for the engines to end";
  if (waiting_ == Waiting::kSpace) return text + " waits for a place in its engine's queue";
  return plan_->ends_without_halt() ? "" : "the commands end without HALT";
}

}  // namespace systoliq::model
