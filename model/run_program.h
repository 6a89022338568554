// SPDX-License-Identifier: Apache-2.0
// Runs a program on the SystemC machine: the one entry point that test benches need. The SystemC modules are in this
// folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/compiler/program.h"
#include "model/timing/counters.h"

namespace systoliq::model {

enum class Level { kFunctional, kTiming, kTransaction, kCycle };
Level parse_level(const std::string& name);  ///< throws InputError

class TraceSink;  ///< model/hw/cycle/trace_sink.h

struct RunResult {
  std::int64_t cycles = 0;  ///< empty (0) at level functional
  std::vector<LayerCounters> layers;
  std::vector<std::int64_t> command_end_cycle;  ///< per command, completion time
  std::vector<std::uint8_t> memory;             ///< final contents (empty at level timing)
  std::vector<IntTensor> tensors;  ///< what Program::probes saw, indexed as the network's; empty if unasked
};

/// SystemC allows one elaboration a process, so the machine is elaborated at the first call and configured anew for
/// each. Memory starts as program.image with the inputs already packed in. With `observe` the program's probes fill
/// RunResult::tensors (levels that carry data). At level cycle every clock is shown to `trace`, if there is one. Throws
/// InputError, InternalError.
RunResult run_program(const Program& program, const AcceleratorConfig& config, Level level,
                      std::vector<std::uint8_t> memory, bool observe = false, TraceSink* trace = nullptr);

}  // namespace systoliq::model
