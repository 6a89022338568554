// SPDX-License-Identifier: Apache-2.0
// One entry after the other, as the kernels compute them.
#include "sw_ref/quantizer/tflite/tflite_tables.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/tflite/fixed_point.h"
#include "sw_ref/quantizer/tflite/wide_sigmoid.h"
#include "sw_ref/reference/requantization.h"

namespace systoliq::sw_ref {
namespace {

bool rounds_once(Preset preset) { return preset == Preset::kTfliteSingle; }

std::int32_t rescaled(std::int32_t centered, const fixed::Multiplier& by, Preset preset) {
  return rounds_once(preset) ? fixed::multiply_once(centered, by) : fixed::multiply(centered, by);
}

/// round half away, then the zero point; saturated to the output's bits.
std::int32_t placed(double value, const QuantizedTensor& out) {
  const double stored = std::round(value) + out.zero_point;
  return static_cast<std::int32_t>(
      std::clamp(stored, double{1.0} * lowest_stored(out.bits), double{1.0} * highest_stored(out.bits)));
}

/// LOGISTIC and TANH: in float, with the reciprocal of the output's scale.
std::int32_t function_entry(TfliteOp op, std::int32_t centered, const QuantizedTensor& in, const QuantizedTensor& out) {
  const float x = in.scale * static_cast<float>(centered);
  const float y = op == TfliteOp::kTanh ? static_cast<float>(std::tanh(double{x}))
                                        : 1.0F / (1.0F + static_cast<float>(std::exp(-double{x})));
  return placed(double{y * (1.0F / out.scale)}, out);
}

/// XNNPACK's form of a change of scale: a factor of 8 bits behind the point, ties up.
std::int32_t eighth_bits(std::int32_t centered, float factor) {
  const auto multiplier = static_cast<std::int32_t>(std::nearbyint(256.0F * factor));
  return (centered * multiplier + 128) >> 8;
}

/// HARD_SWISH in 16 bits: x on a finer scale, relu6(x + 3) / 6 in [0, 1], and their product.
class HardSwish final {
 public:
  HardSwish(const QuantizedTensor& in, const QuantizedTensor& out) {
    const float fine_scale = (1.0F / 128.0F) * in.scale;
    const fixed::Multiplier output = fixed::quantize_multiplier(double{fine_scale / out.scale});
    const fixed::Multiplier relu = fixed::quantize_multiplier(double{fine_scale / (3.0F / 32768.0F)});
    if (output.shift > 0) {
      throw InputError("hard swish: input scale / 128 above the output's; accepted: an output scale of at least that");
    }
    output_ = {upper_half(output.multiplier), output.shift};
    relu_ = {upper_half(relu.multiplier), relu.shift};
  }

  std::int32_t operator()(std::int32_t centered) const {
    const std::int32_t fine = saturated(centered * 128);
    const std::int32_t scaled = high_product(fine, output_.multiplier);
    std::int32_t relu = fine;
    if (relu_.shift > 0) relu = saturated(std::int64_t{relu} * (std::int64_t{1} << std::min(relu_.shift - 1, 31)));
    relu = high_product(relu, relu_.multiplier);
    if (relu_.shift > 0) relu = saturated(2 * relu);
    if (relu_.shift < 0) relu = rounding_divide_by_power_of_two(relu, -relu_.shift);
    relu = (relu + 32768) / 2;
    return rounding_divide_by_power_of_two(saturated(relu * scaled / 32768), -output_.shift);  // C's division truncates
  }

 private:
  static std::int32_t upper_half(std::int32_t multiplier) {
    return static_cast<std::int32_t>(std::min<std::int64_t>((std::int64_t{multiplier} + 32768) / 65536, 32767));
  }
  static std::int32_t saturated(std::int64_t value) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, -32768, 32767));
  }
  /// a * b / 2^15, ties up.
  static std::int32_t high_product(std::int32_t a, std::int32_t b) { return saturated((a * b + 16384) >> 15); }

  fixed::Multiplier output_, relu_;  ///< multipliers of 15 bits
};

std::int32_t limited(std::int64_t value, const QuantizedTensor& out) {
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(value + out.zero_point, lowest_stored(out.bits), highest_stored(out.bits)));
}

/// There is no HARD_SWISH of INT16.
void check_width(TfliteOp op, const QuantizedTensor& in, const QuantizedTensor& out) {
  if (op != TfliteOp::kHardSwish || (in.bits == 8 && out.bits == 8)) return;
  throw InputError("HARD_SWISH of " + std::to_string(in.bits) + " bits; accepted: 8");
}

