// SPDX-License-Identifier: Apache-2.0
// What the data do: a small product through all four engines, double buffering, and what a missing semaphore spoils.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/model/tlm/program_builder.h"

namespace systoliq::model::test {
namespace {

constexpr std::int32_t kWeights = kDataBase, kParams = kDataBase + 1024, kInput = kDataBase + 2048;
constexpr std::int32_t kOutput = kDataBase + 4096;
constexpr int kPixels = 6;

std::int8_t activation(int pixel, int lane) { return static_cast<std::int8_t>(pixel * 5 - 3 * lane + 1); }
std::int8_t weight(int lane, int column) { return static_cast<std::int8_t>(2 * lane - column); }
std::int64_t bias(int column) { return 100 * column - 7; }

/// floor(accumulator / 4), clamped to int8.
std::int8_t expected(int pixel, int column) {
  std::int64_t sum = bias(column);
  for (int lane = 0; lane < 4; ++lane) sum += activation(pixel, lane) * weight(lane, column);
  return static_cast<std::int8_t>(std::clamp<std::int64_t>(sum >> 2, -128, 127));
}

ProgramBuilder product_data() {
  ProgramBuilder builder(small_config());
  for (int lane = 0; lane < 4; ++lane) {
    for (int c = 0; c < 4; ++c) {
      builder.memory()[static_cast<std::size_t>(kWeights + lane * 4 + c)] = static_cast<std::uint8_t>(weight(lane, c));
    }
  }
  for (int c = 0; c < 4; ++c) builder.put_param(kParams + c * 16, {bias(c), 1, -2});
  for (int pixel = 0; pixel < kPixels; ++pixel) {
    for (int lane = 0; lane < 4; ++lane) {
      builder.memory()[static_cast<std::size_t>(kInput + pixel * 4 + lane)] =
          static_cast<std::uint8_t>(activation(pixel, lane));
    }
  }
  return builder;
}

// Semaphores: 0 weights and params loaded, 1 input loaded, 2 accumulators ready, 3 output ready.
ProgramBuilder product(std::uint16_t execute_wait = 0b0011, std::uint16_t post_wait = 0b0100,
                       std::uint16_t store_wait = 0b1000) {
  ProgramBuilder builder = product_data();
  builder.add(load_words(LoadTarget::kWeight, kWeights, 0, 4));
  builder.add(load_words(LoadTarget::kParam, kParams, 0, 1), 0, 0b0001);
  builder.add(load_words(LoadTarget::kActivation, kInput, 0, kPixels), 0, 0b0010);
  builder.add(pointwise(kPixels, 4, 4), execute_wait, 0b0100);
  builder.add(requantize(kPixels, 4, 32), post_wait, 0b1000);
  builder.add(store_words(32, kOutput, kPixels, 4), store_wait);
  return builder;
}

int mismatches(const RunResult& result) {
  int wrong = 0;
  for (int pixel = 0; pixel < kPixels; ++pixel) {
    for (int c = 0; c < 4; ++c) {
      const std::uint8_t stored = result.memory[static_cast<std::size_t>(kOutput + pixel * 4 + c)];
      if (static_cast<std::int8_t>(stored) != expected(pixel, c)) ++wrong;
    }
  }
  return wrong;
}

TEST(Data, ProductThroughAllEngines) { EXPECT_EQ(mismatches(product().run()), 0); }

TEST(Data, LevelFunctionalGivesTheSameBytes) {
  EXPECT_EQ(product().run(Level::kFunctional).memory, product().run(Level::kTransaction).memory);
}

TEST(Data, ExecuteThatDoesNotWaitComputesOnOldData) { EXPECT_GT(mismatches(product(0).run()), 0); }

TEST(Data, PostThatDoesNotWaitReadsOldAccumulators) { EXPECT_GT(mismatches(product(0b0011, 0).run()), 0); }

TEST(Data, StoreThatDoesNotWaitSendsOldWords) { EXPECT_GT(mismatches(product(0b0011, 0b0100, 0).run()), 0); }

TEST(Data, ResultsAreVisibleInTheCycleInWhichTheCommandEnds) {
  // POST and STORE start in the very cycle in which the command before them ends.
  const RunResult result = product().run();
  const AcceleratorConfig config = small_config();
  EXPECT_EQ(result.command_end_cycle[4] - result.command_end_cycle[3], kPixels + 8);
  EXPECT_EQ(result.command_end_cycle[3] - result.command_end_cycle[2], 4 + kPixels + (4 + 4 - 1 + 4));
  EXPECT_EQ(config.array.rows, 4);
}

/// Two halves of the activation buffer in turn; semaphore 1 full, 4 free again (given twice by two fills at the start).
TEST(Data, DoubleBufferingOverlapsLoadAndExecute) {
  const auto build = [](bool overlapped) {
    ProgramBuilder builder = product_data();
    builder.add(load_words(LoadTarget::kWeight, kWeights, 0, 4));
    builder.add(load_words(LoadTarget::kParam, kParams, 0, 1), 0, 0b0001);
    constexpr int kTiles = 8;
    for (int tile = 0; tile < kTiles; ++tile) {
      const bool must_wait = overlapped ? tile >= 2 : tile >= 1;
      const std::int32_t half = overlapped ? tile % 2 * 64 : 0;
      builder.add(load_words(LoadTarget::kActivation, kInput, half, kPixels), must_wait ? 0b10000 : 0, 0b0010);
      Execute execute = pointwise(kPixels, 4, 4);
      execute.input_address = half;
      builder.add(execute, tile == 0 ? 0b0011 : 0b0010, tile + 1 == kTiles ? 0b10100 : 0b10000);
    }
    builder.add(requantize(kPixels, 4, 32), 0b0100, 0b1000);
    builder.add(store_words(32, kOutput, kPixels, 4), 0b1000);
    return builder.run();
  };
  const RunResult single = build(false);
  const RunResult twice = build(true);
  EXPECT_EQ(mismatches(single), 0);
  EXPECT_EQ(mismatches(twice), 0);
  EXPECT_LT(twice.cycles, single.cycles);
}

TEST(Data, NarrowWordsOfTwelveBitsPassThroughMemory) {
  AcceleratorConfig config = small_config();
  config.array = {3, 3};
  config.requant.lanes = 3;
  config.datatypes.activation_bits = 12;
  ProgramBuilder builder(config);
  const int bytes = config.activation_word_bytes();  // 3 * 12 bits = 4.5 bytes, rounded up to 5
  ASSERT_EQ(bytes, 5);
  for (int i = 0; i < 7 * bytes; ++i) {
    builder.memory()[static_cast<std::size_t>(kInput + i)] =
        static_cast<std::uint8_t>(i % bytes == 4 ? i & 0x0F : i * 37);
  }
  builder.add(load_words(LoadTarget::kActivation, kInput, 5, 7), 0, 1);
  builder.add(store_words(5, kOutput, 7, bytes), 1);
  const RunResult result = builder.run();
  for (int i = 0; i < 7 * bytes; ++i) {
    EXPECT_EQ(result.memory[static_cast<std::size_t>(kOutput + i)],
              result.memory[static_cast<std::size_t>(kInput + i)]);
  }
}

TEST(Data, ProbeSeesWhatPostWrote) {
  Program program = product().program();
  program.tensor_shapes = {{1, 4, 1, kPixels}};
  program.probes = {{4, 0, 0, 0}};
  const RunResult seen = run_program(program, small_config(), Level::kTransaction, program.image, true);
  ASSERT_EQ(seen.tensors.size(), 1U);
  for (int c = 0; c < 4; ++c) {
    for (int pixel = 0; pixel < kPixels; ++pixel) {
      EXPECT_EQ(seen.tensors[0].data[static_cast<std::size_t>(c * kPixels + pixel)], expected(pixel, c));
    }
  }
  EXPECT_TRUE(run_program(program, small_config(), Level::kTransaction, program.image).tensors.empty());
}

}  // namespace
}  // namespace systoliq::model::test
