// SPDX-License-Identifier: Apache-2.0
// Rules of the operators between integers beyond convolution and pooling: ConvInteger, MatMulInteger,
// DynamicQuantizeLinear, and ONNX Runtime's QLinearAdd, QLinearMul, QLinearSigmoid, QLinearLeakyRelu, QLinearConcat and
// QGemm.
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"
#include "sw_ref/frontend/graph/rules.h"

namespace systoliq::sw_ref {
namespace {

const std::vector<ElementType> kBytes = {ElementType::kInt8, ElementType::kUint8};

/// An operand of type INT8 or UINT8 with its scale and zero point behind it.
const Value& operand_of(const NodeView& view, std::size_t index, const char* what, std::int64_t channels = 1) {
  const Value& value = input_of(view, index, what);
  expect_type(view, value, kBytes);
  const QuantizationParameters parameters =
      quantization_parameters(view, index + 1, index + 2, what, channels, value.type);
  if (parameters.type != value.type) {
    refuse(view.node, "zero point of '" + value.name + "' has element type " + type_name(parameters.type) +
                          "; accepted: the tensor's own, " + type_name(value.type));
  }
  return value;
}

/// Type of an output whose scale is input `scale`: that of the zero point behind it, else the operand's.
ElementType result_type(const NodeView& view, std::size_t scale, ElementType fallback) {
  const ElementType type = quantization_parameters(view, scale, scale + 1, "Y", 1, fallback).type;
  if (type != ElementType::kInt8 && type != ElementType::kUint8) {
    refuse(view.node, std::string("zero point of Y has element type ") + type_name(type) + "; accepted: INT8, UINT8");
  }
  return type;
}

/// A zero point without a scale: one number, at run time too, or a constant for each of `channels`.
void expect_zero_point(const NodeView& view, std::size_t index, const Value& tensor, std::int64_t channels) {
  const Value* zero = optional_input(view, index);
  if (zero == nullptr) return;
  expect_type(view, *zero, {tensor.type});
  const std::int64_t count = element_count(zero->shape);
  if (count == 1 || (count == channels && zero->shape.size() == 1 && zero->is_constant)) return;
  refuse(view.node, "zero point '" + zero->name + "' has shape " + to_string(zero->shape) + "; accepted: one element" +
                        (channels > 1 ? ", or a constant [" + std::to_string(channels) + "]" : ""));
}

}  // namespace

TensorType infer_qlinear_binary(const NodeView& view) {
  const Value& a = operand_of(view, 0, "A");
  const Value& b = operand_of(view, 3, "B");
  expect_type(view, b, {a.type});
  return {result_type(view, 6, a.type), broadcast_shape(view.node, a.shape, b.shape)};
}

TensorType infer_qlinear_unary(const NodeView& view) {
  const Value& x = operand_of(view, 0, "X");
  const ElementType type = result_type(view, 3, x.type);
  if (type != x.type) refuse(view.node, "output type differs from the input's; accepted: the same");
  return {type, x.shape};
}

TensorType infer_qlinear_concat(const NodeView& view) {
  if (view.inputs.size() % 3 != 2) {
    refuse(view.node, "has " + std::to_string(view.inputs.size()) +
                          " inputs; accepted: scale and zero point of Y, then three for each tensor");
  }
  const Value& first = operand_of(view, 2, "X");
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", 1), first.shape.size());
  Shape shape = first.shape;
  for (std::size_t i = 5; i < view.inputs.size(); i += 3) {
    const Value& next = operand_of(view, i, "X");
    expect_type(view, next, {first.type});
    Shape expected = first.shape;
    if (next.shape.size() == expected.size()) expected[axis] = next.shape[axis];
    expect_shape(view.node, ("input '" + next.name + "'").c_str(), next.shape, expected);
    shape[axis] += next.shape[axis];
  }
  return {result_type(view, 0, first.type), shape};
}

/// C is INT32 with the scale of A times that of B; without a scale of Y the result is FLOAT.
TensorType infer_qgemm(const NodeView& view) {
  const Value& a = operand_of(view, 0, "A");
  const Value& raw = input_of(view, 3, "B");
  if (a.shape.size() != 2 || raw.shape.size() != 2) {
    refuse(view.node, "multiplies " + to_string(a.shape) + " by " + to_string(raw.shape) + "; accepted: two matrices");
  }
  const auto turned = [&](const char* attribute, const Shape& shape) {
    return int_attribute(view.node, attribute, 0) != 0 ? Shape{shape[1], shape[0]} : shape;
  };
  const Shape shape = matmul_shape(view.node, turned("transA", a.shape), turned("transB", raw.shape));
  operand_of(view, 3, "B", shape[1]);
  if (const Value* c = optional_input(view, 6)) {
    expect_type(view, *c, {ElementType::kInt32});
    expect_shape(view.node, "C, broadcast,", broadcast_shape(view.node, c->shape, shape), shape);
  }
  if (optional_input(view, 7) == nullptr) return {ElementType::kFloat, shape};
  return {result_type(view, 7, a.type), shape};
}

TensorType infer_convolution_integer(const NodeView& view) {
  const Value& x = input_of(view, 0, "x");
  expect_type(view, x, kBytes);
  const Value& w = input_of(view, 1, "w");
  expect_type(view, w, kBytes);
  constant_input(view, 1, "w", w.type);
  expect_zero_point(view, 2, x, 1);
  expect_zero_point(view, 3, w, w.shape.empty() ? 1 : w.shape[0]);
  return {ElementType::kInt32, convolution_shape(view.node, x.shape, w.shape)};
}

TensorType infer_matmul_integer(const NodeView& view) {
  const Value& a = input_of(view, 0, "A");
  const Value& b = input_of(view, 1, "B");
  expect_type(view, a, kBytes);
  expect_type(view, b, kBytes);
  if (a.shape.size() < 2 || b.shape.size() < 2) {
    refuse(view.node, "multiplies " + to_string(a.shape) + " by " + to_string(b.shape) + "; accepted: matrices");
  }
  expect_zero_point(view, 2, a, 1);
  expect_zero_point(view, 3, b, b.shape.back());
  return {ElementType::kInt32, matmul_shape(view.node, a.shape, b.shape)};
}

/// Outputs: the integers, their scale, their zero point.
TensorType infer_dynamic_quantize(const NodeView& view) {
  const Value& x = input_of(view, 0, "x");
  expect_type(view, x, {ElementType::kFloat});
  switch (output_index(view.node)) {
    case 0:
      return {ElementType::kUint8, x.shape};
    case 1:
      return {ElementType::kFloat, {}};
    default:
      return {ElementType::kUint8, {}};
  }
}

}  // namespace systoliq::sw_ref
