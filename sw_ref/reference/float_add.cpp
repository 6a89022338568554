// SPDX-License-Identifier: Apache-2.0
// The formulas of float_add.h.
#include "sw_ref/reference/float_add.h"

#include <cmath>
#include <string>

#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

float ratio_of(const FloatAddTensor& operand, const FloatAddTensor& sum) {
  const QuantizedTensor& in = operand.tensor;
  const QuantizedTensor& out = sum.tensor;
  const float ratio = in.scale / out.scale;
  if (ratio >= 0x1p-40F && ratio < 0x1p21F) return ratio;
  throw InputError("residual add: the ratio " + number_text(ratio) + " of the scales of '" + in.name + "' and '" +
                   out.name + "' must lie in [2^-40, 2^21) for ort_x86");
}

float zero_point_of(const FloatAddTensor& t) { return static_cast<float>(t.tensor.zero_point + t.offset); }

}  // namespace

FloatAdd derive_float_add(const FloatAddTensors& tensors) {
  FloatAdd add;
  add.ratio_a = ratio_of(tensors.a, tensors.out);
  add.ratio_b = ratio_of(tensors.b, tensors.out);
  const float of_b = add.ratio_b * zero_point_of(tensors.b);
  add.fixed = zero_point_of(tensors.out) - std::fma(add.ratio_a, zero_point_of(tensors.a), of_b);
  return add;
}

std::int64_t apply_float_add(const FloatAdd& add, std::int32_t a, std::int32_t b) {
  const float first = std::fma(static_cast<float>(b), add.ratio_b, add.fixed);
  return static_cast<std::int64_t>(std::nearbyint(std::fma(static_cast<float>(a), add.ratio_a, first)));
}

}  // namespace systoliq::sw_ref
