// SPDX-License-Identifier: Apache-2.0
// quantize_float_weights(): a constant of integers and a DequantizeLinear for every weight in float.
#include "sw_ref/quantizer/qdq/float_weights.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "sw_ref/frontend/graph/attributes.h"

namespace systoliq::sw_ref {
namespace {

constexpr float kHighest = 127.0F;

/// The operand that holds weights, if the node has one.
std::optional<std::size_t> weight_operand(const Graph& graph, const Node& node) {
  if (!node.domain.empty()) return {};
  const bool product = node.op == "Gemm" || node.op == "MatMul";
  if (node.op != "Conv" && node.op != "ConvTranspose" && !product) return {};
  for (const std::size_t operand : {std::size_t{1}, std::size_t{0}}) {
    if (operand == 0 && node.op != "MatMul") continue;
    const auto value = graph.values.find(node.inputs.at(operand));
    if (value == graph.values.end() || !value->second.is_constant || value->second.floats.data.empty()) continue;
    return operand;
  }
  return {};
}

/// Axis of the output channels, or nothing where they are on none.
std::optional<std::size_t> channel_axis(const Node& node, std::size_t operand, const Shape& shape) {
  if (node.op == "Conv") return 0;
  if (node.op == "ConvTranspose")
    return int_attribute(node, "group", 1) == 1 ? std::optional<std::size_t>(1) : std::nullopt;
  if (shape.size() != 2) return {};
  if (node.op == "MatMul") return operand;
  return int_attribute(node, "transB", 0) != 0 ? 0 : 1;
}

struct Integers {
  std::vector<float> scales;
  Tensor<std::int64_t> values;
};

Integers quantized(const FloatTensor& weights, const std::optional<std::size_t>& axis) {
  std::size_t channels = 1, inner = weights.data.size();
  if (axis) {
    channels = static_cast<std::size_t>(weights.shape[*axis]);
    inner = 1;
    for (std::size_t i = *axis + 1; i < weights.shape.size(); ++i) inner *= static_cast<std::size_t>(weights.shape[i]);
  }
  Integers integers = {std::vector<float>(channels, 0.0F), Tensor<std::int64_t>(weights.shape)};
  for (std::size_t i = 0; i < weights.data.size(); ++i) {
    float& largest = integers.scales[i / inner % channels];
    largest = std::max(largest, std::abs(weights.data[i]));
  }
  for (float& scale : integers.scales) scale = std::isnormal(scale / kHighest) ? scale / kHighest : 1.0F;
  for (std::size_t i = 0; i < weights.data.size(); ++i) {
    const float steps = std::nearbyint(weights.data[i] / integers.scales[i / inner % channels]);
    integers.values.data[i] = static_cast<std::int64_t>(std::clamp(steps, -kHighest, kHighest));
  }
  return integers;
}

std::string add(Graph* graph, std::string name, Value value) {
  while (graph->values.count(name) != 0) name += '_';
  value.name = name;
  graph->values[name] = std::move(value);
  return name;
}

}  // namespace

void quantize_float_weights(Graph* graph, std::vector<std::string>* notes) {
  std::vector<Node> nodes;
  for (Node& node : graph->nodes) {
    const std::optional<std::size_t> operand = weight_operand(*graph, node);
    if (operand) {
      const std::string weights = node.inputs[*operand];
      const FloatTensor& real = graph->values.at(weights).floats;
      const std::optional<std::size_t> axis = channel_axis(node, *operand, real.shape);
      Integers integers = quantized(real, axis);
      Value value;
      value.shape = real.shape;
      const std::string made = add(graph, weights + ".dequantized", value);
      value.is_constant = true;
      value.type = ElementType::kInt8;
      value.integers = std::move(integers.values);
      const std::string stored = add(graph, weights + ".stored", std::move(value));
      Value scale;
      scale.is_constant = true;
      if (axis) scale.shape = {static_cast<std::int64_t>(integers.scales.size())};
      scale.floats = FloatTensor(scale.shape, integers.scales);
      Node dequantize;
      dequantize.name = weights + ".DequantizeLinear";
      dequantize.op = "DequantizeLinear";
      dequantize.inputs = {stored, add(graph, weights + ".scale", std::move(scale))};
      dequantize.outputs = {made};
      dequantize.attributes = {{"axis", static_cast<std::int64_t>(axis.value_or(0))}};
      nodes.push_back(std::move(dequantize));
      node.inputs[*operand] = made;
      notes->push_back(describe(node) + ": weights '" + weights + "' are in float in the file and get 8 bits");
    }
    nodes.push_back(std::move(node));
  }
  graph->nodes = std::move(nodes);
}

}  // namespace systoliq::sw_ref
