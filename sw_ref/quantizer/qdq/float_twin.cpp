// SPDX-License-Identifier: Apache-2.0
// Puts dequantized constants and the activations' ranges back into the stripped graph.
#include "sw_ref/quantizer/qdq/float_twin.h"

#include <utility>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/qdq/qdq_graph.h"

namespace systoliq::sw_ref {
namespace {

FloatTensor dequantize(const Constant& constant) {
  FloatTensor real(constant.values.shape);
  std::size_t inner = 1;
  for (std::size_t i = constant.axis + 1; i < constant.values.shape.size(); ++i) {
    inner *= static_cast<std::size_t>(constant.values.shape[i]);
  }
  for (std::size_t i = 0; i < real.data.size(); ++i) {
    const std::size_t channels = constant.scales.size();
    const double scale = channels == 0 ? 1.0 : double{constant.scales[channels == 1 ? 0 : i / inner % channels]};
    real.data[i] = static_cast<float>((constant.values.data[i] - constant.zero_point) * scale);
  }
  return real;
}

void add_constant(Graph* graph, const std::string& name, FloatTensor values) {
  Value value;
  value.name = name;
  value.shape = values.shape;
  value.is_constant = true;
  value.floats = std::move(values);
  graph->values[name] = std::move(value);
}

/// `name` becomes the Clip of what `node` computes to the reals that 8 bits at this scale stand for.
Node clip_behind(Graph* graph, Node* node, const std::string& name, const ActivationScale& as) {
  const auto real = [&as](std::int32_t stored) { return as.scale * static_cast<float>(stored - as.zero_point); };
  Value unlimited = graph->values.at(name);
  unlimited.name = name + ".unlimited";
  node->outputs[0] = unlimited.name;
  Node clip;
  clip.name = name + ".range";
  clip.op = "Clip";
  clip.inputs = {unlimited.name};
  clip.outputs = {name};
  if (graph->opset < 11) {
    clip.attributes = {{"min", real(-128)}, {"max", real(127)}};
  } else {
    add_constant(graph, name + ".lowest", FloatTensor(Shape{}, {real(-128)}));
    add_constant(graph, name + ".highest", FloatTensor(Shape{}, {real(127)}));
    clip.inputs.insert(clip.inputs.end(), {name + ".lowest", name + ".highest"});
  }
  graph->values[unlimited.name] = std::move(unlimited);
  return clip;
}

/// A change of scale alone is nothing; one by a factor multiplies. The clip behind it is its range.
void replace_requantize(Graph* graph, Node* node) {
  node->op = "Identity";
  if (node->attributes.count(kFactorAttribute) != 0) {
    const std::string factor = node->outputs[0] + ".factor";
    add_constant(graph, factor, FloatTensor(Shape{}, {float_attribute(*node, kFactorAttribute, 1.0F)}));
    node->op = "Mul";
    node->inputs.push_back(factor);
  }
  node->attributes.clear();
}

/// Tensors that are known under a graph output's name bear it.
void rename_outputs(QdqGraph* stripped) {
  Graph& graph = stripped->graph;
  const auto renamed = [&](const std::string& name) {
    const auto known = stripped->names.find(name);
    return known == stripped->names.end() ? name : known->second;
  };
  for (const auto& [from, to] : stripped->names) {
    if (graph.values.count(from) != 0) {
      graph.values[to] = graph.values.at(from);
      graph.values[to].name = to;
    }
    const auto as = stripped->scales.find(from);
    if (as != stripped->scales.end()) stripped->scales[to] = as->second;
  }
  for (Node& node : graph.nodes) {
    for (std::string& name : node.inputs) name = renamed(name);
    for (std::string& name : node.outputs) name = renamed(name);
  }
  for (std::string& name : graph.outputs) name = renamed(name);
}

}  // namespace

Graph float_twin(const Graph& quantized) {
  QdqGraph stripped = strip_quantization(quantized);
  Graph& graph = stripped.graph;
  for (auto& [name, value] : graph.values) {
    if (!value.is_constant) value.type = ElementType::kFloat;
  }
  for (const auto& [name, constant] : stripped.constants) add_constant(&graph, name, dequantize(constant));
  rename_outputs(&stripped);
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    if (node.op == kRequantize) replace_requantize(&graph, &node);
    const std::string name = node.outputs[0];
    const auto as = stripped.scales.find(name);
    if (as == stripped.scales.end()) {
      nodes.push_back(std::move(node));
      continue;
    }
    Node clip = clip_behind(&graph, &node, name, as->second);
    nodes.push_back(std::move(node));
    nodes.push_back(std::move(clip));
  }
  graph.nodes = std::move(nodes);
  return std::move(graph);
}

}  // namespace systoliq::sw_ref
