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
    accept_read(run, accept);
    if (++request_.accepted < run.count) continue;
    request_.accepted = 0;
    if (++request_.run == request_.end_run && !command(request_.index).refused) break;
  }
  state(Engine::kLoad).free_from = read_.last_accept + 1;
  finish_load();
  schedule_end(static_cast<std::size_t>(Engine::kLoad));
  schedule_start(static_cast<std::size_t>(Engine::kLoad));
}

void Replayer::Machine::accept_read(const BurstRun& burst, std::int64_t accept) {
  const std::int64_t first = std::max(accept + memory_.latency_cycles, read_.last_beat + 1);
  const std::int64_t last = first + burst.beats - 1;
  read_.last_accept = accept;
  read_.last_beat = last;
  read_.in_flight.push(last);
  if (burst.words > 0) request_.next_write = std::max(request_.next_write + burst.words, first + burst.lag);
  request_.end = std::max(request_.next_write, last + 1);
  drained_.push(std::max({last, request_.next_write - 1, request_.first_write}));
}

/// All addresses are accepted, so that the command's end is known.
void Replayer::Machine::finish_load() {
  unschedule(kLoadAddress);
  Activity& activity = accounts_.activity(Engine::kLoad);
  activity.busy(std::max(request_.start, activity.end()), request_.end);
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
  std::int64_t complete = 0;
  for (std::size_t r = store.first_run; r < store.end_run; ++r) {
    const BurstRun& run = plan_->runs()[r];
    for (std::int32_t i = 0; i < run.count; ++i) {
      next_read_ = std::max(next_read_, sent_.oldest() + 1) + run.words;
      const std::int64_t accept = write_.next_accept(next_read_);
      const std::int64_t last = std::max(accept + 1, write_.last_beat + 1) + run.beats - 1;
      complete = last + memory_.latency_cycles;
      write_.last_accept = accept;
      write_.last_beat = last;
      write_.in_flight.push(complete);
      sent_.push(last);
    }
  }
  if (store.refused) refuse_burst(plan_->refused_burst(index));
  Activity& activity = accounts_.activity(Engine::kStore);
  activity.busy(std::max(cycle, activity.end()), complete + 1);
  state(Engine::kStore).free_from = write_.last_accept + 1;
  state(Engine::kStore).begin({index, complete + 1});
}

}  // namespace systoliq::model
