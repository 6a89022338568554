// SPDX-License-Identifier: Apache-2.0
// Operands of QuantizeLinear, DequantizeLinear and the QLinear operators.
#include "sw_ref/quantizer/qdq/quantization_operands.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/frontend/graph/attributes.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int32_t kUnsignedOffset = 128;

std::int32_t offset_of(ElementType type) { return type == ElementType::kUint8 ? kUnsignedOffset : 0; }

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

/// The zero point as ONNX has it, and its type; one for all channels.
std::pair<std::int32_t, ElementType> zero_of(const Graph& graph, const Node& node, std::size_t input,
                                             ElementType fallback) {
  if (!has_operand(node, input)) return {0, fallback};
  const Value& value = constant_operand(graph, node, input, "zero point");
  const std::vector<std::int64_t>& zeros = value.integers.data;
  if (value.type == ElementType::kFloat || zeros.empty()) {
    refuse(node, "zero point '" + node.inputs[input] + "' is not an integer constant");
  }
  if (std::any_of(zeros.begin(), zeros.end(), [&](std::int64_t zero) { return zero != zeros.front(); })) {
    refuse(node, "zero point '" + node.inputs[input] + "' varies per channel; accepted: one value for all channels");
  }
  return {static_cast<std::int32_t>(zeros.front()), value.type};
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
  const auto [zero, type] = zero_of(graph, node, scale + 1, fallback);
  if (type != ElementType::kInt8 && type != ElementType::kUint8) {
    refuse(node, "quantizes an activation to more than 8 bits; accepted: INT8, UINT8");
  }
  return {scales.front(), zero - offset_of(type), offset_of(type)};
}

Constant quantized_constant(const Graph& graph, const Node& node, std::size_t data, std::size_t scale,
                            std::size_t axis) {
  const Value& value = constant_operand(graph, node, data, "constant");
  const bool four_bits = value.type == ElementType::kInt4 || value.type == ElementType::kUint4;
  if (!four_bits && value.type != ElementType::kInt8 && value.type != ElementType::kUint8 &&
      value.type != ElementType::kInt32) {
    refuse(node, "constant '" + node.inputs[data] + "' has an element type other than INT4, UINT4, INT8, UINT8, INT32");
  }
  Constant constant;
  constant.name = node.inputs[data];
  constant.type = four_bits ? ElementType::kInt8 : value.type;  // whose range holds that of both
  constant.values.shape = value.shape;
  constant.scales = scales_of(graph, node, scale);
  constant.axis = constant.scales.size() == 1 ? 0 : axis;
  const std::int32_t offset = offset_of(value.type);
  constant.zero_point = zero_of(graph, node, scale + 1, value.type).first - offset;
  const bool fits =
      constant.scales.size() == 1 ||
      (axis < value.shape.size() && static_cast<std::int64_t>(constant.scales.size()) == value.shape[axis]);
  if (!fits) {
    refuse(node, "scale '" + node.inputs[scale] + "' has " + std::to_string(constant.scales.size()) +
                     " values, which do not fit axis " + std::to_string(axis) + " of " + to_string(value.shape));
  }
  constant.values.data.reserve(value.integers.data.size());
  for (const std::int64_t integer : value.integers.data) {
    constant.values.data.push_back(static_cast<double>(integer - offset));
  }
  return constant;
}

}  // namespace systoliq::sw_ref
