// SPDX-License-Identifier: Apache-2.0
// A LOAD's bursts are accepted from its start on, each when a slot of the data buffer is free; its words are written in
// order after the previous LOAD's, by the rules of LoadWriter.
// In RTL: systoliq_load.sv, systoliq_load_slots.sv (rtl_cosim/rtl/).
#include "model/tlm/load_engine.h"

#include <algorithm>
#include <utility>

#include "model/accounting/access_counts.h"
#include "model/functional/load_store.h"
#include "model/tlm/command_reads.h"

namespace systoliq::model {

LoadEngine::LoadEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores,
                       MemoryPort& port)
    : EngineModule(name, Engine::kLoad, context, semaphores), port_(port) {
  port.set_settle([this](std::int64_t cycle) { settle(cycle); });
  context.spawn_thread("issue", [this] { issue(); });
  context.spawn_thread("complete", [this] { complete_in_order(); });
}

void LoadEngine::clear() {
  EngineModule::clear();
  ends_.clear();
  drained_.clear();
  request_ = {};
  in_flight_.clear();
}

std::vector<std::uint8_t> LoadEngine::take_buffer() {
  if (free_buffers_.empty()) return {};
  std::vector<std::uint8_t> buffer = std::move(free_buffers_.back());
  free_buffers_.pop_back();
  return buffer;
}

void LoadEngine::issue() {
  for (;;) {
    InFlight flight;
    flight.command = start_after_stall();
    const std::int64_t start = context().now();
    flight.bytes = take_buffer();
    flight.end = transfer(flight.command, &flight.bytes);
    activity().busy(std::max(start, activity().end()), flight.end);
    ends(flight.end);
    in_flight_.push_back(std::move(flight));
    issued_.notify(sc_core::SC_ZERO_TIME);
  }
}

std::int64_t LoadEngine::transfer(const QueuedCommand& command, std::vector<std::uint8_t>* bytes) {
  const Load& load = std::get<Load>(command.command.body);
  const AcceleratorConfig& config = context().config();
  LoadBursts bursts(load, config.memory);
  const std::int64_t start = context().now();
  free_from_ = start + 1;
  LoadWriter writer(load, config.memory, std::max(start, ends_.empty() ? 0 : ends_.back()));
  bytes->clear();
  request_ = {&bursts, &writer, start, -1, {}};
  if (port_.settles_late()) {
    request_late();
  } else {
    request_each(bytes);
  }
  count_accesses(load, request_.totals, &context().layer(command.command.layer));
  request_ = {};
  return writer.end();
}

void LoadEngine::request_each(std::vector<std::uint8_t>* bytes) {
  while (!request_.bursts->empty()) {
    const Burst burst = request_.bursts->take();
    const std::size_t before = bytes->size();
    if (context().carries_data()) bytes->resize(before + static_cast<std::size_t>(burst.bytes));
    accepted(burst, port_.read(burst, bytes->data() + before, slot_free()));
  }
}

/// Wakes only when the last address can have been accepted: seldom more than once a command.
void LoadEngine::request_late() {
  settle(context().now());
  while (!request_.bursts->empty()) {
    context().wait_until(earliest_last_accept());
    settle(context().now());
  }
}

void LoadEngine::settle(std::int64_t cycle) {
  if (request_.bursts == nullptr) return;
  while (!request_.bursts->empty()) {
    const std::int64_t accept = port_.next_read(std::max(request_.start, slot_free()));
    if (accept > cycle) return;
    const Burst burst = request_.bursts->take();
    accepted(burst, port_.read_late(burst, accept));
  }
}

/// A bound from below, beyond the cycles settled; fetch can only delay what it counts: one address a cycle, and the
/// last one after the burst that is `outstanding` before it has left its slot, whose beats follow those before it.
std::int64_t LoadEngine::earliest_last_accept() const {
  const MemoryConfig& memory = context().config().memory;
  const LoadBursts& bursts = *request_.bursts;
  const std::size_t slots = static_cast<std::size_t>(memory.outstanding);
  const std::size_t remaining = bursts.ahead();
  const std::int64_t next = port_.next_read(std::max(request_.start, slot_free()));
  const std::int64_t one_a_cycle = next + static_cast<std::int64_t>(remaining) - 1;
  if (remaining + drained_.size() <= slots) return one_a_cycle;
  if (remaining <= slots) return std::max(one_a_cycle, drained_[remaining + drained_.size() - slots - 1] + 1);
  std::int64_t beat = std::max(request_.last_beat, next + memory.latency_cycles - 1);
  for (std::size_t i = 0; i + slots < remaining; ++i) beat += beat_count(bursts[i], memory);
  return std::max(one_a_cycle, beat + 1);
}

std::int64_t LoadEngine::slot_free() const {
  const bool taken = drained_.size() == static_cast<std::size_t>(context().config().memory.outstanding);
  return taken ? drained_.front() + 1 : 0;
}

void LoadEngine::accepted(const Burst& burst, const MemoryPort::Transfer& transfer) {
  if (slot_free() != 0) drained_.pop_front();
  drained_.push_back(request_.writer->take(burst, transfer.beats));
  request_.totals.add(burst);
  request_.last_beat = transfer.beats.last;
  free_from_ = transfer.accept + 1;
}

/// The writer's queue has outstanding + 1 entries, which a LOAD holds from its start to its end. Only LOADs without
/// bursts can fill it: the others are held by the slots of the data buffer before.
void LoadEngine::ends(std::int64_t cycle) {
  const auto entries = static_cast<std::size_t>(context().config().memory.outstanding) + 1;
  if (ends_.size() == entries) ends_.pop_front();
  ends_.push_back(cycle);
  if (ends_.size() == entries) free_from_ = std::max(free_from_, ends_.front());
}

void LoadEngine::complete_in_order() {
  for (;;) {
    while (in_flight_.empty()) sc_core::wait(issued_);
    context().wait_until(in_flight_.front().end);
    InFlight flight = std::move(in_flight_.front());
    in_flight_.pop_front();
    const Load& load = std::get<Load>(flight.command.command.body);
    if (context().carries_data()) {
      apply_load(context().state, load, flight.bytes.data());
      context().writes.note(writes_of(load));
    }
    const bool weights = static_cast<LoadTarget>(load.target) == LoadTarget::kWeight;
    free_buffers_.push_back(std::move(flight.bytes));
    complete(flight.command, weights ? StallCause::kWeights : StallCause::kMemory);
  }
}

}  // namespace systoliq::model
