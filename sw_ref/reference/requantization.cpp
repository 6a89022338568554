// SPDX-License-Identifier: Apache-2.0
// The formulas of requantization.h.
#include "sw_ref/reference/requantization.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "types/error.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

__extension__ using Int128 = __int128;

constexpr std::int64_t kResultLimit = std::int64_t{1} << 62;
constexpr int kLowestExponent = -256,
              kHighestExponent = 255;  ///< of a stored factor; what lies beyond is taken as these

std::int64_t limited(Int128 value) {
  return static_cast<std::int64_t>(std::clamp<Int128>(value, -kResultLimit, kResultLimit));
}

constexpr int kHighest16x8Exponent = 7;

/// numerator / denominator (positive): quotient and remainder towards -infinity, then the remainder decides.
std::int64_t divide(Int128 numerator, Int128 denominator, Rounding rounding) {
  Int128 quotient = numerator / denominator;
  Int128 remainder = numerator % denominator;
  if (remainder < 0) {
    quotient -= 1;
    remainder += denominator;
  }
  const Int128 rest = denominator - remainder;
  bool up = remainder > rest;
  if (remainder == rest) {
    up = rounding == Rounding::kHalfUp || (rounding == Rounding::kHalfEven && quotient % 2 != 0) ||
         (rounding == Rounding::kHalfAway && numerator > 0);
  }
  return limited(quotient + (up && rounding != Rounding::kFloor ? 1 : 0));
}

/// value * 2^exponent, rounded where the exponent is negative. |value| < 2^80.
std::int64_t scale_by_power_of_two(Int128 value, int exponent, Rounding rounding) {
  if (exponent >= 0) {
    const Int128 first = limited(value * (Int128{1} << std::min(exponent, 46)));
    return limited(first * (Int128{1} << std::clamp(exponent - 46, 0, 62)));
  }
  return divide(value, Int128{1} << std::min(-exponent, 120), rounding);
}

std::int32_t wrap_to_32_bits(std::int64_t value) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
}

std::int64_t multiply_double_rounding(const Requantization& r, std::int64_t accumulator) {
  const int exponent = std::clamp(r.exponent, kLowestExponent, kHighestExponent);
  const int left = std::max(exponent, 0);
  const int right = std::max(-exponent, 0);
  const std::uint64_t factor = left < 32 ? std::uint64_t{1} << left : 0;  // only 32 bits of the product are kept
  const auto scaled = static_cast<std::uint64_t>(accumulator) * factor;
  const std::int32_t high =
      rounding_doubling_high_multiply(wrap_to_32_bits(static_cast<std::int64_t>(scaled)), r.multiplier);
  return rounding_divide_by_power_of_two(high, right);
}

/// The processor's own single precision, as ONNX Runtime uses it.
std::int64_t multiply_in_float(float factor, std::int64_t accumulator) {
  const float product = static_cast<float>(accumulator) * factor;
  const float limit = static_cast<float>(kResultLimit);
  if (product >= limit) return kResultLimit;
  if (product <= -limit) return -kResultLimit;
  return static_cast<std::int64_t>(std::nearbyint(product));  // the default mode rounds half to even
}

/// TFLite's QuantizeMultiplier on the 53 bits of the double, in integers.
void quantize_factor(double factor, int multiplier_bits, Requantization* result) {
  if (!std::isfinite(factor) || factor < 0.0) {
    throw InputError("scale factor " + number_text(factor) + " is not a finite number of 0 or more");
  }
  int exponent = 0;
  const auto significand = static_cast<std::int64_t>(std::ldexp(std::frexp(factor, &exponent), 53));
  const int dropped = 53 - (multiplier_bits - 1);
  std::int64_t kept = divide(significand, std::int64_t{1} << dropped, Rounding::kHalfAway);
  if (kept == std::int64_t{1} << (multiplier_bits - 1)) {
    kept /= 2;
    ++exponent;
  }
  if (exponent > 30) throw InputError("scale factor " + number_text(factor) + " is 2^30 or more");
  const bool vanishes = significand == 0 || exponent < -31;
  result->multiplier = vanishes ? 0 : static_cast<std::int32_t>(kept * (std::int64_t{1} << (32 - multiplier_bits)));
  result->exponent = vanishes ? 0 : exponent;
}

/// TFLite's reduction of a multiplier of 31 bits to 15: m / 2^16, ties up; what would need a 16th bit stays below it.
void reduce_to_15_bits(Requantization* result) {
  constexpr std::int64_t kStep = std::int64_t{1} << 16;
  constexpr std::int64_t kLargest = (std::int64_t{1} << 15) - 1;
  const std::int64_t reduced = std::min(divide(result->multiplier, kStep, Rounding::kHalfUp), kLargest);
  result->multiplier = static_cast<std::int32_t>(reduced * kStep);
  if (result->exponent <= kHighest16x8Exponent) return;
  throw InputError("scale factor is 2^" + std::to_string(result->exponent - 1) +
                   " or more; accepted: below 128 for 16-bit activations");
}

