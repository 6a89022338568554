// SPDX-License-Identifier: Apache-2.0
// Words of LOAD: plain, param and tap packed.
#include "model/cycle/load_writer.h"

#include <algorithm>
#include <cstring>

#include "model/isa/lane_packing.h"

namespace systoliq::model::cycle {
namespace {

bool loads_activations(const Load& load) { return load.target == static_cast<std::int32_t>(LoadTarget::kActivation); }

/// Bytes of a row of records, begun ones included.
std::int64_t plain_row_bytes(const Load& load) {
  const std::int64_t record_bits = std::int64_t{load.record_lanes} * load.element_bits;
  const std::int64_t gap = loads_activations(load) ? 7 - (record_bits + 7) % 8 : 0;
  return (load.memory_bit + load.row_records * (record_bits + gap) - gap + 7) / 8;
}

int packed_pixel_bytes(const Load& load) { return (load.pack_channels * load.element_bits + 7) / 8; }

int first_column(const Load& load) { return std::max(0, -load.pack_pad_left); }
int end_column(const Load& load) {
  return std::min(load.pack_width,
                  (load.row_records - 1) * load.pack_stride - load.pack_pad_left + load.pack_kernel_width);
}

}  // namespace

MemoryRows load_rows(const Load& load) {
  if (load.pack_kernel_width == 0) {
    return plain_rows(load.memory_address, load.memory_row_pitch, plain_row_bytes(load), load.rows);
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
  const std::int64_t row_bytes = std::int64_t{columns} * packed_pixel_bytes(load);
  return {load.memory_address + std::int64_t{first_row} * load.memory_row_pitch +
              std::int64_t{first} * packed_pixel_bytes(load),
          std::int64_t{stride} * load.memory_row_pitch, row_bytes, rows};
}

void LoadWords::start(const Load& load, Storage& state) {
  load_ = load;
  state_ = &state;
  x_ = y_ = record_ = 0;
  base_ = 0;
  bit_ = load.memory_bit;
  row_address_ = load.buffer_address;
  if (load.pack_kernel_width != 0) {  // else these fields may be anything
    column_first_ = first_column(load);
    column_end_ = end_column(load);
    column_ = -load.pack_pad_left;
    row_ = -load.pack_pad_top;
  }
  begin_record();
  find_needed();
}

void LoadWords::begin_record() {
  word_ = 0;
  lanes_left_ = load_.record_lanes;
  lane_ = load_.group_words == 0 ? 0 : load_.group_lane;
  group_left_ = load_.group_first_words;
}

int LoadWords::elements() const { return word_ < load_.lead_words ? 0 : std::min(load_.word_lanes, lanes_left_); }

void LoadWords::find_needed() {
  if (load_.pack_kernel_width == 0) {
    needed_ = base_ + (bit_ + std::int64_t{elements()} * load_.element_bits + 7) / 8;
    return;
  }
  int pixels = std::min(column_ + load_.pack_kernel_width, column_end_) - column_first_;
  if (pixels < 0 || !row_exists()) pixels = 0;
  needed_ = base_ + std::int64_t{pixels} * packed_pixel_bytes(load_);
}

void LoadWords::write(const std::uint8_t* bytes) {
  switch (static_cast<LoadTarget>(load_.target)) {
    case LoadTarget::kActivation:
      if (load_.pack_kernel_width != 0) {
        pack(bytes + base_, state_->activations.words(address()));
      } else {
        spread(bytes + base_, state_->activations.words(address()), state_->activations.lanes());
      }
      break;
    case LoadTarget::kWeight:
      spread(bytes + base_, state_->weights.words(address()), state_->weights.lanes());
      break;
    case LoadTarget::kParam: {
      auto* const place = reinterpret_cast<std::uint8_t*>(state_->params.words(address()));
      const auto held = static_cast<std::size_t>(elements()) * sizeof(ParamEntry);
      std::memcpy(place, bytes + base_, held);
      std::memset(place + held, 0, static_cast<std::size_t>(state_->params.lanes()) * sizeof(ParamEntry) - held);
      break;
    }
  }
  next();
}

/// Lane by lane: the element that falls there, or the padding value.
void LoadWords::spread(const std::uint8_t* bytes, std::int16_t* word, int lanes) const {
  const int count = elements();
  for (int lane = 0; lane < lanes; ++lane) {
    const int element = lane - lane_;
    if (element < 0 || element >= count) {
      word[lane] = static_cast<std::int16_t>(load_.pad_value);
      continue;
    }
    std::int32_t value = 0;
    const std::int64_t first = bit_ + std::int64_t{element} * load_.element_bits;
    for (int i = 0; i < load_.element_bits; ++i) {
      value |= (bytes[(first + i) / 8] >> ((first + i) % 8) & 1) << i;
    }
    const std::int32_t sign = 1 << (load_.element_bits - 1);
    word[lane] = static_cast<std::int16_t>((value ^ sign) - sign);
  }
}

/// kernel_width pixels side by side in the lanes, padding outside of the tensor.
void LoadWords::pack(const std::uint8_t* row_bytes, std::int16_t* word) {
  const int channels = load_.pack_channels;
  if (load_.clear_lanes != 0) std::fill_n(word, state_->config.array.rows, std::int16_t{0});
  std::int16_t* lanes = word + load_.lane_offset;
  for (int tap = 0; tap < load_.pack_kernel_width; ++tap, lanes += channels) {
    const int column = column_ + tap;
    if (row_exists() && column >= column_first_ && column < column_end_) {
      unpack_lanes(row_bytes + std::int64_t{column - column_first_} * packed_pixel_bytes(load_), load_.element_bits,
                   channels, lanes);
    } else {
      std::fill_n(lanes, channels, static_cast<std::int16_t>(load_.pad_value));
    }
  }
}

void LoadWords::next() {
  if (load_.pack_kernel_width != 0) {
    next_packed();
  } else {
    next_plain();
  }
  if (!done()) find_needed();
}

void LoadWords::next_plain() {
  const int count = elements();
  const std::int64_t end = bit_ + std::int64_t{count} * load_.element_bits;
  const bool leads = word_ < load_.lead_words;
  base_ += end / 8;
  bit_ = static_cast<int>(end % 8);
  ++x_;
  if (++word_ < load_.record_words) {
    lanes_left_ -= count;
    if (!leads && --group_left_ == 0) {
      group_left_ = load_.group_words;
      if (load_.group_words != 0) lane_ += load_.word_lanes;
    }
    return;
  }
  begin_record();
  const bool row_ends = ++record_ == load_.row_records;
  if (bit_ != 0 && (row_ends || loads_activations(load_))) {
    ++base_;
    bit_ = 0;
  }
  if (!row_ends) return;
  record_ = 0;
  x_ = 0;
  ++y_;
  row_address_ += load_.buffer_row_pitch;
  bit_ = load_.memory_bit;
}

void LoadWords::next_packed() {
  if (++x_ < load_.row_records) {
    column_ += load_.pack_stride;
    return;
  }
  x_ = 0;
  ++y_;
  row_address_ += load_.buffer_row_pitch;
  if (row_exists()) base_ += std::int64_t{column_end_ - column_first_} * packed_pixel_bytes(load_);
  column_ = -load_.pack_pad_left;
  if (!done()) row_ += load_.pack_row_stride;  // the sum past the last row may not fit
}

}  // namespace systoliq::model::cycle
