// SPDX-License-Identifier: Apache-2.0
// Bulk arithmetic of the array against plain loops, on every instruction set that this processor has.
#include "model/arith/matmul.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace systoliq::model {
namespace {

struct Problem {
  int pixels, depth, cols;
  std::vector<std::vector<std::int16_t>> activations;
  std::vector<const std::int16_t*> rows;
  std::vector<std::int16_t> weights;
  std::vector<std::int32_t> start;
};

Problem random_problem(int pixels, int depth, int cols, int magnitude, std::mt19937* random) {
  std::uniform_int_distribution<int> value(-magnitude, magnitude - 1);
  Problem problem{pixels, depth, cols, {}, {}, {}, {}};
  const auto fill = [&](std::size_t count) {
    std::vector<std::int16_t> values(count);
    for (auto& v : values) v = static_cast<std::int16_t>(value(*random));
    return values;
  };
  for (int p = 0; p < pixels; ++p) problem.activations.push_back(fill(static_cast<std::size_t>(depth)));
  for (const auto& row : problem.activations) problem.rows.push_back(row.data());
  problem.weights = fill(static_cast<std::size_t>(depth) * static_cast<std::size_t>(cols));
  for (int i = 0; i < pixels * cols; ++i) problem.start.push_back(value(*random) * 1000);
  return problem;
}

std::vector<std::int32_t> plain(const Problem& problem) {
  std::vector<std::int32_t> sums = problem.start;
  for (int p = 0; p < problem.pixels; ++p) {
    for (int c = 0; c < problem.cols; ++c) {
      for (int k = 0; k < problem.depth; ++k) {
        sums[static_cast<std::size_t>(p * problem.cols + c)] +=
            problem.rows[static_cast<std::size_t>(p)][k] *
            problem.weights[static_cast<std::size_t>(k * problem.cols + c)];
      }
    }
  }
  return sums;
}

std::string target_name(const testing::TestParamInfo<VectorTarget>& parameter) {
  constexpr const char* kTargetNames[] = {"portable", "avx2", "avx512vnni"};
  return kTargetNames[static_cast<int>(parameter.param)];
}

class EveryTarget : public testing::TestWithParam<VectorTarget> {};

INSTANTIATE_TEST_SUITE_P(Targets, EveryTarget,
                         testing::Values(VectorTarget::kPortable, VectorTarget::kAvx2, VectorTarget::kAvx512Vnni),
                         target_name);

TEST_P(EveryTarget, OddSizesEqualPlainLoops) {
  if (!is_available(GetParam())) GTEST_SKIP() << "this processor lacks the instructions";
  std::mt19937 random(5);
  for (const int pixels : {1, 2, 7, 12, 15, 33}) {
    for (const int depth : {1, 2, 7, 15, 16, 33}) {
      for (const int cols : {1, 7, 8, 15, 16, 17, 33}) {
        const Problem problem = random_problem(pixels, depth, cols, 128, &random);
        std::vector<std::int32_t> sums = problem.start;
        matmul_exact_on(GetParam(), problem.rows.data(), problem.weights.data(), pixels, depth, cols, sums.data());
        ASSERT_EQ(sums, plain(problem)) << pixels << " x " << depth << " x " << cols;
      }
    }
  }
}

TEST_P(EveryTarget, SixteenBitOperandsDoNotSaturate) {
  if (!is_available(GetParam())) GTEST_SKIP() << "this processor lacks the instructions";
  std::mt19937 random(6);
  for (int repeat = 0; repeat < 20; ++repeat) {
    const Problem problem = random_problem(5, 33, 17, 7000, &random);
    std::vector<std::int32_t> sums = problem.start;
    matmul_exact_on(GetParam(), problem.rows.data(), problem.weights.data(), 5, 33, 17, sums.data());
    ASSERT_EQ(sums, plain(problem));
  }
  // A pair of products above 16 and near 32 bits: -32768 * 32767 twice is -2147418112.
  const std::int16_t lowest[2] = {-32768, -32768};
  const std::int16_t* row = lowest;
  const std::int16_t weights[2] = {32767, 32767};
  std::int32_t sum = 0;
  matmul_exact_on(GetParam(), &row, weights, 1, 2, 1, &sum);
  EXPECT_EQ(sum, -2147418112);
}

TEST(Matmul, DispatchEqualsPlainLoops) {
  std::mt19937 random(7);
  const Problem problem = random_problem(33, 15, 7, 256, &random);
  std::vector<std::int32_t> sums = problem.start;
  matmul_exact(problem.rows.data(), problem.weights.data(), 33, 15, 7, sums.data());
  EXPECT_EQ(sums, plain(problem));
}

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
      const Problem problem = random_problem(7, 33, 15, bits < 20 ? 128 : 32768, &random);
      std::vector<std::int64_t> sums;
      for (const std::int32_t value : problem.start) sums.push_back(value % 2048);
      std::vector<std::int64_t> expected = sums;
      std::int64_t count = 0;
      for (std::size_t p = 0; p < 7; ++p) {
        for (std::size_t c = 0; c < 15; ++c) {
          std::int64_t partial = 0;
          for (std::size_t k = 0; k < 33; ++k) {
            partial = hold(partial + std::int64_t{problem.activations[p][k]} * problem.weights[k * 15 + c], bits,
                           overflow, &count);
          }
          expected[p * 15 + c] = hold(expected[p * 15 + c] + partial, bits, overflow, &count);
        }
      }
      EXPECT_EQ(
          accumulate_in_order(problem.rows.data(), problem.weights.data(), 7, 33, 15, bits, overflow, sums.data()),
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
  const std::int16_t weights[3] = {20, 20, 20};
  std::int64_t sum = 0;
  EXPECT_EQ(accumulate_in_order(&activations, weights, 1, 3, 1, 12, Overflow::kSaturate, &sum), 1);
  EXPECT_EQ(sum, 2047 - 2000);
  sum = 0;
  EXPECT_EQ(accumulate_in_order(&activations, weights, 1, 3, 1, 12, Overflow::kWrap, &sum), 2);
  EXPECT_EQ(sum, 2000);
}

}  // namespace
}  // namespace systoliq::model