/// The processor's own double precision, as LiteRT uses it: the product rounded half to even, then half away from zero.
std::int64_t multiply_in_double(double factor, std::int64_t accumulator) {
  const double product = static_cast<double>(accumulator) * factor;
  const auto limit = static_cast<double>(kResultLimit);
  return static_cast<std::int64_t>(std::round(std::clamp(product, -limit, limit)));
}

/// n where scale = 2^n exactly.
int exact_log2(float scale, const char* name) {
  const bool usable = std::isfinite(scale) && scale > 0.0F;
  const int exponent = usable ? std::ilogb(scale) : 0;
  if (!usable || std::ldexp(1.0F, exponent) != scale) {
    throw InputError(std::string(name) + " scale " + number_text(scale) +
                     " is not a power of two, as pot presets need");
  }
  return exponent;
}

/// XNNPACK's: the larger ratio, times 2^shift, lies in [2^20, 2^21).
ResidualAdd derive_ratios_up(float ratio_a, float ratio_b) {
  for (const float ratio : {ratio_a, ratio_b}) {
    if (ratio >= 0.0009765625F && ratio < 256.0F) continue;
    throw InputError("residual add: ratio " + number_text(ratio) +
                     " of input to output scale; xnn_fp32 accepts 2^-10 to less than 2^8");
  }
  ResidualAdd add;
  add.integer_ratios = true;
  add.ratio_rounding = Rounding::kHalfUp;
  while (std::ldexp(std::max(ratio_a, ratio_b), add.ratio_shift) < 1048576.0F) ++add.ratio_shift;
  add.ratio_a = static_cast<std::int32_t>(std::nearbyint(std::ldexp(ratio_a, add.ratio_shift)));
  add.ratio_b = static_cast<std::int32_t>(std::nearbyint(std::ldexp(ratio_b, add.ratio_shift)));
  return add;
}

Requantization quantized(Preset preset, double factor) {
  Requantization result;
  result.preset = preset;
  quantize_factor(factor, 32, &result);
  return result;
}

}  // namespace

std::int32_t rounding_doubling_high_multiply(std::int32_t a, std::int32_t b) {
  const std::int64_t doubled_denominator = std::int64_t{1} << 31;
  const std::int64_t high = divide(Int128{a} * b, doubled_denominator, Rounding::kHalfUp);
  return static_cast<std::int32_t>(std::min<std::int64_t>(high, std::numeric_limits<std::int32_t>::max()));
}

std::int32_t rounding_divide_by_power_of_two(std::int32_t value, int exponent) {
  return static_cast<std::int32_t>(divide(value, std::int64_t{1} << std::min(exponent, 62), Rounding::kHalfAway));
}

Requantization derive_requantization(Preset preset, float scale_x, float scale_w, float scale_y, bool product_in_float,
                                     int multiplier_bits) {
  Requantization result;
  result.preset = preset;
  if (is_shift_only(preset)) {
    result.exponent = exact_log2(scale_x, "input") + exact_log2(scale_w, "weight") - exact_log2(scale_y, "output");
    return result;
  }
  if (multiplier_bits > 32 || !multiplier_suffices(preset, multiplier_bits)) {
    throw InputError("requant.multiplier_bits = " + std::to_string(multiplier_bits) + ": preset " +
                     std::string(to_string(preset)) + " accepts " +
                     std::to_string(traits_of(preset).fewest_multiplier_bits) + " to 32");
  }
  const float product = scale_x * scale_w;
  if (traits_of(preset).scaling == Scaling::kSignificand) {
    result.factor = product / scale_y;
    if (!std::isnormal(result.factor) || result.factor < 0.0F) {
      throw InputError("scale factor " + number_text(result.factor) + " is not a normal float above 0");
    }
    return result;
  }
  const double exact_product = double{scale_x} * double{scale_w};
  if (traits_of(preset).scaling == Scaling::kBinary64) {
    result.wide_factor = exact_product / double{scale_y};
    if (std::isnormal(result.wide_factor) && result.wide_factor < 128.0) return result;
    throw InputError("scale factor " + number_text(result.wide_factor) + "; accepted: normal, below 128");
  }
  if (preset == Preset::kTflite16x8) {
    quantize_factor((product_in_float ? double{product} : exact_product) / double{scale_y}, 32, &result);
    reduce_to_15_bits(&result);
    return result;
  }
  quantize_factor((product_in_float ? double{product} : exact_product) / double{scale_y}, multiplier_bits, &result);
  return result;
}

Requantization requantization_of(const QuantizedNetwork& network, const QuantizedLayer& layer, std::int64_t channel,
                                 int multiplier_bits) {
  if (!layer.factor) {
    const float scale_x = nth(network.tensors, layer.inputs.at(0)).scale;
    const float scale_w = nth(layer.weight_scales, layer.weight_scales.size() == 1 ? 0 : channel);
    const float scale_y = nth(network.tensors, layer.output).scale;
    return derive_requantization(requantization_preset(network, layer), scale_x, scale_w, scale_y,
                                 has_float_product(layer), multiplier_bits);
  }
  Requantization result;
  result.preset = requantization_preset(network, layer);
  result.multiplier = layer.factor->multiplier;
  result.exponent = layer.factor->exponent + 31;
  result.factor = std::ldexp(static_cast<float>(layer.factor->multiplier), layer.factor->exponent);
  const std::int64_t step = std::int64_t{1} << std::max(32 - multiplier_bits, 0);
  if (traits_of(network.preset).scaling != Scaling::kSignificand && result.multiplier % step != 0) {
    throw InputError("layer '" + layer.name + "': its factor has " + std::to_string(result.multiplier) +
                     " as multiplier, which requant.multiplier_bits = " + std::to_string(multiplier_bits) +
                     " would cut; accepted: 32");
  }
  return result;
}

