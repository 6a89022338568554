// SPDX-License-Identifier: Apache-2.0
// Bulk requantization and residual add against the scalar functions, for every preset on every instruction set.
#include "model/arith/bulk_requantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace systoliq::model {
namespace {

constexpr unsigned kSeed = 21;
#if defined(SYSTOLIQ_PORTABLE)
constexpr VectorTarget kTargets[] = {VectorTarget::kPortable};
#else
constexpr VectorTarget kTargets[] = {VectorTarget::kPortable, VectorTarget::kAvx2, VectorTarget::kAvx512Vnni};
#endif
constexpr const char* kTargetNames[] = {"portable", "avx2", "avx512vnni"};

class EveryPresetAndTarget : public testing::TestWithParam<std::tuple<int, VectorTarget>> {
 protected:
  AddScales add_scales(float a, float b, float out) const {
    if (traits_of(preset()).add_form != AddForm::kFloat) return derive_add_scales(preset(), a, b, out);
    return derive_float_add_scales({a, 17}, {b, 0}, {out, 0});
  }
  void SetUp() override {
    if (!is_available(target())) GTEST_SKIP() << "this processor lacks the instructions";
  }
  static Preset preset() { return static_cast<Preset>(std::get<0>(GetParam())); }
  static VectorTarget target() { return std::get<1>(GetParam()); }

  std::int64_t uniform(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  Multiplier random_multiplier(int lowest_shift, int highest_shift) {
    const int shift = static_cast<int>(uniform(lowest_shift, highest_shift));
    if (is_shift_only(preset())) return {1, std::min(shift, 0)};
    if (traits_of(preset()).scaling == Scaling::kBinary64) {
      return {static_cast<std::int32_t>(uniform(INT32_MIN, INT32_MAX)),
              (1022 + shift) << 20 | static_cast<std::int32_t>(uniform(0, (1 << 20) - 1))};
    }
    if (traits_of(preset()).scaling == Scaling::kSignificand)
      return {static_cast<std::int32_t>(uniform(1 << 23, (1 << 24) - 1)), shift - 23};
    return {static_cast<std::int32_t>(uniform(1 << 30, INT32_MAX)), shift};
  }

  /// Random accumulators, among them zeros, extremes and, for the given channel, values around its ties.
  std::int64_t random_accumulator(const Multiplier& channel) {
    switch (uniform(0, 5)) {
      case 0:
        return uniform(-2, 2);
      case 1:
        return uniform(0, 1) != 0 ? INT32_MAX - uniform(0, 2) : INT32_MIN + uniform(0, 2);
      case 2: {
        const int bits = static_cast<int>(std::clamp<std::int64_t>(-channel.shift, 1, 24));
        return uniform(-300, 300) * (std::int64_t{1} << (bits - 1)) + uniform(-1, 1);
      }
      default:
        return uniform(-(1 << 20), 1 << 20);
    }
  }

  void expect_equal(const std::vector<Multiplier>& channels, const std::vector<std::int64_t>& accumulators, int pixels,
                    const OutputRange& range) {
    const auto count = channels.size();
    const int pitch = static_cast<int>(accumulators.size()) / pixels;
    std::vector<std::int16_t> found(static_cast<std::size_t>(pixels) * count);
    const std::int64_t clamped = BulkRequantizer(preset(), channels, range, target())
                                     .run(accumulators.data(), pixels, pitch, found.data(), static_cast<int>(count));
    std::int64_t expected_clamped = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::int64_t accumulator = accumulators[i / count * static_cast<std::size_t>(pitch) + i % count];
      const Multiplier& channel = channels[i % count];
      const std::int64_t value =
          requantize(preset(), accumulator, channel.multiplier, channel.shift) + range.zero_point;
      expected_clamped += value < range.clamp_min || value > range.clamp_max ? 1 : 0;
      ASSERT_EQ(found[i], std::clamp<std::int64_t>(value, range.clamp_min, range.clamp_max))
          << to_string(preset()) << " accumulator " << accumulator << " × " << channel.multiplier << " 2^"
          << channel.shift << ", seed " << kSeed;
    }
    ASSERT_EQ(clamped, expected_clamped);
  }

