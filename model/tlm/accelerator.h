// SPDX-License-Identifier: Apache-2.0
// The accelerator as a SystemC module: a TLM-2.0 target for its registers (csr.h), a TLM-2.0 initiator for its memory,
// and an interrupt. It can sit in any virtual platform; run_program() puts it beside a memory and a host.
#pragma once

#include <string>
#include <systemc>
#include <tlm>

#include "model/tlm/command_processor.h"
#include "model/tlm/execute_engine.h"
#include "model/tlm/load_engine.h"
#include "model/tlm/memory_port.h"
#include "model/tlm/post_engine.h"
#include "model/tlm/run_context.h"
#include "model/tlm/semaphore_file.h"
#include "model/tlm/store_engine.h"

namespace systoliq::model {

class AcceleratorModule final : public sc_core::sc_module {
 public:
  explicit AcceleratorModule(const sc_core::sc_module_name& name);

  /// Sizes the machine and clears it; it must be idle. Level kFunctional is not for this module.
  void configure(const AcceleratorConfig& config, Level level, std::size_t layers);
  /// Abandons whatever runs: unwinds every thread and clears the machine. To be called from a SystemC process.
  void reset();
  /// Observes the program's probes in the next run; then what they saw.
  void observe(const Program& program) { context_.probes = ProbeRecorder(program, true); }
  std::vector<IntTensor> take_observed() { return context_.probes.take(); }
  const std::vector<std::int64_t>& command_end_cycle() const { return context_.accounts.command_end_cycle(); }
  /// The counters of a finished run.
  void finish(RunResult* result) { context_.accounts.finish(command_processor_.cycles(), context_.config(), result); }
  /// The error that ended a run (status bit kStatusError), or null.
  std::exception_ptr failure() const { return context_.failure(); }
  /// What the decoder and the engines wait for, for the message of a deadlock.
  std::string describe_wait() const;

  tlm::tlm_target_socket<> csr_socket{"csr_socket"};
  tlm::tlm_initiator_socket<> memory_socket{"memory_socket"};
  sc_core::sc_out<bool> interrupt_o{"interrupt_o"};

 private:
  void clear();

  RunContext context_;
  SemaphoreFile semaphores_{context_};
  MemoryPort port_{"memory_port", context_};
  LoadEngine load_{"load", context_, semaphores_, port_};
  ExecuteEngine execute_{"execute", context_, semaphores_};
  PostEngine post_{"post", context_, semaphores_};
  StoreEngine store_{"store", context_, semaphores_, port_};
  CommandProcessor command_processor_;
};

}  // namespace systoliq::model
