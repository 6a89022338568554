// SPDX-License-Identifier: Apache-2.0
// Attribution of an engine's cycles to layers, against a count that walks every single cycle.
#include "model/accounting/activity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "types/error.h"

namespace systoliq::model {
namespace {

int draw(std::mt19937* random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(*random); }

Activity random_activity(std::mt19937* random) {
  Activity activity;
  for (int i = draw(random, 0, 30); i > 0; --i) {
    const std::int64_t start = activity.end() + draw(random, 0, 9);
    const int kind = draw(random, 0, 2);
    if (kind == 0)
      activity.stall(start, start + draw(random, 0, 20), static_cast<StallCause>(draw(random, 0, kStallCauses - 1)));
    if (kind == 1) activity.busy(start, start + draw(random, 0, 20));
    if (kind == 2) {
      ExecuteTimes times;
      times.start = std::max<std::int64_t>(0, start - draw(random, 0, 12));
      times.filled = times.start + draw(random, 1, 5);
      times.stream = std::max(times.filled, activity.end()) + draw(random, 0, 6);
      times.stream_end = times.stream + draw(random, 1, 40);
      times.end = times.stream_end + draw(random, 1, 9);
      const int ideal = draw(random, 0, static_cast<int>(times.stream_end - times.stream));
      activity.execute(times.start - draw(random, 0, 9), times, ideal, StallCause::kWeights, StallCause::kPost);
    }
  }
  activity.finish();
  return activity;
}

/// Layer by layer, cycle by cycle; the ideal share of a stream's first n cycles is floor(ideal * n / length).
std::vector<LayerCounters> count(const Activity& activity, const std::vector<std::int64_t>& ends) {
  std::vector<LayerCounters> layers(ends.size());
  std::int64_t cycle = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    EngineCycles& engine = layers[i].engines[static_cast<std::size_t>(Engine::kExecute)];
    for (; cycle < ends[i]; ++cycle) {
      const auto& all = activity.segments();
      const auto found =
          std::find_if(all.begin(), all.end(), [&](const Segment& s) { return s.start <= cycle && cycle < s.end; });
      if (found == all.end()) {
        ++engine.idle;
      } else if (found->kind == Segment::Kind::kStall) {
        ++engine.stall[static_cast<std::size_t>(found->cause)];
      } else {
        ++engine.busy;
        layers[i].fill_cycles += found->kind == Segment::Kind::kFill;
        layers[i].drain_cycles += found->kind == Segment::Kind::kDrain;
        if (found->kind == Segment::Kind::kStream) {
          const std::int64_t length = found->end - found->start;
          const std::int64_t done = cycle - found->start;
          const std::int64_t ideal = found->ideal * (done + 1) / length - found->ideal * done / length;
          layers[i].ideal_cycles += ideal;
          layers[i].tile_underutilization_cycles += 1 - ideal;
        }
      }
    }
  }
  return layers;
}

TEST(Attribute, EqualsCountedCycles) {
  std::mt19937 random(31);
  for (int repeat = 0; repeat < 300; ++repeat) {
    const Activity activity = random_activity(&random);
    std::vector<std::int64_t> ends;
    for (int i = draw(&random, 0, 6); i > 0; --i) ends.push_back(draw(&random, 0, static_cast<int>(activity.end())));
    ends.push_back(activity.end() + draw(&random, 0, 20));
    std::sort(ends.begin(), ends.end());
    std::vector<LayerCounters> layers(ends.size());
    attribute(activity, Engine::kExecute, ends, &layers);
    const std::vector<LayerCounters> expected = count(activity, ends);
    std::int64_t start = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const EngineCycles& engine = layers[i].engines[static_cast<std::size_t>(Engine::kExecute)];
      const EngineCycles& counted = expected[i].engines[static_cast<std::size_t>(Engine::kExecute)];
      ASSERT_EQ(engine.busy, counted.busy);
      ASSERT_EQ(engine.idle, counted.idle);
      ASSERT_EQ(engine.stall, counted.stall);
      ASSERT_EQ(layers[i].fill_cycles, expected[i].fill_cycles);
      ASSERT_EQ(layers[i].drain_cycles, expected[i].drain_cycles);
      ASSERT_EQ(layers[i].ideal_cycles, expected[i].ideal_cycles);
      ASSERT_EQ(layers[i].tile_underutilization_cycles, expected[i].tile_underutilization_cycles);
      std::int64_t sum = engine.busy + engine.idle;
      for (const std::int64_t cycles : engine.stall) sum += cycles;
      ASSERT_EQ(sum, ends[i] - start) << "layer " << i;
      ASSERT_GE(engine.idle, 0);
      start = ends[i];
    }
  }
}

TEST(Attribute, OtherEnginesStayUntouched) {
  Activity activity;
  activity.busy(2, 5);
  std::vector<LayerCounters> layers(1);
  attribute(activity, Engine::kStore, {7}, &layers);
  EXPECT_EQ(layers[0].engines[static_cast<std::size_t>(Engine::kStore)].busy, 3);
  EXPECT_EQ(layers[0].engines[static_cast<std::size_t>(Engine::kStore)].idle, 4);
  EXPECT_EQ(layers[0].engines[static_cast<std::size_t>(Engine::kLoad)].idle, 0);
}

TEST(Activity, OverlapAndLateActivityBad) {
  Activity activity;
  activity.busy(2, 5);
  EXPECT_THROW(activity.busy(4, 6), InternalError);
  EXPECT_THROW(activity.stall(9, 8, StallCause::kMemory), InternalError);
  activity.busy(7, 7);  // nothing happened
  EXPECT_EQ(activity.end(), 5);
  std::vector<LayerCounters> layers(1);
  EXPECT_THROW(attribute(activity, Engine::kLoad, {2}, &layers), InternalError);
}

}  // namespace
}  // namespace systoliq::model
