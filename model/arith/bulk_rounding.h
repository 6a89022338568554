// SPDX-License-Identifier: Apache-2.0
// Branchless 64-bit forms of the roundings of requantize.cpp, inlined into loops that are compiled per instruction set.
//
// With product p and n bits to drop, half = 2^(n-1) (0 for n = 0), all roundings are (p + addend) >> n:
//   floor: 0    half up: half    half away: half - (1 if p < 0)    half even: half - 1 + bit n of p
// the last two terms only for n > 0.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "model/arith/bulk_requantize.h"

#define SYSTOLIQ_INLINE __attribute__((always_inline)) inline
#define SYSTOLIQ_TARGET_AVX2 __attribute__((target("avx2")))
#define SYSTOLIQ_TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,prefer-vector-width=512")))

namespace systoliq::model {

enum class Rounding { kDouble, kFloor, kHalfUp, kHalfEven, kHalfAway, kFloat24 };

inline Rounding rounding_of(Preset preset) {
  switch (preset) {
    case Preset::kTfliteRef:
      return Rounding::kDouble;
    case Preset::kOrtMlas:
      return Rounding::kFloat24;
    case Preset::kFloor:
    case Preset::kPotFloor:
      return Rounding::kFloor;
    case Preset::kHalfEven:
      return Rounding::kHalfEven;
    case Preset::kHalfAway:
      return Rounding::kHalfAway;
    default:
      return Rounding::kHalfUp;
  }
}

/// False where the 64-bit formulas do not hold.
inline bool scale_of(Rounding rounding, bool shift_only, const Multiplier& channel, Scale* scale) {
  if (channel.multiplier < 0 || channel.shift < -100 || channel.shift > 31) return false;
  if (rounding == Rounding::kFloat24) {
    scale->factor = std::ldexp(static_cast<float>(channel.multiplier), channel.shift);
    return channel.multiplier < 1 << 24;
  }
  scale->multiplier = shift_only ? 1 : channel.multiplier;
  scale->left = rounding == Rounding::kDouble ? std::max(channel.shift, 0) : 0;
  scale->right = shift_only                      ? -channel.shift
                 : rounding == Rounding::kDouble ? std::max(-channel.shift, 0)
                                                 : 31 - channel.shift;
  if (scale->right < 0 || scale->right > 62) return false;
  scale->half = scale->right == 0 ? 0 : std::int64_t{1} << (scale->right - 1);
  scale->some = scale->right == 0 ? 0 : -1;
  return true;
}

template <Rounding kRounding>
SYSTOLIQ_INLINE std::int64_t shift_right(std::int64_t p, std::int64_t right, std::int64_t half, std::int64_t some) {
  std::int64_t addend = 0;
  if (kRounding == Rounding::kHalfUp) addend = half;
  if (kRounding == Rounding::kHalfAway || kRounding == Rounding::kDouble) addend = half + ((p >> 63) & some);
  if (kRounding == Rounding::kHalfEven) addend = (half - 1 + ((p >> right) & 1)) & some;
  return (p + addend) >> right;
}

/// value must fit 32 bits, but for kDouble, which takes its low 32 bits after the left shift as TFLite does.
template <Rounding kRounding>
SYSTOLIQ_INLINE std::int64_t apply(std::int64_t value, std::int64_t multiplier, std::int64_t left, std::int64_t right,
                                   std::int64_t half, std::int64_t some) {
  if (kRounding == Rounding::kDouble) {
    const auto shifted = static_cast<std::int32_t>(static_cast<std::uint64_t>(value) << left);
    const std::int64_t high = (std::int64_t{shifted} * static_cast<std::int32_t>(multiplier) + (1 << 30)) >> 31;
    return shift_right<kRounding>(high, right, half, some);
  }
  const std::int64_t product = std::int64_t{static_cast<std::int32_t>(value)} * static_cast<std::int32_t>(multiplier);
  return shift_right<kRounding>(product, right, half, some);
}

/// value + zero point, clamped; *clamped counts.
SYSTOLIQ_INLINE std::int16_t clamp_to(const OutputRange& range, std::int64_t scaled, std::int64_t* clamped) {
  const std::int64_t low = range.clamp_min;
  const std::int64_t high = range.clamp_max;
  const std::int64_t value = scaled + range.zero_point;
  const std::int64_t inside = value < low ? low : value > high ? high : value;
  *clamped += value != inside ? 1 : 0;
  return static_cast<std::int16_t>(inside);
}

}  // namespace systoliq::model
