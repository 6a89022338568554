// SPDX-License-Identifier: Apache-2.0
// The machine's scalar arithmetic against the table of corner cases, and every refusal.
#include "model/arith/requantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "tests/model/arith/average_scale.h"
#include "tests/numerics_cases.h"

namespace systoliq::model {
namespace {

TEST(Derive, FactorTable) {
  for (const auto& c : numerics_cases::factor_cases()) {
    const Multiplier m =
        derive_multiplier(Preset::kTfliteRef, c.scale_x, c.scale_w, c.scale_y, c.fully_connected, c.multiplier_bits);
    EXPECT_EQ(m.multiplier, c.multiplier) << c.name;
    EXPECT_EQ(m.shift, c.exponent) << c.name;
  }
}

TEST(Derive, FloatFactorRoundsTwice) {
  const Multiplier m = derive_multiplier(Preset::kOrtMlas, 0.0979F, 0.0884F, 0.0971F, false, 32);
  EXPECT_EQ(m.multiplier, 0xB688E9);  // the significand of 0x3DB688E9
  EXPECT_EQ(m.shift, (0x3DB688E9 >> 23) - 127 - 23);
}

TEST(Requantize, RawTable) {
  for (const auto& c : numerics_cases::raw_cases()) {
    EXPECT_EQ(requantize(c.preset, c.accumulator, c.multiplier, c.exponent), c.expected)
        << to_string(c.preset) << " " << c.multiplier << " 2^" << c.exponent << " acc " << c.accumulator;
  }
}

TEST(Requantize, ScaleTable) {
  for (const auto& c : numerics_cases::scale_cases()) {
    const Multiplier m = derive_multiplier(c.preset, c.scale_x, c.scale_w, c.scale_y, false, 32);
    EXPECT_EQ(requantize(c.preset, c.accumulator, m.multiplier, m.shift), c.expected)
        << to_string(c.preset) << " " << c.scale_x << " acc " << c.accumulator;
  }
}

TEST(Average, Table) {
  for (const auto& c : numerics_cases::average_cases()) {
    EXPECT_EQ(average_from_scales(c.preset, c.sum, c.count, c.scale_x, c.zero_x, c.scale_y, c.zero_y), c.expected)
        << to_string(c.preset) << " " << c.sum << " / " << c.count;
  }
}

/// Far beyond what a compiler emits the result is still the exact one, limited to 2^62.
TEST(Average, ScalesFarOff) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 62;
  const auto average = [](std::int64_t sum, int multiplier_bit, std::int32_t shift, std::int64_t divisor) {
    const std::int64_t away = exact_average(Preset::kHalfAway, sum, 1 << multiplier_bit, shift, divisor);
    const std::int64_t even = exact_average(Preset::kOrtMlas, sum, 1 << multiplier_bit, shift, divisor);
    return std::pair(away, even);
  };
  using Pair = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(average(1, 0, 41, 1), Pair(std::int64_t{1} << 41, std::int64_t{1} << 41));
  EXPECT_EQ(average(-1, 1, 98, std::int64_t{1} << 37), Pair(-(std::int64_t{1} << 62), -(std::int64_t{1} << 62)));
  EXPECT_EQ(average(-1, 1, 98, std::int64_t{1} << 40), Pair(-(std::int64_t{1} << 59), -(std::int64_t{1} << 59)));
  EXPECT_EQ(average(-1, 1, 98, std::int64_t{1} << 27), Pair(-kLimit, -kLimit));
  EXPECT_EQ(average(1, 30, 2147483647, kLimit), Pair(kLimit, kLimit));
  EXPECT_EQ(average(0, 30, 2147483647, 1), Pair(0, 0));
  EXPECT_EQ(average(3, 0, 60, std::int64_t{1} << 61), Pair(2, 2));
  EXPECT_EQ(average(-1, 0, 60, std::int64_t{1} << 61), Pair(-1, 0));
  EXPECT_EQ(average(std::int64_t{1} << 46, 30, -76, 1), Pair(1, 1));
  EXPECT_EQ(average(std::int64_t{1} << 46, 30, -77, 1), Pair(1, 0));
  EXPECT_EQ(average(std::int64_t{1} << 46, 30, -78, 1), Pair(0, 0));
  EXPECT_EQ(average(std::int64_t{3} << 45, 30, -40, std::int64_t{1} << 36), Pair(2, 2));
  EXPECT_EQ(average(std::int64_t{1} << 46, 30, -100, kLimit), Pair(0, 0));
  EXPECT_EQ(average(std::int64_t{1} << 46, 30, -2147483647 - 1, 1), Pair(0, 0));
}

TEST(ResidualAdd, Table) {
  for (const auto& c : numerics_cases::add_cases()) {
    const AddScales scales = derive_add_scales(c.preset, c.scale_a, c.scale_b, c.scale_out);
    EXPECT_EQ(residual_add(c.preset, c.a, c.b, scales), c.expected)
        << to_string(c.preset) << " " << c.a << " + " << c.b;
  }
}

TEST(Derive, RefusesBad) {
  const auto derive = [](Preset preset, float x, float w, float y, int bits) {
    return derive_multiplier(preset, x, w, y, false, bits);
  };
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THROW(derive(Preset::kTfliteRef, 32768.0F, 32768.0F, 1.0F, 32), InputError);
  EXPECT_THROW(derive(Preset::kTfliteRef, -1.0F, 1.0F, 1.0F, 32), InputError);
  EXPECT_THROW(derive(Preset::kTfliteRef, 1.0F, 1.0F, 0.0F, 32), InputError);
  EXPECT_THROW(derive(Preset::kTfliteRef, std::nanf(""), 1.0F, 1.0F, 32), InputError);
  EXPECT_THROW(derive(Preset::kHalfUp, 1.0F, 1.0F, 1.0F, 0), InputError);
  EXPECT_THROW(derive(Preset::kOrtMlas, 1.0F, 1.0F, 1.0F, 24), InputError);
  EXPECT_THROW(derive(Preset::kOrtMlas, 1e-30F, 1e-8F, 1.0F, 32), InputError);
  EXPECT_THROW(derive(Preset::kOrtMlas, 1.0F, infinity, 1.0F, 32), InputError);
  EXPECT_THROW(derive(Preset::kOrtMlas, -1.0F, 1.0F, 1.0F, 32), InputError);
  EXPECT_THROW(derive(Preset::kPotFloor, 0.3F, 1.0F, 1.0F, 32), InputError);
  EXPECT_THROW(derive(Preset::kPotHalfUp, 1.0F, 0.0F, 1.0F, 32), InputError);
  EXPECT_THROW(derive(Preset::kPotHalfUp, infinity, 1.0F, 1.0F, 32), InputError);
  EXPECT_THROW(derive(Preset::kPotHalfUp, 1.0F, 1.0F, -2.0F, 32), InputError);
  EXPECT_EQ(derive(Preset::kPotFloor, 4.0F, 1.0F, 1.0F, 0).shift, 2);  // shift-only machines run the pot presets
  EXPECT_THROW(derive_add_scales(Preset::kOrtMlas, 4194304.0F, 1.0F, 1.0F), InputError);
  EXPECT_THROW(derive_add_scales(Preset::kOrtMlas, 1e-20F, 1e-20F, 1.0F), InputError);
  EXPECT_THROW(derive_add_scales(Preset::kOrtMlas, 0.0F, 0.0F, 1.0F), InputError);
}

TEST(Narrow, EveryWidthAtItsEdges) {
  for (int bits = 12; bits <= 48; ++bits) {
    const std::int64_t high = (std::int64_t{1} << (bits - 1)) - 1;
    const std::int64_t modulus = std::int64_t{1} << bits;
    for (const std::int64_t value : {std::int64_t{0}, high, -high - 1, std::int64_t{-1}}) {
      bool overflowed = false;
      EXPECT_EQ(narrow(value, bits, Overflow::kWrap, &overflowed), value);
      EXPECT_EQ(narrow(value, bits, Overflow::kSaturate, &overflowed), value);
      EXPECT_FALSE(overflowed) << value << " in " << bits << " bits";
    }
    for (const std::int64_t value : {high + 1, -high - 2, modulus, 3 * modulus + 5, -5 * modulus - 1}) {
      bool wrapped = false;
      bool saturated = false;
      std::int64_t residue = value;
      while (residue > high) residue -= modulus;
      while (residue < -high - 1) residue += modulus;
      EXPECT_EQ(narrow(value, bits, Overflow::kWrap, &wrapped), residue) << value << " in " << bits << " bits";
      EXPECT_EQ(narrow(value, bits, Overflow::kSaturate, &saturated), value < 0 ? -high - 1 : high);
      EXPECT_TRUE(wrapped && saturated);
    }
  }
}

}  // namespace
}  // namespace systoliq::model
