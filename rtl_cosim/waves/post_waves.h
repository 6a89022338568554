// SPDX-License-Identifier: Apache-2.0
// Waveforms of the POST engine: the Verilated systoliq_post and level cycle's u_post run one command.
#pragma once

#include "rtl_cosim/unit/post_cosim.h"
#include "rtl_cosim/waves/wave_pair.h"

namespace systoliq::rtl {

/// Runs the command that differed on both sides again, from reset and with the same noise on the RTL's unused pins, and
/// writes the waveforms around the first cycle in which a signal differs; the command is offered in cycle 1. Not in a
/// process that has run the model's machine (model/run_program.h): SystemC takes no further module then. Throws
/// InputError if the RTL was built without waveforms or a file cannot be written.
WaveReport write_post_waves(PostUnit& unit, const PostFailure& failure, const WaveOptions& options);

/// Throws InputError where write_post_waves() could not write what `options` ask for; leaves no file.
void check_post_waves(PostUnit& unit, const WaveOptions& options);

}  // namespace systoliq::rtl
