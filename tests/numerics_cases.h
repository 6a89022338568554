// SPDX-License-Identifier: Apache-2.0
// Corner cases of the presets' arithmetic with their expected integers, worked out by hand from the definitions in
// docs/numerics.md. Both implementations, the reference's and the machine's, are held against the same table.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "types/preset.h"

namespace systoliq::numerics_cases {

inline constexpr std::int64_t kMin32 = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int64_t kMax32 = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int32_t kHalf = 1 << 30;  ///< mantissa 1/2
inline constexpr auto kTiny = 1.0F / 65536.0F;  ///< 2^-16

/// Scales to multiplier and exponent: factor = multiplier * 2^(exponent - 31).
struct FactorCase {
  const char* name;
  float scale_x, scale_w, scale_y;
  bool fully_connected;
  int multiplier_bits;
  std::int32_t multiplier;
  int exponent;
};

inline const std::vector<FactorCase>& factor_cases() {
  static const std::vector<FactorCase> kCases = {
      {"1.0 needs a left shift", 1.0F, 1.0F, 1.0F, false, 32, kHalf, 1},
      {"1 - 2^-33 rounds up to 1", 4196353.0F / 8589934592.0F, 2047.0F, 1.0F, false, 32, kHalf, 1},
      {"1 - 2^-32 is a tie, away from zero", 1.0F - kTiny, 1.0F + kTiny, 1.0F, false, 32, kHalf, 1},
      {"1 - 1.125 * 2^-31 stays below 1", 1.0F - 1.5F * kTiny, 1.0F + 1.5F * kTiny, 1.0F, false, 32, 2147483647, 0},
      {"2^-32 is the smallest", kTiny, kTiny, 1.0F, false, 32, kHalf, -31},
      {"below 2^-32 vanishes", kTiny, kTiny, 2.0F, false, 32, 0, 0},
      {"just below 2^-32 rounds up to it", kTiny * (1.0F - kTiny), kTiny * (1.0F + kTiny), 1.0F, false, 32, kHalf, -31},
      {"0 vanishes", 0.0F, 1.0F, 1.0F, false, 32, 0, 0},
      {"just below 2^30", 32768.0F, 32767.998046875F, 1.0F, false, 32, 2147483520, 30},
      {"a quarter", 0.25F, 1.0F, 1.0F, false, 32, kHalf, -1},
      {"1/255", 1.0F, 1.0F, 255.0F, false, 32, 1077952576, -7},
      {"0.0008 in float", 0.0008F, 1.0F, 1.0F, false, 32, 1759218560, -10},
      {"convolution multiplies in double", 0.0979F, 0.0884F, 0.0971F, false, 32, 1531212976, -3},
      {"fully connected multiplies in float", 0.0979F, 0.0884F, 0.0971F, true, 32, 1531212898, -3},
      {"16 bits keep 15", 1.0F, 1.0F, 255.0F, false, 16, 16448 << 16, -7},
      {"8 bits keep 7", 1.0F, 1.0F, 255.0F, false, 8, 64 << 24, -7},
      {"8 bits, a tie in the kept bits goes up", 1.0F + 1.0F / 128.0F, 1.0F, 1.0F, false, 8, 65 << 24, 1},
      {"8 bits, rounding up to 1", 255.0F / 256.0F, 1.0F, 1.0F, false, 8, kHalf, 1},
  };
  return kCases;
}

/// Raw multiplier and exponent of an integer preset.
struct RawCase {
  Preset preset;
  std::int32_t multiplier;
  int exponent;
  std::int64_t accumulator, expected;
};

inline std::vector<RawCase> raw_cases() {
  std::vector<RawCase> cases;
  const auto both = [&](std::int32_t multiplier, int exponent, std::int64_t accumulator, std::int64_t twice,
                        std::int64_t once) {
    cases.push_back({Preset::kTfliteRef, multiplier, exponent, accumulator, twice});
    cases.push_back({Preset::kTfliteSingle, multiplier, exponent, accumulator, once});
  };
  both(kHalf, -1, 1, 1, 0);  // a quarter: 1/4 becomes 1/2, which rounds away
  both(kHalf, -1, -2, -1, 0);
  both(kHalf, -1, -6, -2, -1);
  both(kHalf, -1, -10, -3, -2);
  both(1077952576, -7, 127, 1, 0);
  both(1077952576, -7, -127, -1, 0);
  both(1077952576, -7, 382, 2, 1);
  both(1077952576, -7, -637, -3, -2);
  both(1759218560, -10, 24375, 20, 19);
  both(1759218560, -10, -24375, -20, -19);
  both(kHalf, -31, kMin32, -1, 0);
  both(kHalf, -31, 1 << 30, 0, 0);
  both(2147483647, -31, kMax32, 1, 1);
  for (const std::int64_t odd : {1, -1, 3, -3, 5, -5}) both(kHalf, 0, odd, (odd + 1) >> 1, (odd + 1) >> 1);
  // Left shifts: double rounding wraps at 32 bits, as compiled C does; single rounding has 64.
  both(kHalf, 2, std::int64_t{1} << 28, std::int64_t{1} << 29, std::int64_t{1} << 29);
  both(kHalf, 2, std::int64_t{1} << 29, -(std::int64_t{1} << 30), std::int64_t{1} << 30);
  both(kHalf, 2, std::int64_t{1} << 30, 0, std::int64_t{1} << 31);
  both(kHalf, 1, kMin32, 0, kMin32);
  both(0, 0, kMin32, 0, 0);
  // The one product that saturates; no scale leads to such a multiplier.
  cases.push_back({Preset::kTfliteRef, static_cast<std::int32_t>(kMin32), 0, kMin32, kMax32});
  // One rounding of an exact product, at 2.5, -2.5, 3.5, -3.5 and just beside them.
  const auto exact = [&](Preset preset, std::int64_t accumulator, std::int64_t expected) {
    cases.push_back({preset, kHalf, 0, accumulator, expected});
  };
  const std::int64_t sums[] = {5, -5, 7, -7, 1, -1, 4, -4};
  const std::int64_t floors[] = {2, -3, 3, -4, 0, -1, 2, -2};
  const std::int64_t ups[] = {3, -2, 4, -3, 1, 0, 2, -2};
  const std::int64_t evens[] = {2, -2, 4, -4, 0, 0, 2, -2};
  const std::int64_t aways[] = {3, -3, 4, -4, 1, -1, 2, -2};
  for (int i = 0; i < 8; ++i) {
    exact(Preset::kFloor, sums[i], floors[i]);
    exact(Preset::kHalfUp, sums[i], ups[i]);
    exact(Preset::kHalfEven, sums[i], evens[i]);
    exact(Preset::kHalfAway, sums[i], aways[i]);
  }
  for (const Preset preset : {Preset::kHalfUp, Preset::kHalfEven, Preset::kHalfAway, Preset::kFloor}) {
    cases.push_back({preset, 1759218560, -10, 24375, 19});  // 19.4999996
    cases.push_back({preset, 1759218560, -10, -24375, preset == Preset::kFloor ? -20 : -19});
    cases.push_back({preset, kHalf, 1, kMin32, kMin32});
    cases.push_back({preset, kHalf, 1, kMax32, kMax32});
  }
  return cases;
}

/// Scales and accumulator to the value before the zero point.
struct ScaleCase {
  Preset preset;
  float scale_x, scale_w, scale_y;
  std::int64_t accumulator, expected;
};

inline std::vector<ScaleCase> scale_cases() {
  const Preset ort = Preset::kOrtMlas;
  const float small = 1.0F / 33554432.0F;  // 2^-25
  std::vector<ScaleCase> cases = {
      {ort, 0.0008F, 1.0F, 1.0F, 24375, 20},  // 19.4999996 becomes 19.5 in float, then even
      {ort, 0.0008F, 1.0F, 1.0F, -24375, -20},
      {ort, small, 1.0F, 1.0F, 16777216, 0},
      {ort, small, 1.0F, 1.0F, 16777217, 0},  // float(2^24 + 1) = 2^24
      {ort, small, 1.0F, 1.0F, 16777219, 1},
      {ort, 1.0F, 1.0F, 1.0F, 16777217, 16777216},
      {ort, 1.0F, 1.0F, 1.0F, 16777219, 16777220},
      {ort, 1.0F, 1.0F, 1.0F, kMax32, kMax32 + 1},
      {ort, 1.0F, 1.0F, 1.0F, kMin32, kMin32},
      {ort, 1099511627776.0F, 1048576.0F, 1.0F, kMax32, std::int64_t{1} << 62},
      {ort, 1099511627776.0F, 1048576.0F, 1.0F, kMin32, -(std::int64_t{1} << 62)},
      {ort, 1.0F, 1.0F, 65536.0F * 65536.0F * 65536.0F, kMin32, 0},
      // The divisor 81 of the floor experiments: -1000 / 81 is -13 by floor (C's division gives -12), 80 / 81 is 0.
      {Preset::kFloor, 1.0F, 1.0F, 81.0F, -1000, -13},
      {Preset::kFloor, 1.0F, 1.0F, 81.0F, 80, 0},
      {Preset::kFloor, 1.0F, 1.0F, 81.0F, -1, -1},
  };
  // Times a half, before the zero point of 1 that makes 1, 3, 3, 1, -1, -1 of it.
  const std::int64_t odd[] = {1, 3, 5, -1, -3, -5};
  const std::int64_t even[] = {0, 2, 2, 0, -2, -2};
  for (int i = 0; i < 6; ++i) cases.push_back({ort, 0.5F, 1.0F, 1.0F, odd[i], even[i]});
  const auto pot = [&](float scale_x, std::int64_t accumulator, std::int64_t floored, std::int64_t rounded) {
    cases.push_back({Preset::kPotFloor, scale_x, 1.0F, 1.0F, accumulator, floored});
    cases.push_back({Preset::kPotHalfUp, scale_x, 1.0F, 1.0F, accumulator, rounded});
  };
  pot(0.5F, 5, 2, 3);
  pot(0.5F, -5, -3, -2);
  pot(0.25F, 2, 0, 1);
  pot(0.25F, -2, -1, 0);
  pot(0.25F, -3, -1, -1);
  pot(1.0F, -7, -7, -7);
  pot(8.0F, -7, -56, -56);  // a left shift
  pot(kTiny, kMin32, -32768, -32768);
  pot(kTiny, kMax32, 32767, 32768);
  pot(small, -1, -1, 0);
  pot(std::numeric_limits<float>::min(), kMin32, -1, 0);  // 2^-126
  pot(1.0F, std::int64_t{1} << 47, std::int64_t{1} << 47, std::int64_t{1} << 47);
  pot(1099511627776.0F, std::int64_t{1} << 40, std::int64_t{1} << 62, std::int64_t{1} << 62);
  return cases;
}

/// Average of `count` values of sum `sum`, in the output's stored domain.
struct AverageCase {
  Preset preset;
  std::int64_t sum, count;
  float scale_x;
  std::int32_t zero_x;
  float scale_y;
  std::int32_t zero_y;
  std::int64_t expected;
};

inline std::vector<AverageCase> average_cases() {
  std::vector<AverageCase> cases;
  const auto equal = [&](std::int64_t sum, std::int64_t count, std::int64_t away, std::int64_t even) {
    cases.push_back({Preset::kTfliteRef, sum, count, 0.1F, 0, 0.1F, 0, away});
    cases.push_back({Preset::kHalfEven, sum, count, 0.1F, 0, 0.1F, 0, away});
    cases.push_back({Preset::kOrtMlas, sum, count, 0.1F, 0, 0.1F, 0, even});
  };
  equal(3, 2, 2, 2);
  equal(-3, 2, -2, -2);
  equal(-2, 4, -1, 0);
  equal(2, 4, 1, 0);
  equal(2, 3, 1, 1);
  equal(1, 3, 0, 0);
  equal(5, 2, 3, 2);
  equal(-5, 2, -3, -2);
  equal(-128 * 49, 49, -128, -128);
  // The raw sum is divided, zero point and all: (1 + 2) / 2 is 2 for any zero point; ort_mlas rounds the centered
  // value.
  cases.push_back({Preset::kTfliteRef, 3, 2, 0.1F, 5, 0.1F, 5, 2});
  cases.push_back({Preset::kOrtMlas, 3, 2, 0.1F, 5, 0.1F, 5, 1});  // -3.5 -> -4, + 5
  cases.push_back({Preset::kOrtMlas, 3, 2, 0.1F, 4, 0.1F, 4, 2});  // -2.5 -> -2, + 4
  // Different scales: one exact rounding.
  cases.push_back({Preset::kTfliteRef, 1, 1, 0.5F, 0, 1.0F, 0, 1});
  cases.push_back({Preset::kTfliteRef, -1, 1, 0.5F, 0, 1.0F, 0, -1});
  cases.push_back({Preset::kOrtMlas, 1, 1, 0.5F, 0, 1.0F, 0, 0});
  cases.push_back({Preset::kTfliteRef, 30, 3, 2.0F, 4, 0.5F, -7, 17});  // (30 - 12) / 3 * 4 - 7
  return cases;
}

/// Residual add of two centered values, before the output's zero point.
struct AddCase {
  Preset preset;
  float scale_a, scale_b, scale_out;
  std::int32_t a, b;
  std::int64_t expected;
};

inline std::vector<AddCase> add_cases() {
  std::vector<AddCase> cases;
  const auto each = [&](float scale_a, float scale_b, float scale_out, std::int32_t a, std::int32_t b,
                        std::int64_t twice, std::int64_t once, std::int64_t ort) {
    for (const Preset preset :
         {Preset::kTfliteRef, Preset::kFloor, Preset::kHalfUp, Preset::kHalfEven, Preset::kHalfAway})
      cases.push_back({preset, scale_a, scale_b, scale_out, a, b, twice});
    for (const Preset preset : {Preset::kTfliteSingle, Preset::kPotFloor, Preset::kPotHalfUp})
      cases.push_back({preset, scale_a, scale_b, scale_out, a, b, once});
    cases.push_back({Preset::kOrtMlas, scale_a, scale_b, scale_out, a, b, ort});
    const bool in_range = scale_a / scale_out >= 0x1p-10F && scale_b / scale_out >= 0x1p-10F;
    if (in_range) cases.push_back({Preset::kXnnFp32, scale_a, scale_b, scale_out, a, b, once});  // ties up, too
  };
  each(1.0F, 1.0F, 2.0F, -1, 0, -1, 0, -1);  // -0.5
  each(1.0F, 1.0F, 2.0F, -3, 0, -2, -1, -2);
  each(1.0F, 1.0F, 2.0F, 1, 0, 1, 1, 1);
  each(1.0F, 1.0F, 2.0F, 3, 0, 2, 2, 2);    // with zero point 1 this is ONNX Runtime's 3 on Arm (x86: 2)
  each(0.05F, 0.1F, 0.07F, 6, 1, 6, 6, 6);  // stored 3 and 5, zero points -3 and 4, + 1 = 7
  each(0.1F, 0.1F, 0.1F, 127, 127, 254, 254, 254);
  each(0.1F, 0.1F, 0.1F, 127, -127, 0, 0, 0);
  each(1.0F, 0.001F, 1.0F, -128, 255, -128, -128, -128);
  return cases;
}

}  // namespace systoliq::numerics_cases