  void random_tiles(int repeats, int lowest_shift, int highest_shift, bool wide) {
    for (int repeat = 0; repeat < repeats; ++repeat) {
      const int channels = static_cast<int>(uniform(1, 33));
      const int pixels = static_cast<int>(uniform(1, 9));
      const int pitch = channels + static_cast<int>(uniform(0, 3));
      std::vector<Multiplier> multipliers;
      for (int c = 0; c < channels; ++c) multipliers.push_back(random_multiplier(lowest_shift, highest_shift));
      std::vector<std::int64_t> accumulators;
      for (int i = 0; i < pixels * pitch; ++i)
        accumulators.push_back(random_accumulator(multipliers[static_cast<std::size_t>(i % pitch % channels)]));
      if (wide) accumulators.front() = uniform(-(std::int64_t{1} << 47), std::int64_t{1} << 47);
      const auto zero_point = static_cast<std::int32_t>(uniform(-128, 127));
      const bool sixteen_bits = uniform(0, 1) != 0;
      expect_equal(
          multipliers, accumulators, pixels,
          {zero_point, sixteen_bits ? -32768 : -128, sixteen_bits ? 32767 : static_cast<int>(uniform(0, 127))});
    }
  }

  std::mt19937_64 random_{kSeed};
};

INSTANTIATE_TEST_SUITE_P(Presets, EveryPresetAndTarget,
                         testing::Combine(testing::Range(0, static_cast<int>(kPresetNames.size())),
                                          testing::ValuesIn(kTargets)),
                         [](const auto& parameter) {
                           return std::string(kPresetNames[static_cast<std::size_t>(std::get<0>(parameter.param))]) +
                                  "_" + kTargetNames[static_cast<int>(std::get<1>(parameter.param))];
                         });

TEST_P(EveryPresetAndTarget, UsualFactors) { random_tiles(1500, -16, 0, false); }

TEST_P(EveryPresetAndTarget, ExtremeFactors) { random_tiles(300, -31, 30, false); }

TEST_P(EveryPresetAndTarget, AccumulatorsBeyond32Bits) { random_tiles(100, -16, 0, true); }

TEST_P(EveryPresetAndTarget, EverySmallAccumulatorWithEveryShift) {
  for (int shift = -12; shift <= 0; ++shift) {
    Multiplier half{1 << 30, shift};  // a factor of 2^(shift - 1): every other accumulator is a tie
    if (traits_of(preset()).scaling == Scaling::kSignificand) half = {1 << 23, shift - 24};
    if (is_shift_only(preset())) half = {1, shift};
    if (traits_of(preset()).scaling == Scaling::kBinary64) half = {0, (1022 + shift) << 20};
    std::vector<std::int64_t> accumulators;
    for (int value = -5000; value < 5000; ++value) accumulators.push_back(value);
    expect_equal(std::vector<Multiplier>(8, half), accumulators, 1250, {0, -32768, 32767});
  }
}

TEST_P(EveryPresetAndTarget, ResidualAdd) {
  std::uniform_real_distribution<float> scale(0.01F, 0.2F);
  for (int repeat = 0; repeat < 200; ++repeat) {
    const int bits = uniform(0, 3) != 0 ? 8 : 12;  // 12: beyond the bulk formulas
    const AddScales scales = add_scales(scale(random_), scale(random_), scale(random_));
    const auto limit = std::int64_t{1} << (bits - 1);
    const auto zero_a = static_cast<std::int32_t>(uniform(-128, 127));
    const auto zero_b = static_cast<std::int32_t>(uniform(-128, 127));
    const OutputRange range = {static_cast<std::int32_t>(uniform(-128, 127)), -128, static_cast<int>(uniform(0, 127))};
    std::vector<std::int16_t> a;
    std::vector<std::int16_t> b;
    for (int i = 0; i < 57; ++i) {
      a.push_back(static_cast<std::int16_t>(uniform(-limit, limit - 1)));
      b.push_back(static_cast<std::int16_t>(uniform(-limit, limit - 1)));
    }
    std::vector<std::int16_t> found(a.size());
    const std::int64_t clamped = BulkAdder(preset(), scales, zero_a, zero_b, range, bits, target())
                                     .run(a.data(), b.data(), static_cast<int>(a.size()), found.data());
    std::int64_t expected_clamped = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const std::int64_t value = residual_add(preset(), a[i] - zero_a, b[i] - zero_b, scales) + range.zero_point;
      expected_clamped += value < range.clamp_min || value > range.clamp_max ? 1 : 0;
      ASSERT_EQ(found[i], std::clamp<std::int64_t>(value, range.clamp_min, range.clamp_max))
          << a[i] << " + " << b[i] << ", seed " << kSeed;
    }
    ASSERT_EQ(clamped, expected_clamped);
  }
}

}  // namespace
}  // namespace systoliq::model
