// SPDX-License-Identifier: Apache-2.0
// A LOAD's bursts are accepted from its start on; its words are written one a cycle, in order after the previous
// LOAD's:
//   write start = max(first beat of its first burst, end of the previous LOAD)
//   end = max(last beat of its last burst, write start + words - 1) + 1
// Without bursts (all padding) the words are written from max(start, end of the previous LOAD).
#include "model/hw/load_engine.h"

#include <algorithm>
#include <utility>

#include "model/timing/access_counts.h"

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
  const std::int64_t words = std::int64_t{load.rows} * load.row_words;
  const std::int64_t start = context().now();
  free_from_ = start + 1;
  if (bursts.empty()) return std::max(start, last_end_) + words;
  std::size_t total = 0;
  for (const Burst& burst : bursts) total += static_cast<std::size_t>(burst.bytes);
  bytes->resize(context().carries_data() ? total : 0);
  std::uint8_t* place = bytes->data();
  std::int64_t write_start = -1;
  std::int64_t last_beat = 0;
  for (const Burst& burst : bursts) {
    const MemoryPort::Transfer transfer = port_.read(burst, place);
    if (write_start < 0) write_start = std::max(transfer.beats.first, last_end_);
    last_beat = transfer.beats.last;
    free_from_ = transfer.accept + 1;
    if (context().carries_data()) place += burst.bytes;
  }
  return std::max(last_beat, write_start + words - 1) + 1;
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
