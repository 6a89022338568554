// SPDX-License-Identifier: Apache-2.0
// Weights as the reals that their integers stand for.
#pragma once

#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Stored integers, or entries of the codebook, times scale.
FloatTensor dequantize_weights(const QuantizedLayer& layer);

/// The float network that `network` was quantized from, or its counterpart, with these weights in place of its own,
/// batch normalization folded. Activations and biases stay float: what rounding the weights alone costs.
Graph with_rounded_weights(const Graph& graph, const QuantizedNetwork& network);

}  // namespace systoliq::sw_ref
