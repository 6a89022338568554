// SPDX-License-Identifier: Apache-2.0
// Cuts the rows of memory that a command touches into bursts, one after the other. RTL: systoliq_burst_cutter.sv.
#pragma once

#include <algorithm>
#include <cstdint>

#include "model/isa/command.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model::cycle {

/// Rows of equal length at a constant distance, bytes.
struct MemoryRows {
  std::int64_t address = 0, pitch = 0, row_bytes = 0, rows = 0;
  std::int64_t bytes() const { return row_bytes * rows; }
};

/// The rows of a plain LOAD or a STORE: one row where they follow each other without a gap.
inline MemoryRows plain_rows(std::int64_t address, std::int64_t pitch, std::int64_t row_bytes, std::int64_t rows) {
  if (pitch == row_bytes) return {address, 0, row_bytes * rows, 1};
  return {address, pitch, row_bytes, rows};
}

class BurstCutter final {
 public:
  void start(const MemoryRows& rows, int burst_bytes) {
    rows_ = rows;
    burst_bytes_ = burst_bytes;
    rows_left_ = rows.row_bytes > 0 ? rows.rows : 0;
    address_ = rows.address;
    left_ = rows.row_bytes;
  }
  bool busy() const { return rows_left_ > 0; }
  /// The next burst; busy() must hold.
  Burst burst() const { return {address_, static_cast<int>(std::min(left_, burst_bytes_ - address_ % burst_bytes_))}; }
  void take() {
    const int bytes = burst().bytes;
    address_ += bytes;
    left_ -= bytes;
    if (left_ > 0) return;
    rows_.address += rows_.pitch;
    address_ = rows_.address;
    left_ = rows_.row_bytes;
    --rows_left_;
  }

 private:
  MemoryRows rows_;
  std::int64_t burst_bytes_ = 1, rows_left_ = 0, address_ = 0, left_ = 0;
};

}  // namespace systoliq::model::cycle
