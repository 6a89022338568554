// SPDX-License-Identifier: Apache-2.0
// Scale and zero point inputs of the quantization operators, checked once for the reader and the executor alike.
// Internal to the importer.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {

/// real = scale * (integer - zero_point); one element of each per channel, or one for the whole tensor.
struct QuantizationParameters {
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  ElementType type = ElementType::kUint8;  ///< of the zero point; ONNX's default is UINT8

  float scale(std::size_t channel) const { return scales[scales.size() == 1 ? 0 : channel]; }
  std::int32_t zero_point(std::size_t channel) const { return zero_points[zero_points.size() == 1 ? 0 : channel]; }
};

/// Integer types that a tensor may be quantized to.
inline const std::vector<ElementType>& quantized_types() {
  static const std::vector<ElementType> kTypes = {ElementType::kInt8,   ElementType::kUint8, ElementType::kInt16,
                                                  ElementType::kUint16, ElementType::kInt4,  ElementType::kUint4};
  return kTypes;
}

/// Inputs `scale` and `zero_point` of the node: constants of 1 or `channels` elements, scales finite and positive. An
/// absent zero point is 0 of type `fallback`. `tensor` names the quantized tensor in errors. Throws InputError.
QuantizationParameters quantization_parameters(const NodeView& view, std::size_t scale, std::size_t zero_point,
                                               const char* tensor, std::int64_t channels, ElementType fallback);

/// Smallest and largest integer of a type.
inline float lowest_integer(ElementType type) { return static_cast<float>(integer_range(type).low); }
inline float highest_integer(ElementType type) { return static_cast<float>(integer_range(type).high); }

/// round_half_even(rounded) + zero_point, saturated to the type; `scaled` is the value before rounding, not NaN.
inline float saturated_integer(float scaled, std::int32_t zero_point, ElementType type) {
  const auto offset = static_cast<float>(zero_point);
  const float low = lowest_integer(type) - offset, high = highest_integer(type) - offset;
  // Limiting first is the same, since both limits are integers, and keeps the sum exact for huge values.
  const float limited = scaled < low ? low : (scaled > high ? high : scaled);
  return std::nearbyint(limited) + offset;
}

/// QuantizeLinear of one value: round half even of value / scale (a division, not a multiplication by the reciprocal)
/// plus zero point, saturated.
inline float quantized_value(float value, float scale, std::int32_t zero_point, ElementType type) {
  return saturated_integer(value / scale, zero_point, type);
}

/// Channels that an axis of `shape` counts for QuantizeLinear and DequantizeLinear: the axis' size, the elements that
/// follow each other in one channel, and how often the channels repeat.
struct AxisLayout {
  std::int64_t outer = 1, channels = 1, inner = 1;
};
AxisLayout axis_layout(const Shape& shape, std::size_t axis);

/// Scale, zero point and type of a QuantizeLinear's output: the type is that of the zero point, else what attribute
/// 'output_dtype' says, else UINT8. Throws InputError.
QuantizationParameters quantize_parameters(const NodeView& view, const AxisLayout& layout);

/// Axis of a QuantizeLinear or DequantizeLinear node: attribute 'axis' (default 1) where the scale has several
/// elements, else 0 (of no effect).
AxisLayout quantization_axis(const NodeView& view, const Shape& shape);

}  // namespace systoliq::sw_ref
