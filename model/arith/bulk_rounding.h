// SPDX-License-Identifier: Apache-2.0
// Branchless 64-bit forms of the roundings of requantize.cpp, and what bulk_avx512.cpp offers; only for the bulk files.
//
// With product p and n bits to drop, half = 2^(n-1) (0 for n = 0), all roundings are (p + addend) >> n:
//   floor: 0    half up: half    half away: half - (1 if p < 0)    half even: half - 1 + bit n of p
// the last two terms only for n > 0.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "model/arith/bulk_requantize.h"

namespace systoliq::model {

/// One compiled loop each: a scaling with the rounding that follows it.
enum class BulkForm { kDouble, kFloor, kHalfUp, kHalfEven, kHalfAway, kFloat24 };

inline BulkForm bulk_form_of(Rounding rounding) {
  switch (rounding) {
    case Rounding::kFloor:
      return BulkForm::kFloor;
    case Rounding::kHalfUp:
      return BulkForm::kHalfUp;
    case Rounding::kHalfEven:
      return BulkForm::kHalfEven;
    case Rounding::kHalfAway:
      break;
  }
  return BulkForm::kHalfAway;
}

inline BulkForm bulk_form_of(Preset preset) {
  const PresetTraits& traits = traits_of(preset);
  if (traits.scaling == Scaling::kFixedPointDouble) return BulkForm::kDouble;
  if (traits.scaling == Scaling::kSignificand) return BulkForm::kFloat24;
  return bulk_form_of(traits.rounding);
}

/// False where the 64-bit formulas do not hold.
inline bool scale_of(BulkForm form, bool shift_only, const Multiplier& channel, Scale* scale) {
  if (channel.multiplier < 0 || channel.shift < -100 || channel.shift > 31) return false;
  if (form == BulkForm::kFloat24) {
    scale->factor = std::ldexp(static_cast<float>(channel.multiplier), channel.shift);
    return channel.multiplier < 1 << 24;
  }
  scale->multiplier = shift_only ? 1 : channel.multiplier;
  scale->left = form == BulkForm::kDouble ? std::max(channel.shift, 0) : 0;
  scale->right = shift_only                  ? -channel.shift
                 : form == BulkForm::kDouble ? std::max(-channel.shift, 0)
                                             : 31 - channel.shift;
  if (scale->right < 0 || scale->right > 62) return false;
  scale->half = scale->right == 0 ? 0 : std::int64_t{1} << (scale->right - 1);
  scale->some = scale->right == 0 ? 0 : -1;
  return true;
}

template <BulkForm kForm>
inline std::int64_t shift_right(std::int64_t p, std::int64_t right, std::int64_t half, std::int64_t some) {
  std::int64_t addend = 0;
  if (kForm == BulkForm::kHalfUp) addend = half;
  if (kForm == BulkForm::kHalfAway || kForm == BulkForm::kDouble) addend = half + ((p >> 63) & some);
  if (kForm == BulkForm::kHalfEven) addend = (half - 1 + ((p >> right) & 1)) & some;
  return (p + addend) >> right;
}

/// value must fit 32 bits, but for kDouble, which takes its low 32 bits after the left shift as TFLite does.
template <BulkForm kForm>
inline std::int64_t apply(std::int64_t value, std::int64_t multiplier, std::int64_t left, std::int64_t right,
                          std::int64_t half, std::int64_t some) {
  if (kForm == BulkForm::kDouble) {
    const auto shifted = static_cast<std::int32_t>(static_cast<std::uint64_t>(value) << left);
    const std::int64_t high = (std::int64_t{shifted} * static_cast<std::int32_t>(multiplier) + (1 << 30)) >> 31;
    return shift_right<kForm>(high, right, half, some);
  }
  const std::int64_t product = std::int64_t{static_cast<std::int32_t>(value)} * static_cast<std::int32_t>(multiplier);
  return shift_right<kForm>(product, right, half, some);
}

/// kFloat24: beyond every activation and below 2^22, where adding 1.5 * 2^23 rounds half even to an integer.
constexpr float kFloatLimit = 2097152.0F;
constexpr float kFloatToInteger = 12582912.0F;

/// fp32 arithmetic itself, which scale_float24() spells out.
inline std::int64_t apply_float(std::int64_t value, float factor) {
  const float scaled = static_cast<float>(static_cast<std::int32_t>(value)) * factor;
  const float limited = std::min(std::max(scaled, -kFloatLimit), kFloatLimit);
  return static_cast<std::int32_t>((limited + kFloatToInteger) - kFloatToInteger);
}

/// value + zero point, clamped; *clamped counts.
inline std::int16_t clamp_to(const OutputRange& range, std::int64_t scaled, std::int64_t* clamped) {
  const std::int64_t low = range.clamp_min;
  const std::int64_t high = range.clamp_max;
  const std::int64_t value = scaled + range.zero_point;
  const std::int64_t inside = value < low ? low : value > high ? high : value;
  *clamped += value != inside ? 1 : 0;
  return static_cast<std::int16_t>(inside);
}

constexpr int kBlock = 8;  ///< channels: one 512-bit register of 64-bit values

/// The scales of up to kBlock channels, member by member.
struct alignas(64) Block {
  int channels = 0;
  alignas(64) std::int64_t multiplier[kBlock] = {}, left[kBlock] = {}, right[kBlock] = {}, half[kBlock] = {},
                           some[kBlock] = {};
  float factor[kBlock] = {};
};

/// A block's accumulators and where their results go.
struct Pixels {
  const std::int64_t* accumulators;
  std::ptrdiff_t pitch;
  std::int16_t* out;
  std::ptrdiff_t out_pitch;
  int count;
};

/// What a tile's loop finds out.
struct Findings {
  std::int64_t clamped = 0;
  bool wide = false;  ///< an accumulator lies beyond 32 bits: the results are void
};

constexpr int kAddShift = 20;  ///< both operands of a residual add are scaled up before the sum

/// Constants and operands of a residual add; kHalfAway stands for ONNX Runtime's form: both products, one rounding.
struct AddConstants {
  Scale a, b, out;
  std::int64_t zero_a = 0, zero_b = 0;
};
struct AddOperands {
  const std::int16_t* a;
  const std::int16_t* b;
  std::int16_t* out;
  int count;
};

void requantize_block_avx512(BulkForm form, const Block& block, const Pixels& pixels, const OutputRange& range,
                             Findings* findings);
/// Returns how many were clamped.
std::int64_t add_avx512(BulkForm form, const AddConstants& k, const AddOperands& operands, const OutputRange& range);

}  // namespace systoliq::model
