// SPDX-License-Identifier: Apache-2.0
// Bursts against byte-by-byte cutting, and the memory port's two channels against a simulation that counts cycles.
#include "model/timing/memory_timing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "model/accounting/access_counts.h"
#include "model/isa/memory_records.h"

namespace systoliq::model {
namespace {

int draw(std::mt19937* random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(*random); }

MemoryConfig random_memory(std::mt19937* random) {
  MemoryConfig memory;
  memory.bytes_per_cycle = 1 << draw(random, 0, 7);
  const int most = std::min(4096, 256 * memory.bytes_per_cycle);
  do memory.burst_bytes = memory.bytes_per_cycle << draw(random, 0, 8);
  while (memory.burst_bytes > most);
  memory.latency_cycles = draw(random, 1, 30);
  memory.outstanding = draw(random, 1, 6);
  return memory;
}

void expect_equal(const std::vector<Burst>& bursts, const std::vector<Burst>& expected) {
  ASSERT_EQ(bursts.size(), expected.size());
  for (std::size_t i = 0; i < bursts.size(); ++i) {
    ASSERT_EQ(bursts[i].address, expected[i].address);
    ASSERT_EQ(bursts[i].bytes, expected[i].bytes);
  }
}

/// Byte after byte; a new burst where the address is a multiple of burst_bytes or of 4 KiB.
std::vector<Burst> cut(std::int64_t address, std::int64_t bytes, const MemoryConfig& memory) {
  std::vector<Burst> bursts;
  for (std::int64_t i = 0; i < bytes; ++i) {
    const std::int64_t at = address + i;
    if (i == 0 || at % memory.burst_bytes == 0 || at % 4096 == 0) bursts.push_back({at, 0});
    ++bursts.back().bytes;
  }
  return bursts;
}

TEST(Bursts, CutAtBoundaries) {
  std::mt19937 random(21);
  for (int repeat = 0; repeat < 300; ++repeat) {
    const MemoryConfig memory = random_memory(&random);
    const std::int64_t address = draw(&random, 0, 20000);
    const std::int64_t bytes = draw(&random, 0, 9000);
    std::vector<Burst> bursts = {{1, 1}};
    append_bursts(address, bytes, memory, &bursts);
    bursts.erase(bursts.begin());
    expect_equal(bursts, cut(address, bytes, memory));
    for (const Burst& burst : bursts) {
      std::set<std::int64_t> beats;
      for (std::int64_t i = 0; i < burst.bytes; ++i) beats.insert((burst.address + i) / memory.bytes_per_cycle);
      ASSERT_EQ(beat_count(burst, memory), static_cast<std::int64_t>(beats.size()));
      ASSERT_LE(beats.size(), 256U);
    }
  }
}

TEST(Bursts, RowsMergeOnlyWhereContiguous) {
  std::mt19937 random(22);
  for (int repeat = 0; repeat < 100; ++repeat) {
    const MemoryConfig memory = random_memory(&random);
    const int word_bytes = draw(&random, 1, 40);
    Load load;
    load.memory_address = draw(&random, 0, 5000);
    load.rows = draw(&random, 1, 5);
    load.row_records = draw(&random, 1, 20);
    load.record_words = 1;
    load.record_lanes = load.word_lanes = word_bytes;
    load.element_bits = 8;
    const int row_bytes = load.row_records * word_bytes;
    load.memory_row_pitch = row_bytes + draw(&random, 0, 2);
    std::vector<Burst> expected;
    if (load.memory_row_pitch == row_bytes) {
      expected = cut(load.memory_address, std::int64_t{row_bytes} * load.rows, memory);
    } else {
      for (int y = 0; y < load.rows; ++y) {
        for (const Burst& burst : cut(load.memory_address + y * load.memory_row_pitch, row_bytes, memory))
          expected.push_back(burst);
      }
    }
    expect_equal(load_bursts(load, memory), expected);
    Store store;
    store.memory_address = load.memory_address;
    store.memory_row_pitch = load.memory_row_pitch;
    store.rows = load.rows;
    store.row_records = load.row_records;
    store.record_words = 1;
    store.record_lanes = word_bytes;
    store.element_bits = 8;
    expect_equal(store_bursts(store, memory), expected);
    LayerCounters counters;
    count_accesses(load, totals_of(expected), &counters);
    count_accesses(store, totals_of(expected), &counters);
    ASSERT_EQ(counters.memory_read_bytes, std::int64_t{row_bytes} * load.rows);
    ASSERT_EQ(counters.memory_write_bytes, std::int64_t{row_bytes} * load.rows);
    ASSERT_EQ(counters.memory_read_bursts, static_cast<std::int64_t>(expected.size()));
    ASSERT_EQ(counters.sram_write_words, load.rows * load.row_records);
    ASSERT_EQ(counters.sram_read_words, load.rows * load.row_records);
  }
}

TEST(Bursts, TapPackedLoadFetchesUsedPixelsOfExistingRows) {
  std::mt19937 random(23);
  for (int repeat = 0; repeat < 300; ++repeat) {
    const MemoryConfig memory = random_memory(&random);
    Load load;
    load.pack_kernel_width = draw(&random, 1, 5);
    load.pack_stride = draw(&random, 1, load.pack_kernel_width);  // no pixel in between is skipped
    load.pack_pad_left = draw(&random, -3, load.pack_kernel_width - 1);
    load.pack_pad_top = draw(&random, -2, 2);
    load.pack_row_stride = draw(&random, 1, 2);
    load.pack_width = draw(&random, 5, 12);
    load.pack_height = draw(&random, 1, 6);
    load.memory_address = draw(&random, 0, 300);
    load.pack_channels = draw(&random, 1, 4);
    load.element_bits = draw(&random, 1, 9);
    const int pixel = pixel_bytes(load);
    load.memory_row_pitch = load.pack_width * pixel;
    load.rows = draw(&random, 1, 6);
    load.row_records = draw(&random, 1, 6);
    load.record_words = load.record_lanes = load.word_lanes = 1;
    std::vector<Burst> expected;
    for (int y = 0; y < load.rows; ++y) {
      const int row = y * load.pack_row_stride - load.pack_pad_top;
      std::set<int> pixels;
      for (int x = 0; x < load.row_records; ++x) {
        for (int t = 0; t < load.pack_kernel_width; ++t) {
          const int column = x * load.pack_stride + t - load.pack_pad_left;
          if (column >= 0 && column < load.pack_width) pixels.insert(column);
        }
      }
      if (row < 0 || row >= load.pack_height || pixels.empty()) continue;
      const std::int64_t start = load.memory_address + row * load.memory_row_pitch + *pixels.begin() * pixel;
      const std::int64_t bytes = (*pixels.rbegin() + 1 - *pixels.begin()) * pixel;
      for (const Burst& burst : cut(start, bytes, memory)) expected.push_back(burst);
    }
    expect_equal(load_bursts(load, memory), expected);
  }
}

struct Request {
  std::int64_t issue = 0;  ///< first cycle in which the address is offered
  Burst burst;
};
struct Times {
  std::int64_t accept = -1, first = -1, last = -1, complete = -1;
};

/// The port, one cycle after the other: at most one acceptance, at most one beat, responses after their latency.
std::vector<Times> simulate(const std::vector<Request>& requests, const MemoryConfig& memory, bool read) {
  std::vector<Times> times(requests.size());
  std::vector<std::int64_t> beats_left;
  for (const Request& request : requests) beats_left.push_back(beat_count(request.burst, memory));
  std::size_t accepted = 0;
  std::size_t done = 0;
  for (std::int64_t cycle = 0; done < requests.size(); ++cycle) {
    std::int64_t in_flight = 0;
    for (std::size_t i = 0; i < accepted; ++i) in_flight += times[i].complete < 0 || times[i].complete >= cycle ? 1 : 0;
    if (accepted < requests.size() && requests[accepted].issue <= cycle && in_flight < memory.outstanding) {
      times[accepted++].accept = cycle;
    }
    const std::int64_t delay = read ? memory.latency_cycles : 1;
    for (std::size_t i = 0; i < accepted; ++i) {
      if (beats_left[i] == 0) continue;
      if (cycle < times[i].accept + delay) break;  // in order: nobody overtakes
      if (times[i].first < 0) times[i].first = cycle;
      if (--beats_left[i] == 0) {
        times[i].last = cycle;
        times[i].complete = read ? cycle : cycle + memory.latency_cycles;
      }
      break;
    }
    while (done < accepted && times[done].complete >= 0) ++done;
  }
  return times;
}

TEST(MemoryPort, EqualsSimulation) {
  std::mt19937 random(24);
  for (int repeat = 0; repeat < 300; ++repeat) {
    const MemoryConfig memory = random_memory(&random);
    const Direction direction = draw(&random, 0, 1) != 0 ? Direction::kRead : Direction::kWrite;
    std::vector<Request> requests;
    std::int64_t time = draw(&random, 0, 3);
    for (int i = 0; i < 30; ++i) {
      if (draw(&random, 0, 3) == 0) time += draw(&random, 0, 60);
      requests.push_back({time, {draw(&random, 0, 100) * 4096, draw(&random, 1, memory.burst_bytes)}});
    }
    const std::vector<Times> expected = simulate(requests, memory, direction == Direction::kRead);
    AddressChannel address(memory.outstanding);
    DataChannel data(memory, direction);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const std::int64_t accept = address.next_accept(requests[i].issue);
      const DataChannel::Beats beats = data.schedule(accept, requests[i].burst);
      address.accept(accept, beats.complete);
      ASSERT_EQ(accept, expected[i].accept) << "burst " << i;
      ASSERT_EQ(beats.first, expected[i].first) << "burst " << i;
      ASSERT_EQ(beats.last, expected[i].last) << "burst " << i;
      ASSERT_EQ(beats.complete, expected[i].complete) << "burst " << i;
    }
  }
}

TEST(MemoryPort, AcceptanceInAForbiddenCycleBad) {
  AddressChannel address(1);
  address.accept(0, 50);
  EXPECT_EQ(address.next_accept(1), 51);
  EXPECT_THROW(address.accept(1, 60), InternalError);
}

}  // namespace
}  // namespace systoliq::model
