// SPDX-License-Identifier: Apache-2.0
// Which multiplier, addend and float factor give a RequantShift's integers. Its output changes at `high - low` places
// only; the form is exact when it changes at the same ones, which is checked in integers.
#include <algorithm>
#include <cmath>
#include <limits>

#include "sw_ref/quantizer/qdq/forms/requant_shift.h"

namespace systoliq::sw_ref::forms {
namespace {

__extension__ typedef __int128 Int128;

Int128 floor_divide(Int128 a, Int128 b) {
  const Int128 quotient = a / b;
  return quotient * b > a ? quotient - 1 : quotient;
}

/// The smallest x (for a positive mul) whose y, unlimited, is `level` or more: 2 (x mul + add) >= (2 level - 1) div.
std::int64_t first_of_level(std::int64_t mul, std::int64_t add, std::int64_t div, std::int64_t level) {
  const Int128 needed = (2 * Int128{level} - 1) * div - 2 * Int128{add};
  return static_cast<std::int64_t>(-floor_divide(-needed, 2 * Int128{mul}));
}

/// Sign of factor * sum - (level - 1/2), exact: factor is significand * 2^exponent.
int compare(std::int64_t significand, int exponent, std::int64_t sum, std::int64_t level) {
  const Int128 left = Int128{significand} * sum * 2;
  const Int128 right = 2 * Int128{level} - 1;
  const Int128 a = left * (Int128{1} << std::max(exponent, 0));
  const Int128 b = right * (Int128{1} << std::max(-exponent, 0));
  return a < b ? -1 : (a > b ? 1 : 0);
}

/// True where the form changes at the same x as the channel, which has a positive mul.
bool changes_at_same_places(const RequantChannel& channel, const ProductForm& form) {
  int exponent = 0;
  const float mantissa = std::frexp(form.factor, &exponent);
  const auto significand = static_cast<std::int64_t>(std::ldexp(mantissa, 24));
  exponent -= 24;
  if (exponent < -60 || exponent > 20) return false;
  for (std::int64_t level = channel.low + 1; level <= channel.high; ++level) {
    const std::int64_t first = first_of_level(channel.mul, channel.add, channel.div, level);
    const std::int64_t sum = first * form.times + form.bias;
    if (std::abs(sum) > std::int64_t{1} << 40) return false;
    if (compare(significand, exponent, sum, level) < 0) return false;
    if (compare(significand, exponent, sum - form.times, level) >= 0) return false;
  }
  return true;
}

/// A factor between the least that reaches every level at its first x and the least that would reach it one earlier.
std::optional<float> factor_between(const RequantChannel& channel, std::int64_t times, std::int64_t bias) {
  double low = 0.0;
  double high = std::numeric_limits<double>::infinity();
  for (std::int64_t level = channel.low + 1; level <= channel.high; ++level) {
    const std::int64_t first = first_of_level(channel.mul, channel.add, channel.div, level);
    const double target = static_cast<double>(level) - 0.5;
    const auto reached = static_cast<double>(first * times + bias);
    const double missed = reached - static_cast<double>(times);
    if (reached > 0.0) low = std::fmax(low, target / reached);
    if (reached < 0.0) high = std::fmin(high, target / reached);
    if (missed > 0.0) high = std::fmin(high, target / missed);
    if (missed < 0.0) low = std::fmax(low, target / missed);
  }
  if (!(low <= high) || std::isinf(high)) return std::nullopt;
  return static_cast<float>(low + (high - low) / 2.0);
}

std::optional<ProductForm> positive_form(const RequantChannel& channel, std::int64_t most_times) {
  const ProductForm plain = {1, channel.add / channel.mul,
                             static_cast<float>(static_cast<double>(channel.mul) / static_cast<double>(channel.div))};
  if (changes_at_same_places(channel, plain)) return plain;
  for (std::int64_t times = 1; times <= most_times; ++times) {
    const auto nearest = static_cast<std::int64_t>(floor_divide(Int128{times} * channel.add, channel.mul));
    for (const std::int64_t bias : {nearest, nearest + 1, nearest - 1}) {
      const std::optional<float> factor = factor_between(channel, times, bias);
      if (!factor) continue;
      const ProductForm form = {times, bias, *factor};
      if (changes_at_same_places(channel, form)) return form;
    }
  }
  return std::nullopt;
}

}  // namespace

std::int64_t requant_shift(const RequantChannel& channel, std::int64_t x) {
  const Int128 sum = 2 * (Int128{x} * channel.mul + channel.add) + channel.div;
  const Int128 y = floor_divide(sum, 2 * Int128{channel.div});
  return static_cast<std::int64_t>(y < channel.low ? Int128{channel.low}
                                                   : (y > channel.high ? Int128{channel.high} : y));
}

std::optional<ProductForm> product_form(const RequantChannel& channel, std::int64_t most_times) {
  if (channel.mul > 0) return positive_form(channel, most_times);
  RequantChannel mirrored = channel;  // of -x
  mirrored.mul = -channel.mul;
  std::optional<ProductForm> form = positive_form(mirrored, most_times);
  if (form) form->times = -form->times;
  return form;
}

}  // namespace systoliq::sw_ref::forms
