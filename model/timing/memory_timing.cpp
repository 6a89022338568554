// SPDX-License-Identifier: Apache-2.0
// The rules of memory_timing.h.
// In RTL: systoliq_burst_cutter.sv, systoliq_load_rows.sv (rtl_cosim/rtl/).
#include "model/timing/memory_timing.h"

#include <algorithm>

#include "model/isa/memory_records.h"

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
  const int last_word = (load.row_records - 1) * load.pack_stride - load.pack_pad_left + load.pack_kernel_width;
  return {std::max(0, -load.pack_pad_left), std::min(load.pack_width, last_word)};
}

BurstTotals totals_of(const std::vector<Burst>& bursts) {
  BurstTotals totals;
  for (const Burst& burst : bursts) totals.add(burst);
  return totals;
}

LoadBursts::LoadBursts(const Load& load, const MemoryConfig& memory) : memory_(memory) {
  row_address_ = load.memory_address;
  if (load.pack_kernel_width == 0) {
    pitch_ = load.memory_row_pitch;
    row_bytes_ = row_bytes(load);
    rows_ = load.rows;
    if (pitch_ == row_bytes_) {
      row_bytes_ *= rows_;
      rows_ = 1;
    }
  } else {
    // Of the rows y * step - pad_top those that exist: y from `first` on, before `end`.
    const std::int64_t step = load.pack_row_stride;
    const std::int64_t pad = load.pack_pad_top;
    const std::int64_t first = pad > 0 ? (pad + step - 1) / step : 0;
    const std::int64_t end = std::min<std::int64_t>(load.rows, (load.pack_height + pad + step - 1) / step);
    const PackedColumns columns = packed_columns(load);
    row_address_ += (first * step - pad) * load.memory_row_pitch + columns.first * std::int64_t{pixel_bytes(load)};
    pitch_ = step * load.memory_row_pitch;
    row_bytes_ = std::max(0, columns.end - columns.first) * std::int64_t{pixel_bytes(load)};
    rows_ = row_bytes_ == 0 ? 0 : std::max<std::int64_t>(0, end - first);
  }
  look_ahead();
}

void LoadBursts::look_ahead() {
  while (rows_ > 0 && ahead_.size() < kAhead) {
    const std::int64_t address = row_address_ + done_;
    const std::int64_t length = std::min(row_bytes_ - done_, memory_.burst_bytes - address % memory_.burst_bytes);
    ahead_.push_back({address, static_cast<int>(length)});
    done_ += length;
    if (done_ < row_bytes_) continue;
    done_ = 0;
    row_address_ += pitch_;
    --rows_;
  }
}

Burst LoadBursts::take() {
  const Burst burst = ahead_.front();
  ahead_.pop_front();
  if (ahead_.size() < kAhead / 2) look_ahead();
  return burst;
}

std::vector<Burst> load_bursts(const Load& load, const MemoryConfig& memory) {
  std::vector<Burst> bursts;
  for (LoadBursts left(load, memory); !left.empty();) bursts.push_back(left.take());
  return bursts;
}

std::vector<Burst> store_bursts(const Store& store, const MemoryConfig& memory) {
  return row_bursts(store.memory_address, store.memory_row_pitch, row_bytes(store), store.rows, memory);
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
