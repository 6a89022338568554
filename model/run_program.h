// SPDX-License-Identifier: Apache-2.0
// Runs a program on the SystemC machine: the one entry point that test benches need. One call for all
// four levels: functional/, tlm/ (levels timing and transaction) and cycle/.
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
/// each. Memory starts as program.image with the inputs already packed in. With `observe` the program's probes fill
/// RunResult::tensors (levels that carry data). At level cycle every clock is shown to `trace`, if there is one; at
/// levels functional and cycle every command to `observer`. Throws InputError, InternalError.
RunResult run_program(const Program& program, const AcceleratorConfig& config, Level level,
                      std::vector<std::uint8_t> memory, bool observe = false, TraceSink* trace = nullptr,
                      CommandObserver* observer = nullptr);

}  // namespace systoliq::model
