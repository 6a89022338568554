// SPDX-License-Identifier: Apache-2.0
// Walks over the words of one LOAD and writes each when its bytes have come. RTL: systoliq_load_writer.sv,
// systoliq_tap_packer.sv, systoliq_load_rows.sv.
#pragma once

#include <cstdint>
#include <vector>

#include "model/cycle/burst_cutter.h"
#include "model/functional/storage.h"

namespace systoliq::model::cycle {

/// The rows of memory that a LOAD fetches; with kernel-tap packing the pixels in use of the tensor's rows that exist.
MemoryRows load_rows(const Load& load);

class LoadWords final {
 public:
  void start(const Load& load, Storage& state);
  /// Bytes of the LOAD's data that must have come before the next word can be written; done() must not hold.
  std::int64_t needed() const { return needed_; }
  bool done() const { return y_ == load_.rows; }
  /// Buffer word that is written next.
  std::int64_t address() const { return row_address_ + std::int64_t{x_} * load_.buffer_word_pitch; }
  /// Writes the next word from the LOAD's data, `bytes` onwards being those needed() counts.
  void write(const std::uint8_t* bytes);

 private:
  bool row_exists() const { return row_ >= 0 && row_ < load_.pack_height && column_end_ > column_first_; }
  void pack(const std::uint8_t* row_bytes, std::int16_t* word);
  void spread(const std::uint8_t* bytes, std::int16_t* word, int lanes) const;
  void begin_record();
  int elements() const;
  void next();
  void next_plain();
  void next_packed();
  void find_needed();

  Load load_;
  Storage* state_ = nullptr;
  int x_ = 0, y_ = 0, record_ = 0, word_ = 0;  ///< word of the row, row; record of the row, word of the record
  int bit_ = 0;                                ///< of byte base_, where the next element begins
  int lanes_left_ = 0, lane_ = 0, group_left_ = 0;
  std::int64_t row_address_ = 0, base_ = 0, needed_ = 0;
  int row_ = 0, column_ = 0, column_first_ = 0, column_end_ = 0;  ///< kernel-tap packing
};

}  // namespace systoliq::model::cycle
