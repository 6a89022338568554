// SPDX-License-Identifier: Apache-2.0
// Operators that are supported of constants only, as exporters use them to compute shapes and fillings (ONNX operators
// Shape, Size, ConstantOfShape, Range).
#include <algorithm>
#include <cmath>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/rules.h"
#include "sw_ref/frontend/graph/tensor_operations.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

/// First and one past the last axis that a Shape node reports; attributes since opset 15, limited to the rank.
std::pair<std::int64_t, std::int64_t> reported_axes(const NodeView& view) {
  const auto rank = static_cast<std::int64_t>(input_of(view, 0, "data").shape.size());
  const auto limited = [rank](std::int64_t axis) {
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const std::int64_t start = limited(int_attribute(view.node, "start", 0));
  return {start, std::max(start, limited(int_attribute(view.node, "end", rank)))};
}

double scalar_of(const NodeView& view, std::size_t index, const char* what) {
  const Value& value = input_of(view, index, what);
  if (!value.is_constant || element_count(value.shape) != 1) {
    refuse(view.node, std::string(what) + " '" + value.name + "' is not one constant number");
  }
  return value.type == ElementType::kFloat ? double{value.floats.data[0]} : static_cast<double>(value.integers.data[0]);
}

}  // namespace

TensorType infer_shape(const NodeView& view) {
  const auto [start, end] = reported_axes(view);
  return {ElementType::kInt64, {end - start}};
}

TensorType infer_size(const NodeView&) { return {ElementType::kInt64, {}}; }

Value fold_shape(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const Shape& shape = input_of(view, 0, "data").shape;
  if (view.node.op == "Size") {
    value.integers = {Shape{}, std::vector<std::int64_t>{element_count(shape)}};
    return value;
  }
  const auto [start, end] = reported_axes(view);
  value.integers = {type.shape, std::vector<std::int64_t>(shape.begin() + start, shape.begin() + end)};
  return value;
}

TensorType infer_constant_of_shape(const NodeView& view) {
  const Shape shape = constant_integers(view, 0, "input");
  for (const std::int64_t size : shape) {
    if (size < 0) refuse(view.node, "makes a tensor of shape " + to_string(shape) + "; accepted: no negative size");
  }
  const Value* filling = optional_input(view, 1);
  if (filling == nullptr) return {ElementType::kFloat, shape};
  if (element_count(filling->shape) != 1) {
    refuse(view.node, "'value' has shape " + to_string(filling->shape) + "; accepted: one element");
  }
  return {filling->type, shape};
}

Value fold_constant_of_shape(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const Value* filling = optional_input(view, 1);
  if (type.type == ElementType::kFloat) {
    value.floats = FloatTensor(type.shape, filling == nullptr ? 0.0F : filling->floats.data[0]);
  } else {
    value.integers = Tensor<std::int64_t>(type.shape, filling->integers.data[0]);
  }
  return value;
}

TensorType infer_range(const NodeView& view) {
  const ElementType type = input_of(view, 0, "start").type;
  expect_type(view, *view.inputs[0], {ElementType::kFloat, ElementType::kInt32, ElementType::kInt64});
  for (std::size_t i = 1; i < 3; ++i) expect_type(view, input_of(view, i, "limit or delta"), {type});
  const double start = scalar_of(view, 0, "start"), limit = scalar_of(view, 1, "limit"),
               delta = scalar_of(view, 2, "delta");
  const double count = delta == 0.0 ? -1.0 : std::max(0.0, std::ceil((limit - start) / delta));
  if (!(count >= 0.0 && count <= static_cast<double>(kLargestTensor))) {
    refuse(view.node, "counts from " + number_text(start) + " to " + number_text(limit) + " in steps of " +
                          number_text(delta) + "; accepted: up to " + std::to_string(kLargestTensor) + " steps");
  }
  return {type, {static_cast<std::int64_t>(count)}};
}

Value fold_range(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const Value& start = *view.inputs[0];
  const Value& delta = *view.inputs[2];
  if (type.type == ElementType::kFloat) {
    value.floats = FloatTensor(type.shape);
    for (std::size_t i = 0; i < value.floats.data.size(); ++i) {
      value.floats.data[i] = start.floats.data[0] + static_cast<float>(i) * delta.floats.data[0];
    }
    return value;
  }
  value.integers = Tensor<std::int64_t>(type.shape);
  for (std::size_t i = 0; i < value.integers.data.size(); ++i) {
    value.integers.data[i] = start.integers.data[0] + static_cast<std::int64_t>(i) * delta.integers.data[0];
  }
  return value;
}

}  // namespace systoliq::sw_ref
