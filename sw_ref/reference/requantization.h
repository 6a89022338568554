// SPDX-License-Identifier: Apache-2.0
// From scales to integers, as each software stack does it (docs/numerics.md): requantization, residual add, average.
// Written independently of the machine's arithmetic: divisions with remainders and native floats instead of shifts.
#pragma once

#include <cstdint>

#include "types/preset.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Scale factor of one output channel. Integer presets: factor = multiplier * 2^(exponent - 31), multiplier in
/// [2^30, 2^31). pot presets: factor = 2^exponent. ort_mlas: `factor` itself, fl(fl(Sx * Sw) / Sy).
struct Requantization {
  Preset preset = Preset::kTfliteRef;
  std::int32_t multiplier = 0;
  int exponent = 0;
  float factor = 0.0F;
  double wide_factor = 0.0;  ///< litert_16x8, fully connected: double(Sx) * double(Sw) / double(Sy)
};

/// factor = Sx * Sw / Sy, in double; `product_in_float`: double(fl(Sx * Sw)) / Sy, as fully connected layers with one
/// weight scale have it. multiplier_bits 8..32 counts the sign bit. A factor below 2^-32 becomes 0 (TFLite's rule).
/// Throws InputError: factor of 2^30 or more, not finite, negative; a scale that is no power of two with a pot preset;
/// a factor that is no normal float, or fewer than 25 multiplier bits, with ort_mlas; a factor of 128 or more with
/// tflite_16x8 and litert_16x8, whose multiplier has 15 bits, or is a double.
Requantization derive_requantization(Preset preset, float scale_x, float scale_w, float scale_y, bool product_in_float,
                                     int multiplier_bits = 32);

/// That of an output channel of a convolution: of its scales, or its own factor. Throws InputError as above, and for a
/// factor whose lower bits multiplier_bits would cut off.
Requantization requantization_of(const QuantizedNetwork& network, const QuantizedLayer& layer, std::int64_t channel,
                                 int multiplier_bits);

/// round(accumulator * factor) by the preset, before the zero point; limited to +-2^62.
std::int64_t apply_requantization(const Requantization& requantization, std::int64_t accumulator);

/// (a * b) / 2^31 rounded to nearest, ties to +infinity; only INT32_MIN * INT32_MIN saturates (to INT32_MAX).
std::int32_t rounding_doubling_high_multiply(std::int32_t a, std::int32_t b);

/// value / 2^exponent, ties away from zero, exponent 0 or more.
std::int32_t rounding_divide_by_power_of_two(std::int32_t value, int exponent);

/// Average of `count` stored values whose sum is `sum`, in the output's stored domain, before the clamp.
/// Equal scales and zero points, and not ort_mlas: sum / count, half away. Otherwise
/// zero_y + round((Sx / Sy) * (sum - count * zero_x) / count), exact before its one rounding: half even for ort_mlas,
/// else half away.
std::int64_t average(Preset preset, std::int64_t sum, std::int64_t count, float scale_x, std::int32_t zero_x,
                     float scale_y, std::int32_t zero_y);

/// Parameters of a residual add, in the form of its preset.
struct ResidualAdd {
  Requantization a, b, sum;               ///< TFLite's forms
  std::int32_t ratio_a = 0, ratio_b = 0;  ///< ort_mlas: 22-bit ratios, xnn_fp32: 21-bit, scaled by 2^ratio_shift
  int ratio_shift = 0;
  int left_shift = 20;  ///< TFLite's forms: of both operands
  Rounding ratio_rounding = Rounding::kHalfAway;
  bool integer_ratios = false;
};

/// ort_mlas: ONNX Runtime's Arm form (ort_x86: float_add.h). xnn_fp32: XNNPACK's. tflite_single and the pot presets:
/// TFLite's with single rounding; those of 16 x 8 bits shift by 15; all others: TFLite's with double rounding. Throws
/// InputError when the ratios leave the 22-bit form's range.
ResidualAdd derive_residual_add(Preset preset, float scale_a, float scale_b, float scale_out);

/// Sum of two centered values (stored - zero point, at most 11 bits each before TFLite's shift by 20 wraps), before the
/// output's zero point.
std::int64_t apply_residual_add(const ResidualAdd& add, std::int32_t a_centered, std::int32_t b_centered);

}  // namespace systoliq::sw_ref
