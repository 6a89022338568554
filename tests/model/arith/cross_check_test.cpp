// SPDX-License-Identifier: Apache-2.0
// The machine's arithmetic against the reference's, which shares no code with it: random and adversarial vectors.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <utility>

#include "model/arith/bulk_requantize.h"
#include "model/arith/requantize.h"
#include "sw_ref/reference/requantization.h"
#include "tests/model/arith/average_scale.h"

namespace systoliq::model {
namespace {

constexpr int kFactors = 8000;
constexpr int kSumsPerFactor = 32;  ///< 256,000 vectors a preset

class Vectors final {
 public:
  explicit Vectors(std::uint64_t seed) : random_(seed) {}

  std::int64_t integer(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  /// Scales of real networks, powers of two (whose products tie) and few-bit significands (which tie often).
  float scale(bool power_of_two) {
    const auto exponent = static_cast<int>(integer(-14, 4));
    if (power_of_two) return std::ldexp(1.0F, exponent);
    const std::int64_t kind = integer(0, 3);
    if (kind == 0) return std::ldexp(1.0F, exponent);
    const std::int64_t bits = kind == 1 ? 3 : 23;
    const std::int64_t significand = (std::int64_t{1} << bits) + integer(0, (std::int64_t{1} << bits) - 1);
    return std::ldexp(static_cast<float>(significand), exponent - static_cast<int>(bits));
  }

  /// Accumulators of all magnitudes up to 2^(bits - 1), edges, 24-bit boundaries, and sums next to a tie of `factor`.
  std::int64_t accumulator(double factor, int bits) {
    const std::int64_t high = (std::int64_t{1} << (bits - 1)) - 1;
    const std::int64_t kind = integer(0, 5);
    std::int64_t value = 0;
    if (kind == 0) value = integer(-high - 1, high);
    if (kind == 1) value = integer(-high - 1, high) >> integer(0, bits - 1);
    if (kind == 2) value = (integer(0, 1) != 0 ? high : -high - 1) + integer(-2, 2);
    if (kind == 3) value = (std::int64_t{1} << integer(23, bits - 2)) + integer(-3, 3);
    if (kind >= 4) {
      const double middle = (static_cast<double>(integer(-300, 300)) + 0.5) / factor;
      value = std::abs(middle) < static_cast<double>(high) ? std::llround(middle) + integer(-1, 1) : integer(-9, 9);
    }
    if (integer(0, 1) != 0) value = -value;
    return std::min(std::max(value, -high - 1), high);
  }

 private:
  std::mt19937_64 random_;
};

std::string preset_name(const testing::TestParamInfo<Preset>& parameter) {
  return std::string(to_string(parameter.param));
}

class EveryPreset : public testing::TestWithParam<Preset> {};

INSTANTIATE_TEST_SUITE_P(Presets, EveryPreset,
                         testing::Values(Preset::kTfliteRef, Preset::kTfliteSingle, Preset::kOrtMlas, Preset::kFloor,
                                         Preset::kHalfUp, Preset::kHalfEven, Preset::kHalfAway, Preset::kPotFloor,
                                         Preset::kPotHalfUp, Preset::kXnnFp32, Preset::kTflite16x8,
                                         Preset::kLitert16x8),
                         preset_name);

/// By fl(fl(acc) * f).
bool is_float(Preset preset) { return traits_of(preset).scaling == Scaling::kSignificand; }

/// TensorFlow Lite's kernels of 16 x 8 bits shift by no more than 7 to the left.
bool is_refused(Preset preset, float x, float w, float y) {
  const double factor = double{x} * double{w} / double{y};
  const double refused = preset == Preset::kTflite16x8 ? 127.999999 : 128.0;  // the former rounds to 31 bits first
  return is_16x8(preset) && factor >= refused;
}

TEST_P(EveryPreset, RequantizeEqualsReference) {
  const std::uint64_t seed = 20240117 + static_cast<std::uint64_t>(GetParam());
  RecordProperty("seed", static_cast<int>(seed));
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Vectors vectors(seed);
  const bool pot = is_shift_only(GetParam());
  for (int i = 0; i < kFactors; ++i) {
    const float x = vectors.scale(pot);
    const float w = vectors.scale(pot);
    const float y = vectors.scale(pot);
    const bool in_float = vectors.integer(0, 1) != 0;
    if (is_refused(GetParam(), x, w, y)) {
      ASSERT_THROW(derive_multiplier(GetParam(), x, w, y, in_float, 32), InputError);
      ASSERT_THROW(sw_ref::derive_requantization(GetParam(), x, w, y, in_float, 32), InputError);
      continue;
    }
    const int low = is_float(GetParam()) ? 25 : is_16x8(GetParam()) ? 16 : 8;
    const int bits = vectors.integer(0, 1) != 0 ? 32 : static_cast<int>(vectors.integer(low, 32));
    const int width = bits <= 16 ? 48 : 32;
    const Multiplier m = derive_multiplier(GetParam(), x, w, y, in_float, bits);
    const sw_ref::Requantization r = sw_ref::derive_requantization(GetParam(), x, w, y, in_float, bits);
    for (int j = 0; j < kSumsPerFactor; ++j) {
      const std::int64_t sum = vectors.accumulator(double{x} * w / y, width);
      ASSERT_EQ(requantize(GetParam(), sum, m.multiplier, m.shift), sw_ref::apply_requantization(r, sum))
          << "scales " << x << " " << w << " " << y << ", accumulator " << sum << ", multiplier bits " << bits;
    }
  }
}

/// Extreme but legal factors: what leaves 64 bits is limited alike.
TEST_P(EveryPreset, ExtremeFactorsEqualReference) {
  const bool pot = is_shift_only(GetParam());
  for (int exponent = -120; exponent <= (pot || is_float(GetParam()) ? 120
                                         : is_16x8(GetParam())       ? 6
                                                                     : 29);
       ++exponent) {
    const float significand = pot ? 1.0F : 1.5F;
    const float x = std::ldexp(significand, exponent / 2);
    const float w = std::ldexp(1.0F, exponent - exponent / 2);
    const Multiplier m = derive_multiplier(GetParam(), x, w, 1.0F, false, 32);
    const sw_ref::Requantization r = sw_ref::derive_requantization(GetParam(), x, w, 1.0F, false, 32);
    for (const std::int64_t sum :
         {-(std::int64_t{1} << 47), std::int64_t{-2147483648}, std::int64_t{-3}, std::int64_t{-1}, std::int64_t{0},
          std::int64_t{1}, std::int64_t{3}, std::int64_t{2147483647}, (std::int64_t{1} << 47) - 1}) {
      ASSERT_EQ(requantize(GetParam(), sum, m.multiplier, m.shift), sw_ref::apply_requantization(r, sum))
          << "2^" << exponent << ", accumulator " << sum;
    }
  }
}

TEST_P(EveryPreset, ResidualAddEqualsReference) {
  const int farthest = is_16x8(GetParam()) ? 65535 : 2047;
  const std::uint64_t seed = 977 + static_cast<std::uint64_t>(GetParam());
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Vectors vectors(seed);
  for (int i = 0; i < kFactors; ++i) {
    const bool pot = is_shift_only(GetParam()) || vectors.integer(0, 2) == 0;
    const float a = vectors.scale(pot);
    const float b = vectors.integer(0, 3) == 0 ? a : vectors.scale(pot);
    const float out = vectors.scale(pot);
    const auto ratio_fits = [](float ratio) { return ratio >= 0x1p-10F && ratio < 0x1p8F; };
    if (GetParam() == Preset::kXnnFp32 && !(ratio_fits(a / out) && ratio_fits(b / out))) {
      ASSERT_THROW(derive_add_scales(GetParam(), a, b, out), InputError);
      ASSERT_THROW(sw_ref::derive_residual_add(GetParam(), a, b, out), InputError);
      continue;
    }
    const AddScales scales = derive_add_scales(GetParam(), a, b, out);
    const sw_ref::ResidualAdd reference = sw_ref::derive_residual_add(GetParam(), a, b, out);
    for (int j = 0; j < kSumsPerFactor; ++j) {
      const auto left = static_cast<std::int32_t>(vectors.integer(-farthest, farthest) >> vectors.integer(0, 8));
      const auto right = static_cast<std::int32_t>(vectors.integer(-farthest, farthest) >> vectors.integer(0, 8));
      ASSERT_EQ(residual_add(GetParam(), left, right, scales), sw_ref::apply_residual_add(reference, left, right))
          << "scales " << a << " " << b << " " << out << ", values " << left << " " << right;
    }
  }
}

TEST_P(EveryPreset, AverageEqualsReference) {
  const std::uint64_t seed = 4242 + static_cast<std::uint64_t>(GetParam());
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Vectors vectors(seed);
  for (int i = 0; i < 200000; ++i) {
    const float x = vectors.scale(vectors.integer(0, 1) != 0);
    const float y = vectors.integer(0, 1) != 0 ? x : vectors.scale(false);
    const auto zero_x = static_cast<std::int32_t>(vectors.integer(-128, 127));
    const auto zero_y = vectors.integer(0, 1) != 0 ? zero_x : static_cast<std::int32_t>(vectors.integer(-128, 127));
    const std::int64_t count = vectors.integer(1, vectors.integer(0, 1) != 0 ? 16 : 3136);
    const std::int64_t sum = vectors.integer(-128 * count, 127 * count);
    ASSERT_EQ(average_from_scales(GetParam(), sum, count, x, zero_x, y, zero_y),
              sw_ref::average(GetParam(), sum, count, x, zero_x, y, zero_y))
        << sum << " / " << count << ", scales " << x << " " << y << ", zero points " << zero_x << " " << zero_y;
  }
}

/// 2 (y D - N) for the exact value N / D = sum * multiplier / 2^(31 - shift): what a nearest rounding may leave.
TEST(Requantize, ExactPresetsKeepTheirPromise) {
  Vectors vectors(31337);
  __extension__ using Wide = __int128;
  for (int i = 0; i < 200000; ++i) {
    const auto multiplier = static_cast<std::int32_t>(vectors.integer(1 << 30, 2147483647));
    const auto shift = static_cast<std::int32_t>(vectors.integer(-20, 5));
    const std::int64_t sum = vectors.accumulator(std::ldexp(multiplier, shift - 31), 32);
    const Wide numerator = Wide{sum} * multiplier;
    const Wide denominator = Wide{1} << (31 - shift);
    const auto rest = [&](Preset preset) {
      return Wide{requantize(preset, sum, multiplier, shift)} * denominator - numerator;
    };
    ASSERT_TRUE(rest(Preset::kFloor) <= 0 && -rest(Preset::kFloor) < denominator)
        << sum << " " << multiplier << " " << shift;
    for (const Preset preset : {Preset::kHalfUp, Preset::kHalfEven, Preset::kHalfAway, Preset::kTfliteSingle}) {
      const Wide twice = 2 * rest(preset);
      ASSERT_TRUE(-denominator <= twice && twice <= denominator) << to_string(preset) << " " << sum;
      if (twice != denominator && twice != -denominator) continue;
      const bool up = twice > 0;
      const bool even = requantize(preset, sum, multiplier, shift) % 2 == 0;
      const bool expected = preset == Preset::kHalfEven ? even : preset == Preset::kHalfAway ? up == (sum > 0) : up;
      ASSERT_TRUE(expected) << to_string(preset) << " " << sum << " " << multiplier << " " << shift;
    }
  }
}

/// Shifts and multipliers are data: any 32 bits have a result, the same in both and in bulk.
TEST(AnyDataWord, HasTheSameResult) {
  std::mt19937_64 random(11);
  const std::int32_t ends[] = {INT32_MIN, INT32_MIN + 1, -257, -256, -255, -127,     -95, -64, -1, 0, 1, 31, 32, 63, 64,
                               93,        127,           254,  255,  256,  INT32_MAX};
  const auto word = [&] {
    return random() % 3 != 0 ? ends[random() % std::size(ends)] : static_cast<std::int32_t>(random());
  };
  const auto clamped = [](std::int64_t value) { return std::clamp<std::int64_t>(value, -40000, 40000); };
  constexpr int kVectors = 200000;
  for (int i = 0; i < kVectors; ++i) {
    const auto preset = static_cast<Preset>(random() % kPresetNames.size());
    const std::int64_t accumulator = static_cast<std::int64_t>(random()) >> (16 + random() % 48);
    const model::Multiplier read = model::as_data(preset, {word(), word()}, 32);
    const std::int64_t result = clamped(model::requantize(preset, accumulator, read.multiplier, read.shift));
    const int exponent = read.shift >> 20 & 0x7FF;
    const bool in_double = traits_of(preset).scaling == Scaling::kBinary64;
    // The reference has a float there, or a double, which is a normal one above 0.
    if (in_double ? exponent > 0 && exponent < 0x7FF : !is_float(preset)) {
      const double fraction = std::ldexp(read.shift & 0xFFFFF, 32) + static_cast<std::uint32_t>(read.multiplier);
      const double factor = std::ldexp(0x1p52 + fraction, exponent - 1075);
      const sw_ref::Requantization reference = {preset, read.multiplier, read.shift, 0.0F, factor};
      ASSERT_EQ(result, clamped(sw_ref::apply_requantization(reference, accumulator)))
          << to_string(preset) << " " << accumulator << " " << read.multiplier << " " << read.shift;
    }
    std::int16_t bulk = 0;
    model::BulkRequantizer(preset, {read}, {0, -20000, 20000}).run(&accumulator, 1, 1, &bulk, 1);
    ASSERT_EQ(bulk, std::clamp<std::int64_t>(result, -20000, 20000))
        << to_string(preset) << " " << accumulator << " " << read.multiplier << " " << read.shift;
  }
}

TEST(AnyDataWord, IsReadAsDocumented) {
  const auto read = [](Preset preset, std::int32_t multiplier, std::int32_t shift, int bits) {
    const model::Multiplier word = model::as_data(preset, {multiplier, shift}, bits);
    return std::pair<std::int32_t, std::int32_t>(word.multiplier, word.shift);
  };
  using Pair = std::pair<std::int32_t, std::int32_t>;
  EXPECT_EQ(read(Preset::kFloor, 0x12345678, -257, 32), Pair(0x12345678, -256));
  EXPECT_EQ(read(Preset::kTfliteRef, 0x12345678, 256, 16), Pair(0x12340000, 255));
  EXPECT_EQ(read(Preset::kHalfUp, -1, 0, 8), Pair(-(1 << 24), 0));
  EXPECT_EQ(read(Preset::kOrtMlas, -1, INT32_MIN, 25), Pair((1 << 24) - 1, -256));
  EXPECT_EQ(read(Preset::kPotFloor, 77, INT32_MAX, 0), Pair(1, 255));
  EXPECT_EQ(model::codebook_operand(0x7F9, 4), -7);
  EXPECT_EQ(model::codebook_operand(-1, 16), -1);
  EXPECT_EQ(model::start_of_sum(INT64_MIN, Overflow::kWrap), INT64_MIN);
  EXPECT_EQ(model::start_of_sum(INT64_MIN, Overflow::kSaturate), -(std::int64_t{1} << 62));
}

}  // namespace
}  // namespace systoliq::model
