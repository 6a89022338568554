// SPDX-License-Identifier: Apache-2.0
// Reads the constant operands of quantization operators: scales, zero points, and integer weights with both.
#pragma once

#include "sw_ref/quantizer/fusion/constant.h"
#include "types/graph.h"

namespace systoliq::sw_ref {

/// Scale and zero point of an activation, in the stored domain (an unsigned integer less half its range).
struct ActivationScale {
  float scale = 1.0F;
  std::int32_t zero_point = 0;
  std::int32_t storage_offset = 0;
  int bits = 8;  ///< what QuantizeLinear saturates to

  bool operator==(const ActivationScale& other) const {
    return scale == other.scale && zero_point == other.zero_point && storage_offset == other.storage_offset &&
           bits == other.bits;
  }
};

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
