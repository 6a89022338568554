// SPDX-License-Identifier: Apache-2.0
// What quantization moves the mean of every output channel by, taken back out of the biases.
#pragma once

#include <vector>

#include "sw_ref/quantizer/fusion/fused_network.h"

namespace systoliq::sw_ref {

/// Mean |E[quantized] - E[float]| over a layer's channels, before its activation, as bias correction found and left it.
struct BiasCorrection {
  std::string layer;
  double before = 0.0, after = 0.0;
};

/// In order, for every layer with weights and every output channel c: b += round half away((E[float] - E[quantized]) /
/// (Sx * Sw)), where E is the mean over `images` and positions of the channel before its clamp, in the float network
/// and in the integer network, whose layers before are corrected already; requantization's rounding is part of it.
/// Throws InputError where a bias would exceed 2^30. `fused` was lowered from `graph` and quantized to `network`.
std::vector<BiasCorrection> correct_bias(const Graph& graph, const FusedNetwork& fused,
                                         const std::vector<FloatTensor>& images, QuantizedNetwork* network);

}  // namespace systoliq::sw_ref
