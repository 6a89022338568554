// SPDX-License-Identifier: Apache-2.0
// Writing of loaded words and reading of stored ones against simulations that move bytes and words cycle by cycle.
#include "model/timing/dma_timing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace systoliq::model {
namespace {

int draw(std::mt19937* random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(*random); }

MemoryConfig random_memory(std::mt19937* random) {
  MemoryConfig memory;
  memory.bytes_per_cycle = 1 << draw(random, 0, 5);
  memory.burst_bytes = memory.bytes_per_cycle << draw(random, 0, 4);
  memory.latency_cycles = draw(random, 1, 20);
  memory.outstanding = draw(random, 1, 5);
  return memory;
}

Load plain_load(std::mt19937* random) {
  Load load;
  load.memory_address = draw(random, 0, 200);
  load.target = draw(random, 0, 1);
  load.rows = draw(random, 1, 4);
  load.row_records = draw(random, 1, 5);
  load.record_words = draw(random, 1, 4);
  load.lead_words = draw(random, 0, 2) == 0 ? draw(random, 0, load.record_words - 1) : 0;
  load.word_lanes = draw(random, 1, draw(random, 1, 70));
  load.record_lanes = (load.record_words - load.lead_words) * load.word_lanes -
                      draw(random, 0, 1) * draw(random, 0, load.word_lanes - 1);
  load.element_bits = draw(random, 0, 1) == 0 ? 8 : draw(random, 1, 16);
  if (load.row_records == 1 || load.target == 1) load.memory_bit = draw(random, 0, 1) * draw(random, 0, 7);
  load.memory_row_pitch = static_cast<std::int32_t>(row_bytes(load)) + draw(random, 0, 2) * draw(random, 0, 9);
  return load;
}

Load packed_load(std::mt19937* random) {
  Load load;
  load.pack_kernel_width = draw(random, 1, 5);
  load.pack_stride = draw(random, 1, load.pack_kernel_width);
  load.pack_pad_left = draw(random, -2, load.pack_kernel_width - 1);
  load.pack_pad_top = draw(random, -2, 3);
  load.pack_row_stride = draw(random, 1, 3);
  load.pack_width = draw(random, 4, 12);
  load.pack_height = draw(random, 1, 7);
  load.memory_address = draw(random, 0, 300);
  load.element_bits = draw(random, 1, 16);
  load.pack_channels = draw(random, 1, 3);
  load.record_words = load.record_lanes = load.word_lanes = 1;
  load.memory_row_pitch = load.pack_width * pixel_bytes(load) + draw(random, 0, 3);
  load.rows = draw(random, 1, 6);
  load.row_records = draw(random, 1, 6);
  return load;
}

/// Addresses of the bytes that each word needs, word after word: those of its elements, bit by bit. A word without
/// elements needs what the one before needs.
std::vector<std::vector<std::int64_t>> bytes_of_plain_words(const Load& load) {
  std::vector<std::vector<std::int64_t>> words;
  for (int y = 0; y < load.rows; ++y) {
    std::int64_t bit = 8 * (load.memory_address + std::int64_t{y} * load.memory_row_pitch) + load.memory_bit;
    for (int record = 0; record < load.row_records; ++record) {
      for (int word = 0, left = load.record_lanes; word < load.record_words; ++word) {
        words.emplace_back();
        if (bit % 8 != 0) words.back().push_back(bit / 8);
        if (word < load.lead_words) continue;
        const int elements = std::min(left, load.word_lanes);
        left -= elements;
        for (const std::int64_t end = bit + std::int64_t{elements} * load.element_bits; bit < end; ++bit) {
          words.back().push_back(bit / 8);
        }
      }
      if (load.target == 0) bit = (bit + 7) / 8 * 8;
    }
  }
  return words;
}

/// The same of any LOAD.
std::vector<std::vector<std::int64_t>> bytes_of_words(const Load& load) {
  std::vector<std::vector<std::int64_t>> words;
  if (load.pack_kernel_width == 0) return bytes_of_plain_words(load);
  for (int y = 0; y < load.rows; ++y) {
    for (int x = 0; x < load.row_records; ++x) {
      words.emplace_back();
      const auto add = [&](std::int64_t address, int count) {
        for (int i = 0; i < count; ++i) words.back().push_back(address + i);
      };
      const int row = y * load.pack_row_stride - load.pack_pad_top;
      for (int t = 0; t < load.pack_kernel_width; ++t) {
        const int pixel = x * load.pack_stride + t - load.pack_pad_left;
        if (row < 0 || row >= load.pack_height || pixel < 0 || pixel >= load.pack_width) continue;
        add(load.memory_address + std::int64_t{row} * load.memory_row_pitch + std::int64_t{pixel} * pixel_bytes(load),
            pixel_bytes(load));
      }
    }
  }
  return words;
}

/// Cycle in which each word is written: in order, one a cycle, not before the beats of all its bytes, nor before
/// `first`.
std::vector<std::int64_t> write_cycles(const std::vector<std::vector<std::int64_t>>& words,
                                       const std::vector<std::int64_t>& arrivals, std::int64_t first) {
  std::vector<std::int64_t> cycles;
  std::int64_t free_from = first;
  for (std::size_t w = 0; w < words.size(); ++w) {
    const std::int64_t cycle = std::max(free_from, arrivals[w]);
    cycles.push_back(cycle);
    free_from = cycle + 1;
  }
  return cycles;
}

void expect_load(const Load& load, const MemoryConfig& memory, std::mt19937* random) {
  const std::vector<Burst> bursts = load_bursts(load, memory);
  const auto words = bytes_of_words(load);
  const std::int64_t first_write = draw(random, 0, 100);
  DataChannel channel(memory, Direction::kRead);
  std::vector<DataChannel::Beats> beats;
  std::map<std::int64_t, std::pair<std::int64_t, std::size_t>> byte_arrival;  // address -> cycle, burst
  std::int64_t accept = draw(random, 0, 60);
  for (const Burst& burst : bursts) {
    accept += draw(random, 1, draw(random, 1, 8));
    beats.push_back(channel.schedule(accept, burst));
    std::int64_t cycle = beats.back().first;
    for (std::int64_t i = 0; i < burst.bytes; ++i) {
      if (i > 0 && (burst.address + i) % memory.bytes_per_cycle == 0) ++cycle;
      byte_arrival[burst.address + i] = {cycle, beats.size() - 1};
    }
    ASSERT_EQ(cycle, beats.back().last);
  }
  std::vector<std::int64_t> arrivals;
  std::vector<std::int64_t> last_burst;
  for (const auto& bytes : words) {
    std::int64_t arrival = 0;
    std::int64_t burst = -1;
    for (const std::int64_t byte : bytes) {
      arrival = std::max(arrival, byte_arrival.at(byte).first);
      burst = std::max(burst, static_cast<std::int64_t>(byte_arrival.at(byte).second));
    }
    arrivals.push_back(arrival);
    last_burst.push_back(std::max(burst, last_burst.empty() ? -1 : last_burst.back()));
  }
  const std::vector<std::int64_t> written = write_cycles(words, arrivals, first_write);
  LoadWriter writer(load, memory, first_write);
  std::int64_t end = first_write;
  for (std::size_t b = 0; b < bursts.size(); ++b) {
    std::int64_t drained = std::max(beats[b].last, first_write);
    for (std::size_t w = 0; w < words.size(); ++w) {
      if (last_burst[w] <= static_cast<std::int64_t>(b)) drained = std::max(drained, written[w]);
    }
    ASSERT_EQ(writer.take(bursts[b], beats[b]), drained) << "burst " << b;
    end = std::max(end, beats[b].last + 1);
  }
  ASSERT_EQ(writer.end(), std::max(end, written.back() + 1));
}

TEST(LoadWriter, PlainEqualsSimulation) {
  std::mt19937 random(41);
  for (int repeat = 0; repeat < 1000; ++repeat) {
    const MemoryConfig memory = random_memory(&random);
    const Load load = plain_load(&random);
    ASSERT_NO_FATAL_FAILURE(expect_load(load, memory, &random)) << "case " << repeat;
  }
}

TEST(LoadWriter, TapPackedEqualsSimulation) {
  std::mt19937 random(42);
  for (int repeat = 0; repeat < 1000; ++repeat) {
    const MemoryConfig memory = random_memory(&random);
    const Load load = packed_load(&random);
    ASSERT_NO_FATAL_FAILURE(expect_load(load, memory, &random)) << "case " << repeat;
  }
}

/// Words are read one a cycle into `outstanding` slots; a slot is free in the cycle after its burst's last beat.
TEST(StoreReader, EqualsSimulation) {
  std::mt19937 random(43);
  for (int repeat = 0; repeat < 300; ++repeat) {
    const MemoryConfig memory = random_memory(&random);
    StoreReader reader(memory);
    std::vector<std::int64_t> last_beats;
    std::int64_t free_from = 0;
    for (int store_index = 0; store_index < 3; ++store_index) {
      Store store;
      store.memory_address = draw(&random, 0, 500);
      const int lanes = draw(&random, 1, 20);
      store.rows = draw(&random, 1, 3);
      store.row_records = draw(&random, 1, 6);
      store.record_words = draw(&random, 1, 3);
      store.record_lanes = store.record_words * lanes - draw(&random, 0, 1) * draw(&random, 0, lanes - 1);
      store.element_bits = draw(&random, 1, 16);
      store.memory_row_pitch = static_cast<std::int32_t>(row_bytes(store));
      const std::int64_t start = draw(&random, 0, 200);
      reader.begin(start, store, lanes);
      std::int64_t cycle = std::max(free_from, start);
      std::int64_t bytes_sent = 0;
      std::int64_t bits_read = 0;
      int lanes_left = store.record_lanes;
      for (const Burst& burst : store_bursts(store, memory)) {
        if (last_beats.size() >= static_cast<std::size_t>(memory.outstanding)) {
          cycle = std::max(cycle, last_beats[last_beats.size() - static_cast<std::size_t>(memory.outstanding)] + 1);
        }
        for (bytes_sent += burst.bytes; bits_read / 8 < bytes_sent; ++cycle) {
          bits_read += std::int64_t{std::min(lanes, lanes_left)} * store.element_bits;
          lanes_left -= lanes;
          if (lanes_left > 0) continue;
          lanes_left = store.record_lanes;
          bits_read = (bits_read + 7) / 8 * 8;
        }
        ASSERT_EQ(reader.fill(burst), cycle);
        const std::int64_t last = std::max(cycle, last_beats.empty() ? 0 : last_beats.back()) + draw(&random, 1, 40);
        last_beats.push_back(last);
        reader.sent(last);
      }
      free_from = cycle;
    }
  }
}

}  // namespace
}  // namespace systoliq::model
