// SPDX-License-Identifier: Apache-2.0
// Rules of the operators that keep their input's shape, and of Add.
#include <limits>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

const Value& float_input(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat});
  return x;
}

}  // namespace

TensorType infer_unary(const NodeView& view) { return {ElementType::kFloat, float_input(view).shape}; }

ClipLimits clip_limits(const NodeView& view) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (view.opset < 11) {
    return {float_attribute(view.node, "min", -kInfinity), float_attribute(view.node, "max", kInfinity)};
  }
  return {constant_scalar(view, 1, "min", -kInfinity), constant_scalar(view, 2, "max", kInfinity)};
}

TensorType infer_clip(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat, ElementType::kInt8, ElementType::kUint8});
  for (std::size_t i = 1; i < 3; ++i) {
    if (const Value* limit = optional_input(view, i)) expect_type(view, *limit, {x.type});
  }
  const ClipLimits limits = clip_limits(view);
  if (!(limits.low <= limits.high)) {
    refuse(view.node, "min " + number_text(limits.low) + " and max " + number_text(limits.high) +
                          " leave nothing; accepted: min not above max");
  }
  return {x.type, x.shape};
}

std::size_t softmax_axis(const NodeView& view, std::size_t rank) {
  return normalized_axis(view.node, int_attribute(view.node, "axis", view.opset < 13 ? 1 : -1), rank);
}

TensorType infer_softmax(const NodeView& view) {
  const Value& x = float_input(view);
  softmax_axis(view, x.shape.size());
  return {x.type, x.shape};
}

TensorType infer_batch_normalization(const NodeView& view) {
  const Value& x = float_input(view);
  if (x.shape.size() < 2) refuse(view.node, "input has shape " + to_string(x.shape) + "; accepted: [n, c, …]");
  constexpr const char* kNames[] = {"", "scale", "bias", "mean", "variance"};
  for (std::size_t i = 1; i < 5; ++i) {
    expect_shape(view.node, kNames[i], constant_input(view, i, kNames[i], ElementType::kFloat).shape, {x.shape[1]});
  }
  if (int_attribute(view.node, "training_mode", 0) != 0) refuse(view.node, "training_mode is 1; accepted: 0");
  if (int_attribute(view.node, "spatial", 1) != 1) refuse(view.node, "spatial is 0; accepted: 1");
  const float epsilon = float_attribute(view.node, "epsilon", 1e-5F);
  for (const float variance : input_of(view, 4, "variance").floats.data) {
    if (!(variance + epsilon > 0.0F)) {
      refuse(view.node, "variance plus epsilon is " + number_text(variance + epsilon) + "; accepted: positive");
    }
  }
  return {x.type, x.shape};
}

TensorType infer_dropout(const NodeView& view) {
  const Value& x = float_input(view);
  if (const Value* training = optional_input(view, 2)) {
    expect_type(view, *training, {ElementType::kBool});
    if (constant_scalar(view, 2, "training_mode", 0.0F) != 0.0F) {
      refuse(view.node, "training_mode is true; accepted: false (inference)");
    }
  }
  return {x.type, x.shape};
}

TensorType infer_add(const NodeView& view) {
  const Value& a = float_input(view);
  const Value& b = input_of(view, 1, "B");
  expect_type(view, b, {ElementType::kFloat});
  const Shape sum = broadcast_shape(view.node, a.shape, b.shape);
  // One operand may be smaller: a constant, which may still have to be dequantized.
  if (sum != a.shape && sum != b.shape) {
    refuse(view.node, "adds shapes " + to_string(a.shape) + " and " + to_string(b.shape) +
                          "; accepted: equal shapes, or a constant that broadcasts to the other operand's shape");
  }
  return {a.type, sum};
}

}  // namespace systoliq::sw_ref
