// SPDX-License-Identifier: Apache-2.0
// Rules of operators from outside ONNX: QONNX's Quant and BipolarQuant, PULP's RequantShift, ONNX Runtime's
// QLinearSoftmax; and of TopK, whose outputs are two.
#include <algorithm>
#include <cmath>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/custom_operators.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"
#include "sw_ref/frontend/graph/rules.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

/// A constant that broadcasts to the shape of X.
const FloatTensor& spread_constant(const NodeView& view, std::size_t index, const char* what) {
  const Value& value = constant_input(view, index, what, ElementType::kFloat);
  const Shape& x = view.inputs[0]->shape;
  expect_shape(view.node, (std::string(what) + ", broadcast with X,").c_str(),
               broadcast_shape(view.node, x, value.shape), x);
  return value.floats;
}

void expect_positive(const NodeView& view, const FloatTensor& scales) {
  for (const float scale : scales.data) {
    if (std::isfinite(scale) && scale > 0.0F) continue;
    refuse(view.node, "scale holds " + number_text(scale) + "; accepted: finite and positive");
  }
}

}  // namespace

UniformGrid uniform_grid(const NodeView& view) {
  const float bits = constant_scalar(view, 3, "bitwidth", 0.0F);
  if (!(bits >= 2.0F && bits <= 32.0F) || bits != std::nearbyint(bits)) {
    refuse(view.node, "bitwidth is " + number_text(bits) + "; accepted: whole numbers from 2 to 32");
  }
  UniformGrid grid;
  grid.rounding = string_attribute(view.node, "rounding_mode", "ROUND");
  if (grid.rounding != "ROUND" && grid.rounding != "FLOOR" && grid.rounding != "CEIL" &&
      grid.rounding != "ROUND_TO_ZERO") {
    refuse(view.node, "rounding_mode is '" + grid.rounding + "'; accepted: ROUND, FLOOR, CEIL, ROUND_TO_ZERO");
  }
  const bool with_sign = int_attribute(view.node, "signed", 1) != 0;
  const auto narrow = static_cast<float>(int_attribute(view.node, "narrow", 0) != 0 ? 1 : 0);
  const float half = std::ldexp(1.0F, static_cast<int>(bits) - 1);
  grid.low = with_sign ? -half + narrow : 0.0F;
  grid.high = with_sign ? half - 1.0F : 2.0F * half - 1.0F - narrow;
  return grid;
}

TensorType infer_quant(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat});
  expect_positive(view, spread_constant(view, 1, "scale"));
  spread_constant(view, 2, "zero point");
  uniform_grid(view);
  return {x.type, x.shape};
}

Truncation truncation(const NodeView& view) {
  Truncation result;
  result.rounding = string_attribute(view.node, "rounding_mode", "FLOOR");
  if (result.rounding != "ROUND" && result.rounding != "FLOOR" && result.rounding != "CEIL" &&
      result.rounding != "ROUND_TO_ZERO") {
    refuse(view.node, "rounding_mode is '" + result.rounding + "'; accepted: ROUND, FLOOR, CEIL, ROUND_TO_ZERO");
  }
  const float before = constant_scalar(view, 3, "input bitwidth", 0.0F);
  const float after = constant_scalar(view, 4, "output bitwidth", 0.0F);
  const float dropped = before - after;
  if (!(after >= 1.0F && dropped >= 0.0F && dropped <= 32.0F) || dropped != std::nearbyint(dropped)) {
    refuse(view.node, "takes " + number_text(before) + " bits to " + number_text(after) +
                          "; accepted: whole numbers of bits, of which up to 32 are dropped");
  }
  result.divisor = std::ldexp(1.0F, static_cast<int>(dropped));
  return result;
}

TensorType infer_trunc(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat});
  expect_positive(view, spread_constant(view, 1, "scale"));
  spread_constant(view, 2, "zero point");
  truncation(view);
  return {x.type, x.shape};
}

