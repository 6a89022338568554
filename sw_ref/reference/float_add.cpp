// SPDX-License-Identifier: Apache-2.0
// The formulas of float_add.h.
#include "sw_ref/reference/float_add.h"

#include <cmath>
#include <string>

#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

float ratio_of(const QuantizedTensor& in, const QuantizedTensor& out) {
  const float ratio = in.scale / out.scale;
  if (ratio >= 0x1p-40F && ratio < 0x1p21F) return ratio;
  throw InputError("residual add: the ratio " + number_text(ratio) + " of the scales of '" + in.name + "' and '" +
                   out.name + "' must lie in [2^-40, 2^21) for ort_x86");
}

float file_zero_point(const QuantizedTensor& tensor) {
  return static_cast<float>(tensor.zero_point + tensor.storage_offset);
}

}  // namespace

FloatAdd derive_float_add(const FloatAddTensors& tensors) {
  FloatAdd add;
  add.ratio_a = ratio_of(tensors.a, tensors.out);
  add.ratio_b = ratio_of(tensors.b, tensors.out);
  const float of_b = add.ratio_b * file_zero_point(tensors.b);
  add.fixed = file_zero_point(tensors.out) - std::fma(add.ratio_a, file_zero_point(tensors.a), of_b);
  return add;
}

std::int64_t apply_float_add(const FloatAdd& add, std::int32_t a, std::int32_t b) {
  const float first = std::fma(static_cast<float>(b), add.ratio_b, add.fixed);
  return static_cast<std::int64_t>(std::nearbyint(std::fma(static_cast<float>(a), add.ratio_a, first)));
}

}  // namespace systoliq::sw_ref
