// SPDX-License-Identifier: Apache-2.0
// The closed formula of the output stationary dataflow against a simulation that steps one cycle at a time.
#include <gtest/gtest.h>

#include <random>

#include "model/timing/compute_timing.h"

namespace systoliq::model {
namespace {

/// Lanes stream, the next pass's words enter the transposer and the last group's accumulators leave, each one a cycle.
std::int64_t simulate(const Execute& e, int rows, int cols) {
  const int pixels = e.output_height * e.output_width;
  const int passes = e.kernel_height * e.kernel_width * e.input_blocks;
  const int groups = (pixels + rows - 1) / rows;
  const auto pixels_of = [&](int g) { return g < 0 || g >= groups ? 0 : std::min(rows, pixels - g * rows); };
  std::int64_t cycle = 0;
  for (int words = pixels_of(0); words > 0; --words) ++cycle;
  for (int g = 0; g < groups; ++g) {
    int leaving = pixels_of(g - 1);
    for (int p = 0; p < passes; ++p) {
      int lanes = p % e.input_blocks + 1 == e.input_blocks ? e.last_block_lanes : rows;
      int words = p + 1 < passes ? pixels_of(g) : pixels_of(g + 1);
      while (lanes > 0 || words > 0 || leaving > 0) {
        --lanes;
        --words;
        --leaving;
        ++cycle;
      }
    }
  }
  for (int i = 0; i < cols; ++i) ++cycle;  // the take, then the skew of the columns
  for (int left = pixels_of(groups - 1); left > 0; --left) ++cycle;
  return cycle + kArrayPipelineCycles;
}

TEST(OutputStationary, FormulaEqualsSimulation) {
  std::mt19937 random(11);
  const auto uniform = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int i = 0; i < 3000; ++i) {
    AcceleratorConfig config;
    config.array = {uniform(1, 9), uniform(1, 9), Dataflow::kOutputStationary};
    Execute e;
    e.output_height = uniform(1, 7);
    e.output_width = uniform(1, 7);
    e.kernel_height = uniform(1, 3);
    e.kernel_width = uniform(1, 3);
    e.input_blocks = uniform(1, 4);
    e.last_block_lanes = uniform(1, config.array.rows);
    e.valid_columns = config.array.cols;
    ASSERT_EQ(execute_timing(e, config).total(), simulate(e, config.array.rows, config.array.cols)) << "case " << i;
  }
}

TEST(OutputStationary, OneGroupByHand) {
  AcceleratorConfig config;
  config.array = {4, 4, Dataflow::kOutputStationary};
  Execute e;
  e.output_height = 1;
  e.output_width = 3;
  e.kernel_height = e.kernel_width = 1;
  e.input_blocks = 2;
  e.last_block_lanes = 2;
  e.valid_columns = 4;
  const ExecuteTiming timing = execute_timing(e, config);
  EXPECT_EQ(timing.fill, 1 + 3);                          // an address, then three pixels enter the transposer
  EXPECT_EQ(timing.stream, 4 + 2);                        // max(4 lanes, 3 words of the next pass), then 2 lanes
  EXPECT_EQ(timing.drain, 3 + kArrayPipelineCycles + 3);  // skew, pipeline, three accumulator words
  EXPECT_EQ(timing.macs, 3 * 6 * 4);
}

}  // namespace
}  // namespace systoliq::model
