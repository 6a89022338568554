// SPDX-License-Identifier: Apache-2.0
// LOAD and STORE: rules 8 and 10 to 22 of docs/timing.md.
#include <algorithm>
#include <string>

#include "model/replay/machine.h"
#include "types/error.h"

namespace systoliq::model {

void Replayer::Machine::refuse_burst(const Burst& burst) const {
  throw InternalError("memory refuses " + std::to_string(burst.bytes) + " bytes at address " +
                      std::to_string(burst.address));
}

void Replayer::Machine::start_load(std::size_t index, std::int64_t cycle) {
  const PlannedCommand& load = command(index);
  const std::int64_t first_write = std::max(cycle, last_load_end_);
  const std::int64_t next_write = first_write + load.lead_words;
  request_ = {true, index, load.first_run, load.end_run, 0, cycle, first_write, next_write, next_write};
  state(Engine::kLoad).free_from = cycle + 1;
  if (load.first_run == load.end_run && !load.refused) return finish_load();
  reschedule_load();
}

void Replayer::Machine::reschedule_load() {
  schedule(kLoadAddress, read_.next_accept(std::max(request_.start, drained_.oldest() + 1)));
}

/// Accepts addresses as long as no fetch can come between.
void Replayer::Machine::accept_load_addresses() {
  const std::int64_t last = std::max(earliest_fetch(), due(kLoadAddress));
  for (;;) {
    const std::int64_t accept = read_.next_accept(std::max(request_.start, drained_.oldest() + 1));
    if (accept > last) return schedule(kLoadAddress, accept);
    if (request_.run == request_.end_run) refuse_burst(plan_->refused_burst(request_.index));
    const BurstRun& run = plan_->runs()[request_.run];
    const Following following = accept_read(run, accept);
    if (following.bursts > 0) skip_alike(run, following, last);
    if (request_.accepted < run.count) continue;
    request_.accepted = 0;
    if (++request_.run == request_.end_run && !command(request_.index).refused) break;
  }
  state(Engine::kLoad).free_from = read_.last_accept + 1;
  finish_load();
  schedule_end(static_cast<std::size_t>(Engine::kLoad));
  schedule_start(static_cast<std::size_t>(Engine::kLoad));
}

/// What a burst does depends on the last `outstanding` ones, on last_accept and on next_write, and it shifts with them.
/// So once all of these have shifted alike, by the same bursts, they do for ever after, until a fetch comes between.
/// Either from burst to burst: then the last ones lie at one distance. Or from wave to wave. The LOAD's start must not
/// have decided, since it does not shift.
Replayer::Machine::Following Replayer::Machine::accept_read(const BurstRun& burst, std::int64_t accept) {
  const std::int64_t first = std::max(accept + memory_.latency_cycles, read_.last_beat + 1);
  const std::int64_t last = first + burst.beats - 1;
  std::int64_t next_write = request_.next_write;
  if (burst.words > 0) next_write = std::max(next_write + burst.words, first + burst.lag);
  const std::int64_t drained = std::max({last, next_write - 1, request_.first_write});
  const std::int64_t distance = accept - read_.last_accept;
  reads_.note(distance, last - read_.last_beat == distance && drained - last_drained_ == distance);
  const bool steady =
      reads_.bursts >= memory_.outstanding && next_write - request_.next_write == distance && accept > request_.start;
  bool wave = false;
  if (memory_.latency_cycles > (memory_.outstanding - 1) * burst.beats) {
    wave = waves_.note(last - read_.in_flight.oldest(), drained - drained_.oldest(), accept, next_write) &&
           waves_.bursts > memory_.outstanding && request_.accepted > memory_.outstanding;
  } else {
    waves_.bursts = 0;  // the bus limits the port
  }
  read_.last_accept = accept;
  read_.last_beat = last;
  read_.in_flight.push(last);
  request_.next_write = next_write;
  request_.end = std::max(next_write, last + 1);
  last_drained_ = drained;
  drained_.push(drained);
  ++request_.accepted;
  if (steady) return {1, distance};
  return wave ? Following{memory_.outstanding, waves_.distance} : Following{};
}

/// Goes on as is known, up to the last address that is accepted no later than in cycle `last`.
void Replayer::Machine::skip_alike(const BurstRun& run, const Following& following, std::int64_t last) {
  const std::int64_t times =
      std::min((run.count - request_.accepted) / following.bursts, (last - read_.last_accept) / following.cycles);
  if (times <= 0) return;
  const std::int64_t cycles = times * following.cycles;
  read_.last_accept += cycles;
  read_.last_beat += cycles;
  read_.in_flight.advance(cycles);
  drained_.advance(cycles);
  request_.next_write += cycles;
  request_.end += cycles;
  last_drained_ += cycles;
  request_.accepted += static_cast<std::int32_t>(times * following.bursts);
  waves_.bursts = 0;  // their cycles are not kept up
}

/// All addresses are accepted, so that the command's end is known.
void Replayer::Machine::finish_load() {
  unschedule(kLoadAddress);
  if (accounted_) {
    Activity& activity = accounts_.activity(Engine::kLoad);
    activity.busy(std::max(request_.start, activity.end()), request_.end);
  }
  EngineState& load = state(Engine::kLoad);
  load.begin({request_.index, request_.end});
  last_load_end_ = request_.end;
  load_ends_.push(request_.end);
  load.free_from = std::max(load.free_from, load_ends_.oldest());
  request_.active = false;
}

void Replayer::Machine::start_store(std::size_t index, std::int64_t cycle) {
  const PlannedCommand& store = command(index);
  next_read_ = std::max(next_read_, cycle);
  for (std::size_t r = store.first_run; r < store.end_run; ++r) accept_writes(plan_->runs()[r]);
  if (store.refused) refuse_burst(plan_->refused_burst(index));
  const std::int64_t complete = write_.last_beat + memory_.latency_cycles;
  if (accounted_) {
    Activity& activity = accounts_.activity(Engine::kStore);
    activity.busy(std::max(cycle, activity.end()), complete + 1);
  }
  state(Engine::kStore).free_from = write_.last_accept + 1;
  state(Engine::kStore).begin({index, complete + 1});
}

void Replayer::Machine::accept_writes(const BurstRun& run) {
  replay::Steadiness steady;
  for (std::int64_t left = run.count; left > 0;) {
    const std::int64_t read = std::max(next_read_, sent_.oldest() + 1) + run.words;
    const std::int64_t accept = write_.next_accept(read);
    const std::int64_t last = std::max(accept + 1, write_.last_beat + 1) + run.beats - 1;
    const std::int64_t distance = accept - write_.last_accept;
    steady.note(distance, read - next_read_ == distance && last - write_.last_beat == distance);
    --left;
    const bool skip = steady.bursts > memory_.outstanding;   // without the first, which the start may have decided
    const std::int64_t cycles = skip ? left * distance : 0;  // the bursts that are left go on as those before
    next_read_ = read + cycles;
    write_.last_accept = accept + cycles;
    write_.last_beat = last + cycles;
    write_.in_flight.push(last + memory_.latency_cycles);
    sent_.push(last);
    if (!skip) continue;
    write_.in_flight.advance(cycles);
    sent_.advance(cycles);
    return;
  }
}

}  // namespace systoliq::model
