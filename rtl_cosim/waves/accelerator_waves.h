// SPDX-License-Identifier: Apache-2.0
// Waveforms of the whole machine: the Verilated RTL and level cycle of the model run the same program in lock-step.
#pragma once

#include <cstdint>
#include <vector>

#include "rtl_cosim/accelerator/accelerator_cosim.h"
#include "rtl_cosim/waves/wave_pair.h"

namespace systoliq::rtl {

/// Runs the program again and writes the waveforms that `options` ask for: around the divergence, or a fixed window.
/// Before a divergence, signals are compared from 20,000 cycles on. Throws InputError if `device` is not a
/// traced one or a file cannot be written.
WaveReport write_accelerator_waves(AcceleratorDevice& device, const model::Program& program,
                                   const model::AcceleratorConfig& config, const std::vector<std::uint8_t>& memory,
                                   const Divergence* divergence, const WaveOptions& options);

/// Throws InputError where write_accelerator_waves() could not write what `options` ask for; runs nothing, and leaves
/// no file.
void check_accelerator_waves(AcceleratorDevice& device, const model::Program& program,
                             const model::AcceleratorConfig& config, const std::vector<std::uint8_t>& memory,
                             const WaveOptions& options);

}  // namespace systoliq::rtl
