// SPDX-License-Identifier: Apache-2.0
// The loop over events, and how commands start and end.
#include "model/replay/machine.h"

#include <algorithm>
#include <string>

#include "types/error.h"
#include "types/util/cancellation.h"

namespace systoliq::model {

using replay::kNever;

void Replayer::Machine::reset(const ReplayPlan& plan) {
  plan_ = &plan;
  memory_ = plan.config().memory;
  const auto slots = static_cast<std::size_t>(memory_.outstanding);
  for (std::size_t event = 0; event < kEvents; ++event) unschedule(event);
  for (EngineState& engine : engines_) engine.reset(std::max<std::size_t>(slots + 2, kExecutesInFlight));
  flow_.clear();
  filling_ = {};
  for (std::size_t s = 0; s < kSemaphores; ++s) {
    tokens_[s].clear();
    for (int i = 0; i < plan.first_tokens()[s]; ++i) tokens_[s].insert({0, StallCause::kOther});
  }
  accounts_.clear(plan.layers().size());
  for (std::size_t i = 0; accounted_ && i < plan.layers().size(); ++i) {
    accounts_.layer(static_cast<std::int32_t>(i)) = plan.layers()[i];
  }
  result_.command_start_cycle.assign(static_cast<std::size_t>(plan.count()), 0);
  requested_ = fetch_burst_ = decoded_ = 0;
  last_request_ = next_decode_ = 0;
  waiting_ = Waiting::kNothing;
  total_ = -1;
  stopped_ = kNever;
  last_end_ = 0;
  read_.reset(memory_.outstanding);
  write_.reset(memory_.outstanding);
  drained_.reset(slots);
  sent_.reset(slots);
  load_ends_.reset(slots + 1);
  request_ = {};
  last_load_end_ = last_drained_ = next_read_ = 0;
  reads_ = {};
  waves_.reset(slots);
}

const ReplayResult& Replayer::Machine::run(const ReplayPlan& plan) {
  accounted_ = true;
  const std::int64_t cycles = go(plan);
  accounts_.finish(cycles, plan.config(), &result_.run);
  return result_;
}

std::int64_t Replayer::Machine::cycles(const ReplayPlan& plan) {
  accounted_ = false;
  return go(plan);
}

std::int64_t Replayer::Machine::go(const ReplayPlan& plan) {
  reset(plan);
  request_fetch(0);
  while (total_ < 0) {
    std::size_t next = 0;
    for (std::size_t event = 1; event < kEvents; ++event) {
      if (due_[event] < due_[next]) next = event;
    }
    if (!scheduled(next)) break;
    step(next, due(next));
  }
  if (total_ < 0 && stopped_ != kNever) end_by_bad_command();
  if (total_ < 0 && !all_done()) report_deadlock();
  return total_ < 0 ? last_end_ : total_;
}

void Replayer::Machine::step(std::size_t event, std::int64_t cycle) {
  if (event == kDecode) return decode(cycle);
  if (event == kLoadAddress) return accept_load_addresses();
  if (event == kFetch) return fetch(cycle);
  if (event == kStream) return begin_stream(cycle);
  if (event < kStart) return end(event - kEnd, cycle);
  start(event - kStart, cycle);
}

/// A part of a program has ended.
bool Replayer::Machine::all_done() const {
  return plan_->ends_without_halt() && decoded_ == plan_->commands().size() && accounts_.in_flight() == 0;
}

void Replayer::Machine::schedule_start(std::size_t engine) {
  const EngineState& state = engines_[engine];
  unschedule(kStart + engine);
  if (state.queue_size == 0 || (engine == static_cast<std::size_t>(Engine::kLoad) && request_.active)) return;
  const PlannedCommand& next = command(state.head().index);
  std::int64_t from = std::max(state.head().visible, state.free_from);
  if (engine == static_cast<std::size_t>(Engine::kExecute)) {
    if (filling_.active) return;
    from = std::max(from, flow_.start_from(next.execute));
  }
  schedule(kStart + engine, std::max(from, there(next.wait)));
}

/// From when on all tokens of the mask are there; kNever: some are not.
std::int64_t Replayer::Machine::there(std::uint16_t mask) const {
  std::int64_t from = 0;
  for (std::size_t s = 0; mask >> s != 0; ++s) {
    if ((mask >> s & 1) == 0) continue;
    if (tokens_[s].count() == 0) return kNever;
    from = std::max(from, tokens_[s].front().time);
  }
  return from;
}

void Replayer::Machine::schedule_end(std::size_t engine) {
  const EngineState& state = engines_[engine];
  if (state.flying_size == 0) return unschedule(kEnd + engine);
  schedule(kEnd + engine, state.oldest().end);
}

/// The last to have arrived of the tokens taken, of equals that of the lowest semaphore.
replay::Token Replayer::Machine::take(std::uint16_t mask) {
  replay::Token last = {-1, StallCause::kOther};
  for (std::size_t s = 0; mask >> s != 0; ++s) {
    if ((mask >> s & 1) == 0) continue;
    if (tokens_[s].front().time > last.time) last = tokens_[s].front();
    tokens_[s].pop();
  }
  return last;
}

void Replayer::Machine::start(std::size_t engine, std::int64_t cycle) {
  throw_if_canceled();
  EngineState& state = engines_[engine];
  if (cycle > stopped_) return unschedule(kStart + engine);
  const EngineState::Queued queued = state.head();
  const replay::Token last = take(command(queued.index).wait);
  const StallCause cause = last.time == cycle ? last.cause : StallCause::kMemory;
  if (engine == static_cast<std::size_t>(Engine::kExecute)) {
    filling_ = {true, queued.index, queued.visible, cycle, cause};
  } else if (accounted_) {
    Activity& activity = accounts_.activity(static_cast<Engine>(engine));
    const std::int64_t waited_from = std::max(queued.visible, activity.end());
    if (cycle > waited_from) activity.stall(waited_from, cycle, cause);
  }
  state.dequeue(cycle);
  result_.command_start_cycle[queued.index] = cycle;
  if (accounted_) accounts_.started(static_cast<int>(queued.index), cycle);
  const bool awaited = waiting_ == Waiting::kSpace && awaited_engine_ == engine;
  if (awaited && !scheduled(kDecode)) schedule_decode(cycle + 1);
  switch (static_cast<Engine>(engine)) {
    case Engine::kLoad:
      start_load(queued.index, cycle);
      break;
    case Engine::kExecute:
      schedule_stream();
      break;
    case Engine::kPost:
      start_post(queued.index, cycle);
      break;
    case Engine::kStore:
      start_store(queued.index, cycle);
      break;
  }
  schedule_end(engine);
  schedule_start(engine);
}

void Replayer::Machine::schedule_stream() {
  unschedule(kStream);
  if (!filling_.active) return;
  const PlannedCommand& next = command(filling_.index);
  schedule(kStream, std::max(flow_.take_from(next.execute, filling_.start), there(next.stream_wait)));
}

/// EXECUTE's rules are those of ExecuteFlow.
void Replayer::Machine::begin_stream(std::int64_t cycle) {
  unschedule(kStream);
  if (cycle > stopped_) return;
  const PlannedCommand& next = command(filling_.index);
  const replay::Token last = take(next.stream_wait);
  const ExecuteTimes& times = flow_.begin(next.execute, filling_.start, cycle);
  if (accounted_) {
    const StallCause cause = last.time == cycle ? last.cause : StallCause::kMemory;
    accounts_.activity(Engine::kExecute).execute(filling_.visible, times, next.execute.ideal, filling_.cause, cause);
  }
  EngineState& execute = state(Engine::kExecute);
  execute.begin({filling_.index, times.end});
  filling_.active = false;
  const auto engine = static_cast<std::size_t>(Engine::kExecute);
  schedule_end(engine);
  schedule_start(engine);
}

void Replayer::Machine::start_post(std::size_t index, std::int64_t cycle) {
  const std::int64_t end = cycle + command(index).execute.stream;
  if (accounted_) accounts_.activity(Engine::kPost).busy(cycle, end);
  state(Engine::kPost).free_from = end;
  state(Engine::kPost).begin({index, end});
}

void Replayer::Machine::end(std::size_t engine, std::int64_t cycle) {
  const std::size_t index = engines_[engine].oldest().index;
  engines_[engine].end();
  signal(command(index).signal, {cycle, command(index).cause}, engine, index);
  accounts_.ended(static_cast<int>(index), cycle);
  last_end_ = std::max(last_end_, cycle);
  schedule_end(engine);
  if (accounts_.in_flight() == 0 && waiting_ == Waiting::kIdle) schedule_decode(cycle);
}

void Replayer::Machine::signal(std::uint16_t mask, const replay::Token& token, std::size_t engine, std::size_t index) {
  if (mask == 0) return;
  for (std::size_t s = 0; mask >> s != 0; ++s) {
    if ((mask >> s & 1) == 0) continue;
    if (tokens_[s].count() == kSemaphoreMax) {
      refuse_signal(static_cast<int>(s), token.time, static_cast<Engine>(engine), static_cast<int>(index));
    }
    tokens_[s].insert(token);
  }
  for (std::size_t waiting = 0; waiting < kEngines; ++waiting) {
    const EngineState& state = engines_[waiting];
    if (state.queue_size != 0 && (command(state.head().index).wait & mask) != 0) schedule_start(waiting);
  }
  if (filling_.active && (command(filling_.index).stream_wait & mask) != 0) schedule_stream();
}

/// Started commands have finished; those in the queues were dropped in the cycle after the bad one was found.
void Replayer::Machine::end_by_bad_command() {
  const bool dropped = filling_.active || std::any_of(engines_.begin(), engines_.end(),
                                                      [](const EngineState& engine) { return engine.queue_size != 0; });
  CommandError error = plan_->bad(std::max({last_end_, stopped_, dropped ? stopped_ + 1 : 0}) + 1);
  error.keep({{}, accounts_.command_end_cycle()});
  throw error;
}

void Replayer::Machine::report_deadlock() const {
  std::string text = describe_decoder();
  const auto tell = [&](Engine engine, std::size_t index, unsigned missing) {
    for (std::size_t s = 0; s < kSemaphores; ++s) {
      if (tokens_[s].count() != 0) missing &= ~(1U << s);
    }
    if (missing == 0) return;
    text += (text.empty() ? "" : "; ") + std::string(engine_name(engine)) + " command " + std::to_string(index) +
            " waits for " + semaphore_list(static_cast<std::uint16_t>(missing));
  };
  for (std::size_t engine = 0; engine < kEngines; ++engine) {
    const EngineState& state = engines_[engine];
    const auto kind = static_cast<Engine>(engine);
    if (kind == Engine::kExecute && filling_.active) {
      tell(kind, filling_.index, command(filling_.index).stream_wait);
    } else if (state.queue_size != 0) {
      tell(kind, state.head().index, command(state.head().index).wait);
    }
  }
  throw InternalError("deadlock: " + text);
}

}  // namespace systoliq::model
