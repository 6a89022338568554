// SPDX-License-Identifier: Apache-2.0
// The formulas of product.h; ONNX Runtime's in the processor's own single precision.
#include "sw_ref/reference/product.h"

#include <cmath>

#include "types/multiply_form.h"

namespace systoliq::sw_ref {

Product derive_product(Preset preset, float scale_a, float scale_b, const QuantizedTensor& out, int multiplier_bits) {
  if (multiplies_by_float_quotient(preset)) {
    const float quotient = scale_a * scale_b / out.scale;
    const Preset rounding = is_16x8(preset) ? Preset::kTfliteRef : preset;
    return {derive_requantization(rounding, quotient, 1.0F, 1.0F, false, multiplier_bits), out.zero_point,
            out.storage_offset};
  }
  return {derive_requantization(preset, scale_a, scale_b, out.scale, false, multiplier_bits), out.zero_point,
          out.storage_offset};
}

std::int64_t apply_product(const Product& product, std::int64_t centered) {
  if (multiply_form_of(product.requantization.preset) == MultiplyForm::kRequantize) {
    return apply_requantization(product.requantization, centered) + product.zero_point;
  }
  const float scaled = static_cast<float>(centered) * product.requantization.factor;
  const float moved = scaled + static_cast<float>(product.zero_point + product.storage_offset);
  constexpr float kLimit = 1e9F;  // beyond every clamp
  const float limited = std::fmin(std::fmax(moved, -kLimit), kLimit);
  return static_cast<std::int64_t>(std::nearbyint(limited)) - product.storage_offset;
}

}  // namespace systoliq::sw_ref
