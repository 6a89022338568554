// SPDX-License-Identifier: Apache-2.0
// A STORE's words are read one a cycle into the slots of the data buffer, by the rules of StoreReader; a burst's
// address is offered when its slot is full. The data are those that the buffer holds when the command starts, mixed
// with newer ones where somebody overwrites them meanwhile.
// In RTL: systoliq_store.sv (rtl_cosim/rtl/).
#include "model/tlm/store_engine.h"

#include <algorithm>
#include <utility>

#include "model/accounting/access_counts.h"
#include "model/functional/load_store.h"
#include "model/tlm/command_reads.h"

namespace systoliq::model {

StoreEngine::StoreEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores,
                         MemoryPort& port)
    : EngineModule(name, Engine::kStore, context, semaphores), port_(port) {
  context.spawn_thread("issue", [this] { issue(); });
  context.spawn_thread("complete", [this] { complete_in_order(); });
}

void StoreEngine::clear() {
  EngineModule::clear();
  reader_ = StoreReader(context().config().memory);
  in_flight_.clear();
}

void StoreEngine::issue() {
  for (;;) {
    InFlight flight;
    flight.command = start_after_stall();
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
  count_accesses(store, totals_of(bursts), &context().layer(command.command.layer));
  if (context().carries_data()) {
    compute_store(context().state, store, &staged_);
  }
  reader_.begin(context().now(), store, context().config().array.rows);
  const CommandReads reads = reads_of(store);
  std::uint64_t moment = context().writes.now();
  std::uint8_t* data = staged_.bytes.data();
  std::int64_t complete = 0;
  for (const Burst& burst : bursts) {
    if (context().carries_data() && reads.overwritten(context().writes, moment)) {
      const std::vector<std::uint8_t> before = staged_.bytes;
      compute_store(context().state, store, &staged_);
      mix_with(before, &staged_.bytes);
      moment = context().writes.now();
    }
    const MemoryPort::Transfer transfer = port_.write(burst, data, reader_.fill(burst));
    reader_.sent(transfer.beats.last);
    if (context().carries_data()) data += burst.bytes;
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
