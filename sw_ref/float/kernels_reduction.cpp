// SPDX-License-Identifier: Apache-2.0
// Kernels that take many elements together: reductions, positions of extremes, pooling of a whole plane.
#include <algorithm>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/reduction.h"

namespace systoliq::sw_ref {

Kernel make_reduction(const KernelRequest& request) {
  const NodeView& view = request.view;
  const std::vector<bool> axes = reduced_axes(view, view.inputs[0]->shape.size());
  return {{0}, [op = view.node.op, axes, shape = request.output](const Operands& operands) {
            return reduced(op, *operands[0], axes, shape);
          }};
}

Kernel make_arg_extreme(const KernelRequest& request) {
  const Node& node = request.view.node;
  const std::size_t axis = normalized_axis(node, int_attribute(node, "axis", 0), request.view.inputs[0]->shape.size());
  const bool largest = node.op == "ArgMax", last = int_attribute(node, "select_last_index", 0) != 0;
  return {{0}, [axis, largest, last, shape = request.output](const Operands& operands) {
            return extreme_positions(*operands[0], axis, largest, last, shape);
          }};
}

Kernel make_global_average_pool(const KernelRequest& request) {
  return {{0}, [shape = request.output](const Operands& operands) {
            FloatTensor output(shape);
            const std::size_t area = operands[0]->data.size() / output.data.size();
            const float* x = operands[0]->data.data();
            for (float& mean : output.data) {
              double sum = 0.0;
              for (std::size_t i = 0; i < area; ++i) sum += double{*x++};
              mean = static_cast<float>(sum / static_cast<double>(area));
            }
            return output;
          }};
}

Kernel make_global_max_pool(const KernelRequest& request) {
  return {{0}, [shape = request.output](const Operands& operands) {
            FloatTensor output(shape);
            const auto area = static_cast<std::ptrdiff_t>(operands[0]->data.size() / output.data.size());
            auto plane = operands[0]->data.begin();
            for (float& largest : output.data) {
              largest = *std::max_element(plane, plane + area);
              plane += area;
            }
            return output;
          }};
}

}  // namespace systoliq::sw_ref
