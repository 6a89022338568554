// SPDX-License-Identifier: Apache-2.0
// Level functional: the machine's data without its time, for accuracy over whole data sets.
#pragma once

#include <cstdint>
#include <vector>

#include "model/accounting/run_result.h"
#include "model/functional/command_observer.h"
#include "model/isa/program.h"

namespace systoliq::model {

/// Decodes the commands from memory, feeds four queues and lets each engine run as far as its semaphores allow, LOAD
/// first: an order the real machine could take, so that a missing semaphore gives a wrong result here too. No SystemC.
/// `observe` and `observer` as in run_program(). Throws InternalError for a deadlock or a semaphore above its maximum.
RunResult run_functional(const Program& program, const AcceleratorConfig& config, std::vector<std::uint8_t> memory,
                         bool observe, CommandObserver* observer = nullptr);

}  // namespace systoliq::model
