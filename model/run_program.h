// SPDX-License-Identifier: Apache-2.0
// Runs a program on the machine: the one entry point that test benches need. One call for all four levels: functional/,
// replay/ (level timing), tlm/ (level transaction) and cycle/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/accounting/run_result.h"
#include "model/isa/program.h"

namespace systoliq::model {

class CommandObserver;  ///< model/functional/command_observer.h
class TraceSink;        ///< model/cycle/trace_sink.h

/// SystemC allows one elaboration a process, so the machine is elaborated at the first call and configured anew for
/// each. Memory starts as program.image with the inputs already packed in; level timing needs none: with an empty
/// `memory` it takes program.commands, and memory holds all that they touch. With `observe` the program's probes fill
/// RunResult::tensors (levels that carry data). At level cycle every clock is shown to `trace`, if there is one; at
/// levels functional and cycle every command to `observer`. Throws InputError, InternalError.
RunResult run_program(const Program& program, const AcceleratorConfig& config, Level level,
                      std::vector<std::uint8_t> memory, bool observe = false, TraceSink* trace = nullptr,
                      CommandObserver* observer = nullptr);

/// Level timing on the SystemC machine, where commands move and data do not: what tests hold the replay against.
RunResult run_timing_in_systemc(const Program& program, const AcceleratorConfig& config,
                                std::vector<std::uint8_t> memory);

}  // namespace systoliq::model
