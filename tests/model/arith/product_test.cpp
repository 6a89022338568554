// SPDX-License-Identifier: Apache-2.0
// Products of two activations: the machine's integers against the reference's, and against values worked out by hand.
#include "model/arith/product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "sw_ref/reference/product.h"

namespace systoliq::model {
namespace {

class Products : public testing::TestWithParam<Preset> {};

std::string preset_name(const testing::TestParamInfo<Preset>& parameter) {
  return std::string(to_string(parameter.param));
}

INSTANTIATE_TEST_SUITE_P(Presets, Products, testing::ValuesIn([] {
                           std::vector<Preset> all;
                           for (const PresetTraits& traits : kPresets) all.push_back(traits.preset);
                           return all;
                         }()),
                         preset_name);

/// Scales of real networks, and those whose products tie: powers of two, and few bits.
float scale(std::mt19937_64* random, bool power_of_two) {
  const int exponent = static_cast<int>((*random)() % 16) - 12;
  const auto kind = (*random)() % 3;
  if (power_of_two || kind == 0) return std::ldexp(1.0F, exponent);
  const std::uint64_t mask = kind == 1 ? 7 : (1U << 23) - 1;
  return std::ldexp(static_cast<float>(mask + 1 + ((*random)() & mask)), exponent - (kind == 1 ? 3 : 23));
}

TEST_P(Products, MachineAndReferenceAgree) {
  const Preset preset = GetParam();
  std::mt19937_64 random(7);
  std::int64_t in_range = 0;
  for (int round = 0; round < 4000; ++round) {
    const bool shifts = is_shift_only(preset);
    const float a = scale(&random, shifts);
    const float b = scale(&random, shifts);
    QuantizedTensor out;
    out.scale = scale(&random, shifts);
    out.zero_point = static_cast<std::int32_t>(random() % 256) - 128;
    out.storage_offset = random() % 2 == 0 ? 0 : 128;
    const sw_ref::Product product = sw_ref::derive_product(preset, a, b, out);
    const Multiplier multiplier = derive_product_multiplier(preset, a, b, out.scale, 32);
    const Preset code = is_16x8(preset) ? Preset::kTfliteRef : preset;  // that POST gets
    for (int i = 0; i < 64; ++i) {
      const int bits = static_cast<int>(random() % 17);  // up to that of two 9-bit centered values
      const auto magnitude = static_cast<std::int64_t>(random() % ((std::uint64_t{1} << bits) + 1));
      const std::int64_t centered = random() % 2 == 0 ? magnitude : -magnitude;
      const std::int64_t expected = std::clamp<std::int64_t>(sw_ref::apply_product(product, centered), -128, 127);
      const std::int64_t found = std::clamp<std::int64_t>(
          scaled_product(code, centered, multiplier, {out.zero_point, out.storage_offset}), -128, 127);
      ASSERT_EQ(expected, found) << centered << " · " << a << " · " << b << " / " << out.scale << " + "
                                 << out.zero_point;
      in_range += found > -128 && found < 127 ? 1 : 0;
    }
  }
  EXPECT_GT(in_range, 50'000);
}

/// 1/2 of a step: the even neighbor of the sum with the zero point, not of the product alone.
TEST(Products, TiesAreRoundedWithTheZeroPoint) {
  const Multiplier half = derive_multiplier(Preset::kOrtMlas, 0.5F, 1.0F, 1.0F, false, 32);
  EXPECT_EQ(scaled_product(Preset::kOrtMlas, 1, half, {0, 0}), 0);   // 0.5 -> 0
  EXPECT_EQ(scaled_product(Preset::kOrtMlas, 1, half, {1, 0}), 2);   // 1.5 -> 2
  EXPECT_EQ(scaled_product(Preset::kOrtMlas, -1, half, {1, 0}), 0);  // 0.5 -> 0
  EXPECT_EQ(scaled_product(Preset::kOrtMlas, 3, half, {-1, 0}), 0);  // 0.5 -> 0
  const Multiplier away = derive_multiplier(Preset::kHalfAway, 0.5F, 1.0F, 1.0F, false, 32);
  EXPECT_EQ(scaled_product(Preset::kHalfAway, 1, away, {1, 0}), 2);   // 0.5 -> 1, and 1
  EXPECT_EQ(scaled_product(Preset::kHalfAway, -1, away, {1, 0}), 0);  // -0.5 -> -1, and 1
}

/// The sum is a float: 100 + 2^-18 and half a step becomes a tie, which the exact sum is not.
TEST(Products, TheSumHas24SignificantBits) {
  // fl(3 * fl(0.5 + 2^-20)) = 1.5 + 3 * 2^-20; + 99 = 100.5 + 3 * 2^-20, of which floats above 64 hold 2^-17.
  const float factor = 0.5F + std::ldexp(1.0F, -20);
  const Multiplier multiplier = derive_multiplier(Preset::kOrtMlas, factor, 1.0F, 1.0F, false, 32);
  EXPECT_EQ(scaled_product(Preset::kOrtMlas, 3, multiplier, {99, 0}), 100);
  EXPECT_EQ(scaled_product(Preset::kOrtMlas, 3, multiplier, {0, 0}), 2);
  QuantizedTensor out;
  out.scale = 1.0F;
  out.zero_point = 99;
  EXPECT_EQ(sw_ref::apply_product(sw_ref::derive_product(Preset::kOrtMlas, factor, 1.0F, out), 3), 100);
}

}  // namespace
}  // namespace systoliq::model
