// SPDX-License-Identifier: Apache-2.0
// How the elements of a LOAD's or STORE's words lie in external memory: rows of records, a record's elements side by
// side at element_bits. A record is a pixel, a tap of weights, or a row of params.
#pragma once

#include <cstdint>

#include "model/config/accelerator_config.h"
#include "model/isa/command.h"

namespace systoliq::model {

inline constexpr int kParamBits = 128;  ///< an element of a param word: one column's entry

/// Bytes of a kernel-tap-packed LOAD's pixel.
inline int pixel_bytes(const Load& load) { return (load.pack_channels * load.element_bits + 7) / 8; }

/// Words of a row in the buffer.
inline std::int64_t row_words(const Load& load) { return std::int64_t{load.row_records} * load.record_words; }
inline std::int64_t row_words(const Store& store) { return std::int64_t{store.row_records} * store.record_words; }

/// Bytes of a record that begins on one.
inline std::int64_t record_bytes(const Load& load) {
  return (std::int64_t{load.record_lanes} * load.element_bits + 7) / 8;
}
inline std::int64_t record_bytes(const Store& store) {
  return (std::int64_t{store.record_lanes} * store.element_bits + 7) / 8;
}

/// Bytes of a plain LOAD's row, from the one of its first bit to the one of its last.
std::int64_t row_bytes(const Load& load);

inline std::int64_t row_bytes(const Store& store) { return store.row_records * record_bytes(store); }

/// Elements of whole words at the target's own width, a record each; what tests and tools need. Keeps fields that are
/// not 0.
void fill_plain_words(Load* load, const AcceleratorConfig& config);
void fill_plain_words(Store* store, const AcceleratorConfig& config);

/// The words of a plain LOAD in their order: which elements each takes. All rows lie in one stream of bytes, row y from
/// byte y * row_bytes() on.
class RecordWalk final {
 public:
  explicit RecordWalk(const Load& load);

  bool done() const { return row_ == load_->rows; }
  std::int64_t row() const { return row_; }
  std::int64_t word_of_row() const { return record_ * load_->record_words + word_; }
  /// First bit of the word's elements in the stream, how many there are, and the lane of the first, which may lie
  /// outside the word.
  std::int64_t first_bit() const { return bit_; }
  int elements() const { return elements_; }
  int first_lane() const { return load_->group_words == 0 ? 0 : static_cast<int>(lane_); }
  /// Bytes of the stream up to the word's last bit.
  std::int64_t needed_bytes() const { return (bit_ + std::int64_t{elements_} * load_->element_bits + 7) / 8; }
  void next();

 private:
  void begin_record();
  void find_elements();

  const Load* load_;
  std::int64_t row_ = 0, record_ = 0, word_ = 0, row_bytes_;
  std::int64_t bit_, left_ = 0;  ///< in the stream; elements of the record from this word on
  std::int64_t lane_ = 0, group_left_ = 0;
  int elements_ = 0;
};

}  // namespace systoliq::model
