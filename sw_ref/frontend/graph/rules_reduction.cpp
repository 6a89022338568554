// SPDX-License-Identifier: Apache-2.0
// Rules of the Reduce operators, ArgMax and ArgMin.
#include <cmath>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/reduction.h"
#include "sw_ref/frontend/graph/rules.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {

TensorType infer_reduction(const NodeView& view) {
  const Value& x = input_of(view, 0, "data");
  if (!x.is_constant || x.type == ElementType::kBool) expect_type(view, x, {ElementType::kFloat});
  const std::vector<bool> axes = reduced_axes(view, x.shape.size());
  const bool keeps = int_attribute(view.node, "keepdims", 1) != 0;
  Shape shape;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    if (axes[axis] && x.shape[axis] == 0) {
      refuse(view.node, "reduces axis " + std::to_string(axis) + ", which is empty; accepted: axes with elements");
    }
    if (!axes[axis]) shape.push_back(x.shape[axis]);
    if (axes[axis] && keeps) shape.push_back(1);
  }
  return {x.type, shape};
}

/// Integers are combined in double, which is exact for results below 2^53.
Value fold_reduction(const NodeView& view, const TensorType& type) {
  const Value& x = input_of(view, 0, "data");
  const std::vector<bool> axes = reduced_axes(view, x.shape.size());
  Value value = constant_of(type);
  if (type.type == ElementType::kFloat) {
    value.floats = reduced(view.node.op, x.floats, axes, type.shape);
    return value;
  }
  constexpr double kExact = 16777216.0;
  value.integers = Tensor<std::int64_t>(type.shape);
  const FloatTensor result = reduced(view.node.op, as_floats(x), axes, type.shape);
  for (std::size_t i = 0; i < result.data.size(); ++i) {
    const double element = double{result.data[i]};
    if (!(std::fabs(element) < kExact) || element != std::nearbyint(element)) {
      refuse(view.node, "yields " + number_text(element) + " from integers; accepted: whole results below 2^24");
    }
    value.integers.data[i] = static_cast<std::int64_t>(element);
  }
  return value;
}

TensorType infer_arg_extreme(const NodeView& view) {
  const Value& x = input_of(view, 0, "data");
  expect_type(view, x, {ElementType::kFloat, ElementType::kInt8, ElementType::kUint8});
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", 0), x.shape.size());
  Shape shape = x.shape;
  shape[axis] = 1;
  if (int_attribute(view.node, "keepdims", 1) == 0) shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return {ElementType::kInt64, shape};
}

}  // namespace systoliq::sw_ref
