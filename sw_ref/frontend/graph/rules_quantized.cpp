// SPDX-License-Identifier: Apache-2.0
// Rules of the quantization operators: QuantizeLinear, DequantizeLinear, QLinear*.
#include <cmath>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/cast.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"
#include "sw_ref/frontend/graph/rules.h"
#include "sw_ref/frontend/graph/window_geometry.h"

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

/// Blocks have a scale for a part of an axis; other output types than the operator's own are no float32.
void refuse_blocks(const NodeView& view) {
  const std::int64_t block = int_attribute(view.node, "block_size", 0);
  if (block != 0) {
    refuse(view.node, "block_size is " + std::to_string(block) + "; accepted: 0, a scale for the tensor or a channel");
  }
}

/// Type of a QuantizeLinear's output: that of its zero point, else attribute 'output_dtype', else UINT8.
ElementType quantized_type(const NodeView& view) {
  const std::int64_t given = int_attribute(view.node, "output_dtype", 0);
  if (given == 0) return ElementType::kUint8;
  Node cast = view.node;
  cast.attributes["to"] = given;
  return cast_target(cast).type;
}

/// ONNX's number of FLOAT, or 0 for the default.
void expect_float_number(const NodeView& view, const char* attribute) {
  const std::int64_t given = int_attribute(view.node, attribute, 0);
  if (given != 0 && given != 1) {
    refuse(view.node, std::string(attribute) + " is " + std::to_string(given) + "; accepted: 0 or 1 (FLOAT)");
  }
}

}  // namespace

QuantizationParameters quantize_parameters(const NodeView& view, const AxisLayout& layout) {
  const ElementType fallback = quantized_type(view);
  QuantizationParameters parameters = quantization_parameters(view, 1, 2, "y", layout.channels, fallback);
  if (int_attribute(view.node, "output_dtype", 0) != 0 && parameters.type != fallback) {
    refuse(view.node, std::string("output_dtype is ") + type_name(fallback) + " and the zero point " +
                          type_name(parameters.type) + "; accepted: the same");
  }
  return parameters;
}

TensorType infer_quantize(const NodeView& view) {
  const Value& x = input_of(view, 0, "x");
  expect_type(view, x, {ElementType::kFloat});
  refuse_blocks(view);
  expect_float_number(view, "precision");
  const QuantizationParameters parameters = quantize_parameters(view, quantization_axis(view, x.shape));
  if (parameters.type == ElementType::kInt32 || parameters.type == ElementType::kFloat) {
    refuse(view.node, std::string("zero point has element type ") + type_name(parameters.type) +
                          "; accepted: INT4, UINT4, INT8, UINT8, INT16, UINT16");
  }
  return {parameters.type, x.shape};
}

Value fold_quantize(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const FloatTensor& x = input_of(view, 0, "x").floats;
  const AxisLayout layout = quantization_axis(view, x.shape);
  const QuantizationParameters parameters = quantize_parameters(view, layout);
  value.integers = Tensor<std::int64_t>(type.shape);
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    const auto channel = i / static_cast<std::size_t>(layout.inner) % static_cast<std::size_t>(layout.channels);
    if (std::isnan(x.data[i])) refuse(view.node, "quantizes a constant that holds NaN");
    value.integers.data[i] = static_cast<std::int64_t>(
        quantized_value(x.data[i], parameters.scale(channel), parameters.zero_point(channel), type.type));
  }
  return value;
}

TensorType infer_dequantize(const NodeView& view) {
  const Value& x = input_of(view, 0, "x");
  std::vector<ElementType> accepted = quantized_types();
  accepted.push_back(ElementType::kInt32);
  expect_type(view, x, accepted);
  refuse_blocks(view);
  expect_float_number(view, "output_dtype");
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
  expect_window(view, with_height(x.shape)[2] * with_height(x.shape)[3]);
  return {type, shape};
}

}  // namespace systoliq::sw_ref
