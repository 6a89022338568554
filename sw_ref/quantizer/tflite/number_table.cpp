// SPDX-License-Identifier: Apache-2.0
// The forms of the reference, one entry after the other.
#include "sw_ref/quantizer/tflite/number_table.h"

#include <algorithm>

#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/reference/product.h"
#include "sw_ref/reference/requantization.h"
#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

/// TensorFlow Lite takes one rescaled operand off the other, which is not the sum with a negative one where a rescaling
/// ties.
std::int64_t difference(const TfliteNumber& number, const ResidualAdd& add, std::int32_t x) {
  if (add.integer_ratios) {
    return number.is_first ? apply_residual_add(add, -x, number.centered)
                           : apply_residual_add(add, x, -number.centered);
  }
  const std::int64_t up = std::int64_t{1} << add.left_shift;
  const std::int64_t less = apply_requantization(add.a, x * up) - apply_requantization(add.b, number.centered * up);
  return apply_requantization(add.sum, number.is_first ? -less : less);
}

/// Of x and the number, centered, in the order of the operator.
std::int64_t combined(const TfliteOperator& from, const ResidualAdd& add, const Product& product, std::int32_t x) {
  if (from.op == TfliteOp::kProduct) return apply_product(product, std::int64_t{x} * from.number->centered);
  if (from.op == TfliteOp::kSum) return apply_residual_add(add, x, from.number->centered);
  return difference(*from.number, add, x);
}

}  // namespace

std::vector<std::int32_t> number_table(const TfliteOperator& from, const QuantizedTensor& in,
                                       const QuantizedTensor& out, Preset preset) {
  check(from.number.has_value(), "a table of one number without it");
  const bool is_product = from.op == TfliteOp::kProduct;
  const float scale = from.number->scale;
  const ResidualAdd add = is_product ? ResidualAdd() : derive_residual_add(preset, in.scale, scale, out.scale);
  const Product product = is_product ? derive_product(preset, in.scale, scale, out) : Product();
  std::vector<std::int32_t> table;
  for (std::int32_t stored = lowest_stored(in.bits); stored <= highest_stored(in.bits); ++stored) {
    const std::int64_t value = combined(from, add, product, stored - in.zero_point) + (is_product ? 0 : out.zero_point);
    table.push_back(
        static_cast<std::int32_t>(std::clamp<std::int64_t>(value, lowest_stored(out.bits), highest_stored(out.bits))));
  }
  return table;
}

}  // namespace systoliq::sw_ref
