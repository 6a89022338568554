// SPDX-License-Identifier: Apache-2.0
// Requantization in integers only, as the hardware unit does it (docs/numerics.md).
#include "model/arith/requantize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "model/arith/binary64.h"
#include "model/arith/float_add.h"
#include "types/error.h"
#include "types/multiply_form.h"
#include "types/util/number_text.h"

namespace systoliq::model {
namespace {

__extension__ using Wide = __int128;

constexpr Wide kLargestWide = Wide{1} << 126;
constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kInt32Min = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kLowestShift = -256,
                       kHighestShift = 255;  ///< of a param word; what lies beyond is taken as these
constexpr std::uint32_t kSignificandMask = (std::uint32_t{1} << 24) - 1;

Wide floor_shift(Wide value, int shift) { return shift >= 126 ? (value < 0 ? -1 : 0) : value >> shift; }

/// value / 2^shift, ties to +infinity.
Wide shift_half_up(Wide value, int shift) {
  if (shift == 0) return value;
  if (shift >= 126) return 0;
  return (value + (Wide{1} << (shift - 1))) >> shift;
}

/// value / 2^shift, ties away from zero.
Wide shift_half_away(Wide value, int shift) {
  return value < 0 ? -shift_half_up(-value, shift) : shift_half_up(value, shift);
}

/// value / 2^shift, ties to even.
Wide shift_half_even(Wide value, int shift) {
  if (shift == 0) return value;
  if (shift >= 126) return 0;
  const Wide quotient = value >> shift;
  const Wide remainder = value - quotient * (Wide{1} << shift);
  const Wide half = Wide{1} << (shift - 1);
  const bool up = remainder > half || (remainder == half && (quotient & 1) != 0);
  return quotient + (up ? 1 : 0);
}

/// Far beyond every clamp, with room to add a zero point.
std::int64_t limit(Wide value) {
  constexpr Wide kLimit = Wide{1} << 62;
  return static_cast<std::int64_t>(std::clamp(value, -kLimit, kLimit));
}

std::int64_t wrap32(std::int64_t value) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(value)); }

/// High half of a doubled 32 × 32 product, ties to +infinity; only INT_MIN × INT_MIN saturates.
std::int64_t doubling_high_multiply(std::int64_t a, std::int64_t b) {
  if (a == kInt32Min && b == kInt32Min) return kInt32Max;
  return static_cast<std::int64_t>(shift_half_up(Wide{a} * b, 31));
}

std::int64_t scale_double_rounding(std::int64_t value, std::int32_t multiplier, std::int32_t shift) {
  const std::uint64_t left = shift > 31 ? 0 : static_cast<std::uint64_t>(value) << std::max(shift, 0);
  const std::int64_t shifted = wrap32(static_cast<std::int64_t>(left));
  return static_cast<std::int64_t>(shift_half_away(doubling_high_multiply(shifted, multiplier), std::max(-shift, 0)));
}

using Shifter = Wide (*)(Wide value, int shift);

Shifter shifter_of(Rounding rounding) {
  switch (rounding) {
    case Rounding::kFloor:
      return floor_shift;
    case Rounding::kHalfUp:
      return shift_half_up;
    case Rounding::kHalfEven:
      return shift_half_even;
    case Rounding::kHalfAway:
      break;
  }
  return shift_half_away;
}

std::int64_t scale_single_rounding(Rounding rounding, std::int64_t value, std::int32_t multiplier, std::int32_t shift) {
  const int right = 31 - shift;
  const Wide product = Wide{value} * multiplier;
  return limit(right >= 0 ? shifter_of(rounding)(product, right) : product * (Wide{1} << std::min(-right, 40)));
}

std::int64_t scale_ties_up(std::int64_t value, std::int32_t multiplier, std::int32_t shift) {
  return scale_single_rounding(Rounding::kHalfUp, value, multiplier, shift);
}

int bit_length(std::uint64_t value) { return value == 0 ? 0 : 64 - __builtin_clzll(value); }

/// magnitude = returned significand (at most 24 bits) * 2^*exponent, rounded half even.
std::uint64_t round_to_24_bits(std::uint64_t magnitude, int* exponent) {
  *exponent = std::max(bit_length(magnitude) - 24, 0);
  auto rounded = static_cast<std::uint64_t>(shift_half_even(static_cast<Wide>(magnitude), *exponent));
  if (bit_length(rounded) > 24) {
    rounded >>= 1;
    ++*exponent;
  }
  return rounded;
}

