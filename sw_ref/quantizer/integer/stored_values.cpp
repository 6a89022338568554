// SPDX-License-Identifier: Apache-2.0
// Conversions between real numbers and stored integers, as ONNX QuantizeLinear and DequantizeLinear define them.
#include "sw_ref/quantizer/integer/stored_values.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "sw_ref/quantizer/fusion/function_value.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
std::int32_t to_stored(float value, float scale, std::int32_t zero_point, std::int32_t lowest, std::int32_t highest) {
  const double stored = double{std::nearbyint(value / scale)} + zero_point;
  if (std::isnan(stored)) throw InputError("a value that is not a number cannot be quantized");
  return static_cast<std::int32_t>(std::clamp(stored, double{1.0} * lowest, double{1.0} * highest));
}

std::int32_t to_stored(float value, const QuantizedTensor& as) {
  const std::int32_t lowest = lowest_stored(as.bits);
  const std::int32_t highest = highest_stored(as.bits);
  switch (as.host_rounding) {
    case HostRounding::kQuotientEven:
      break;
    case HostRounding::kQuotientAway:  // a whole number, which the other rounding keeps
      return to_stored(std::round(value / as.scale), 1.0F, as.zero_point, lowest, highest);
    case HostRounding::kReciprocalEven:
      return to_stored(value * (1.0F / as.scale), 1.0F, as.zero_point, lowest, highest);
  }
  return to_stored(value, as.scale, as.zero_point, lowest, highest);
}

float to_real(std::int32_t stored, const QuantizedTensor& as) {
  return static_cast<float>(stored - as.zero_point) * as.scale;
}

std::vector<std::int32_t> lookup_table(const ElementFunction& function, const QuantizedTensor& in,
                                       const QuantizedTensor& out) {
  const std::function<float(float)> value = value_of(function);
  std::vector<std::int32_t> table;
  for (std::int32_t stored = lowest_stored(in.bits); stored <= highest_stored(in.bits); ++stored) {
    const float y = value(to_real(stored, in));
    table.push_back(std::isnan(y) ? lowest_stored(out.bits) : to_stored(y, out));
  }
  return table;
}

void share_scales(const FusedNetwork& fused, std::vector<QuantizedTensor>* tensors) {
  for (std::size_t i = 0; i < fused.tensors.size(); ++i) {
    const FusedTensor& derived = fused.tensors[i];
    if (derived.scale_of < 0) continue;
    QuantizedTensor& tensor = (*tensors)[i];
    const QuantizedTensor& like = nth(*tensors, derived.scale_of);
    tensor.scale = like.scale;
    tensor.zero_point = derived.mirrored ? -1 - like.zero_point : like.zero_point;
    tensor.bits = like.bits;
    tensor.storage_offset = like.storage_offset;
  }
}

void set_clamp(const FusedLayer& fused, const QuantizedTensor& out, QuantizedLayer* layer) {
  layer->clamp_min = to_stored(static_cast<float>(fused.clamp_low), out);
  layer->clamp_max = to_stored(static_cast<float>(fused.clamp_high), out);
}

IntTensor quantize_tensor(const FloatTensor& values, const QuantizedTensor& as) {
  IntTensor stored(values.shape);
  std::transform(values.data.begin(), values.data.end(), stored.data.begin(),
                 [&](float value) { return to_stored(value, as); });
  stored.data = as.layout.to_tensor(stored.data);
  return stored;
}

FloatTensor dequantize_tensor(const IntTensor& stored, const QuantizedTensor& as) {
  FloatTensor values(stored.shape);
  std::transform(stored.data.begin(), stored.data.end(), values.data.begin(),
                 [&](std::int32_t value) { return to_real(value, as); });
  values.data = as.layout.to_graph(values.data);
  return values;
}

}  // namespace systoliq::sw_ref
