// SPDX-License-Identifier: Apache-2.0
// Level cycle: the whole machine as one synchronous design, with its memory. RTL: systoliq_accelerator.sv.
//
// One method runs at every rising edge of the clock, the event tick_, and visits the blocks that have something to do
// in the order in which signals flow through them within a cycle: ends of commands, starts, addresses, decoding, data.
// Every block reads its registers before it writes them, so that nothing is seen before the cycle in which the RTL
// would see it; SystemC's scheduler, which would pay a delta cycle for each wire, decides nothing. No event is planned
// ahead: how long a command takes emerges from the registers.
#pragma once

#include <array>
#include <string>
#include <systemc>
#include <vector>

#include "model/cycle/axi_memory.h"
#include "model/cycle/command_processor.h"
#include "model/cycle/execute.h"
#include "model/cycle/load.h"
#include "model/cycle/post.h"
#include "model/cycle/store.h"

namespace systoliq::model::cycle {

class CycleAccelerator final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(CycleAccelerator);
  explicit CycleAccelerator(const sc_core::sc_module_name& name);

  /// Sizes and clears everything for a program, and arms the clock; the run itself is sc_start(), which returns when
  /// the machine has halted or failed.
  void configure(const Program& program, const AcceleratorConfig& config, std::vector<std::uint8_t> memory,
                 bool observe, TraceSink* trace, CommandObserver* observer = nullptr);
  /// After the run. Throws what made it fail, InternalError for a deadlock included.
  RunResult finish(bool observe);

 private:
  void rising_edge();
  void step();
  void transfer_reads();
  void transfer_writes();
  bool quiet() const;
  std::string describe_wait() const;
  void declare(TraceSink& trace, const Program& program);

  Machine machine_;
  sc_core::sc_event tick_;
  sc_core::sc_time period_;  ///< of clock.mhz
  std::exception_ptr failure_;
  int quiet_cycles_ = 0;

  Semaphores u_semaphores{"u_semaphores", machine_};
  CommandProcessorBlock u_command_processor{"u_command_processor", machine_};
  LoadBlock u_load{"u_load", machine_, u_semaphores};
  ExecuteBlock u_execute{"u_execute", machine_, u_semaphores};
  PostBlock u_post{"u_post", machine_, u_semaphores};
  StoreBlock u_store{"u_store", machine_, u_semaphores};
  AxiMemory u_memory{"u_memory", machine_};
  std::array<EngineBlock*, kEngines> engines_{&u_load, &u_execute, &u_post, &u_store};

  /// Bursts in flight on the read channels, in order: whether the command processor asked for them.
  std::deque<bool> reads_;
  std::int32_t reads_in_flight_ = 0, writes_in_flight_ = 0;
};

}  // namespace systoliq::model::cycle