std::int64_t apply_requantization(const Requantization& r, std::int64_t accumulator) {
  const int exponent = std::clamp(r.exponent, kLowestExponent, kHighestExponent);
  const PresetTraits& traits = traits_of(r.preset);
  switch (traits.scaling) {
    case Scaling::kFixedPointDouble:
      return multiply_double_rounding(r, accumulator);
    case Scaling::kSignificand:
      return multiply_in_float(r.factor, accumulator);
    case Scaling::kShift:
      return scale_by_power_of_two(accumulator, exponent, traits.rounding);
    case Scaling::kBinary64:
      return multiply_in_double(r.wide_factor, accumulator);
    case Scaling::kFixedPoint:
      return scale_by_power_of_two(Int128{accumulator} * r.multiplier, exponent - 31, traits.rounding);
  }
  throw InternalError("unknown scaling");
}

std::int64_t average(Preset preset, std::int64_t sum, std::int64_t count, float scale_x, std::int32_t zero_x,
                     float scale_y, std::int32_t zero_y) {
  check(count > 0, "average of no values");
  if (averages_raw_sums(preset) && scale_x == scale_y && zero_x == zero_y) {
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;  // C's division truncates
  }
  int exponent_x = 0;
  int exponent_y = 0;
  const auto mantissa_x = static_cast<std::int64_t>(std::ldexp(std::frexp(scale_x, &exponent_x), 24));
  const auto mantissa_y = static_cast<std::int64_t>(std::ldexp(std::frexp(scale_y, &exponent_y), 24));
  const int exponent = std::clamp(exponent_x - exponent_y, -62, 40);  // beyond, the result is 0 or clamped anyway
  const Int128 numerator = Int128{sum - count * zero_x} * mantissa_x * (Int128{1} << std::max(exponent, 0));
  const Int128 denominator = Int128{count} * mantissa_y * (Int128{1} << std::max(-exponent, 0));
  return divide(numerator, denominator, traits_of(preset).average_rounding) + zero_y;
}

ResidualAdd derive_residual_add(Preset preset, float scale_a, float scale_b, float scale_out) {
  ResidualAdd add;
  const AddForm form = traits_of(preset).add_form;
  if (form == AddForm::kRatiosUp) return derive_ratios_up(scale_a / scale_out, scale_b / scale_out);
  check(form != AddForm::kFloat, "a residual add in float has parameters of its own");
  if (form == AddForm::kRatios) {
    const float ratio_a = scale_a / scale_out;
    const float ratio_b = scale_b / scale_out;
    add.integer_ratios = true;
    // The larger ratio, times 2^shift, lies in [2^21, 2^22).
    while (add.ratio_shift <= 62 && std::ldexp(std::max(ratio_a, ratio_b), add.ratio_shift) < 2097152.0F)
      ++add.ratio_shift;
    if (add.ratio_shift < 1 || add.ratio_shift > 62) {
      throw InputError("residual add: ratio of input to output scale must lie in [2^-41, 2^21) for ort_mlas");
    }
    add.ratio_a = static_cast<std::int32_t>(std::nearbyint(std::ldexp(ratio_a, add.ratio_shift)));
    add.ratio_b = static_cast<std::int32_t>(std::nearbyint(std::ldexp(ratio_b, add.ratio_shift)));
    return add;
  }
  const Preset rescaling = form == AddForm::kSingleRounding ? Preset::kTfliteSingle : Preset::kTfliteRef;
  const double twice_largest = 2.0 * double{std::max(scale_a, scale_b)};
  add.a = quantized(rescaling, double{scale_a} / twice_largest);
  add.b = quantized(rescaling, double{scale_b} / twice_largest);
  add.left_shift = add_left_shift(form);
  add.sum = quantized(rescaling, twice_largest / (std::ldexp(1.0, add.left_shift) * double{scale_out}));
  return add;
}

std::int64_t apply_residual_add(const ResidualAdd& add, std::int32_t a_centered, std::int32_t b_centered) {
  if (add.integer_ratios) {
    const std::int64_t sum = std::int64_t{a_centered} * add.ratio_a + std::int64_t{b_centered} * add.ratio_b;
    return divide(sum, Int128{1} << add.ratio_shift, add.ratio_rounding);
  }
  const std::int64_t scale_up = std::int64_t{1} << add.left_shift;
  const std::int64_t a = apply_requantization(add.a, a_centered * scale_up);
  const std::int64_t b = apply_requantization(add.b, b_centered * scale_up);
  return apply_requantization(add.sum, a + b);
}

}  // namespace systoliq::sw_ref
