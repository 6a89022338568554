// SPDX-License-Identifier: Apache-2.0
// Reads the constant operands of quantization operators: scales, zero points, and integer weights with both.
#pragma once

#include "sw_ref/quantizer/fusion/constant.h"
#include "sw_ref/quantizer/qdq/qdq_graph.h"
#include "types/graph.h"

namespace systoliq::sw_ref {

/// Attribute of QuantizeLinear and DequantizeLinear in the one form: a width below that of the type.
inline constexpr const char* kBitsAttribute = "bits";

/// Scale and zero point of an activation at operands `scale` and `scale` + 1 of the node: one constant each. An absent
/// zero point is 0 of type `fallback`. Throws InputError naming the node.
ActivationScale activation_scale(const Graph& graph, const Node& node, std::size_t scale, ElementType fallback);

/// The integer constant at operand `data` with the scales and zero point at `scale` and `scale` + 1, re-centered if
/// unsigned. Zero points that differ between channels are moved to one, or refused where the width does not suffice.
Constant quantized_constant(const Graph& graph, const Node& node, std::size_t data, std::size_t scale,
                            std::size_t axis);

/// The constant bound to operand `input`. Throws InputError naming the node where it is absent or computed.
const Value& constant_operand(const Graph& graph, const Node& node, std::size_t input, const char* what);

}  // namespace systoliq::sw_ref
