// SPDX-License-Identifier: Apache-2.0
// Lock-step of the RTL's compute core with the model: every accumulator word in the cycle in which it is written, the
// cycles of every command, and the whole accumulator buffer after it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rtl_cosim/core/core_device.h"

namespace systoliq::rtl {

/// Every accumulator word that `execute` writes, with its cycle counted from the command's start, product by product in
/// the machine's order, and the command's end. R rows, C columns, M pixels, T words of codebooks.
/// Weight stationary, a word for every pixel of every pass: pixel m of pass p is issued in cycle S(p) + m, S(0) = T +
/// lanes(0), S(p+1) = S(p) + max(M, lanes(p+1)), and written R + C + 3 cycles later.
/// Output stationary, a word for every pixel: group g of P(g) pixels begins in S(g), S(0) = T + 1 + P(0), S(g+1) = S(g)
/// + max(P(0), sum over passes of max(lanes(p), pixels of the next pass)); its pixel r is written in S(g+1) + r + C
/// + 2. Does not change `state`. Source: systoliq_weight_stationary.sv, systoliq_output_stationary.sv.
std::vector<AccumulatorWrite> expected_writes(model::MachineState& state, const model::Execute& execute);

struct CoreReport {
  std::int64_t commands = 0, cycles = 0, words = 0, overflows = 0;
  double seconds = 0;      ///< in the RTL
  std::string divergence;  ///< the first one, several lines; empty if there is none
};

/// Runs one command on both sides, `state` being the model's; on a difference describes it in report->divergence.
void run_core_command(CoreDevice& device, model::MachineState& state, const model::Command& command, int idle,
                      int ungranted, CoreReport* report);

/// `commands` random ones from `seed`, with buffers filled anew every 50; stops at the first divergence.
CoreReport run_core_cosim(CoreDevice& device, std::uint32_t seed, int commands);

}  // namespace systoliq::rtl
