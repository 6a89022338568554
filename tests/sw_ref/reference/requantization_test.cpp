// SPDX-License-Identifier: Apache-2.0
// The reference's scalar arithmetic: the table of corner cases, its building blocks, and every refusal.
#include "sw_ref/reference/requantization.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/numerics_cases.h"

namespace systoliq::sw_ref {
namespace {

using numerics_cases::kMax32;
using numerics_cases::kMin32;

TEST(DoublingHighMultiply, TiesGoUpAndOnlyTheCornerSaturates) {
  const auto lowest = static_cast<std::int32_t>(kMin32);
  EXPECT_EQ(rounding_doubling_high_multiply(lowest, lowest), kMax32);
  EXPECT_EQ(rounding_doubling_high_multiply(lowest, 2147483647), -2147483647);
  EXPECT_EQ(rounding_doubling_high_multiply(1, lowest), -1);
  const std::int32_t values[] = {1, -1, 3, -3, 5, -5};
  const std::int32_t expected[] = {1, 0, 2, -1, 3, -2};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(rounding_doubling_high_multiply(values[i], 1 << 30), expected[i]) << values[i];
}

TEST(DivideByPowerOfTwo, TiesGoAwayFromZero) {
  const std::int32_t values[] = {1, -1, 3, -3, 5, -5};
  const std::int32_t expected[] = {1, -1, 2, -2, 3, -3};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(rounding_divide_by_power_of_two(values[i], 1), expected[i]) << values[i];
  EXPECT_EQ(rounding_divide_by_power_of_two(static_cast<std::int32_t>(kMin32), 31), -1);
  EXPECT_EQ(rounding_divide_by_power_of_two(2147483647, 31), 1);
  EXPECT_EQ(rounding_divide_by_power_of_two(1 << 30, 31), 1);
  EXPECT_EQ(rounding_divide_by_power_of_two((1 << 30) - 1, 31), 0);
  EXPECT_EQ(rounding_divide_by_power_of_two(-(1 << 30), 31), -1);
  EXPECT_EQ(rounding_divide_by_power_of_two(-7, 0), -7);
}

TEST(Derive, FactorTable) {
  for (const auto& c : numerics_cases::factor_cases()) {
    const Requantization r = derive_requantization(Preset::kTfliteRef, c.scale_x, c.scale_w, c.scale_y,
                                                   c.fully_connected, c.multiplier_bits);
    EXPECT_EQ(r.multiplier, c.multiplier) << c.name;
    EXPECT_EQ(r.exponent, c.exponent) << c.name;
  }
}

TEST(Derive, FloatFactorRoundsTwice) {
  const float factor = derive_requantization(Preset::kOrtMlas, 0.0979F, 0.0884F, 0.0971F, false).factor;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &factor, sizeof bits);
  EXPECT_EQ(bits, 0x3DB688E9U);
}

TEST(Apply, RawTable) {
  for (const auto& c : numerics_cases::raw_cases()) {
    Requantization r;
    r.preset = c.preset;
    r.multiplier = c.multiplier;
    r.exponent = c.exponent;
    EXPECT_EQ(apply_requantization(r, c.accumulator), c.expected)
        << to_string(c.preset) << " " << c.multiplier << " 2^" << c.exponent << " acc " << c.accumulator;
  }
}

TEST(Apply, ScaleTable) {
  for (const auto& c : numerics_cases::scale_cases()) {
    const Requantization r = derive_requantization(c.preset, c.scale_x, c.scale_w, c.scale_y, false);
    EXPECT_EQ(apply_requantization(r, c.accumulator), c.expected)
        << to_string(c.preset) << " " << c.scale_x << " acc " << c.accumulator;
  }
}

TEST(Average, Table) {
  for (const auto& c : numerics_cases::average_cases()) {
    EXPECT_EQ(average(c.preset, c.sum, c.count, c.scale_x, c.zero_x, c.scale_y, c.zero_y), c.expected)
        << to_string(c.preset) << " " << c.sum << " / " << c.count;
  }
}

TEST(ResidualAdd, Table) {
  for (const auto& c : numerics_cases::add_cases()) {
    const ResidualAdd add = derive_residual_add(c.preset, c.scale_a, c.scale_b, c.scale_out);
    EXPECT_EQ(apply_residual_add(add, c.a, c.b), c.expected) << to_string(c.preset) << " " << c.a << " + " << c.b;
  }
}

void expect_refused(Preset preset, float scale_x, float scale_w, float scale_y, int bits, const char* fragment) {
  try {
    derive_requantization(preset, scale_x, scale_w, scale_y, false, bits);
    ADD_FAILURE() << "accepted, though it should say: " << fragment;
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find(fragment), std::string::npos) << error.what();
  }
}

TEST(Derive, RefusesBad) {
  const float infinity = std::numeric_limits<float>::infinity();
  expect_refused(Preset::kTfliteRef, 32768.0F, 32768.0F, 1.0F, 32, "2^30");
  expect_refused(Preset::kTfliteRef, -1.0F, 1.0F, 1.0F, 32, "finite");
  expect_refused(Preset::kTfliteRef, 1.0F, 1.0F, 0.0F, 32, "finite");
  expect_refused(Preset::kTfliteRef, std::nanf(""), 1.0F, 1.0F, 32, "finite");
  expect_refused(Preset::kFloor, 1.0F, 1.0F, 1.0F, 7, "multiplier_bits");
  expect_refused(Preset::kFloor, 1.0F, 1.0F, 1.0F, 33, "multiplier_bits");
  expect_refused(Preset::kOrtMlas, 1.0F, 1.0F, 1.0F, 24, "25");
  expect_refused(Preset::kOrtMlas, 0.0F, 1.0F, 1.0F, 32, "normal");
  expect_refused(Preset::kOrtMlas, 1e-30F, 1e-8F, 1.0F, 32, "normal");
  expect_refused(Preset::kOrtMlas, 1.0F, infinity, 1.0F, 32, "normal");
  expect_refused(Preset::kPotFloor, 0.3F, 1.0F, 1.0F, 32, "power of two");
  expect_refused(Preset::kPotHalfUp, 1.0F, 0.0F, 1.0F, 32, "power of two");
  expect_refused(Preset::kPotHalfUp, 1.0F, 1.0F, -2.0F, 32, "power of two");
  EXPECT_THROW(derive_residual_add(Preset::kOrtMlas, 4194304.0F, 1.0F, 1.0F), InputError);
  EXPECT_THROW(derive_residual_add(Preset::kOrtMlas, 1e-20F, 1e-20F, 1.0F), InputError);
}

}  // namespace
}  // namespace systoliq::sw_ref
