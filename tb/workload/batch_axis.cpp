// SPDX-License-Identifier: Apache-2.0
// Operators that take an axis or axes, and those that move axis 0.
#include "tb/workload/batch_axis.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "sw_ref/frontend/graph/attributes.h"

namespace systoliq::tb {
namespace {

bool takes_axis(const std::string& op) {
  static const std::set<std::string> kOperators = {"ArgMax",     "ArgMin",  "Concat", "Gather", "LayerNormalization",
                                                   "LogSoftmax", "Softmax", "Split",  "TopK"};
  return kOperators.count(op) != 0;
}

std::int64_t default_axis(const Node& node, std::int64_t opset) {
  if (node.op == "Softmax" || node.op == "LogSoftmax") return opset < 13 ? 1 : -1;
  return node.op == "TopK" || node.op == "LayerNormalization" ? -1 : 0;
}

/// Axes of a Reduce operator: an attribute or a constant input; none means all.
std::vector<std::int64_t> reduced_axes(const Graph& graph, const Node& node, std::int64_t rank) {
  std::vector<std::int64_t> axes = sw_ref::ints_attribute(node, "axes", {});
  if (node.inputs.size() > 1 && !node.inputs[1].empty()) axes = graph.values.at(node.inputs[1]).integers.data;
  if (!axes.empty() || sw_ref::int_attribute(node, "noop_with_empty_axes", 0) != 0) return axes;
  for (std::int64_t axis = 0; axis < rank; ++axis) axes.push_back(axis);
  return axes;
}

bool mixes_images(const Graph& graph, const Node& node, const Shape& shape) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto is_first = [rank](std::int64_t axis) { return axis == 0 || axis == -rank; };
  if (takes_axis(node.op)) return is_first(sw_ref::int_attribute(node, "axis", default_axis(node, graph.opset)));
  if (node.op == "Transpose") {
    const std::vector<std::int64_t> order = sw_ref::ints_attribute(node, "perm", {});
    return order.empty() || order[0] != 0;
  }
  if (node.op.rfind("Reduce", 0) != 0) return false;
  const std::vector<std::int64_t> axes = reduced_axes(graph, node, rank);
  return std::any_of(axes.begin(), axes.end(), is_first);
}

}  // namespace

void check_images_apart(const Graph& graph, std::int64_t batch) {
  if (batch <= 1) return;
  for (const Node& node : graph.nodes) {
    if (!node.domain.empty() || node.inputs.empty()) continue;
    const auto input = graph.values.find(node.inputs[0]);
    if (input == graph.values.end() || input->second.is_constant) continue;
    const Shape& shape = input->second.shape;
    if (shape.size() < 2 || shape[0] != 1 || !mixes_images(graph, node, shape)) continue;
    sw_ref::refuse(node, "works along axis 0, across the " + std::to_string(batch) +
                             " images of a batch, which run one after another; accepted: other axes, or --batch 1");
  }
}

}  // namespace systoliq::tb
