// SPDX-License-Identifier: Apache-2.0
// Kernels that move elements without computing, and of Resize.
#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"
#include "sw_ref/frontend/graph/resize.h"
#include "sw_ref/frontend/graph/rules.h"
#include "sw_ref/frontend/graph/tensor_operations.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// Replaces one axis by the linear interpolation between its elements.
FloatTensor interpolated(const FloatTensor& x, std::size_t axis, const std::vector<LinearPlace>& places) {
  const AxisLayout layout = axis_layout(x.shape, axis);
  Shape shape = x.shape;
  shape[axis] = static_cast<std::int64_t>(places.size());
  FloatTensor y(shape);
  auto next = y.data.begin();
  for (std::int64_t outer = 0; outer < layout.outer; ++outer) {
    const float* plane = x.data.data() + outer * layout.channels * layout.inner;
    for (const LinearPlace& place : places) {
      const float* low = plane + place.low * layout.inner;
      const float* high = plane + place.high * layout.inner;
      for (std::int64_t i = 0; i < layout.inner; ++i) *next++ = low[i] * (1.0F - place.weight) + high[i] * place.weight;
    }
  }
  return y;
}

}  // namespace

Kernel make_same_elements(const KernelRequest& request) {
  return {{0}, [shape = request.output](const Operands& operands) { return FloatTensor(shape, operands[0]->data); }};
}

Kernel make_moved(const KernelRequest& request) {
  const Node& node = request.view.node;
  const float fill = node.op == "Pad" ? pad_value(request.view) : 0.0F;
  return {{0}, [movement = find_rule(node.domain, node.op)->move(request.view), fill](const Operands& operands) {
            return moved(*operands[0], movement, fill);
          }};
}

Kernel make_concat(const KernelRequest& request) {
  const Node& node = request.view.node;
  const std::size_t axis = normalized_axis(node, int_attribute(node, "axis", 0), request.output.size());
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < request.view.inputs.size(); ++i) all.push_back(i);
  return {all,
          [axis, shape = request.output](const Operands& operands) { return concatenated(operands, axis, shape); }};
}

Kernel make_resize(const KernelRequest& request) {
  const Resize resize = resize_of(request.view);
  if (!resize.linear) {
    return {{0},
            [movement = nearest_movement(resize)](const Operands& operands) { return moved(*operands[0], movement); }};
  }
  return {{0}, [resize](const Operands& operands) {
            FloatTensor y = *operands[0];
            for (std::size_t axis = resize.output.size(); axis-- > 0;) {
              const bool same = resize.input[axis] == resize.output[axis] && resize.scales[axis] == 1.0F;
              if (!same) y = interpolated(y, axis, linear_places(resize, axis));
            }
            return y;
          }};
}

}  // namespace systoliq::sw_ref
