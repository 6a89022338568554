// SPDX-License-Identifier: Apache-2.0
// Operands of QuantizeLinear, DequantizeLinear and the QLinear operators.
#include "sw_ref/quantizer/qdq/forms/quantization_operands.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/frontend/graph/attributes.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

int bits_of(ElementType type) {
  switch (type) {
    case ElementType::kInt4:
    case ElementType::kUint4:
      return 4;
    case ElementType::kInt16:
    case ElementType::kUint16:
      return 16;
    default:
      return 8;
  }
}

bool is_unsigned(ElementType type) {
  return type == ElementType::kUint4 || type == ElementType::kUint8 || type == ElementType::kUint16;
}

bool is_quantized_type(ElementType type) {
  return is_unsigned(type) || type == ElementType::kInt4 || type == ElementType::kInt8 || type == ElementType::kInt16;
}

/// What is taken from an unsigned integer of that many bits, so that it is stored with a sign.
std::int32_t offset_of(ElementType type, int bits) { return is_unsigned(type) ? 1 << (bits - 1) : 0; }

/// Bits of the node's integers: attribute kBitsAttribute, else those of the type.
int width_of(const Node& node, ElementType type) {
  return static_cast<int>(int_attribute(node, kBitsAttribute, bits_of(type)));
}

bool has_operand(const Node& node, std::size_t input) {
  return input < node.inputs.size() && !node.inputs[input].empty();
}

std::vector<float> scales_of(const Graph& graph, const Node& node, std::size_t input) {
  const Value& value = constant_operand(graph, node, input, "scale");
  if (value.type != ElementType::kFloat || value.floats.data.empty()) {
    refuse(node, "scale '" + node.inputs[input] + "' is not a float constant");
  }
  for (const float scale : value.floats.data) {
    if (!std::isnormal(scale) || scale < 0.0F) {
      refuse(node,
             "scale '" + node.inputs[input] + "' holds " + number_text(scale) + "; accepted: normal floats above 0");
    }
  }
  return value.floats.data;
}

/// The zero points as ONNX has them, one or one a channel, and their type.
std::pair<std::vector<std::int64_t>, ElementType> zeros_of(const Graph& graph, const Node& node, std::size_t input,
                                                           ElementType fallback) {
  if (!has_operand(node, input)) return {{0}, fallback};
  const Value& value = constant_operand(graph, node, input, "zero point");
  const std::vector<std::int64_t>& zeros = value.integers.data;
  if (value.type == ElementType::kFloat || zeros.empty()) {
    refuse(node, "zero point '" + node.inputs[input] + "' is not an integer constant");
  }
  const bool equal = std::all_of(zeros.begin(), zeros.end(), [&](std::int64_t zero) { return zero == zeros.front(); });
  return {equal ? std::vector<std::int64_t>{zeros.front()} : zeros, value.type};
}

/// Constants whose zero points differ by channel, moved to one: a product takes w - Zw alone, so the differences are
/// what counts. Throws InputError where they do not fit the width around any one zero point.
void move_to_one_zero_point(const Node& node, const std::vector<std::int64_t>& zeros, Constant* constant) {
  std::size_t inner = 1;
  for (std::size_t i = constant->axis + 1; i < constant->values.shape.size(); ++i) {
    inner *= static_cast<std::size_t>(constant->values.shape[i]);
  }
  std::vector<double>& values = constant->values.data;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] -= static_cast<double>(zeros[i / inner % zeros.size()]);
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double half = std::ldexp(1.0, constant->bits - 1);
  if (*high - *low > 2.0 * half - 1.0) {
    refuse(node, "zero points of '" + constant->name + "' vary by channel, and integers less zero point lie between " +
                     number_text(*low) + " and " + number_text(*high) + "; accepted: " + number_text(2.0 * half) +
                     " values in all, which one zero point can move to " + std::to_string(constant->bits) + " bits");
  }
  const double zero = *low < -half ? -half - *low : std::min(0.0, half - 1.0 - *high);
  for (double& value : values) value += zero;
  constant->zero_point = static_cast<std::int32_t>(zero);
}

}  // namespace

const Value& constant_operand(const Graph& graph, const Node& node, std::size_t input, const char* what) {
  if (!has_operand(node, input)) refuse(node, std::string(what) + " (input " + std::to_string(input) + ") is missing");
  const auto found = graph.values.find(node.inputs[input]);
  if (found == graph.values.end() || !found->second.is_constant) {
    refuse(node, std::string(what) + " '" + node.inputs[input] + "' is computed; accepted: a constant");
  }
  return found->second;
}

ActivationScale activation_scale(const Graph& graph, const Node& node, std::size_t scale, ElementType fallback) {
  const std::vector<float> scales = scales_of(graph, node, scale);
  if (scales.size() != 1) {
    refuse(node, "activation scale '" + node.inputs[scale] + "' has " + std::to_string(scales.size()) +
                     " values; accepted: one for the whole tensor");
  }
  const auto [zeros, type] = zeros_of(graph, node, scale + 1, fallback);
  if (!is_quantized_type(type)) {
    refuse(node, "quantizes an activation to more than 16 bits; accepted: INT4, UINT4, INT8, UINT8, INT16, UINT16");
  }
  if (zeros.size() != 1) {
    refuse(node, "zero point '" + node.inputs[scale + 1] + "' of an activation varies; accepted: one value");
  }
  const int bits = width_of(node, type);
  const std::int32_t offset = offset_of(type, bits);
  return {scales.front(), static_cast<std::int32_t>(zeros.front()) - offset, offset, bits};
}

Constant quantized_constant(const Graph& graph, const Node& node, std::size_t data, std::size_t scale,
                            std::size_t axis) {
  const Value& value = constant_operand(graph, node, data, "constant");
  if (!is_quantized_type(value.type) && value.type != ElementType::kInt32) {
    refuse(node, "constant '" + node.inputs[data] +
                     "' has an element type other than INT4, UINT4, INT8, UINT8, INT16, UINT16, INT32");
  }
  Constant constant;
  constant.name = node.inputs[data];
  constant.type = value.type;
  // 4-bit constants are kept in 8 bits unless a form gives their width.
  const bool four_bits = value.type == ElementType::kInt4 || value.type == ElementType::kUint4;
  const bool has_width = node.attributes.count(kBitsAttribute) != 0;
  constant.bits = four_bits && !has_width ? 8 : width_of(node, value.type);
  constant.values.shape = value.shape;
  constant.scales = scales_of(graph, node, scale);
  const std::vector<std::int64_t> zeros = zeros_of(graph, node, scale + 1, value.type).first;
  const std::size_t channels = std::max(constant.scales.size(), zeros.size());
  constant.axis = channels == 1 ? 0 : axis;
  const bool varies = zeros.size() != 1;
  const std::int32_t offset = varies || (four_bits && !has_width) ? 0 : offset_of(value.type, constant.bits);
  constant.zero_point = static_cast<std::int32_t>(zeros.front()) - offset;
  const bool fits =
      channels == 1 || (axis < value.shape.size() && static_cast<std::int64_t>(channels) == value.shape[axis]);
  if (!fits) {
    refuse(node, "scale '" + node.inputs[scale] + "' or its zero point has " + std::to_string(channels) +
                     " values, which do not fit axis " + std::to_string(axis) + " of " + to_string(value.shape));
  }
  constant.values.data.reserve(value.integers.data.size());
  for (const std::int64_t integer : value.integers.data) {
    constant.values.data.push_back(static_cast<double>(integer - offset));
  }
  if (varies) move_to_one_zero_point(node, zeros, &constant);
  return constant;
}

}  // namespace systoliq::sw_ref