/// fp32 multiplication carried out in integers: both roundings to 24 significant bits, then half even to an integer.
std::int64_t scale_float24(std::int64_t value, std::int32_t multiplier, std::int32_t shift) {
  const std::uint64_t magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  int accumulator_exponent = 0;
  int product_exponent = 0;
  const std::uint64_t significand = round_to_24_bits(magnitude, &accumulator_exponent);
  const std::uint64_t product =
      round_to_24_bits(significand * (static_cast<std::uint32_t>(multiplier) & kSignificandMask), &product_exponent);
  const int exponent = accumulator_exponent + product_exponent + shift;
  Wide result = 0;
  if (exponent >= 0) {
    result = product == 0 ? 0 : limit(static_cast<Wide>(product) << std::min(exponent, 64));
  } else {
    result = shift_half_even(static_cast<Wide>(product), -exponent);
  }
  return limit(value < 0 ? -result : result);
}

Multiplier quantize_multiplier(double factor, int multiplier_bits) {
  if (!std::isfinite(factor) || factor < 0.0) {
    throw InputError("requantization factor " + number_text(factor) + " is not a finite number of 0 or more");
  }
  if (factor == 0.0) return {};
  int exponent = 0;
  const double mantissa = std::frexp(factor, &exponent);
  const int kept = std::min(multiplier_bits - 1, 31);
  auto multiplier = static_cast<std::int64_t>(std::round(std::ldexp(mantissa, kept))) << (31 - kept);
  if (multiplier == std::int64_t{1} << 31) {
    multiplier /= 2;
    ++exponent;
  }
  if (exponent < -31) return {};
  if (exponent > 30) throw InputError("requantization factor " + number_text(factor) + " is above 2^30");
  return {static_cast<std::int32_t>(multiplier), exponent};
}

/// The upper 15 bits of a multiplier of 31, ties up and never a 16th, in their place.
Multiplier multiplier_of_15_bits(double factor) {
  Multiplier whole = quantize_multiplier(factor, 32);
  if (whole.shift > 7) {
    throw InputError("requantization factor " + number_text(factor) + "; accepted: below 128 for 16-bit activations");
  }
  constexpr std::int32_t kHighest = 0x7FFF0000;
  constexpr std::uint32_t kUpper = 0xFFFF0000;
  const auto bits = static_cast<std::uint32_t>(whole.multiplier);
  whole.multiplier = whole.multiplier >= kHighest ? kHighest : static_cast<std::int32_t>((bits + 0x8000) & kUpper);
  return whole;
}

int power_of_two_exponent(float scale, const char* which) {
  int exponent = 0;
  if (!(scale > 0.0F) || std::frexp(scale, &exponent) != 0.5F) {
    throw InputError(std::string(which) + " scale " + number_text(scale) +
                     " is not a power of two; the pot presets accept nothing else");
  }
  return exponent - 1;
}

std::string shift_only_presets() {
  std::string names;
  for (const PresetTraits& traits : kPresets) {
    if (is_shift_only(traits.preset)) names += (names.empty() ? "" : ", ") + std::string(traits.name);
  }
  return names;
}

Multiplier float24_multiplier(float scale_x, float scale_w, float scale_y, int multiplier_bits) {
  if (!multiplier_suffices(Preset::kOrtMlas, multiplier_bits)) {
    throw InputError("requant.multiplier_bits = " + std::to_string(multiplier_bits) +
                     ": presets ort_mlas and xnn_fp32 need 25 or more (a 24-bit significand and a sign)");
  }
  const float product = scale_x * scale_w;
  const float factor = product / scale_y;
  if (!std::isfinite(factor) || factor < std::numeric_limits<float>::min()) {
    throw InputError("requantization factor " + number_text(factor) + " is not a normal float above 0");
  }
  int exponent = 0;
  const float mantissa = std::frexp(factor, &exponent);
  return {static_cast<std::int32_t>(std::ldexp(mantissa, 24)), exponent - 24};
}

}  // namespace

Multiplier as_data(Preset preset, const Multiplier& word, int multiplier_bits) {
  if (traits_of(preset).scaling == Scaling::kBinary64) return word;
  Multiplier read = word;
  read.shift = std::clamp(word.shift, kLowestShift, kHighestShift);
  auto bits = static_cast<std::uint32_t>(word.multiplier);
  if (traits_of(preset).scaling == Scaling::kSignificand) {
    bits &= kSignificandMask;
  } else if (is_shift_only(preset)) {
    bits = 1;
  } else if (multiplier_bits < 32) {
    bits &= ~((std::uint32_t{1} << (32 - multiplier_bits)) - 1);
  }
  read.multiplier = static_cast<std::int32_t>(bits);
  return read;
}

