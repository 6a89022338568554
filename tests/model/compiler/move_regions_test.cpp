// SPDX-License-Identifier: Apache-2.0
// Moves as copies of lattices: every output element once, from its place, in as few copies as the kind of move needs.
#include "model/compiler/move_regions.h"

#include <gtest/gtest.h>

#include <numeric>

namespace systoliq::model {
namespace {

constexpr std::size_t kMost = 4096;

Offsets steps(std::int64_t count, std::int64_t stride) {
  Offsets offsets;
  for (std::int64_t i = 0; i < count; ++i) offsets.push_back(i * stride);
  return offsets;
}

/// The number of copies, which together are the move.
std::size_t expect_covered(const Move& move, const Shape& input) {
  const std::vector<MoveRegion> regions = move_regions(move, input, kMost);
  const auto height = static_cast<std::int64_t>(move.rows.size()),
             width = static_cast<std::int64_t>(move.columns.size());
  std::vector<std::int64_t> found(move.channels.size() * move.rows.size() * move.columns.size(), -1);
  for (const MoveRegion& region : regions) {
    for (std::size_t k = 0; k < region.source_channels.size(); ++k) {
      for (std::int64_t i = 0; i < region.output.height; ++i) {
        for (std::int64_t j = 0; j < region.output.width; ++j) {
          const std::int64_t y = region.output.y + i * region.output.step_y;
          const std::int64_t x = region.output.x + j * region.output.step_x;
          const auto channel = region.first_channel + static_cast<std::int64_t>(k);
          std::int64_t& place = found.at(static_cast<std::size_t>((channel * height + y) * width + x));
          EXPECT_EQ(place, -1) << "written twice";
          place = (region.source_channels[k] * input[2] + region.source.y + i * region.source.step_y) * input[3] +
                  region.source.x + j * region.source.step_x;
        }
      }
    }
  }
  auto next = found.begin();
  for (const std::int64_t c : move.channels) {
    for (const std::int64_t y : move.rows) {
      for (const std::int64_t x : move.columns) EXPECT_EQ(*next++, c + y + x);
    }
  }
  return regions.size();
}

TEST(MoveRegions, PartsAndShufflesAreOneCopy) {
  EXPECT_EQ(expect_covered({steps(3, 48), {12, 18}, {1, 3, 5}}, {1, 8, 4, 6}), 1U);
  EXPECT_EQ(expect_covered({{48, 0, 72, 24}, steps(4, 6), steps(6, 1)}, {1, 4, 4, 6}), 1U);
}

TEST(MoveRegions, RepetitionsAreACopyForEachPhase) {
  EXPECT_EQ(expect_covered({steps(2, 24), {0, 0, 6, 6, 12, 12, 18, 18}, {0, 0, 0, 1, 1, 1, 2, 2, 2}}, {1, 2, 4, 6}),
            6U);
}

TEST(MoveRegions, BlocksOfPixels) {
  Move move = {steps(2, 24), {}, {}};
  for (std::int64_t y = 0; y < 8; ++y) move.rows.push_back(y / 2 * 6 + y % 2 * 96);
  for (std::int64_t x = 0; x < 12; ++x) move.columns.push_back(x / 2 + x % 2 * 48);
  EXPECT_EQ(expect_covered(move, {1, 8, 4, 6}), 4U);
}

TEST(MoveRegions, ReflectionsTakeTheirEdgesApart) {
  EXPECT_LE(expect_covered({steps(2, 24), {6, 0, 6, 12, 18, 12}, {2, 1, 0, 1, 2, 3, 4, 5, 4}}, {1, 2, 4, 6}), 12U);
}

TEST(MoveRegions, RowsThatAreChannels) {
  EXPECT_EQ(expect_covered({steps(4, 6), steps(8, 24), steps(6, 1)}, {1, 8, 4, 6}), 32U);
}

TEST(MoveRegions, AreNoneBeyondTheLimit) {
  EXPECT_TRUE(move_regions({steps(4, 6), steps(8, 24), steps(6, 1)}, {1, 8, 4, 6}, 31).empty());
}

}  // namespace
}  // namespace systoliq::model
