// SPDX-License-Identifier: Apache-2.0
// Weights of one integer a channel with a shift in float: the same factor in finer steps, so that the shift is rounded
// to one.
#pragma once

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// For a depthwise 1 × 1 convolution whose weights are 1, 0 or -1 and whose bias is real, y = s · w · (x - Zx) + b:
/// every channel's weight becomes k · w and its scale s / k with the k of 1 to 127 at which the rounded sum, with a
/// bias that is a whole number of Sx · s / k, gives the integers of the graph's own float operators for all stored x;
/// where no k gives all of them, the first that gives the most. Other layers stay. True where all channels give all
/// integers: then the layer's bias is set.
bool refine_factors(const FusedLayer& fused, const QuantizedTensor& in, const QuantizedTensor& out,
                    QuantizedLayer* layer);

}  // namespace systoliq::sw_ref
