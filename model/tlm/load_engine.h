// SPDX-License-Identifier: Apache-2.0
// LOAD: one thread issues the bursts of a command and goes on to the next, the other ends the commands in order.
#pragma once

#include <deque>
#include <vector>

#include "model/functional/storage.h"
#include "model/timing/dma_timing.h"
#include "model/tlm/engine.h"
#include "model/tlm/memory_port.h"

namespace systoliq::model {

class LoadEngine final : public EngineModule {
 public:
  LoadEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores, MemoryPort& port);
  void clear() override;

 private:
  struct InFlight {
    QueuedCommand command;
    std::int64_t end = 0;
    std::vector<std::uint8_t> bytes;
  };

  /// The command whose addresses are being accepted.
  struct Request {
    LoadBursts* bursts = nullptr;
    LoadWriter* writer = nullptr;
    std::int64_t start = 0, last_beat = 0;
    BurstTotals totals;  ///< of those accepted
  };

  void issue();
  void complete_in_order();
  /// Fetches a command's bursts; returns the cycle in which the command ends.
  std::int64_t transfer(const QueuedCommand& command, std::vector<std::uint8_t>* bytes);
  /// Requests the bursts one after the other, each in its cycle; or together, as MemoryPort::settles_late() allows.
  void request_each(std::vector<std::uint8_t>* bytes);
  void request_late();
  /// Accepts the addresses whose turn comes up to and including `cycle`.
  void settle(std::int64_t cycle);
  /// No later than the cycle in which the last of the bursts that can be seen ahead is accepted.
  std::int64_t earliest_last_accept() const;
  /// First cycle in which the data buffer has a slot for the next burst.
  std::int64_t slot_free() const;
  void accepted(const Burst& burst, const MemoryPort::Transfer& transfer);
  void ends(std::int64_t cycle);
  std::vector<std::uint8_t> take_buffer();

  MemoryPort& port_;
  std::deque<std::int64_t> ends_;     ///< of the newest LOADs, at most one per entry of the writer's queue
  std::deque<std::int64_t> drained_;  ///< when the data buffer's slots become free, by order of acceptance
  Request request_;
  std::deque<InFlight> in_flight_;
  std::vector<std::vector<std::uint8_t>> free_buffers_;
  sc_core::sc_event issued_;
};

}  // namespace systoliq::model
