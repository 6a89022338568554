// SPDX-License-Identifier: Apache-2.0
// Words of LOAD: plain, param and tap packed.
#include "model/cycle/load_writer.h"

#include <algorithm>
#include <cstring>

#include "model/isa/lane_packing.h"

namespace systoliq::model::cycle {
namespace {

int word_bytes_of(const Load& load, const AcceleratorConfig& config) {
  switch (static_cast<LoadTarget>(load.target)) {
    case LoadTarget::kActivation:
      return config.activation_word_bytes();
    case LoadTarget::kWeight:
      return config.weight_word_bytes();
    case LoadTarget::kParam:
      return config.param_word_bytes();
  }
  throw InternalError("LOAD: unknown target " + std::to_string(load.target));
}

int first_column(const Load& load) { return std::max(0, -load.pack_pad_left); }
int end_column(const Load& load) {
  return std::min(load.pack_width,
                  (load.row_words - 1) * load.pack_stride - load.pack_pad_left + load.pack_kernel_width);
}

}  // namespace

MemoryRows load_rows(const Load& load, const AcceleratorConfig& config) {
  const int word_bytes = word_bytes_of(load, config);
  if (load.pack_kernel_width == 0) {
    return plain_rows(load.memory_address, load.memory_row_pitch, std::int64_t{load.row_words} * word_bytes, load.rows);
  }
  const int first = first_column(load);
  const int columns = end_column(load) - first;
  const int stride = load.pack_row_stride;
  const int skipped = load.pack_pad_top > 0 ? (load.pack_pad_top + stride - 1) / stride : 0;
  const int first_row = skipped * stride - load.pack_pad_top;
  const int below = load.pack_height - first_row;
  const int existing = below > 0 ? (below + stride - 1) / stride : 0;
  const int rows = std::min(existing, std::max(0, load.rows - skipped));
  if (columns <= 0 || rows == 0) return {};
  const std::int64_t row_bytes = std::int64_t{columns} * load.memory_word_bytes;
  return {load.memory_address + std::int64_t{first_row} * load.memory_row_pitch +
              std::int64_t{first} * load.memory_word_bytes,
          std::int64_t{stride} * load.memory_row_pitch, row_bytes, rows};
}

void LoadWords::start(const Load& load, Storage& state) {
  load_ = load;
  state_ = &state;
  word_bytes_ = word_bytes_of(load, state.config);
  x_ = y_ = 0;
  base_ = 0;
  row_address_ = load.buffer_address;
  if (load.pack_kernel_width != 0) {  // else these fields may be anything
    column_first_ = first_column(load);
    column_end_ = end_column(load);
    column_ = -load.pack_pad_left;
    row_ = -load.pack_pad_top;
  }
  find_needed();
}

void LoadWords::find_needed() {
  if (load_.pack_kernel_width == 0) {
    needed_ = base_ + word_bytes_;
    return;
  }
  int pixels = std::min(column_ + load_.pack_kernel_width, column_end_) - column_first_;
  if (pixels < 0 || !row_exists()) pixels = 0;
  needed_ = base_ + std::int64_t{pixels} * load_.memory_word_bytes;
}

void LoadWords::write(const std::uint8_t* bytes) {
  const DatatypeConfig& types = state_->config.datatypes;
  switch (static_cast<LoadTarget>(load_.target)) {
    case LoadTarget::kActivation: {
      std::int16_t* word = state_->activations.words(address());
      if (load_.pack_kernel_width != 0) {
        pack(bytes + base_, word);
      } else {
        unpack_lanes(bytes + base_, types.activation_bits, state_->config.array.rows, word);
      }
      break;
    }
    case LoadTarget::kWeight:
      unpack_lanes(bytes + base_, types.weight_bits, state_->config.array.cols, state_->weights.words(address()));
      break;
    case LoadTarget::kParam:
      std::memcpy(state_->params.words(address()), bytes + base_, static_cast<std::size_t>(word_bytes_));
      break;
  }
  next();
}

/// kernel_width pixels side by side in the lanes, padding outside of the tensor.
void LoadWords::pack(const std::uint8_t* row_bytes, std::int16_t* word) {
  const int channels = load_.pack_channels;
  if (load_.clear_lanes != 0) std::fill_n(word, state_->config.array.rows, std::int16_t{0});
  std::int16_t* lanes = word + load_.lane_offset;
  for (int tap = 0; tap < load_.pack_kernel_width; ++tap, lanes += channels) {
    const int column = column_ + tap;
    if (row_exists() && column >= column_first_ && column < column_end_) {
      unpack_lanes(row_bytes + std::int64_t{column - column_first_} * load_.memory_word_bytes,
                   state_->config.datatypes.activation_bits, channels, lanes);
    } else {
      std::fill_n(lanes, channels, static_cast<std::int16_t>(load_.pad_value));
    }
  }
}

void LoadWords::next() {
  const bool packed = load_.pack_kernel_width != 0;
  if (!packed) base_ += word_bytes_;
  if (++x_ < load_.row_words) {
    if (packed) column_ += load_.pack_stride;
  } else {
    x_ = 0;
    ++y_;
    row_address_ += load_.buffer_row_pitch;
    if (packed) {
      if (row_exists()) base_ += std::int64_t{column_end_ - column_first_} * load_.memory_word_bytes;
      column_ = -load_.pack_pad_left;
      if (!done()) row_ += load_.pack_row_stride;  // the sum past the last row may not fit
    }
  }
  if (!done()) find_needed();
}

}  // namespace systoliq::model::cycle
