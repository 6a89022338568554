// SPDX-License-Identifier: Apache-2.0
// A LOAD's bursts are accepted from its start on, each when a slot of the data buffer is free; its words are written in
// order after the previous LOAD's, by the rules of LoadWriter.
#include "model/hw/load_engine.h"

#include <algorithm>
#include <utility>

#include "model/timing/access_counts.h"
#include "model/timing/dma_timing.h"

namespace systoliq::model {

LoadEngine::LoadEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores,
                       MemoryPort& port)
    : EngineModule(name, Engine::kLoad, context, semaphores), port_(port) {
  context.spawn_thread("issue", [this] { issue(); });
  context.spawn_thread("complete", [this] { complete_in_order(); });
}

void LoadEngine::clear() {
  EngineModule::clear();
  last_end_ = 0;
  drained_.clear();
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
    flight.command = start_next();
    const std::int64_t start = context().now();
    flight.bytes = take_buffer();
    flight.end = transfer(flight.command, &flight.bytes);
    activity().busy(std::max(start, activity().end()), flight.end);
    last_end_ = flight.end;
    in_flight_.push_back(std::move(flight));
    issued_.notify(sc_core::SC_ZERO_TIME);
  }
}

std::int64_t LoadEngine::transfer(const QueuedCommand& command, std::vector<std::uint8_t>* bytes) {
  const Load& load = std::get<Load>(command.command.body);
  const AcceleratorConfig& config = context().config();
  const std::vector<Burst> bursts = load_bursts(load, load_word_bytes(load, config), config.memory);
  count_accesses(load, bursts, &context().layer(command.command.layer));
  const std::int64_t start = context().now();
  free_from_ = start + 1;
  LoadWriter writer(load, load_word_bytes(load, config), config.memory, std::max(start, last_end_));
  std::size_t total = 0;
  for (const Burst& burst : bursts) total += static_cast<std::size_t>(burst.bytes);
  bytes->resize(context().carries_data() ? total : 0);
  std::uint8_t* place = bytes->data();
  for (const Burst& burst : bursts) {
    const bool slots_taken = drained_.size() == static_cast<std::size_t>(config.memory.outstanding);
    const MemoryPort::Transfer transfer = port_.read(burst, place, slots_taken ? drained_.front() + 1 : 0);
    if (slots_taken) drained_.pop_front();
    drained_.push_back(writer.take(burst, transfer.beats));
    free_from_ = transfer.accept + 1;
    if (context().carries_data()) place += burst.bytes;
  }
  return writer.end();
}

void LoadEngine::complete_in_order() {
  for (;;) {
    while (in_flight_.empty()) sc_core::wait(issued_);
    context().wait_until(in_flight_.front().end);
    InFlight flight = std::move(in_flight_.front());
    in_flight_.pop_front();
    const Load& load = std::get<Load>(flight.command.command.body);
    if (context().carries_data()) {
      staged_.clear();
      compute_load(context().state, load, flight.bytes.data(), &staged_);
      commit_load(context().state, load, staged_);
    }
    const bool weights = static_cast<LoadTarget>(load.target) == LoadTarget::kWeight;
    free_buffers_.push_back(std::move(flight.bytes));
    complete(flight.command, weights ? StallCause::kWeights : StallCause::kMemory);
  }
}

}  // namespace systoliq::model