std::int64_t start_of_sum(std::int64_t bias, Overflow overflow) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 62;
  return overflow == Overflow::kSaturate ? std::clamp(bias, -kLimit, kLimit) : bias;
}

std::int16_t codebook_operand(std::int16_t entry, int codebook_bits) {
  const int unused = 32 - codebook_bits;
  return static_cast<std::int16_t>(static_cast<std::int32_t>(static_cast<std::uint32_t>(entry) << unused) >> unused);
}

std::int64_t requantize(Preset preset, std::int64_t accumulator, std::int32_t multiplier, std::int32_t word_shift) {
  const std::int32_t shift = std::clamp(word_shift, kLowestShift, kHighestShift);
  const PresetTraits& traits = traits_of(preset);
  switch (traits.scaling) {
    case Scaling::kFixedPointDouble:
      return scale_double_rounding(accumulator, multiplier, shift);
    case Scaling::kFixedPoint:
      return scale_single_rounding(traits.rounding, accumulator, multiplier, shift);
    case Scaling::kSignificand:
      return scale_float24(accumulator, multiplier, shift);
    case Scaling::kBinary64:
      return scale_binary64(accumulator, multiplier, word_shift);
    case Scaling::kShift:
      if (shift >= 0) return limit(Wide{accumulator} * (Wide{1} << std::min(shift, 62)));
      return limit(shifter_of(traits.rounding)(accumulator, -shift));
  }
  throw InternalError("unknown scaling");
}

std::int64_t exact_average(Preset preset, std::int64_t sum, std::int32_t multiplier, std::int32_t shift,
                           std::int64_t divisor) {
  check(divisor > 0, "average: divisor must be positive");
  const bool negative = sum < 0;
  Wide numerator = (negative ? -Wide{sum} : Wide{sum}) * multiplier;
  Wide denominator = divisor;
  if (shift >= 0) {
    // Beyond 2^126 the quotient is above 2^62, whatever the divisor.
    if (numerator > floor_shift(kLargestWide, shift)) return limit(negative ? -kLargestWide : kLargestWide);
    if (numerator != 0) numerator <<= shift;
  } else {
    // Beyond 2^126 twice the numerator is smaller.
    if (denominator > floor_shift(kLargestWide, -std::max(shift, -126))) return 0;
    denominator <<= -shift;
  }
  const Wide quotient = numerator / denominator;
  const Wide twice = 2 * (numerator - quotient * denominator);
  const bool tie_up = traits_of(preset).average_rounding != Rounding::kHalfEven || (quotient & 1) != 0;
  const bool up = twice > denominator || (twice == denominator && tie_up);
  return limit(negative ? -(quotient + (up ? 1 : 0)) : quotient + (up ? 1 : 0));
}

namespace {

/// XNNPACK's: ratios of 21 bits over a common power of two.
AddScales add_scales_of_xnnpack(float ratio_a, float ratio_b) {
  const float smallest = std::min(ratio_a, ratio_b);
  const float largest = std::max(ratio_a, ratio_b);
  if (!(smallest >= 0x1p-10F && largest < 0x1p8F)) {
    throw InputError("residual add: scale ratios " + number_text(ratio_a) + " and " + number_text(ratio_b) +
                     "; xnn_fp32 accepts 2^-10 to less than 2^8");
  }
  AddScales scales;
  scales.shift_out = 20 - std::ilogb(largest);
  scales.multiplier_a = static_cast<std::int32_t>(std::lrint(std::ldexp(double{ratio_a}, scales.shift_out)));
  scales.multiplier_b = static_cast<std::int32_t>(std::lrint(std::ldexp(double{ratio_b}, scales.shift_out)));
  return scales;
}

}  // namespace

