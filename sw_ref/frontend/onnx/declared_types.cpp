// SPDX-License-Identifier: Apache-2.0
// Compares inputs, outputs and value_info with the graph. Both must agree, since either could misread a file.
#include "sw_ref/frontend/onnx/declared_types.h"

#include <set>
#include <string>

#include "sw_ref/frontend/graph/node_view.h"
#include "sw_ref/frontend/onnx/onnx_tensor.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// `at_most`: the computed first axis is the most that there can be.
void check_declared_type(const onnx::TypeProto& type, const Value& value, bool at_most) {
  if (type.value_case() == onnx::TypeProto::VALUE_NOT_SET) return;
  const std::string what = "tensor '" + value.name + "'";
  if (!type.has_tensor_type()) throw InputError(what + ": is declared as something other than a tensor");
  const onnx::TypeProto::Tensor& tensor = type.tensor_type();
  if (tensor.elem_type() != 0 && element_type(tensor.elem_type(), what) != value.type) {
    throw InputError(what + ": is declared as " + type_name(element_type(tensor.elem_type(), what)) +
                     " but computed as " + type_name(value.type));
  }
  if (!tensor.has_shape()) return;
  bool fits = tensor.shape().dim_size() == static_cast<int>(value.shape.size());
  for (int axis = 0; fits && axis < tensor.shape().dim_size(); ++axis) {
    const onnx::TensorShapeProto::Dimension& dimension = tensor.shape().dim(axis);
    const bool fewer = at_most && axis == 0 && dimension.dim_value() < value.shape[0];
    fits = !dimension.has_dim_value() || fewer || dimension.dim_value() == nth(value.shape, axis);
  }
  if (!fits) {
    throw InputError(what + ": is declared with a shape that contradicts the computed one, " + to_string(value.shape));
  }
}

}  // namespace

void check_declarations(const onnx::GraphProto& declared, const Graph& graph) {
  std::set<std::string> counted_at_run_time;
  for (const Node& node : graph.nodes) {
    if (node.op == "NonMaxSuppression") counted_at_run_time.insert(node.outputs.at(0));
  }
  for (const auto* list : {&declared.input(), &declared.output(), &declared.value_info()}) {
    for (const onnx::ValueInfoProto& info : *list) {
      const auto found = graph.values.find(info.name());
      if (found == graph.values.end()) continue;
      check_declared_type(info.type(), found->second, counted_at_run_time.count(info.name()) != 0);
    }
  }
}

}  // namespace systoliq::sw_ref
