// SPDX-License-Identifier: Apache-2.0
// Parameters of normalizations that a quantizer has turned into integers with a DequantizeLinear behind them.
#pragma once

#include <vector>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// A normalization's factors and shifts are constants. Where `node` is one and DequantizeLinear of constants makes such
/// an operand, the operand is renamed to a constant that holds scale · (q - zero point) in float32; those constants are
/// returned for the graph. Other nodes and operands stay.
std::vector<Value> dequantize_parameters(const Graph& graph, Node* node);

}  // namespace systoliq::sw_ref
