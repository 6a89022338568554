// SPDX-License-Identifier: Apache-2.0
// One output of a convolution with all that leads to it, in plain loops: what convolve() computes in bulk.
#pragma once

#include <cstdint>
#include <vector>

#include "sw_ref/reference/requantization.h"
#include "types/accumulation.h"
#include "types/quantized_network.h"
#include "types/traced_sum.h"

namespace systoliq::sw_ref {

struct ConvolutionTrace {
  std::int64_t bias = 0, operand_sum = 0;  ///< of the layer, and of the filter's operands
  std::int64_t folded_bias = 0;            ///< bias - Zx * operand_sum
  std::vector<TracedPass> passes;
  std::int64_t accumulator = 0;
  Requantization requantization;
  std::int64_t rounded = 0;  ///< requantized, before the zero point
  std::int32_t output = 0;
};

/// Output (channel, row, column) of a convolution of `input` (stored integers [1, c, h, w]). Throws InternalError for
/// a place outside the output or another kind of layer.
ConvolutionTrace trace_convolution(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input,
                                   const AccumulationOrder& order, KernelTapPacking packing, std::int64_t channel,
                                   std::int64_t row, std::int64_t column);

}  // namespace systoliq::sw_ref
