// SPDX-License-Identifier: Apache-2.0
// The machine's scalar arithmetic after the array: requantization, residual add, exact average (docs/numerics.md).
#pragma once

#include <cstdint>

#include "types/accumulation.h"
#include "types/preset.h"

namespace systoliq::model {

/// Multiplier and shift of one output channel.
struct Multiplier {
  std::int32_t multiplier = 0, shift = 0;
};

/// What a param word's multiplier and shift mean, whatever lies there (docs/numerics.md, Words that are data).
Multiplier as_data(Preset preset, const Multiplier& word, int multiplier_bits);
/// A bias, such that sums that start from it can be formed modulo 2^64: where they saturate it is limited to +-2^62,
/// which saturates the first sum just as well.
std::int64_t start_of_sum(std::int64_t bias, Overflow overflow);
/// The lower `codebook_bits` bits of a codebook's entry, with sign.
std::int16_t codebook_operand(std::int16_t entry, int codebook_bits);

/// acc scaled and rounded by the preset, before the zero point, limited to +-2^62, for any parameters; they are as in
/// model/isa/param_word.h. RTL: rtl_cosim/rtl/post/systoliq_requantize.sv.
std::int64_t requantize(Preset preset, std::int64_t accumulator, std::int32_t multiplier, std::int32_t shift);

/// Rational scale of an average: round(multiplier * 2^shift * sum / divisor); half even for ort_mlas, else half away.
/// RTL: rtl_cosim/rtl/post/systoliq_pooling.sv.
std::int64_t exact_average(Preset preset, std::int64_t sum, std::int32_t multiplier, std::int32_t shift,
                           std::int64_t divisor);

struct AddScales {
  std::int32_t multiplier_a = 0, shift_a = 0, multiplier_b = 0, shift_b = 0, multiplier_out = 0, shift_out = 0;
};
/// Derives the residual-add parameters from the scales, but for ort_x86. pot presets use tflite_single's form, xnn_fp32
/// XNNPACK's (21-bit multipliers, round half up; multiplier_out unused), ort_mlas ONNX Runtime's
/// Arm form (22-bit multipliers, round half away; multiplier_out unused), tflite_single single rounding, all others
/// TFLite's double, with a shift of 15 for presets of 16 x 8 bits.
AddScales derive_add_scales(Preset preset, float scale_a, float scale_b, float scale_out);
/// Derives those of ort_x86, whose zero points are part of them: a multiplier and shift is a float's significand and
/// exponent (multiplier * 2^shift), `out` the addend Zy - (Za Sa/Sy + Zb Sb/Sy) in float (docs/numerics.md).
/// The zero points are those of the integers that are summed.
struct SummedTensor {
  float scale = 1.0F;
  std::int32_t zero_point = 0;
};
AddScales derive_float_add_scales(const SummedTensor& a, const SummedTensor& b, const SummedTensor& out);
/// Sum of (a - zero_point_a) and (b - zero_point_b) rescaled, before the output's zero point. Of ort_x86
/// the zero points here are what storage takes off the integers that are summed, negated.
/// RTL: rtl_cosim/rtl/post/systoliq_residual_add.sv.
std::int64_t residual_add(Preset preset, std::int32_t a_centered, std::int32_t b_centered, const AddScales& scales);

/// Multiplier and shift of one output channel, from the scales. multiplier_bits (8..32, counting the sign bit) narrows
/// the mantissa (32: 31 bits); tflite_16x8 always has 15, litert_16x8 the halves of a double.
/// `fully_connected_per_tensor` selects double(float(Sx*Sw))/Sy. Throws InputError for a scale that the preset cannot
/// represent.
Multiplier derive_multiplier(Preset preset, float scale_x, float scale_w, float scale_y,
                             bool fully_connected_per_tensor, int multiplier_bits);

/// That of a product of two tensors: as derive_multiplier(), but of fl(fl(Sa * Sb) / Sy) for the presets of TensorFlow
/// Lite, of 16 x 8 bits with the two roundings of tflite_ref.
Multiplier derive_product_multiplier(Preset preset, float scale_a, float scale_b, float scale_y, int multiplier_bits);

/// value limited to `bits` two's-complement bits; sets *overflowed when it did not fit.
std::int64_t narrow(std::int64_t value, int bits, Overflow overflow, bool* overflowed);

}  // namespace systoliq::model
