// SPDX-License-Identifier: Apache-2.0
// Rules of the operators that normalize: each keeps its input's shape.
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/rules.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

const Value& float_input(const NodeView& view, std::size_t least_rank) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat});
  if (x.shape.size() < least_rank) {
    refuse(view.node, "input has shape " + to_string(x.shape) + "; accepted: [n, c, …]");
  }
  return x;
}

void expect_vector(const NodeView& view, std::size_t input, const char* what, std::int64_t size) {
  expect_shape(view.node, what, constant_input(view, input, what, ElementType::kFloat).shape, {size});
}

}  // namespace

std::size_t softmax_axis(const NodeView& view, std::size_t rank) {
  return normalized_axis(view.node, int_attribute(view.node, "axis", view.opset < 13 ? 1 : -1), rank);
}

TensorType infer_softmax(const NodeView& view) {
  const Value& x = float_input(view, 0);
  softmax_axis(view, x.shape.size());
  return {x.type, x.shape};
}

TensorType infer_batch_normalization(const NodeView& view) {
  const Value& x = float_input(view, 2);
  constexpr const char* kNames[] = {"", "scale", "bias", "mean", "variance"};
  for (std::size_t i = 1; i < 5; ++i) expect_vector(view, i, kNames[i], x.shape[1]);
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

TensorType infer_instance_normalization(const NodeView& view) {
  const Value& x = float_input(view, 3);
  expect_vector(view, 1, "scale", x.shape[1]);
  expect_vector(view, 2, "B", x.shape[1]);
  return {x.type, x.shape};
}

TensorType infer_layer_normalization(const NodeView& view) {
  const Value& x = float_input(view, 1);
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", -1), x.shape.size());
  const Shape normalized(x.shape.begin() + static_cast<std::ptrdiff_t>(axis), x.shape.end());
  const char* const names[] = {"", "Scale", "B"};
  for (std::size_t i = 1; i < 3; ++i) {
    if (i == 2 && optional_input(view, 2) == nullptr) break;
    const Value& operand = constant_input(view, i, names[i], ElementType::kFloat);
    expect_shape(view.node, names[i], broadcast_shape(view.node, operand.shape, normalized), normalized);
  }
  return {x.type, x.shape};
}

/// Scale and bias: one for each group in opset 18 to 20, one for each channel since.
TensorType infer_group_normalization(const NodeView& view) {
  const Value& x = float_input(view, 3);
  const std::int64_t groups = int_attribute(view.node, "num_groups", 0);
  if (groups < 1 || x.shape[1] % groups != 0) {
    refuse(view.node, "num_groups is " + std::to_string(groups) + " of " + std::to_string(x.shape[1]) +
                          " channels; accepted: a divisor");
  }
  const std::int64_t size = view.opset < 21 ? groups : x.shape[1];
  expect_vector(view, 1, "scale", size);
  expect_vector(view, 2, "bias", size);
  return {x.type, x.shape};
}

TensorType infer_lrn(const NodeView& view) {
  const Value& x = float_input(view, 2);
  const std::int64_t size = int_attribute(view.node, "size", 0);
  if (size < 1 || size > 1 << 20) {
    refuse(view.node, "size is " + std::to_string(size) + "; accepted: 1 to 1048576 channels");
  }
  return {x.type, x.shape};
}

}  // namespace systoliq::sw_ref
