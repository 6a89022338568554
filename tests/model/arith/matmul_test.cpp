// SPDX-License-Identifier: Apache-2.0
// Bulk arithmetic of the array against plain loops, on every instruction set that this processor has.
#include "model/arith/matmul.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace systoliq::model {
namespace {

constexpr int kTaps = 3;

/// `pixels` outputs, each of kTaps taps that lie on consecutive input words of `depth` lanes.
/// Output pixels × taps that read a tile of `tile_pixels` pixels of `depth` lanes at arbitrary places.
struct Problem {
  int pixels, taps, depth, cols, valid_columns, zero_point;
  std::vector<std::vector<std::int16_t>> tile;
  std::vector<int> first_pixel, tap_pixel;  ///< in pixels of the tile
  std::vector<std::int16_t> weights;
  std::vector<std::int64_t> start;
};

constexpr int kTilePixels = 40;

struct Sizes {
  int pixels, taps, depth, cols;
};

std::vector<std::int16_t> random_values(std::size_t count, int low, int high, std::mt19937* random) {
  std::uniform_int_distribution<int> value(low, high);
  std::vector<std::int16_t> values(count);
  for (auto& v : values) v = static_cast<std::int16_t>(value(*random));
  return values;
}

Problem random_problem(const Sizes& sizes, int magnitude, std::mt19937* random) {
  Problem problem{sizes.pixels, sizes.taps, sizes.depth, sizes.cols, sizes.cols, 0, {}, {}, {}, {}, {}};
  const auto depth = static_cast<std::size_t>(sizes.depth);
  const auto cols = static_cast<std::size_t>(sizes.cols);
  for (int i = 0; i < kTilePixels; ++i) problem.tile.push_back(random_values(depth, -magnitude, magnitude - 1, random));
  for (int p = 0; p < sizes.pixels; ++p) problem.first_pixel.push_back(static_cast<int>((*random)() % 20));
  for (int t = 0; t < sizes.taps; ++t) problem.tap_pixel.push_back(static_cast<int>((*random)() % 20));
  problem.weights =
      random_values(static_cast<std::size_t>(sizes.taps) * depth * cols, -magnitude, magnitude - 1, random);
  for (int i = 0; i < sizes.pixels * sizes.cols; ++i)
    problem.start.push_back(static_cast<int>((*random)() % 200000) - 100000);
  return problem;
}

std::vector<std::int64_t> plain(const Problem& problem) {
  std::vector<std::int64_t> sums = problem.start;
  for (int p = 0; p < problem.pixels; ++p) {
    for (int c = 0; c < problem.valid_columns; ++c) {
      for (int t = 0; t < problem.taps; ++t) {
        const auto& lanes = problem.tile[static_cast<std::size_t>(problem.first_pixel[static_cast<std::size_t>(p)] +
                                                                  problem.tap_pixel[static_cast<std::size_t>(t)])];
        for (int k = 0; k < problem.depth; ++k) {
          const auto weight = static_cast<std::size_t>((t * problem.depth + k) * problem.cols + c);
          sums[static_cast<std::size_t>(p * problem.cols + c)] +=
              std::int64_t{lanes[static_cast<std::size_t>(k)]} * (problem.weights[weight] - problem.zero_point);
        }
      }
    }
  }
  return sums;
}

std::vector<std::int64_t> bulk(VectorTarget target, OperandWidth width, const Problem& problem) {
  PackedWeights weights;
  pack_weights(
      target, width,
      {problem.weights.data(), problem.taps, problem.depth, problem.cols, problem.valid_columns, problem.zero_point},
      &weights);
  const int pixel_units = unit_count(width, problem.depth);
  std::vector<std::uint32_t> units(static_cast<std::size_t>(kTilePixels * pixel_units));
  for (std::size_t i = 0; i < kTilePixels; ++i) {
    pack_activations(target, width, problem.tile[i].data(), problem.depth,
                     &units[i * static_cast<std::size_t>(pixel_units)]);
  }
  std::vector<std::int32_t> pixel_offsets;
  std::vector<std::int32_t> tap_offsets;
  for (const int pixel : problem.first_pixel) pixel_offsets.push_back(pixel * pixel_units);
  for (const int pixel : problem.tap_pixel) tap_offsets.push_back(pixel * pixel_units);
  std::vector<std::int64_t> sums = problem.start;
  multiply_accumulate(target, weights, {units.data(), pixel_offsets.data(), tap_offsets.data(), problem.pixels},
                      sums.data());
  return sums;
}

struct Variant {
  VectorTarget target;
  OperandWidth width;
  const char* name;
};

class EveryTarget : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    if (!is_available(GetParam().target)) GTEST_SKIP() << "this processor lacks the instructions";
  }
  static std::vector<std::int64_t> run(const Problem& problem) {
    return bulk(GetParam().target, GetParam().width, problem);
  }
};

