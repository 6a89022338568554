// SPDX-License-Identifier: Apache-2.0
// Waveforms of the compute core: the Verilated systoliq_execute and level cycle's u_execute run one command.
#pragma once

#include "rtl_cosim/core/core_cosim.h"
#include "rtl_cosim/waves/wave_pair.h"

namespace systoliq::rtl {

/// Runs the command that differed on both sides again, from reset, and writes the waveforms around the first cycle in
/// which a signal differs; the command is offered in cycle 1. Not in a process that has run the model's machine
/// (model/run_program.h): SystemC takes no further module then. Throws InputError if the RTL was built without
/// waveforms or a file cannot be written.
WaveReport write_core_waves(CoreDevice& device, const CoreFailure& failure, const WaveOptions& options);

/// Throws InputError where write_core_waves() could not write what `options` ask for; leaves no file.
void check_core_waves(CoreDevice& device, const WaveOptions& options);

}  // namespace systoliq::rtl
