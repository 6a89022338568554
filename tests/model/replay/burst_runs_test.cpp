// SPDX-License-Identifier: Apache-2.0
// Runs of bursts against the rules that walk every burst and word: same bursts, same beats, same words in the same
// cycles.
#include "model/replay/burst_runs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "model/isa/memory_records.h"
#include "model/timing/dma_timing.h"

namespace systoliq::model {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

int draw(std::mt19937* random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(*random); }

MemoryConfig random_memory(std::mt19937* random) {
  MemoryConfig memory;
  memory.bytes_per_cycle = 1 << draw(random, 0, 6);
  memory.burst_bytes = memory.bytes_per_cycle << draw(random, 0, 4);
  return memory;
}

Load random_load(std::mt19937* random) {
  Load load;
  load.memory_address = draw(random, 0, 5000);
  load.target = draw(random, 0, 1);
  load.rows = draw(random, 1, 4);
  load.row_records = draw(random, 0, 3) == 0 ? draw(random, 1, 600) : draw(random, 1, 20);
  load.record_words = draw(random, 1, 4);
  load.word_lanes = draw(random, 0, 1) == 0 ? 16 : draw(random, 1, 40);
  load.record_lanes = load.record_words * load.word_lanes - draw(random, 0, 1) * draw(random, 0, load.word_lanes - 1);
  load.element_bits = draw(random, 0, 1) == 0 ? 8 : draw(random, 1, 16);
  if (load.row_records == 1 || load.target == 1) load.memory_bit = draw(random, 0, 1) * draw(random, 0, 7);
  if (draw(random, 0, 3) == 0) load.rows = 1;
  load.memory_row_pitch = static_cast<std::int32_t>(row_bytes(load)) + draw(random, 0, 1) * draw(random, 0, 90);
  if (draw(random, 0, 3) != 0) return load;
  load.target = load.memory_bit = 0;
  load.record_words = load.record_lanes = load.word_lanes = 1;
  load.pack_kernel_width = draw(random, 1, 5);
  load.pack_stride = draw(random, 1, 3);
  load.pack_row_stride = draw(random, 1, 3);
  load.pack_channels = draw(random, 1, 3);
  load.pack_pad_left = draw(random, -2, 4);
  load.pack_pad_top = draw(random, -2, 6);
  load.pack_width = draw(random, 4, 40);
  load.pack_height = draw(random, 1, 7);
  load.row_records = draw(random, 1, 30);
  load.memory_row_pitch = load.pack_width * pixel_bytes(load) + draw(random, 0, 3);
  return load;
}

Store random_store(std::mt19937* random) {
  Store store;
  store.memory_address = draw(random, 0, 5000);
  store.rows = draw(random, 1, 3);
  store.row_records = draw(random, 0, 2) == 0 ? draw(random, 1, 400) : draw(random, 1, 20);
  store.record_words = draw(random, 1, 4);
  store.element_bits = draw(random, 1, 8);
  store.record_lanes = store.record_words * 16 - draw(random, 0, 1) * draw(random, 0, 15);
  store.memory_row_pitch = static_cast<std::int32_t>(row_bytes(store)) + draw(random, 0, 1) * draw(random, 0, 90);
  return store;
}

/// One entry a burst.
std::vector<BurstRun> each_burst(const std::vector<BurstRun>& runs) {
  std::vector<BurstRun> bursts;
  for (const BurstRun& run : runs) {
    for (std::int32_t i = 0; i < run.count; ++i) bursts.push_back(run);
  }
  return bursts;
}

void expect_bursts(const std::vector<BurstRun>& found, const BurstSummary& summary, const std::vector<Burst>& expected,
                   const MemoryConfig& memory) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(found[i].beats, beat_count(expected[i], memory));
  const BurstTotals totals = totals_of(expected);
  EXPECT_EQ(summary.totals.bursts, totals.bursts);
  EXPECT_EQ(summary.totals.bytes, totals.bytes);
}

TEST(BurstRuns, LoadedWordsPassAsByTheWriter) {
  std::mt19937 random(1);
  std::size_t repeated = 0;
  for (int i = 0; i < 4000; ++i) {
    const MemoryConfig memory = random_memory(&random);
    const Load load = random_load(&random);
    std::vector<BurstRun> runs = {{7, 7, 7, 7}};  // of another command
    const BurstSummary summary = append_runs(load, memory, kNoLimit, &runs);
    runs.erase(runs.begin());
    const std::vector<BurstRun> found = each_burst(runs);
    const std::vector<Burst> expected = load_bursts(load, memory);
    repeated += found.size() - runs.size();
    ASSERT_NO_FATAL_FAILURE(expect_bursts(found, summary, expected, memory)) << i;
    const std::int64_t first_write = draw(&random, 0, 300);
    LoadWriter writer(load, memory, first_write);
    std::int64_t next_write = first_write + summary.lead_words;
    std::int64_t beat = draw(&random, 0, 300);
    for (std::size_t b = 0; b < expected.size(); ++b) {
      const DataChannel::Beats beats = {beat, beat + found[b].beats - 1, beat + found[b].beats - 1};
      if (found[b].words > 0) next_write = std::max(next_write + found[b].words, beat + found[b].lag);
      ASSERT_EQ(std::max({beats.last, next_write - 1, first_write}), writer.take(expected[b], beats)) << i << " " << b;
      beat = beats.last + 1 + draw(&random, 0, 1) * draw(&random, 0, 20);
    }
    ASSERT_EQ(writer.end(), expected.empty() ? next_write : std::max(next_write, writer.end())) << i;
  }
  EXPECT_GT(repeated, 10000U);
}

TEST(BurstRuns, StoredWordsAreReadAsByTheReader) {
  std::mt19937 random(2);
  for (int i = 0; i < 4000; ++i) {
    AcceleratorConfig config;
    config.memory = random_memory(&random);
    const Store store = random_store(&random);
    std::vector<BurstRun> runs;
    const BurstSummary summary = append_runs(store, config, kNoLimit, &runs);
    const std::vector<BurstRun> found = each_burst(runs);
    const std::vector<Burst> expected = store_bursts(store, config.memory);
    ASSERT_NO_FATAL_FAILURE(expect_bursts(found, summary, expected, config.memory)) << i;
    config.memory.outstanding = 1;
    StoreReader reader(config.memory);
    reader.begin(0, store, config.array.rows);
    std::int64_t words = 0;
    for (std::size_t b = 0; b < expected.size(); ++b) ASSERT_EQ(words += found[b].words, reader.fill(expected[b])) << i;
  }
}

TEST(BurstRuns, EndBeforeTheBurstThatLeavesTheMemory) {
  std::mt19937 random(3);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const MemoryConfig memory = random_memory(&random);
    const Load load = random_load(&random);
    const std::int64_t bytes = draw(&random, 1, 8000);
    std::vector<BurstRun> runs;
    const BurstSummary summary = append_runs(load, memory, bytes, &runs);
    std::vector<Burst> held = load_bursts(load, memory);
    const auto beyond =
        std::find_if(held.begin(), held.end(), [&](const Burst& burst) { return burst.address + burst.bytes > bytes; });
    ASSERT_EQ(summary.refused.has_value(), beyond != held.end()) << i;
    if (summary.refused) {
      ++refused;
      ASSERT_EQ(summary.refused->address, beyond->address) << i;
      ASSERT_EQ(summary.refused->bytes, beyond->bytes) << i;
    }
    held.erase(beyond, held.end());
    ASSERT_NO_FATAL_FAILURE(expect_bursts(each_burst(runs), summary, held, memory)) << i;
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace systoliq::model
