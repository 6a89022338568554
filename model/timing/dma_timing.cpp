// SPDX-License-Identifier: Apache-2.0
// Closed forms where the words are even, word by word for kernel-tap packing.
// In RTL: systoliq_load_writer.sv, systoliq_store_reader.sv (rtl_cosim/rtl/).
#include "model/timing/dma_timing.h"

#include <algorithm>

namespace systoliq::model {
namespace {

/// Index of the beat that carries byte `byte` of a burst.
std::int64_t beat_of(const Burst& burst, std::int64_t byte, const MemoryConfig& memory) {
  return (burst.address + byte) / memory.bytes_per_cycle - burst.address / memory.bytes_per_cycle;
}

}  // namespace

std::int64_t even_word_bits(const Load& load) {
  const bool activations = static_cast<LoadTarget>(load.target) == LoadTarget::kActivation;
  const std::int64_t record = std::int64_t{load.record_lanes} * load.element_bits;
  const bool whole_bytes = load.memory_bit == 0 && record % 8 == 0;
  if (load.record_words == 1 && activations && load.memory_bit == 0) return (record + 7) / 8 * 8;
  if (load.lead_words > 0 || load.record_lanes != load.record_words * std::int64_t{load.word_lanes}) return 0;
  const bool joined = whole_bytes || (load.rows == 1 && (load.row_records == 1 || !activations));
  return joined ? std::int64_t{load.word_lanes} * load.element_bits : 0;
}

LoadWriter::LoadWriter(const Load& load, const MemoryConfig& memory, std::int64_t first_write)
    : load_(load),
      memory_(memory),
      words_(load.rows * row_words(load)),
      first_write_(first_write),
      next_write_(first_write),
      end_(first_write) {
  if (load.pack_kernel_width != 0) {
    columns_ = packed_columns(load);
  } else {
    even_bits_ = even_word_bits(load);
    if (even_bits_ > 0) return;
    walk_.emplace(load);
  }
  while (word_ < words_ && needed_bytes() == 0) {
    pass_word();
    end_ = ++next_write_;
  }
}

void LoadWriter::pass_word() {
  ++word_;
  if (walk_) walk_->next();
}

std::int64_t LoadWriter::needed_bytes() const {
  if (walk_) return walk_->needed_bytes();
  const std::int64_t row_bytes = std::max(0, columns_.end - columns_.first) * std::int64_t{pixel_bytes(load_)};
  const std::int64_t y = word_ / load_.row_records;
  const auto existing_before = [this](std::int64_t rows) {  // rows before number `rows` that exist in the tensor
    const std::int64_t step = load_.pack_row_stride;
    const std::int64_t first = std::max<std::int64_t>(0, (load_.pack_pad_top + step - 1) / step);
    const std::int64_t end = (load_.pack_height + load_.pack_pad_top + step - 1) / step;
    return std::clamp<std::int64_t>(std::min(rows, end) - first, 0, rows);
  };
  const std::int64_t before = existing_before(y) * row_bytes;
  if (existing_before(y + 1) == existing_before(y) || row_bytes == 0) return before;
  const std::int64_t last_pixel =
      (word_ % load_.row_records) * load_.pack_stride + load_.pack_kernel_width - 1 - load_.pack_pad_left;
  const std::int64_t pixels = std::min<std::int64_t>(last_pixel, columns_.end - 1) - columns_.first + 1;
  return before + std::max<std::int64_t>(0, pixels) * pixel_bytes(load_);
}

std::int64_t LoadWriter::take(const Burst& burst, const DataChannel::Beats& beats) {
  const std::int64_t before = bytes_;
  bytes_ += burst.bytes;
  const auto arrival = [&](std::int64_t needed) {
    const std::int64_t byte = needed - 1 - before;
    return byte < 0 ? beats.first : beats.first + beat_of(burst, byte, memory_);
  };
  if (even_bits_ > 0) {
    // Arrivals are either all at least a cycle apart or all at most: the first or the last word decides.
    const auto needed = [this](std::int64_t words) { return (load_.memory_bit + words * even_bits_ + 7) / 8; };
    const std::int64_t bits = bytes_ * 8 - load_.memory_bit;
    const std::int64_t complete = std::min(bits / even_bits_, words_);
    const std::int64_t count = complete - word_;
    if (count > 0) {
      next_write_ = std::max({next_write_ + count, arrival(needed(word_ + 1)) + count, arrival(needed(complete)) + 1});
      word_ = complete;
    }
  } else {
    for (; word_ < words_ && needed_bytes() <= bytes_; pass_word()) {
      next_write_ = std::max(next_write_, arrival(needed_bytes())) + 1;
    }
  }
  end_ = std::max({end_, next_write_, beats.last + 1});
  return std::max({beats.last, next_write_ - 1, first_write_});
}

void StoreReader::begin(std::int64_t start, const Store& store, int rows) {
  next_read_ = std::max(next_read_, start);
  record_bytes_ = record_bytes(store);
  record_words_ = store.record_words;
  word_bits_ = std::int64_t{rows} * store.element_bits;
  bytes_ = 0;
}

/// Words up to the one that completes so many bytes: all words of a record but the last have word_bits_.
std::int64_t StoreReader::words_of(std::int64_t bytes) const {
  const std::int64_t left = bytes % record_bytes_;
  return bytes / record_bytes_ * record_words_ + std::min(record_words_, (left * 8 + word_bits_ - 1) / word_bits_);
}

std::int64_t StoreReader::fill(const Burst& burst) {
  if (last_beats_.size() == slots_) next_read_ = std::max(next_read_, last_beats_.front() + 1);
  const std::int64_t words = words_of(bytes_ + burst.bytes) - words_of(bytes_);
  bytes_ += burst.bytes;
  next_read_ += words;
  return next_read_;
}

void StoreReader::sent(std::int64_t last_beat) {
  last_beats_.push_back(last_beat);
  if (last_beats_.size() > slots_) last_beats_.pop_front();
}

}  // namespace systoliq::model
