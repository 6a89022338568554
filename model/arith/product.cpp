// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime's product in integers only: three roundings to 24 significant bits and one to an integer, all half even.
#include "model/arith/product.h"

#include <algorithm>

#include "types/multiply_form.h"

namespace systoliq::model {
namespace {

__extension__ using Bits = unsigned __int128;

constexpr int kSignificandBits = 24;
constexpr int kLongestFraction = 100;  ///< a product of so many more bits moves no zero point

int length_of(Bits value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  const auto low = static_cast<std::uint64_t>(value);
  if (high != 0) return 128 - __builtin_clzll(high);
  return low == 0 ? 0 : 64 - __builtin_clzll(low);
}

/// value / 2^shift, ties to even; shift below 128.
Bits drop_half_even(Bits value, int shift) {
  if (shift == 0) return value;
  const Bits kept = value >> shift;
  const Bits rest = value & ((Bits{1} << shift) - 1);
  const Bits half = Bits{1} << (shift - 1);
  return kept + (rest > half || (rest == half && (kept & 1) != 0) ? 1 : 0);
}

/// The nearest number of at most 24 significant bits.
Bits to_significand(Bits value) {
  const int shift = std::max(length_of(value) - kSignificandBits, 0);
  return drop_half_even(value, shift) << shift;
}

std::int64_t zero_point_first(std::int64_t centered, const Multiplier& scale, std::int64_t zero) {
  constexpr std::int64_t kFar = std::int64_t{1} << 40;  // beyond every clamp
  const bool negative = centered < 0;
  const auto magnitude = static_cast<Bits>(negative ? -centered : centered);
  const auto factor = static_cast<Bits>(static_cast<std::uint32_t>(scale.multiplier) & 0xFFFFFF);
  const Bits scaled = to_significand(to_significand(magnitude) * factor);
  if (scaled == 0 || scale.shift < -kLongestFraction) return zero;
  if (length_of(scaled) + scale.shift > 40) return negative ? -kFar : kFar;
  // Both as multiples of 2^-fraction; the product may be one of a larger power of two.
  const int fraction = std::max(-scale.shift, 0);
  const Bits product = scaled << std::max(scale.shift, 0);
  const Bits moved = static_cast<Bits>(zero < 0 ? -zero : zero) << fraction;
  const bool alike = negative == (zero < 0);
  const bool product_larger = product >= moved;
  const Bits sum = alike ? product + moved : product_larger ? product - moved : moved - product;
  const bool below_zero = alike || product_larger ? negative : zero < 0;
  const auto rounded = static_cast<std::int64_t>(drop_half_even(to_significand(sum), fraction));
  return below_zero ? -rounded : rounded;
}

}  // namespace

std::int64_t scaled_product(Preset preset, std::int64_t centered, const Multiplier& scale, const ProductZero& zero) {
  if (multiply_form_of(preset) == MultiplyForm::kRequantize) {
    return requantize(preset, centered, scale.multiplier, scale.shift) + zero.zero_point;
  }
  const std::int64_t offset = zero.storage_offset;
  return zero_point_first(centered, scale, zero.zero_point + offset) - offset;
}

}  // namespace systoliq::model
