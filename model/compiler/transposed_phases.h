// SPDX-License-Identifier: Apache-2.0
// A transposed convolution as stride_height × stride_width convolutions, each of which writes every stride-th output.
#pragma once

#include <vector>

#include "model/compiler/lattice.h"
#include "types/quantized_network.h"

namespace systoliq::model {

struct TransposedPhase {
  Lattice output;
  Window window;  ///< of stride 1; pads may be negative
  IntTensor weights;
};

/// Output y gathers x[i] * w[k] with y = i * stride + k * dilation - pad. Weights are [o, i / groups, kh, kw]. A phase
/// that no tap reaches has one tap, which sees only padding.
std::vector<TransposedPhase> transposed_phases(const Window& window, const IntTensor& weights, const Shape& output);

}  // namespace systoliq::model
