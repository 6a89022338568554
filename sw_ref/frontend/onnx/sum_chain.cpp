// SPDX-License-Identifier: Apache-2.0
// Replaces nodes in their places, so that the order stays topological.
#include "sw_ref/frontend/onnx/sum_chain.h"

#include <algorithm>
#include <utility>

#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {
namespace {

/// A value of that name and shape beside those of the graph.
std::string add_value(Graph* graph, std::string name, const Value& like, Shape shape) {
  while (graph->values.count(name) != 0) name += '_';
  Value value;
  value.name = name;
  value.type = like.type;
  value.shape = std::move(shape);
  graph->values[name] = std::move(value);
  return name;
}

void append_chain(Graph* graph, const Node& sum, std::vector<Node>* nodes) {
  std::string left = sum.inputs[0];
  for (std::size_t i = 1; i < sum.inputs.size(); ++i) {
    const bool last = i + 1 == sum.inputs.size();
    const Value& a = graph->values.at(left);
    const Shape shape = broadcast_shape(sum, a.shape, graph->values.at(sum.inputs[i]).shape);
    const std::string number = std::to_string(i);
    Node add;
    add.op = "Add";
    add.name = last ? sum.name : sum.name + ".sum" + number;
    add.inputs = {left, sum.inputs[i]};
    add.outputs = {last ? sum.outputs[0] : add_value(graph, sum.outputs[0] + ".sum" + number, a, shape)};
    left = add.outputs[0];
    nodes->push_back(std::move(add));
  }
}

}  // namespace

void expand_sums(Graph* graph) {
  const auto is_sum = [](const Node& node) { return node.op == "Sum" && node.domain.empty(); };
  if (std::none_of(graph->nodes.begin(), graph->nodes.end(), is_sum)) return;
  std::vector<Node> nodes;
  for (Node& node : graph->nodes) {
    if (is_sum(node) && node.inputs.size() > 1) {
      append_chain(graph, node, &nodes);
      continue;
    }
    if (is_sum(node)) node.op = "Identity";
    nodes.push_back(std::move(node));
  }
  graph->nodes = std::move(nodes);
}

}  // namespace systoliq::sw_ref
