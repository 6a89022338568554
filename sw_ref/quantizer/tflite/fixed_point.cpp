// SPDX-License-Identifier: Apache-2.0
// A power series on a quarter, products of powers of e, and Newton's iteration.
#include "sw_ref/quantizer/tflite/fixed_point.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sw_ref/reference/requantization.h"
#include "types/error.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref::fixed {
namespace {

constexpr std::int32_t kOne = std::numeric_limits<std::int32_t>::max();

std::int32_t saturated(std::int64_t value) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, std::numeric_limits<std::int32_t>::min(), kOne));
}

std::int32_t product(std::int32_t a, std::int32_t b) { return rounding_doubling_high_multiply(a, b); }

std::int32_t shifted_left(std::int32_t value, int bits) { return saturated(std::int64_t{value} * (1 << bits)); }

/// e^a for a in [-1/4, 0): the series of degree 4 around -1/8.
std::int32_t exp_of_quarter(std::int32_t a) {
  constexpr std::int32_t kExpOfMinusEighth = 1895147668;
  constexpr std::int32_t kThird = 715827883;
  const std::int32_t x = a + (1 << 28);
  const std::int32_t x2 = product(x, x);
  const std::int32_t x3 = product(x2, x);
  const std::int32_t quarter_of_x4 = rounding_divide_by_power_of_two(product(x2, x2), 2);
  const std::int32_t rest = rounding_divide_by_power_of_two(product(quarter_of_x4 + x3, kThird) + x2, 1);
  return kExpOfMinusEighth + product(kExpOfMinusEighth, x + rest);
}

/// e^-(2^exponent) for exponent -2 to 4.
constexpr int kFirstExponent = -2;
constexpr std::array<std::int32_t, 7> kPowers = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};

/// 2 / (1 + x) with two integer bits, by three steps of Newton's iteration from 48/17 - 32/17 * (1 + x) / 2.
std::int32_t reciprocal_of_half(std::int32_t x) {
  constexpr std::int32_t k48Over17 = 1515870810;
  constexpr std::int32_t kMinus32Over17 = -1010580540;
  constexpr std::int32_t kOneOfTwoBits = 1 << 29;
  const auto half = static_cast<std::int32_t>((std::int64_t{x} + kOne + 1) / 2);
  std::int32_t result = k48Over17 + product(half, kMinus32Over17);
  for (int step = 0; step < 3; ++step) {
    const std::int32_t error = kOneOfTwoBits - product(half, result);
    result += shifted_left(product(result, error), 2);
  }
  return result;
}

}  // namespace

std::int32_t exp_of_negative(std::int32_t a, int integer_bits) {
  check(a <= 0 && integer_bits >= 0 && integer_bits <= 5, "exponential out of range");
  if (a == 0) return kOne;
  const int fraction_bits = 31 - integer_bits;
  const std::int32_t quarter = 1 << (fraction_bits - 2);
  const std::int32_t rest = (a & (quarter - 1)) - quarter;
  std::int32_t result = exp_of_quarter(shifted_left(rest, integer_bits));
  const std::int32_t whole = rest - a;  // quarters
  for (int i = 0; i < static_cast<int>(kPowers.size()); ++i) {
    const int exponent = kFirstExponent + i;
    if (exponent >= integer_bits || (whole >> (fraction_bits + exponent) & 1) == 0) continue;
    result = product(result, kPowers[static_cast<std::size_t>(i)]);
  }
  return result;
}

std::int32_t one_over_one_plus(std::int32_t x) { return shifted_left(reciprocal_of_half(x), 1); }

Multiplier quantize_multiplier(double real) {
  if (!std::isfinite(real) || real < 0.0 || real >= 2147483648.0) {
    throw InputError("scale factor " + number_text(real) + "; accepted: 0 or more, below 2^31");
  }
  Multiplier result;
  auto multiplier = static_cast<std::int64_t>(std::round(std::ldexp(std::frexp(real, &result.shift), 31)));
  if (multiplier == std::int64_t{1} << 31) {
    multiplier /= 2;
    ++result.shift;
  }
  if (multiplier == 0 || result.shift < -31) return {};
  result.multiplier = static_cast<std::int32_t>(multiplier);
  return result;
}

std::int32_t multiply(std::int32_t value, const Multiplier& by) {
  const std::int32_t shifted = saturated(std::int64_t{value} * (std::int64_t{1} << std::max(by.shift, 0)));
  return rounding_divide_by_power_of_two(product(shifted, by.multiplier), std::max(-by.shift, 0));
}

std::int32_t multiply_once(std::int32_t value, const Multiplier& by) {
  const int right = 31 - by.shift;
  const std::int64_t exact = std::int64_t{value} * by.multiplier;
  return saturated(right <= 0 ? exact : (exact + (std::int64_t{1} << (right - 1))) >> right);
}

std::int32_t input_radius(int integer_bits, int left_shift) {
  const double largest = std::ldexp(static_cast<double>((1 << integer_bits) - 1), 31 - integer_bits - left_shift);
  return static_cast<std::int32_t>(std::min(std::floor(largest), 2147483647.0));
}

}  // namespace systoliq::sw_ref::fixed
