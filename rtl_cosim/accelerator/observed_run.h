// SPDX-License-Identifier: Apache-2.0
// The RTL alone, command by command, for whoever wants to see its buffers.
#pragma once

#include <cstdint>
#include <vector>

#include "model/functional/command_observer.h"
#include "model/isa/program.h"
#include "rtl_cosim/accelerator/accelerator_device.h"

namespace systoliq::rtl {

/// Runs a legal program to its end. The observer sees each command of an engine in the cycle in which it ends, as
/// started (in cycle 0: it is not known when) and as ended: the buffers hold what it wrote, and still what it read.
/// Throws InternalError where the RTL ends a command that it was not given, or none for too long.
void run_observed(AcceleratorDevice& device, const model::Program& program, const std::vector<std::uint8_t>& memory,
                  model::CommandObserver& observer);

}  // namespace systoliq::rtl
