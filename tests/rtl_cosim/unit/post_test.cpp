// SPDX-License-Identifier: Apache-2.0
// The RTL POST engine against the model: same words and same cycles for every operation, preset and build; and the
// comparison against an engine that does something else.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>

#include "rtl_cosim/unit/post_cosim.h"
#include "rtl_cosim/unit/random_post.h"
#include "tests/rtl_cosim/unit/faulty_post.h"

namespace systoliq::rtl {
namespace {

constexpr std::uint64_t kSeed = 31415926;
constexpr std::int64_t kCommands = 500;

class PostUnitOfOperation : public testing::TestWithParam<model::PostOp> {};

TEST_P(PostUnitOfOperation, EqualsModelInWordsAndCycles) {
  int runs = 0;
  for (const std::unique_ptr<PostUnit>& unit : make_post_units()) {
    for (std::size_t i = 0; i < kRtlPresets; ++i) {
      const auto preset = static_cast<Preset>(i);
      if (!can_run(unit->build().config, GetParam(), preset)) continue;
      ++runs;
      const PostReport report = cosim_post(*unit, GetParam(), preset, kCommands, kSeed + i);
      ASSERT_EQ(report.mismatch, "") << to_string(preset) << ", seed " << kSeed + i;
      EXPECT_EQ(report.commands, kCommands);
      EXPECT_GT(report.words, kCommands);
    }
  }
  EXPECT_GE(runs, 27);
}

std::string name_of(const testing::TestParamInfo<model::PostOp>& operation) {
  constexpr const char* kNames[] = {"requantize", "max_pool", "average_pool", "add", "lookup", "fill"};
  return kNames[static_cast<int>(operation.param)];
}

INSTANTIATE_TEST_SUITE_P(AllOperations, PostUnitOfOperation,
                         testing::Values(model::PostOp::kRequantize, model::PostOp::kMaxPool,
                                         model::PostOp::kAveragePool, model::PostOp::kAdd, model::PostOp::kLookup,
                                         model::PostOp::kFill),
                         name_of);

TEST(PostCosim, FindsChangedFields) {
  const auto units = make_post_units();
  PostUnit& unit = *units.front();
  const std::tuple<const char*, model::PostOp, std::int32_t model::Post::*> changes[] = {
      {"output_address", model::PostOp::kFill, &model::Post::output_address},
      {"channel_offset", model::PostOp::kRequantize, &model::Post::channel_offset},
      {"output_zero_point", model::PostOp::kRequantize, &model::Post::output_zero_point},
      {"clamp_max", model::PostOp::kRequantize, &model::Post::clamp_max},
      {"source_row_pitch", model::PostOp::kMaxPool, &model::Post::source_row_pitch},
      {"pad_left", model::PostOp::kMaxPool, &model::Post::pad_left},
      {"source_zero_point", model::PostOp::kAveragePool, &model::Post::source_zero_point},
      {"shift", model::PostOp::kAveragePool, &model::Post::shift},
      {"source2_address", model::PostOp::kAdd, &model::Post::source2_address},
      {"shift3", model::PostOp::kAdd, &model::Post::shift3},
      {"param_address", model::PostOp::kLookup, &model::Post::param_address},
  };
  for (const auto& [name, op, field] : changes) {
    ChangedCommands changed(unit, field);
    EXPECT_NE(cosim_post(changed, op, Preset::kTfliteRef, kCommands, kSeed).mismatch, "") << name;
  }
}

TEST(PostCosim, SaysWhatTheWrongLaneWasMadeOf) {
  const auto units = make_post_units();
  ChangedCommands changed(*units.front(), &model::Post::output_zero_point);
  const std::string requantized =
      cosim_post(changed, model::PostOp::kRequantize, Preset::kFloor, kCommands, kSeed).mismatch;
  EXPECT_NE(requantized.find("pixel ("), std::string::npos) << requantized;
  EXPECT_NE(requantized.find(", accumulator "), std::string::npos) << requantized;
  ChangedCommands shifted(*units.front(), &model::Post::pad_left);
  const std::string pooled = cosim_post(shifted, model::PostOp::kMaxPool, Preset::kFloor, kCommands, kSeed).mismatch;
  EXPECT_NE(pooled.find(": window "), std::string::npos) << pooled;
}

TEST(PostCosim, CountsCyclesMoreAndLess) {
  const auto units = make_post_units();
  for (const int cycles : {1, 5, -2}) {
    SlowUnit slow(*units.front(), cycles);
    const PostReport report = cosim_post(slow, model::PostOp::kFill, Preset::kFloor, 1, kSeed);
    EXPECT_NE(report.mismatch.find("cycles"), std::string::npos);
    EXPECT_EQ(report.cycle_difference, cycles);
    EXPECT_EQ(report.mismatched_bits, 0);
  }
}

TEST(PostCosim, CountsFlippedBits) {
  const auto units = make_post_units();
  for (const auto& [bits, lanes, expected] : {std::tuple<int, int, int>{1, 1, 1}, {5, 1, 2}, {5, 3, 6}, {-1, 1, 0}}) {
    FlippedBits flipped(*units.front(), static_cast<std::int16_t>(bits), lanes);
    const PostReport report = cosim_post(flipped, model::PostOp::kRequantize, Preset::kFloor, 1, kSeed);
    EXPECT_NE(report.mismatch, "");
    // All bits of a lane: as many as it has.
    EXPECT_EQ(report.mismatched_bits, bits < 0 ? units.front()->build().config.datatypes.activation_bits : expected);
    EXPECT_EQ(report.cycle_difference, 0);
  }
}

}  // namespace
}  // namespace systoliq::rtl
