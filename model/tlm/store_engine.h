// SPDX-License-Identifier: Apache-2.0
// STORE: one thread reads the buffer and issues the bursts of a command, the other ends the commands in order.
#pragma once

#include <deque>

#include "model/functional/staged.h"
#include "model/timing/dma_timing.h"
#include "model/tlm/engine.h"
#include "model/tlm/memory_port.h"

namespace systoliq::model {

class StoreEngine final : public EngineModule {
 public:
  StoreEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores, MemoryPort& port);
  void clear() override;

 private:
  struct InFlight {
    QueuedCommand command;
    std::int64_t end = 0;
  };

  void issue();
  void complete_in_order();
  /// Sends a command's bursts; returns the cycle in which the command ends.
  std::int64_t transfer(const QueuedCommand& command);

  MemoryPort& port_;
  StoreReader reader_{MemoryConfig{}};
  std::deque<InFlight> in_flight_;
  Staged staged_;
  sc_core::sc_event issued_;
};

}  // namespace systoliq::model
