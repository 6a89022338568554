// SPDX-License-Identifier: Apache-2.0
// Cycle counts of single commands, computed by hand from docs/timing.md; the arithmetic stands beside each number.
#include <gtest/gtest.h>

#include "tests/model/tlm/program_builder.h"

namespace systoliq::model::test {
namespace {

// small_config(): 8 bytes a cycle, latency 10, bursts of 64 bytes, 2 in flight. A command is 256 bytes = 4 bursts of 8
// beats. Requests raised in cycle 0 compete from cycle 1:
//   burst 1: accepted 1, beats 11..18    burst 2: accepted 2, beats 19..26
//   burst 3: accepted 19 (burst 1 complete in 18), beats 29..36    burst 4: accepted 27, beats 37..44
// so that the first command is decodable in 45.
constexpr std::int64_t kFirstDecode = 45;
// Command 2: bursts accepted 37 (burst 3 complete in 36), 45, 55, 63 (37: beats 47..54; 45: 55..62; 55: 65..72;
// 63: 73..80).
constexpr std::int64_t kSecondDecode = 81;

TEST(SingleCommand, HaltAloneTakesItsFetchAndOneCycle) {
  EXPECT_EQ(ProgramBuilder(small_config()).run().cycles, kFirstDecode + 1);
}

TEST(SingleCommand, HaltAtTheDefaultMemoryPort) {
  AcceleratorConfig config;
  // One burst of 16 beats: accepted 1, beats 65..80, decodable 81.
  EXPECT_EQ(ProgramBuilder(config).run().cycles, 81 + 1);
}

TEST(SingleCommand, LoadOfOneBurst) {
  AcceleratorConfig config;
  ProgramBuilder builder(config);
  builder.add(load_words(LoadTarget::kWeight, kDataBase, 0, 16));
  // Decoded 81, visible and accepted 82, beats 146..161, 16 words from 146 on: the last in 161.
  const RunResult result = builder.run();
  EXPECT_EQ(result.command_end_cycle, (std::vector<std::int64_t>{162, 163}));
  EXPECT_EQ(result.cycles, 163);
}

TEST(SingleCommand, LoadIsBoundByOneWordACycle) {
  AcceleratorConfig config;
  config.array = {4, 16};
  ProgramBuilder builder(config);
  // 64 words of 4 bytes = 256 bytes = 16 beats 146..161, but the 64 words are written in 146..209.
  builder.add(load_words(LoadTarget::kActivation, kDataBase, 0, 64));
  EXPECT_EQ(builder.run().command_end_cycle.front(), 210);
}

TEST(SingleCommand, LoadWaitsWhileCommandsAreFetched) {
  ProgramBuilder builder(small_config());
  builder.add(load_words(LoadTarget::kWeight, kDataBase, 0, 16));
  // The first command is decodable in 45; its LOAD starts in 46, while the fetch of HALT still has requests raised:
  // its bursts are accepted in 37, 45, 55, 63. LOAD's burst is accepted in 73 (63's predecessor complete in 72), its
  // 8 beats 83..90; 16 words from 83 on, the last in 98.
  const RunResult result = builder.run();
  EXPECT_EQ(result.command_end_cycle.front(), 99);
  EXPECT_EQ(result.cycles, 100);
}

TEST(SingleCommand, ExecuteTakesTheClosedFormula) {
  AcceleratorConfig config;
  ProgramBuilder builder(config);
  builder.add(pointwise(100, 16, 16));
  // Decoded 81, visible 82; fill 16 + stream 100 + drain (16 + 16 - 1 + 4) = 151.
  EXPECT_EQ(builder.run().command_end_cycle.front(), 82 + 151);
}

TEST(SingleCommand, PostTakesItsPixelsAndEightCycles) {
  AcceleratorConfig config;
  config.requant.lanes = 4;
  ProgramBuilder builder(config);
  builder.add(requantize(10, 16, 0));
  EXPECT_EQ(builder.run().command_end_cycle.front(), 82 + 10 * (16 / 4) + 8);
}

TEST(SingleCommand, StoreReadsBeforeItSends) {
  AcceleratorConfig config;
  ProgramBuilder builder(config);
  builder.add(store_words(0, kDataBase, 32, 16));
  // Starts 82 and reads a word a cycle. Two bursts of 16 words: offered 98 and 114, beats 99..114 and 115..130, the
  // second's response 64 later.
  EXPECT_EQ(builder.run().command_end_cycle.front(), 130 + 64 + 1);
}

TEST(SingleCommand, FenceTakesOneCycle) {
  AcceleratorConfig config;
  ProgramBuilder builder(config);
  builder.add(Fence{});
  // FENCE 81, HALT's 16 beats 81..96, decodable 97.
  const RunResult result = builder.run();
  EXPECT_EQ(result.command_end_cycle, (std::vector<std::int64_t>{82, 98}));
}

TEST(SingleCommand, LevelTimingAgrees) {
  ProgramBuilder builder(small_config());
  builder.add(load_words(LoadTarget::kWeight, kDataBase, 0, 16), 0, 1);
  builder.add(pointwise(5, 4, 4), 1, 2);
  builder.add(requantize(5, 4, 8), 2, 4);
  builder.add(store_words(8, kDataBase, 5, 4), 4);
  const RunResult transaction = builder.run(Level::kTransaction);
  const RunResult timing = builder.run(Level::kTiming);
  EXPECT_EQ(transaction.cycles, timing.cycles);
  EXPECT_EQ(transaction.command_end_cycle, timing.command_end_cycle);
  EXPECT_TRUE(timing.memory.empty());
}

}  // namespace
}  // namespace systoliq::model::test