constexpr Variant kVariants[] = {
    {VectorTarget::kPortable, OperandWidth::kWord, "portable"},
#if !defined(SYSTOLIQ_PORTABLE)
    {VectorTarget::kAvx2, OperandWidth::kWord, "avx2"},
    {VectorTarget::kAvx512Vnni, OperandWidth::kWord, "avx512vnni_words"},
    {VectorTarget::kAvx512Vnni, OperandWidth::kByte, "avx512vnni_bytes"},
#endif
};
INSTANTIATE_TEST_SUITE_P(Targets, EveryTarget, testing::ValuesIn(kVariants),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

#if defined(SYSTOLIQ_PORTABLE)
TEST(PortableBuild, HasNoOtherTarget) {
  EXPECT_TRUE(is_available(VectorTarget::kPortable));
  EXPECT_FALSE(is_available(VectorTarget::kAvx2));
  EXPECT_FALSE(is_available(VectorTarget::kAvx512Vnni));
  EXPECT_EQ(best_target(), VectorTarget::kPortable);
}
#endif

TEST_P(EveryTarget, OddSizesEqualPlainLoops) {
  std::mt19937 random(5);
  for (const int pixels : {1, 2, 7, 12, 15, 16, 17, 33}) {
    for (const int depth : {1, 2, 3, 7, 15, 16, 33}) {
      for (const int cols : {1, 7, 8, 15, 16, 17, 33}) {
        const int taps = 1 + static_cast<int>(random() % 4);
        const Problem problem = random_problem({pixels, taps, depth, cols}, 128, &random);
        ASSERT_EQ(run(problem), plain(problem)) << pixels << " × " << taps << " × " << depth << " × " << cols;
      }
    }
  }
}

TEST_P(EveryTarget, ColumnsOutsideTheTileTakeNothing) {
  std::mt19937 random(9);
  for (const int valid : {1, 7, 15, 16, 17, 18}) {
    Problem problem = random_problem({5, 2, 9, 18}, 128, &random);
    problem.valid_columns = valid;
    ASSERT_EQ(run(problem), plain(problem)) << valid << " columns";
  }
}

TEST_P(EveryTarget, WeightZeroPointIsSubtracted) {
  std::mt19937 random(10);
  for (const int zero_point : {-50, 13}) {
    Problem problem = random_problem({5, 2, 9, 16}, 64, &random);
    problem.zero_point = zero_point;
    ASSERT_EQ(run(problem), plain(problem)) << "zero point " << zero_point;
  }
}

TEST_P(EveryTarget, ExtremesOfBothOperandsAreExact) {
  // The byte instruction's pairs reach 2 * 255 * -128, beyond 16 bits; AVX2's byte instruction would saturate.
  std::mt19937 random(11);
  Problem problem = random_problem({3, 1, 64, 16}, 128, &random);
  for (auto& lanes : problem.tile) lanes.assign(lanes.size(), 127);
  problem.weights.assign(problem.weights.size(), -128);
  ASSERT_EQ(run(problem), plain(problem));
  for (auto& lanes : problem.tile) lanes.assign(lanes.size(), -128);
  ASSERT_EQ(run(problem), plain(problem));
}

TEST_P(EveryTarget, SixteenBitOperandsDoNotSaturate) {
  if (GetParam().width == OperandWidth::kByte) GTEST_SKIP() << "bytes only";
  std::mt19937 random(6);
  for (int repeat = 0; repeat < 20; ++repeat) {
    const Problem problem = random_problem({5, 1, 33, 17}, 7000, &random);
    ASSERT_EQ(run(problem), plain(problem));
  }
  // A pair of products above 16 and near 32 bits: -32768 * 32767 twice is -2147418112.
  Problem problem = random_problem({1, 1, 2, 1}, 1, &random);
  for (auto& lanes : problem.tile) lanes = {-32768, -32768};
  problem.weights = {32767, 32767};
  problem.start = {0};
  EXPECT_EQ(run(problem).front(), -2147418112);
}

TEST(Matmul, BytesOnlyWhereBothOperandsFit) {
  EXPECT_EQ(operand_width(VectorTarget::kAvx512Vnni, 8, 8), OperandWidth::kByte);
  EXPECT_EQ(operand_width(VectorTarget::kAvx512Vnni, 8, 9), OperandWidth::kWord);
  EXPECT_EQ(operand_width(VectorTarget::kAvx512Vnni, 9, 8), OperandWidth::kWord);
  EXPECT_EQ(operand_width(VectorTarget::kAvx2, 8, 8), OperandWidth::kWord);
  EXPECT_EQ(operand_width(VectorTarget::kPortable, 2, 2), OperandWidth::kWord);
}

TEST(Matmul, BestTargetIsAvailable) { EXPECT_TRUE(is_available(best_target())); }

/// A `bits`-wide register, written as its definition: count up or down until the value is inside.
std::int64_t hold(std::int64_t value, int bits, Overflow overflow, std::int64_t* overflows) {
  const std::int64_t modulus = std::int64_t{1} << bits;
  const std::int64_t high = modulus / 2 - 1;
  if (value <= high && value >= -high - 1) return value;
  ++*overflows;
  if (overflow == Overflow::kSaturate) return value > high ? high : -high - 1;
  while (value > high) value -= modulus;
  while (value < -high - 1) value += modulus;
  return value;
}

TEST(AccumulateInOrder, EqualsObviousLoop) {
  std::mt19937 random(8);
  std::int64_t seen = 0;
  for (int bits = 12; bits <= 48; bits += 3) {
    for (const Overflow overflow : {Overflow::kWrap, Overflow::kSaturate}) {
      const int operand_bits = bits < 20 ? 8 : 16;
      const int limit = (1 << (operand_bits - 1)) - 1;
      const auto weights = random_values(std::size_t{33} * 15, -limit - 1, limit, &random);
      std::vector<std::vector<std::int16_t>> inputs;
      std::vector<const std::int16_t*> rows;
      for (int p = 0; p < 7; ++p) inputs.push_back(random_values(33, -limit - 1, limit, &random));
      for (const auto& input : inputs) rows.push_back(input.data());
      std::vector<std::int64_t> sums(std::size_t{7} * 15, 999);
      std::vector<std::int64_t> expected = sums;
      std::int64_t count = 0;
      for (std::size_t p = 0; p < 7; ++p) {
        for (std::size_t c = 0; c < 15; ++c) {
          std::int64_t partial = 0;
          for (std::size_t k = 0; k < 33; ++k) {
            partial = hold(partial + std::int64_t{inputs[p][k]} * weights[k * 15 + c], bits, overflow, &count);
          }
          expected[p * 15 + c] = hold(expected[p * 15 + c] + partial, bits, overflow, &count);
        }
      }
      const std::vector<std::int32_t> operands(weights.begin(), weights.end());
      EXPECT_EQ(accumulate_in_order(rows.data(), operands.data(), 7, 33, 15, bits, overflow,
                                    Dataflow::kWeightStationary, sums.data()),
                count);
      EXPECT_EQ(sums, expected) << bits << " bits";
      seen += count;
    }
  }
  EXPECT_GT(seen, 1000) << "too few overflows to say anything";
}

TEST(AccumulateInOrder, SaturationDependsOnTheOrder) {
  const std::int16_t row[3] = {100, 100, -100};
  const std::int16_t* activations = row;
  const std::int32_t weights[3] = {20, 20, 20};
  std::int64_t sum = 0;
  EXPECT_EQ(
      accumulate_in_order(&activations, weights, 1, 3, 1, 12, Overflow::kSaturate, Dataflow::kWeightStationary, &sum),
      1);
  EXPECT_EQ(sum, 2047 - 2000);
  sum = 0;
  EXPECT_EQ(accumulate_in_order(&activations, weights, 1, 3, 1, 12, Overflow::kWrap, Dataflow::kWeightStationary, &sum),
            2);
  EXPECT_EQ(sum, 2000);
}

/// A stored weight of 16 bits with a zero point is an operand of 17.
TEST(AccumulateInOrder, TakesOperandsOf17Bits) {
  const std::int16_t row[1] = {-3};
  const std::int16_t* activations = row;
  const std::int32_t weights[1] = {65535};
  std::int64_t sum = 1;
  EXPECT_EQ(accumulate_in_order(&activations, weights, 1, 1, 1, 32, Overflow::kWrap, Dataflow::kOutputStationary, &sum),
            0);
  EXPECT_EQ(sum, 1 - 3 * 65535);
}

}  // namespace
}  // namespace systoliq::model