/// LEAKY_RELU; RELU and QUANTIZE with the slope 1. Slopes are quotients in float, QUANTIZE's in double.
class Slopes final {
 public:
  Slopes(float alpha, const QuantizedTensor& in, const QuantizedTensor& out, Preset preset, bool in_double = false)
      : xnnpack_(preset == Preset::kXnnFp32),
        preset_(preset),
        positive_(in.scale / out.scale),
        negative_(xnnpack_ ? positive_ * alpha : in.scale * alpha / out.scale),
        of_positive_(fixed::quantize_multiplier(double{positive_})),
        of_negative_(fixed::quantize_multiplier(std::abs(double{negative_}))) {
    if (in_double) of_positive_ = of_negative_ = fixed::quantize_multiplier(double{in.scale} / double{out.scale});
    if (negative_ < 0.0F) of_negative_.multiplier = -of_negative_.multiplier;
  }

  std::int32_t operator()(std::int32_t centered, bool in_eighth_bits) const {
    const bool above = centered >= 0;
    if (in_eighth_bits) return eighth_bits(centered, above ? positive_ : negative_);
    return rescaled(centered, above ? of_positive_ : of_negative_, preset_);
  }

 private:
  bool xnnpack_;
  Preset preset_;
  float positive_, negative_;
  fixed::Multiplier of_positive_, of_negative_;
};

}  // namespace

std::vector<std::int32_t> tflite_table(const TfliteOperator& from, const QuantizedTensor& in,
                                       const QuantizedTensor& out, Preset preset) {
  const bool xnnpack = preset == Preset::kXnnFp32;
  check_width(from.op, in, out);
  const bool sigmoid = from.op == TfliteOp::kLogistic || from.op == TfliteOp::kTanh;
  if (sigmoid && (in.bits > 8 || out.bits > 8)) return wide_sigmoid_table(from.op, in, out);
  std::int32_t low = lowest_stored(out.bits);
  std::int32_t high = highest_stored(out.bits);
  if (from.op == TfliteOp::kRelu) set_activation_range(from.activation, out, Preset::kTfliteRef, &low, &high);
  std::vector<std::int32_t> table;
  for (std::int32_t stored = lowest_stored(in.bits); stored <= highest_stored(in.bits); ++stored) {
    const std::int32_t centered = stored - in.zero_point;
    switch (from.op) {
      case TfliteOp::kLogistic:
      case TfliteOp::kTanh:
        table.push_back(function_entry(from.op, centered, in, out));
        break;
      case TfliteOp::kHardSwish:
        table.push_back(limited(HardSwish(in, out)(centered), out));
        break;
      case TfliteOp::kLeakyRelu:
        table.push_back(limited(Slopes(from.alpha, in, out, preset)(centered, xnnpack), out));
        break;
      case TfliteOp::kRescale:
        table.push_back(limited(Slopes(1.0F, in, out, preset, true)(centered, xnnpack), out));
        break;
      case TfliteOp::kRelu:
        table.push_back(std::clamp(limited(Slopes(1.0F, in, out, preset)(centered, false), out), low, high));
        break;
      default:
        throw InternalError("no table of this operator");
    }
  }
  return table;
}

void set_activation_range(TfliteActivation activation, const QuantizedTensor& out, Preset preset,
                          std::int32_t* clamp_min, std::int32_t* clamp_max) {
  *clamp_min = lowest_stored(out.bits);
  *clamp_max = highest_stored(out.bits);
  if (activation == TfliteActivation::kNone) return;
  const auto end = [&](float value) {
    const double zero_point = out.zero_point + out.storage_offset;  // whose parity decides XNNPACK's ties
    const double quotient = double{value / out.scale};
    const double stored =
        preset == Preset::kXnnFp32 ? std::nearbyint(quotient + zero_point) : std::round(quotient) + zero_point;
    return static_cast<std::int32_t>(std::clamp(stored - out.storage_offset, double{1.0} * lowest_stored(out.bits),
                                                double{1.0} * highest_stored(out.bits)));
  };
  *clamp_min = end(activation == TfliteActivation::kReluN1To1 ? -1.0F : 0.0F);
  if (activation == TfliteActivation::kReluN1To1) *clamp_max = end(1.0F);
  if (activation == TfliteActivation::kRelu6) *clamp_max = end(6.0F);
}

/// Of 31 bits: the quotient's multiplier times the largest power of two that keeps it, divided by the count, rounded
/// down.
ExactFactor tflite_mean_factor(float scale_x, float scale_y, std::int64_t count) {
  check(count > 0, "mean of no elements");
  const fixed::Multiplier quotient = fixed::quantize_multiplier(double{scale_x} / double{scale_y});
  int shift = 0;
  while (shift < 32 && count >> (shift + 1) != 0) ++shift;
  shift = std::min({shift, 32, 31 + quotient.shift});
  const std::int64_t multiplier = std::int64_t{quotient.multiplier} * (std::int64_t{1} << shift) / count;
  return {static_cast<std::int32_t>(multiplier), quotient.shift - shift - 31};
}

}  // namespace systoliq::sw_ref
