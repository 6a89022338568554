// SPDX-License-Identifier: Apache-2.0
// Closed formulas for the cycles of EXECUTE and POST; no SystemC, so that they can be replayed anywhere.
#pragma once

#include <cstdint>

#include "model/config/accelerator_config.h"
#include "model/isa/command.h"

namespace systoliq::model {

inline constexpr std::int64_t kArrayPipelineCycles = 4;  ///< feeder, decoder, accumulator read and write registers
inline constexpr std::int64_t kPostPipelineCycles = 8;   ///< from first operand read to last word written
inline constexpr int kExecutesInFlight = 4;              ///< EXECUTEs whose stream has begun and that have not ended

/// Cycles of one EXECUTE on an array at rest, R = rows, C = cols, M = output pixels.
/// Weight stationary, lanes(p) = lanes of pass p, passes running over taps and input blocks:
///   fill   = lanes(0)                          the first weights, before any pixel can enter
///   stream = sum over p of max(M, lanes(p+1))  (M for the last pass)
///   drain  = R + C - 1 + kArrayPipelineCycles
/// Output stationary, groups g of P(g) <= R pixels, each over all passes p; while a pass streams its lanes, the
/// transposer takes the words of the next pass, one pixel a cycle, and the accumulators of the group before leave, one
/// pixel a cycle:
///   fill   = 1 + P(0)                          the first address and the first words, before any lane can enter
///   stream = sum over g, p of max(lanes(p), P of the next pass (0 after the last), for p = 0 and g > 0 also P(g-1))
///   drain  = C - 1 + kArrayPipelineCycles + P(last)
/// With codebooks the fill begins with loading the decoders' tables, one param word a cycle (config.codebook_words()).
/// stream = ideal + tile underutilization, ideal = ceil(macs / (R * C)). RTL: systoliq_execute.sv.
struct ExecuteTiming {
  std::int64_t fill = 0, stream = 0, drain = 0, ideal = 0, macs = 0;
  std::int64_t first_pass = 0, last_pass = 0;  ///< cycles of the stream; one and the same where there is one pass
  std::int64_t leaving = 0;                    ///< output stationary: P(last)
  bool alone = false;                          ///< starts on an array at rest only (ExecuteFlow)
  std::int64_t total() const { return fill + stream + drain; }
};
ExecuteTiming execute_timing(const Execute& execute, const AcceleratorConfig& config);

/// Cycles of one POST; words = height * width * blocks:
///   requantize   height * width * max(ceil(cols / lanes), ceil(cols / rows))
///   pooling      words * kernel_height * kernel_width
///   add          2 * words (one read port); lookup, fill: words
/// each + kPostPipelineCycles.
std::int64_t post_cycles(const Post& post, const AcceleratorConfig& config);

}  // namespace systoliq::model
