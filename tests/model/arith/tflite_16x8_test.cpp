// SPDX-License-Identifier: Apache-2.0
// Presets of 16-bit activations and 8-bit weights on values worked out by hand, in the machine and in the reference.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "model/arith/product.h"
#include "model/arith/requantize.h"
#include "sw_ref/reference/product.h"
#include "sw_ref/reference/requantization.h"
#include "types/error.h"

namespace systoliq::model {
namespace {

constexpr Preset kTflite = Preset::kTflite16x8;
constexpr Preset kLitert = Preset::kLitert16x8;

struct Scales {
  float x = 1.0F, w = 1.0F, y = 1.0F;
};

/// Of both implementations, which must agree.
std::int64_t requantized(Preset preset, const Scales& scales, std::int64_t accumulator) {
  const Multiplier m = derive_multiplier(preset, scales.x, scales.w, scales.y, false, 32);
  const std::int64_t found = requantize(preset, accumulator, m.multiplier, m.shift);
  const sw_ref::Requantization r = sw_ref::derive_requantization(preset, scales.x, scales.w, scales.y, false, 32);
  EXPECT_EQ(found, sw_ref::apply_requantization(r, accumulator)) << accumulator;
  return found;
}

/// The upper half of a multiplier of 31 bits, ties up; what would round to 2^15 is 2^15 - 1.
TEST(Tflite16x8, MultiplierHas15Bits) {
  const auto upper = [](float factor) {
    const Multiplier m = derive_multiplier(kTflite, factor, 1.0F, 1.0F, false, 16);
    EXPECT_EQ(m.multiplier & 0xFFFF, 0);
    return m.multiplier >> 16;
  };
  EXPECT_EQ(upper(32769.0F / 65536.0F), 16385);     // 0x40008000, a tie
  EXPECT_EQ(upper(0x4000'7F00 * 0x1p-31F), 16384);  // below it
  EXPECT_EQ(upper(32767.0F / 32768.0F), 32767);     // 0x7FFF0000
  EXPECT_EQ(upper(1.0F - 0x1p-24F), 32767);         // 0x7FFFFF80 would be 32768
  EXPECT_EQ(upper(1.0F), 16384);
}

/// 0.0008 is 1759218560 / 2^41, reduced 26844 / 2^25: 24374 times that is 19.49998, 24375 times it 19.50078.
TEST(Tflite16x8, RoundsOnceTiesUp) {
  const Scales scales = {0.0008F, 1.0F, 1.0F};
  EXPECT_EQ(requantized(kTflite, scales, 24374), 19);
  EXPECT_EQ(requantized(kTflite, scales, 24375), 20);
  EXPECT_EQ(requantized(kTflite, scales, -24375), -20);
  EXPECT_EQ(requantized(kTflite, {0.5F, 1.0F, 1.0F}, 3), 2);
  EXPECT_EQ(requantized(kTflite, {0.5F, 1.0F, 1.0F}, -3), -1);
  EXPECT_EQ(requantized(kTflite, {0x1p-30F, 1.0F, 1.0F}, (std::int64_t{1} << 47) - 1), 131072);
}

/// 3 / 6 by the double below 1/6: the product is rounded to 1/2 before 1/2 is rounded away from zero.
TEST(Litert16x8, RoundsToADoubleFirst) {
  const Scales sixth = {1.0F, 1.0F, 6.0F};
  EXPECT_EQ(requantized(kLitert, sixth, 3), 1);
  EXPECT_EQ(requantized(kLitert, sixth, -3), -1);
  EXPECT_EQ(requantized(kLitert, sixth, 9), 2);
  EXPECT_EQ(requantized(kLitert, sixth, 2), 0);
  EXPECT_EQ(requantized(Preset::kHalfAway, sixth, 3), 0);  // 31 bits of 1/6
  EXPECT_EQ(requantized(kLitert, {0.5F, 1.0F, 1.0F}, -5), -3);
  EXPECT_EQ(requantized(kLitert, {64.0F, 1.0F, 1.0F}, (std::int64_t{1} << 47) - 1), (std::int64_t{1} << 53) - 64);
}

TEST(Tflite16x8, FactorsOf128AreRefused) {
  for (const Preset preset : {kTflite, kLitert}) {
    EXPECT_THROW(derive_multiplier(preset, 128.0F, 1.0F, 1.0F, false, 32), InputError);
    EXPECT_THROW(sw_ref::derive_requantization(preset, 128.0F, 1.0F, 1.0F, false, 32), InputError);
  }
}

/// Operands of 16 bits times 2^15: the largest sum fits where 2^20 would wrap.
TEST(Tflite16x8, SumShiftsBy15) {
  for (const Preset preset : {kTflite, kLitert}) {
    const AddScales scales = derive_add_scales(preset, 1.0F, 1.0F, 2.0F);
    const sw_ref::ResidualAdd reference = sw_ref::derive_residual_add(preset, 1.0F, 1.0F, 2.0F);
    const auto sum = [&](std::int32_t a, std::int32_t b) {
      const std::int64_t found = residual_add(preset, a, b, scales);
      EXPECT_EQ(found, sw_ref::apply_residual_add(reference, a, b));
      return found;
    };
    EXPECT_EQ(sum(32767, 32767), 32767);
    EXPECT_EQ(sum(-32768, -32768), -32768);
    EXPECT_EQ(sum(-1, 0), -1);  // the last of two roundings goes away from zero
    EXPECT_EQ(sum(1, 0), 1);
  }
}

/// 1.1 * 0.7 / 0.3 as floats is 2.5666666..., a little off the quotient of doubles; 32767 times 32767 shows it.
TEST(Tflite16x8, ProductTakesTheQuotientOfFloats) {
  const float a = 1.1F, b = 0.7F, y = 0.3F;
  const auto quotient = double{a * b / y};
  ASSERT_NE(quotient, double{a} * double{b} / double{y});
  for (const Preset preset : {kTflite, kLitert}) {
    QuantizedTensor out;
    out.scale = y;
    const Multiplier m = derive_product_multiplier(preset, a, b, y, 32);
    const Multiplier of_quotient = derive_multiplier(Preset::kTfliteRef, a * b / y, 1.0F, 1.0F, false, 32);
    EXPECT_EQ(m.multiplier, of_quotient.multiplier);
    EXPECT_EQ(m.shift, of_quotient.shift);
    const sw_ref::Product product = sw_ref::derive_product(preset, a, b, out);
    for (const std::int64_t centered : {std::int64_t{32767} * 32767, std::int64_t{-12345}, std::int64_t{0}}) {
      EXPECT_EQ(scaled_product(Preset::kTfliteRef, centered, m, {0, 0}), sw_ref::apply_product(product, centered));
    }
  }
}

}  // namespace
}  // namespace systoliq::model
