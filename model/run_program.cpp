// SPDX-License-Identifier: Apache-2.0
// Elaborates accelerator, memory and host once a process, and runs programs on them.
#include "model/run_program.h"

#include <algorithm>
#include <mutex>
#include <systemc>
#include <utility>

#include "model/config/rtl_parameters.h"
#include "model/cycle/accelerator.h"
#include "model/functional/functional_machine.h"
#include "model/isa/command_error.h"
#include "model/isa/rtl_operations.h"
#include "model/replay/replay.h"
#include "model/tlm/accelerator.h"
#include "model/tlm/host.h"
#include "model/tlm/memory.h"
#include "model/tlm/report_handler.h"

namespace systoliq::model {
namespace {

/// The test platform: everything that SystemC knows of.
struct Platform {
  AcceleratorModule accelerator{"accelerator"};
  Memory memory{"memory"};
  Host host{"host", accelerator};
  sc_core::sc_signal<bool> interrupt{"interrupt"};
  cycle::CycleAccelerator clocked{"systoliq_accelerator"};  ///< level cycle, with its own memory

  Platform() {
    host.csr_socket.bind(accelerator.csr_socket);
    accelerator.memory_socket.bind(memory.socket);
    accelerator.interrupt_o(interrupt);
    host.interrupt_i(interrupt);
  }
};

Platform& platform() {
  static Platform* const instance = [] {  // never destroyed: SystemC's own objects may go first
    install_report_handler();
    return new Platform;
  }();
  return *instance;
}

/// What accelerator or memory threw; a bad command with what the run has done before it.
[[noreturn]] void rethrow(const std::exception_ptr& failure, Platform& machine, Level level) {
  try {
    std::rethrow_exception(failure);
  } catch (CommandError& error) {
    std::vector<std::uint8_t> bytes = machine.memory.take_bytes();
    if (level != Level::kTransaction) bytes.clear();
    error.keep({std::move(bytes), machine.accelerator.command_end_cycle()});
    throw;
  }
}

void report_deadlock(Platform& machine) {
  const std::string waits = machine.accelerator.describe_wait();
  machine.host.request_reset();
  sc_core::sc_start();
  throw InternalError("deadlock: " + waits);
}

RunResult run_timed(const Program& program, const AcceleratorConfig& config, Level level,
                    std::vector<std::uint8_t> memory, bool observe) {
  Platform& machine = platform();
  machine.accelerator.configure(config, level, program.layer_names.size());
  const bool observed = observe && level == Level::kTransaction;
  if (observed) machine.accelerator.observe(program);
  machine.memory.configure(config, std::move(memory));
  RunResult result;
  machine.host.request_run(static_cast<std::uint64_t>(program.command_address),
                           static_cast<std::uint32_t>(program.commands.size()));
  sc_core::sc_start();
  if (const std::exception_ptr failure = machine.accelerator.failure()) rethrow(failure, machine, level);
  if (!machine.host.finished()) report_deadlock(machine);
  machine.accelerator.finish(&result);
  if (observed) result.tensors = machine.accelerator.take_observed();
  std::vector<std::uint8_t> bytes = machine.memory.take_bytes();
  if (level == Level::kTransaction) result.memory = std::move(bytes);
  return result;
}

RunResult run_replayed(const Program& program, const AcceleratorConfig& config,
                       const std::vector<std::uint8_t>& memory) {
  thread_local Replayer replayer;
  return replayer.run(memory.empty() ? ReplayPlan(program, config) : ReplayPlan(program, config, memory)).run;
}

/// SystemC has one simulation a process.
std::mutex& simulation() {
  static std::mutex mutex;
  return mutex;
}

RunResult run_clocked(const Program& program, const AcceleratorConfig& config, std::vector<std::uint8_t> memory,
                      bool observe, TraceSink* trace, CommandObserver* observer) {
  cycle::CycleAccelerator& machine = platform().clocked;
  machine.configure(program, config, std::move(memory), observe, trace, observer);
  sc_core::sc_start();
  return machine.finish(observe);
}

}  // namespace

RunResult run_program(const Program& program, const AcceleratorConfig& config, Level level,
                      std::vector<std::uint8_t> memory, bool observe, TraceSink* trace, CommandObserver* observer) {
  validate(config);
  if (level == Level::kFunctional) return run_functional(program, config, std::move(memory), observe, observer);
  check(observer == nullptr || level == Level::kCycle, "levels timing and transaction show no command to an observer");
  if (level == Level::kTiming) return run_replayed(program, config, memory);
  const std::lock_guard<std::mutex> lock(simulation());
  if (level == Level::kCycle) {
    check_rtl_machine(config, "level cycle");
    check_rtl_operations(program, "level cycle");
  }
  if (level == Level::kCycle) return run_clocked(program, config, std::move(memory), observe, trace, observer);
  return run_timed(program, config, level, std::move(memory), observe);
}

RunResult run_timing_in_systemc(const Program& program, const AcceleratorConfig& config,
                                std::vector<std::uint8_t> memory) {
  validate(config);
  const std::lock_guard<std::mutex> lock(simulation());
  return run_timed(program, config, Level::kTiming, std::move(memory), false);
}

}  // namespace systoliq::model