TensorType infer_bipolar_quant(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat});
  expect_positive(view, spread_constant(view, 1, "scale"));
  return {x.type, x.shape};
}

TensorType infer_requant_shift(const NodeView& view) {
  const Value& x = input_of(view, 0, "data");
  expect_type(view, x, {ElementType::kFloat});
  for (const std::size_t index : {std::size_t{1}, std::size_t{2}}) {
    const auto channels = x.shape.size() > 1 ? x.shape[1] : 1;
    const Value& operand = constant_input(view, index, index == 1 ? "mul" : "add", ElementType::kFloat);
    const std::int64_t count = element_count(operand.shape);
    if (count == 1 || count == channels) continue;
    refuse(view.node, "'" + operand.name + "' has shape " + to_string(operand.shape) + "; accepted: one element or " +
                          std::to_string(channels) + ", one for each channel");
  }
  const float div = float_attribute(view.node, "div", 0.0F);
  int exponent = 0;
  if (!(div >= 1.0F && std::frexp(div, &exponent) == 0.5F)) {
    refuse(view.node, "div is " + number_text(div) + "; accepted: a power of two");
  }
  const float levels = requant_levels(view.node);
  if (!(levels >= 2.0F && levels <= 65536.0F)) {
    refuse(view.node, "has " + number_text(levels) + " levels; accepted: 2 to 65536");
  }
  return {x.type, x.shape};
}

float requant_levels(const Node& node) {
  return float_attribute(node, "n_levels_out", float_attribute(node, "n_levels", 0.0F));
}

TensorType infer_qlinear_softmax(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  normalized_axis(view.node, int_attribute(view.node, "axis", -1), x.shape.size());
  return infer_qlinear_unary(view);
}

/// Outputs: the largest (or smallest) elements along the axis, and their indices.
TensorType infer_top_k(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat});
  const std::vector<std::int64_t> k =
      view.opset < 10 ? std::vector<std::int64_t>{int_attribute(view.node, "k", 0)} : constant_integers(view, 1, "K");
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", -1), x.shape.size());
  if (k.size() != 1 || k[0] < 1 || k[0] > x.shape[axis]) {
    refuse(view.node, "K is " + to_string(k) + "; accepted: 1 to " + std::to_string(x.shape[axis]));
  }
  Shape shape = x.shape;
  shape[axis] = k[0];
  return {output_index(view.node) == 0 ? x.type : ElementType::kInt64, shape};
}

/// Rows [image, class, box]: the shape is that of the most there can be; how many there are is known at run time.
TensorType infer_non_max_suppression(const NodeView& view) {
  const Value& boxes = input_of(view, 0, "boxes");
  const Value& scores = input_of(view, 1, "scores");
  expect_type(view, boxes, {ElementType::kFloat});
  expect_type(view, scores, {ElementType::kFloat});
  const Shape& b = boxes.shape;
  const Shape& s = scores.shape;
  if (b.size() != 3 || s.size() != 3 || b[2] != 4 || b[0] != s[0] || b[1] != s[2]) {
    refuse(view.node, "boxes " + to_string(b) + " and scores " + to_string(s) +
                          "; accepted: [n, boxes, 4] and [n, classes, boxes]");
  }
  for (std::size_t i = 2; i < view.inputs.size(); ++i) {
    const Value* limit = view.inputs[i];
    if (limit == nullptr) continue;
    if (!limit->is_constant || element_count(limit->shape) != 1) {
      refuse(view.node, "input '" + limit->name + "' is not one constant number; accepted: a constant");
    }
  }
  const bool limited = view.inputs.size() > 2 && view.inputs[2] != nullptr;
  const std::int64_t most = limited ? constant_integers(view, 2, "max_output_boxes_per_class").at(0) : 0;
  if (most < 1) {
    refuse(view.node, "max_output_boxes_per_class is " + std::to_string(most) + "; accepted: 1 or more");
  }
  return {ElementType::kInt64, {s[0] * s[1] * std::min(most, s[2]), 3}};
}

}  // namespace systoliq::sw_ref
