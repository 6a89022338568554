// SPDX-License-Identifier: Apache-2.0
// The rules of memory_timing.h.
#include "model/timing/memory_timing.h"

#include <algorithm>

namespace systoliq::model {
namespace {

std::vector<Burst> row_bursts(std::int64_t address, std::int64_t pitch, std::int64_t row_bytes, int rows,
                              const MemoryConfig& memory) {
  std::vector<Burst> bursts;
  if (pitch == row_bytes) {
    append_bursts(address, row_bytes * rows, memory, &bursts);
    return bursts;
  }
  for (int row = 0; row < rows; ++row) append_bursts(address + pitch * row, row_bytes, memory, &bursts);
  return bursts;
}

}  // namespace

void append_bursts(std::int64_t address, std::int64_t bytes, const MemoryConfig& memory, std::vector<Burst>* bursts) {
  while (bytes > 0) {
    const std::int64_t to_boundary = memory.burst_bytes - address % memory.burst_bytes;
    const std::int64_t length = std::min(bytes, to_boundary);
    bursts->push_back({address, static_cast<int>(length)});
    address += length;
    bytes -= length;
  }
}

std::vector<Burst> load_bursts(const Load& load, int word_bytes, const MemoryConfig& memory) {
  if (load.pack_kernel_width == 0) {
    return row_bursts(load.memory_address, load.memory_row_pitch, std::int64_t{load.row_words} * word_bytes, load.rows,
                      memory);
  }
  const int first = std::max(0, -load.pack_pad_left);
  const int last = std::min(load.pack_width, (load.row_words - 1) * load.pack_stride - load.pack_pad_left + load.pack_kernel_width);
  const int row_begin = load.pack_pad_top;
  std::vector<Burst> bursts;
  for (int y = 0; y < load.rows; ++y) {
    const int row = y * load.pack_row_stride - row_begin;
    if (row < 0 || row >= load.pack_height || last <= first) continue;
    append_bursts(load.memory_address + std::int64_t{row} * load.memory_row_pitch + std::int64_t{first} * load.memory_word_bytes,
                  std::int64_t{last - first} * load.memory_word_bytes, memory, &bursts);
  }
  return bursts;
}

std::vector<Burst> store_bursts(const Store& store, const MemoryConfig& memory) {
  return row_bursts(store.memory_address, store.memory_row_pitch,
                    std::int64_t{store.row_words} * store.memory_word_bytes, store.rows, memory);
}

std::int64_t MemoryChannel::next_accept(std::int64_t now) const {
  std::int64_t time = std::max(now, last_accept_ + 1);
  if (in_flight_.size() >= static_cast<std::size_t>(memory_.outstanding)) {
    time = std::max(time, in_flight_[in_flight_.size() - static_cast<std::size_t>(memory_.outstanding)] + 1);
  }
  return time;
}

MemoryChannel::Beats MemoryChannel::accept(std::int64_t now, const Burst& burst) {
  check(now == next_accept(now), "memory burst accepted in a cycle that the port does not allow");
  const std::int64_t width = memory_.bytes_per_cycle;
  const std::int64_t beats = (burst.address + burst.bytes + width - 1) / width - burst.address / width;
  const bool read = direction_ == Direction::kRead;
  Beats result;
  result.first = std::max(now + (read ? memory_.latency_cycles : 1), last_beat_ + 1);
  result.last = result.first + beats - 1;
  result.complete = read ? result.last : result.last + memory_.latency_cycles;
  last_accept_ = now;
  last_beat_ = result.last;
  in_flight_.push_back(result.complete);
  if (in_flight_.size() > static_cast<std::size_t>(memory_.outstanding)) in_flight_.pop_front();
  return result;
}

}  // namespace systoliq::model
