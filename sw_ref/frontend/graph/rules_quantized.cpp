// SPDX-License-Identifier: Apache-2.0
// Rules of the quantization operators: QuantizeLinear, DequantizeLinear, QLinear*.
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"

namespace systoliq::sw_ref {
namespace {

const std::vector<ElementType> kBytes = {ElementType::kInt8, ElementType::kUint8};

void expect_zero_point_type(const NodeView& view, const QuantizationParameters& parameters, const Value& tensor) {
  if (parameters.type != tensor.type) {
    refuse(view.node, "zero point of '" + tensor.name + "' has element type " + type_name(parameters.type) +
                          "; accepted: the tensor's own, " + type_name(tensor.type));
  }
}

/// Output type: that of the zero point at `scale` + 1, an INT8 or UINT8.
ElementType output_type(const NodeView& view, std::size_t scale) {
  const QuantizationParameters y = quantization_parameters(view, scale, scale + 1, "Y", 1, ElementType::kUint8);
  if (y.type == ElementType::kInt32) refuse(view.node, "zero point of Y has element type INT32; accepted: INT8, UINT8");
  return y.type;
}

/// An operand of type INT8 or UINT8 with its scale and zero point behind it.
const Value& quantized_operand(const NodeView& view, std::size_t index, const char* what, std::int64_t channels) {
  const Value& value = input_of(view, index, what);
  expect_type(view, value, kBytes);
  const QuantizationParameters parameters =
      quantization_parameters(view, index + 1, index + 2, what, channels, ElementType::kUint8);
  expect_zero_point_type(view, parameters, value);
  return value;
}

void refuse_channels_last(const NodeView& view) {
  if (int_attribute(view.node, "channels_last", 0) != 0) refuse(view.node, "channels_last is 1; accepted: 0");
}

/// Beyond, a sum times a scale would no longer be exact in double.
void expect_window(const NodeView& view, std::int64_t area) {
  constexpr std::int64_t kLargestWindow = 1 << 20;
  if (area > kLargestWindow) {
    refuse(view.node, "averages " + std::to_string(area) + " elements; accepted: up to 1048576");
  }
}

}  // namespace

TensorType infer_quantize(const NodeView& view) {
  const Value& x = input_of(view, 0, "x");
  expect_type(view, x, {ElementType::kFloat});
  const AxisLayout layout = quantization_axis(view, x.shape);
  const QuantizationParameters parameters =
      quantization_parameters(view, 1, 2, "y", layout.channels, ElementType::kUint8);
  if (parameters.type == ElementType::kInt32) {
    refuse(view.node, "zero point has element type INT32; accepted: INT8, UINT8");
  }
  return {parameters.type, x.shape};
}

TensorType infer_dequantize(const NodeView& view) {
  const Value& x = input_of(view, 0, "x");
  expect_type(view, x, {ElementType::kInt8, ElementType::kUint8, ElementType::kInt32});
  const AxisLayout layout = quantization_axis(view, x.shape);
  const QuantizationParameters parameters = quantization_parameters(view, 1, 2, "x", layout.channels, x.type);
  expect_zero_point_type(view, parameters, x);
  for (const std::int32_t zero : parameters.zero_points) {
    if (x.type == ElementType::kInt32 && zero != 0) {
      refuse(view.node, "zero point of an INT32 tensor is " + std::to_string(zero) + "; accepted: 0");
    }
  }
  return {ElementType::kFloat, x.shape};
}

TensorType infer_qlinear_convolution(const NodeView& view) {
  const Value& x = quantized_operand(view, 0, "x", 1);
  const Value& w_value = input_of(view, 3, "w");
  const std::int64_t outputs = w_value.shape.empty() ? 1 : w_value.shape[0];
  const Value& w = quantized_operand(view, 3, "w", outputs);
  constant_input(view, 3, "w", w.type);
  if (optional_input(view, 8) != nullptr) {
    expect_shape(view.node, "B", constant_input(view, 8, "B", ElementType::kInt32).shape, {outputs});
  }
  return {output_type(view, 6), convolution_shape(view.node, x.shape, w.shape)};
}

TensorType infer_qlinear_matmul(const NodeView& view) {
  const Value& a = quantized_operand(view, 0, "a", 1);
  const Shape& b_shape = input_of(view, 3, "b").shape;
  const Value& b = quantized_operand(view, 3, "b", b_shape.empty() ? 1 : b_shape.back());
  return {output_type(view, 6), matmul_shape(view.node, a.shape, b.shape)};
}

TensorType infer_qlinear_average_pool(const NodeView& view) {
  const Value& x = quantized_operand(view, 0, "X", 1);
  refuse_channels_last(view);
  const ElementType type = output_type(view, 3);
  if (type != x.type) refuse(view.node, "output type differs from the input's; accepted: the same");
  const Shape shape = pool_shape(view.node, x.shape);
  const Window window = window_of(view.node, x.shape, {});
  expect_window(view, std::int64_t{window.kernel_height} * window.kernel_width);
  return {type, shape};
}

TensorType infer_qlinear_global_average_pool(const NodeView& view) {
  const Value& x = quantized_operand(view, 0, "X", 1);
  refuse_channels_last(view);
  const ElementType type = output_type(view, 3);
  if (type != x.type) refuse(view.node, "output type differs from the input's; accepted: the same");
  const Shape shape = global_pool_shape(view.node, x.shape);
  expect_window(view, x.shape[2] * x.shape[3]);
  return {type, shape};
}

}  // namespace systoliq::sw_ref