AddScales derive_add_scales(Preset preset, float scale_a, float scale_b, float scale_out) {
  AddScales scales;
  if (traits_of(preset).add_form == AddForm::kRatiosUp) {
    return add_scales_of_xnnpack(scale_a / scale_out, scale_b / scale_out);
  }
  check(traits_of(preset).add_form != AddForm::kFloat, "the float sum has parameters of its own");
  if (traits_of(preset).add_form == AddForm::kRatios) {
    const float ratio_a = scale_a / scale_out;
    const float ratio_b = scale_b / scale_out;
    const float largest = std::max(ratio_a, ratio_b);
    const int shift = std::isnormal(largest) ? 21 - std::ilogb(largest) : 0;
    if (shift < 1 || shift > 62) throw InputError("residual add: scale ratio out of range for 22-bit multipliers");
    scales.multiplier_a = static_cast<std::int32_t>(std::lrint(std::ldexp(double{ratio_a}, shift)));
    scales.multiplier_b = static_cast<std::int32_t>(std::lrint(std::ldexp(double{ratio_b}, shift)));
    scales.shift_out = shift;
    return scales;
  }
  const int left = add_left_shift(traits_of(preset).add_form);
  const double twice_max = 2.0 * std::max(double{scale_a}, double{scale_b});
  const Multiplier a = quantize_multiplier(scale_a / twice_max, 32);
  const Multiplier b = quantize_multiplier(scale_b / twice_max, 32);
  const Multiplier out = quantize_multiplier(twice_max / (double{1.0} * (1 << left) * double{scale_out}), 32);
  return {a.multiplier, a.shift, b.multiplier, b.shift, out.multiplier, out.shift};
}

std::int64_t residual_add(Preset preset, std::int32_t a_centered, std::int32_t b_centered, const AddScales& scales) {
  const AddForm form = traits_of(preset).add_form;
  if (form == AddForm::kFloat) return float_add(a_centered, b_centered, scales);
  if (form == AddForm::kRatios) {
    const Wide sum = Wide{a_centered} * scales.multiplier_a + Wide{b_centered} * scales.multiplier_b;
    return static_cast<std::int64_t>(shift_half_away(sum, scales.shift_out));
  }
  if (form == AddForm::kRatiosUp) {
    const Wide sum = Wide{a_centered} * scales.multiplier_a + Wide{b_centered} * scales.multiplier_b;
    return static_cast<std::int64_t>(shift_half_up(sum, scales.shift_out));
  }
  const auto scale = form == AddForm::kSingleRounding ? scale_ties_up : scale_double_rounding;
  const std::int64_t left = std::int64_t{1} << add_left_shift(form);
  const std::int64_t a = scale(a_centered * left, scales.multiplier_a, scales.shift_a);
  const std::int64_t b = scale(b_centered * left, scales.multiplier_b, scales.shift_b);
  return scale(a + b, scales.multiplier_out, scales.shift_out);
}

Multiplier derive_multiplier(Preset preset, float scale_x, float scale_w, float scale_y,
                             bool fully_connected_per_tensor, int multiplier_bits) {
  if (is_shift_only(preset)) {
    return {1, power_of_two_exponent(scale_x, "input") + power_of_two_exponent(scale_w, "weight") -
                   power_of_two_exponent(scale_y, "output")};
  }
  if (multiplier_bits == 0) {
    throw InputError("requant.multiplier_bits = 0 leaves only shifts: preset " + std::string(to_string(preset)) +
                     " needs a multiplier; accepted: " + shift_only_presets());
  }
  if (traits_of(preset).scaling == Scaling::kSignificand)
    return float24_multiplier(scale_x, scale_w, scale_y, multiplier_bits);
  const float product = scale_x * scale_w;
  if (traits_of(preset).scaling == Scaling::kBinary64) return binary64_multiplier(scale_x, scale_w, scale_y);
  const double factor =
      (fully_connected_per_tensor ? double{product} : double{scale_x} * double{scale_w}) / double{scale_y};
  if (preset == Preset::kTflite16x8) return multiplier_of_15_bits(factor);
  return quantize_multiplier(factor, multiplier_bits);
}

Multiplier derive_product_multiplier(Preset preset, float scale_a, float scale_b, float scale_y, int multiplier_bits) {
  if (!multiplies_by_float_quotient(preset)) {
    return derive_multiplier(preset, scale_a, scale_b, scale_y, false, multiplier_bits);
  }
  const float product = scale_a * scale_b;
  const float quotient = product / scale_y;
  return quantize_multiplier(double{quotient}, multiplier_bits);
}

std::int64_t narrow(std::int64_t value, int bits, Overflow overflow, bool* overflowed) {
  const std::int64_t high = (std::int64_t{1} << (bits - 1)) - 1;
  if (value >= -high - 1 && value <= high) return value;
  *overflowed = true;
  if (overflow == Overflow::kSaturate) return value < 0 ? -high - 1 : high;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << (64 - bits)) >> (64 - bits);
}

}  // namespace systoliq::model
