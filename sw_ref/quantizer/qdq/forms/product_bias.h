// SPDX-License-Identifier: Apache-2.0
// The bias of QLinearConv and QGemm, whose scale is no operand but a product of two.
#pragma once

#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

class Rewriting;

namespace forms {

/// A DequantizeLinear of the INT32 constant at operand `bias`, by the scales at `scale_x` and `scale_w` (one, or one a
/// channel) multiplied in float. Returns the float tensor. Throws InputError naming the node.
std::string dequantize_bias(const Node& node, std::size_t bias, std::size_t scale_x, std::size_t scale_w,
                            Rewriting* rewriting);

}  // namespace forms
}  // namespace systoliq::sw_ref
