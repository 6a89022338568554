// SPDX-License-Identifier: Apache-2.0
// A STORE reads one word a cycle from `read start` = max(its start, the cycle after the previous STORE's last word);
// the address of a burst is not offered before read start + ceil(bytes up to and including the burst / bytes of a
// word). The data are those that the buffer holds when the command starts.
#include "model/hw/store_engine.h"

#include <algorithm>
#include <utility>

#include "model/timing/access_counts.h"

namespace systoliq::model {

StoreEngine::StoreEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores,
                         MemoryPort& port)
    : EngineModule(name, Engine::kStore, context, semaphores), port_(port) {
  context.spawn_thread("issue", [this] { issue(); });
  context.spawn_thread("complete", [this] { complete_in_order(); });
}

void StoreEngine::clear() {
  EngineModule::clear();
  next_read_ = 0;
  in_flight_.clear();
}

void StoreEngine::issue() {
  for (;;) {
    InFlight flight;
    flight.command = start_next();
    const std::int64_t start = context().now();
    flight.end = transfer(flight.command);
    activity().busy(std::max(start, activity().end()), flight.end);
    in_flight_.push_back(std::move(flight));
    issued_.notify(sc_core::SC_ZERO_TIME);
  }
}

std::int64_t StoreEngine::transfer(const QueuedCommand& command) {
  const Store& store = std::get<Store>(command.command.body);
  const std::vector<Burst> bursts = store_bursts(store, context().config().memory);
  count_accesses(store, bursts, &context().layer(command.command.layer));
  if (context().carries_data()) {
    staged_.clear();
    compute_store(context().state, store, &staged_);
  }
  const std::int64_t read_start = std::max(context().now(), next_read_);
  next_read_ = read_start + std::int64_t{store.rows} * store.row_words;
  std::int64_t bytes = 0;
  std::int64_t complete = 0;
  for (const Burst& burst : bursts) {
    std::uint8_t* data = staged_.bytes.data() + (context().carries_data() ? bytes : 0);
    bytes += burst.bytes;
    const std::int64_t offer = read_start + (bytes + store.memory_word_bytes - 1) / store.memory_word_bytes;
    const MemoryPort::Transfer transfer = port_.write(burst, data, offer);
    free_from_ = transfer.accept + 1;
    complete = transfer.beats.complete;
  }
  return complete + 1;
}

void StoreEngine::complete_in_order() {
  for (;;) {
    while (in_flight_.empty()) sc_core::wait(issued_);
    context().wait_until(in_flight_.front().end);
    const InFlight flight = std::move(in_flight_.front());
    in_flight_.pop_front();
    complete(flight.command, StallCause::kMemory);
  }
}

}  // namespace systoliq::model
