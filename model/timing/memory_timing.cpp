// SPDX-License-Identifier: Apache-2.0
// The rules of memory_timing.h.
// In RTL: systoliq_burst_cutter.sv, systoliq_load_rows.sv (rtl_cosim/rtl/).
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

PackedColumns packed_columns(const Load& load) {
  const int last_word = (load.row_words - 1) * load.pack_stride - load.pack_pad_left + load.pack_kernel_width;
  return {std::max(0, -load.pack_pad_left), std::min(load.pack_width, last_word)};
}

std::vector<Burst> load_bursts(const Load& load, int word_bytes, const MemoryConfig& memory) {
  if (load.pack_kernel_width == 0) {
    return row_bursts(load.memory_address, load.memory_row_pitch, std::int64_t{load.row_words} * word_bytes, load.rows,
                      memory);
  }
  const PackedColumns columns = packed_columns(load);
  std::vector<Burst> bursts;
  for (int y = 0; y < load.rows; ++y) {
    const int row = y * load.pack_row_stride - load.pack_pad_top;
    if (row < 0 || row >= load.pack_height || columns.end <= columns.first) continue;
    append_bursts(load.memory_address + std::int64_t{row} * load.memory_row_pitch +
                      std::int64_t{columns.first} * load.memory_word_bytes,
                  std::int64_t{columns.end - columns.first} * load.memory_word_bytes, memory, &bursts);
  }
  return bursts;
}

std::vector<Burst> store_bursts(const Store& store, const MemoryConfig& memory) {
  return row_bursts(store.memory_address, store.memory_row_pitch,
                    std::int64_t{store.row_words} * store.memory_word_bytes, store.rows, memory);
}

std::int64_t beat_count(const Burst& burst, const MemoryConfig& memory) {
  const std::int64_t width = memory.bytes_per_cycle;
  return (burst.address + burst.bytes + width - 1) / width - burst.address / width;
}

std::int64_t AddressChannel::next_accept(std::int64_t now) const {
  std::int64_t time = std::max(now, last_accept_ + 1);
  if (in_flight_.size() == outstanding_) time = std::max(time, in_flight_.front() + 1);
  return time;
}

void AddressChannel::accept(std::int64_t now, std::int64_t complete) {
  check(now == next_accept(now), "memory burst accepted in a cycle that the port does not allow");
  last_accept_ = now;
  in_flight_.push_back(complete);
  if (in_flight_.size() > outstanding_) in_flight_.pop_front();
}

DataChannel::Beats DataChannel::schedule(std::int64_t accept, const Burst& burst) {
  const bool read = direction_ == Direction::kRead;
  Beats beats;
  beats.first = std::max(accept + (read ? memory_.latency_cycles : 1), last_beat_ + 1);
  beats.last = beats.first + beat_count(burst, memory_) - 1;
  beats.complete = read ? beats.last : beats.last + memory_.latency_cycles;
  last_beat_ = beats.last;
  return beats;
}

}  // namespace systoliq::model
