// SPDX-License-Identifier: Apache-2.0
// Sums in fp32 as integers: a value is a significand and an exponent, and only the rounding to 24 bits loses anything.
#include "model/arith/float_add.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "types/error.h"
#include "types/util/number_text.h"

namespace systoliq::model {
namespace {

__extension__ using Wide = __int128;

constexpr int kSignificandBits = 24;
constexpr std::uint32_t kSign = std::uint32_t{1} << kSignificandBits;  ///< of an addend
constexpr int kFarthest = 66;  ///< beyond this difference of exponents the smaller operand only decides ties
constexpr std::int64_t kLimit = std::int64_t{1} << 62;

/// significand * 2^exponent.
struct Value {
  std::int64_t significand = 0;
  int exponent = 0;
};

int length_of(Wide magnitude) {
  int length = 0;
  for (int step = 64; step > 0; step /= 2) {
    if (magnitude >> step != 0) {
      magnitude >>= step;
      length += step;
    }
  }
  return magnitude != 0 ? length + 1 : length;
}

/// magnitude / 2^bits, half even.
Wide drop_half_even(Wide magnitude, int bits) {
  if (bits <= 0) return magnitude;
  if (bits > 126) return 0;
  const Wide kept = magnitude >> bits;
  const Wide rest = magnitude - (kept << bits);
  const Wide half = Wide{1} << (bits - 1);
  return rest > half || (rest == half && (kept & 1) != 0) ? kept + 1 : kept;
}

Value rounded(Wide sum, int exponent) {
  const bool negative = sum < 0;
  const Wide magnitude = negative ? -sum : sum;
  const int dropped = std::max(length_of(magnitude) - kSignificandBits, 0);
  const auto kept = static_cast<std::int64_t>(drop_half_even(magnitude, dropped));
  return {negative ? -kept : kept, exponent + dropped};
}

/// x + y rounded; both significands below 2^56 in magnitude.
Value add(Value x, Value y) {
  if (x.significand == 0) return rounded(y.significand, y.exponent);
  if (y.significand == 0) return rounded(x.significand, x.exponent);
  if (x.exponent < y.exponent) std::swap(x, y);
  const int distance = x.exponent - y.exponent;
  if (distance > kFarthest) {
    const Wide sign = y.significand < 0 ? -1 : 1;
    return rounded(Wide{x.significand} * (Wide{1} << kFarthest) + sign, x.exponent - kFarthest);
  }
  return rounded(Wide{x.significand} * (Wide{1} << distance) + y.significand, y.exponent);
}

std::int64_t to_integer(Value value) {
  const bool negative = value.significand < 0;
  const Wide magnitude = negative ? -Wide{value.significand} : Wide{value.significand};
  Wide integer = drop_half_even(magnitude, -value.exponent);
  if (value.exponent > 0 && magnitude != 0) {
    integer = length_of(magnitude) + value.exponent > 62 ? Wide{kLimit} : magnitude << value.exponent;
  }
  const auto limited = static_cast<std::int64_t>(std::min<Wide>(integer, kLimit));
  return negative ? -limited : limited;
}

/// Significand and exponent of a float, the significand as small as fits shifts of an add.
Multiplier parts_of(float value) {
  int exponent = 0;
  auto significand = static_cast<std::int32_t>(std::ldexp(std::frexp(value, &exponent), kSignificandBits));
  exponent -= kSignificandBits;
  if (significand == 0) return {0, 0};
  while (significand % 2 == 0) {
    significand /= 2;
    ++exponent;
  }
  return {significand, exponent};
}

Multiplier ratio_of(const SummedTensor& in, const SummedTensor& out) {
  const float ratio = in.scale / out.scale;
  if (!(ratio >= 0x1p-40F) || !(ratio < 0x1p21F)) {
    throw InputError("residual add: ratio " + number_text(ratio) + " of input to output scale is out of range for " +
                     "ort_x86; accepted: 2^-40 to 2^21");
  }
  return parts_of(ratio);
}

Value product(std::int32_t operand, std::int32_t multiplier, std::int32_t shift) {
  return {std::int64_t{operand} * multiplier, shift};
}

}  // namespace

std::int64_t addend_significand(std::int32_t multiplier_out) {
  const auto bits = static_cast<std::uint32_t>(multiplier_out);
  const std::int64_t magnitude = bits & (kSign - 1);
  return (bits & kSign) != 0 ? -magnitude : magnitude;
}

std::int64_t float_add(std::int32_t a, std::int32_t b, const AddScales& scales) {
  const Value fixed = {addend_significand(scales.multiplier_out), scales.shift_out};
  const Value first = add(product(b, scales.multiplier_b, scales.shift_b), fixed);
  return to_integer(add(product(a, scales.multiplier_a, scales.shift_a), first));
}

AddScales derive_float_add_scales(const SummedTensor& a, const SummedTensor& b, const SummedTensor& out) {
  const Multiplier ratio_a = ratio_of(a, out), ratio_b = ratio_of(b, out);
  const Value of_b = rounded(Wide{b.zero_point} * ratio_b.multiplier, ratio_b.shift);
  const Value both = add(product(a.zero_point, ratio_a.multiplier, ratio_a.shift), of_b);
  const Value fixed = add({out.zero_point, 0}, {-both.significand, both.exponent});
  const Multiplier parts = parts_of(std::ldexp(static_cast<float>(fixed.significand), fixed.exponent));
  const std::int32_t magnitude = std::abs(parts.multiplier);
  const std::int32_t addend = parts.multiplier < 0 ? magnitude | static_cast<std::int32_t>(kSign) : magnitude;
  return {ratio_a.multiplier, ratio_a.shift, ratio_b.multiplier, ratio_b.shift, addend, parts.shift};
}

}  // namespace systoliq::model
