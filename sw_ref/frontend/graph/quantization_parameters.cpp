// SPDX-License-Identifier: Apache-2.0
// Checks of scales and zero points (ONNX operators QuantizeLinear, DequantizeLinear, QLinearConv, QLinearMatMul).
#include "sw_ref/frontend/graph/quantization_parameters.h"

#include "sw_ref/frontend/graph/attributes.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

void expect_elements(const NodeView& view, const Value& value, const char* tensor, std::int64_t channels) {
  const std::int64_t count = element_count(value.shape);
  if (count == 1 || (value.shape.size() == 1 && count == channels)) return;
  refuse(view.node, "scale or zero point '" + value.name + "' of " + tensor + " has shape " + to_string(value.shape) +
                        "; accepted: one element" +
                        (channels > 1 ? ", or [" + std::to_string(channels) + "] (one for each channel)" : ""));
}

std::vector<float> checked_scales(const NodeView& view, const Value& value) {
  for (const float scale : value.floats.data) {
    if (!std::isfinite(scale) || scale <= 0.0F) {
      refuse(view.node, "scale '" + value.name + "' holds " + number_text(scale) + "; accepted: finite and positive");
    }
  }
  return value.floats.data;
}

}  // namespace

QuantizationParameters quantization_parameters(const NodeView& view, std::size_t scale, std::size_t zero_point,
                                               const char* tensor, std::int64_t channels, ElementType fallback) {
  QuantizationParameters parameters;
  const Value& scales = constant_input(view, scale, "scale", ElementType::kFloat);
  expect_elements(view, scales, tensor, channels);
  parameters.scales = checked_scales(view, scales);
  parameters.type = fallback;
  parameters.zero_points = {0};
  const Value* zero = optional_input(view, zero_point);
  if (zero == nullptr) return parameters;
  std::vector<ElementType> accepted = quantized_types();
  accepted.push_back(ElementType::kInt32);
  expect_type(view, *zero, accepted);
  parameters.type = zero->type;
  const Value& zeros = constant_input(view, zero_point, "zero point", zero->type);
  expect_elements(view, zeros, tensor, channels);
  parameters.zero_points.assign(zeros.integers.data.begin(), zeros.integers.data.end());
  return parameters;
}

AxisLayout axis_layout(const Shape& shape, std::size_t axis) {
  AxisLayout layout;
  for (std::size_t i = 0; i < axis; ++i) layout.outer *= shape[i];
  layout.channels = shape[axis];
  for (std::size_t i = axis + 1; i < shape.size(); ++i) layout.inner *= shape[i];
  return layout;
}

AxisLayout quantization_axis(const NodeView& view, const Shape& shape) {
  const Value& scale = input_of(view, 1, "scale");
  if (element_count(scale.shape) == 1) return {1, 1, element_count(shape)};
  return axis_layout(shape, normalized_axis(view.node, int_attribute(view.node, "axis", 1), shape.size()));
}

}  // namespace systoliq::sw_ref
