// SPDX-License-Identifier: Apache-2.0
// Folds DequantizeLinear of constants, but only where a normalization reads it: weights stay the integers that they
// are.
#include "sw_ref/frontend/onnx/dequantized_parameters.h"

#include <algorithm>
#include <optional>

namespace systoliq::sw_ref {
namespace {

bool is_normalization(const Node& node) {
  if (!node.domain.empty()) return false;
  for (const char* op : {"BatchNormalization", "InstanceNormalization", "GroupNormalization", "LayerNormalization"}) {
    if (node.op == op) return true;
  }
  return false;
}

const Value* constant_of(const Graph& graph, const std::string& name) {
  const auto found = graph.values.find(name);
  return found != graph.values.end() && found->second.is_constant ? &found->second : nullptr;
}

/// The reals of a vector of integers with one scale, or one for each element.
std::optional<Value> dequantized(const Graph& graph, const Node& node) {
  const Value* data = constant_of(graph, node.inputs.at(0));
  const Value* scale = node.inputs.size() > 1 ? constant_of(graph, node.inputs[1]) : nullptr;
  const bool has_zero = node.inputs.size() > 2 && !node.inputs[2].empty();
  const Value* zero = has_zero ? constant_of(graph, node.inputs[2]) : nullptr;
  if (data == nullptr || scale == nullptr || data->integers.data.empty() || (has_zero && zero == nullptr)) return {};
  const std::size_t count = data->integers.data.size();
  const std::size_t scales = scale->floats.data.size();
  const std::size_t zeros = has_zero ? zero->integers.data.size() : 1;
  if ((scales != 1 && scales != count) || (zeros != 1 && zeros != count)) return {};
  Value real;
  real.shape = data->shape;
  real.is_constant = true;
  real.floats = FloatTensor(data->shape);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t offset = has_zero ? zero->integers.data[zeros == 1 ? 0 : i] : 0;
    real.floats.data[i] = static_cast<float>(data->integers.data[i] - offset) * scale->floats.data[scales == 1 ? 0 : i];
  }
  return real;
}

}  // namespace

std::vector<Value> dequantize_parameters(const Graph& graph, Node* node) {
  std::vector<Value> constants;
  if (!is_normalization(*node)) return constants;
  for (std::size_t i = 1; i < node->inputs.size(); ++i) {
    std::string& input = node->inputs[i];
    if (input.empty() || constant_of(graph, input) != nullptr) continue;
    const auto maker = std::find_if(graph.nodes.rbegin(), graph.nodes.rend(),
                                    [&](const Node& other) { return other.outputs.at(0) == input; });
    if (maker == graph.nodes.rend() || maker->op != "DequantizeLinear") continue;
    std::optional<Value> real = dequantized(graph, *maker);
    if (!real) continue;
    real->name = input + ".real";
    while (graph.values.count(real->name) != 0) real->name += "_";
    input = real->name;
    constants.push_back(std::move(*real));
  }
  return constants;
}

}  // namespace systoliq::sw_ref
