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

LoadWriter::LoadWriter(const Load& load, int word_bytes, const MemoryConfig& memory, std::int64_t first_write)
    : load_(load),
      memory_(memory),
      word_bytes_(word_bytes),
      words_(std::int64_t{load.rows} * load.row_words),
      first_write_(first_write),
      next_write_(first_write),
      end_(first_write) {
  if (load.pack_kernel_width == 0) return;
  columns_ = packed_columns(load);
  while (word_ < words_ && needed_bytes(word_) == 0) {
    ++word_;
    end_ = ++next_write_;
  }
}

std::int64_t LoadWriter::needed_bytes(std::int64_t word) const {
  if (load_.pack_kernel_width == 0) return (word + 1) * word_bytes_;
  const std::int64_t pixel_bytes = load_.memory_word_bytes;
  const std::int64_t row_bytes = std::max(0, columns_.end - columns_.first) * pixel_bytes;
  const std::int64_t y = word / load_.row_words;
  const auto existing_before = [this](std::int64_t rows) {  // rows before number `rows` that exist in the tensor
    const std::int64_t step = load_.pack_row_stride;
    const std::int64_t first = std::max<std::int64_t>(0, (load_.pack_pad_top + step - 1) / step);
    const std::int64_t end = (load_.pack_height + load_.pack_pad_top + step - 1) / step;
    return std::clamp<std::int64_t>(std::min(rows, end) - first, 0, rows);
  };
  const std::int64_t before = existing_before(y) * row_bytes;
  if (existing_before(y + 1) == existing_before(y) || row_bytes == 0) return before;
  const std::int64_t last_pixel =
      (word % load_.row_words) * load_.pack_stride + load_.pack_kernel_width - 1 - load_.pack_pad_left;
  const std::int64_t pixels = std::min<std::int64_t>(last_pixel, columns_.end - 1) - columns_.first + 1;
  return before + std::max<std::int64_t>(0, pixels) * pixel_bytes;
}

std::int64_t LoadWriter::take(const Burst& burst, const DataChannel::Beats& beats) {
  const std::int64_t before = bytes_;
  bytes_ += burst.bytes;
  const auto arrival = [&](std::int64_t word) {
    const std::int64_t byte = needed_bytes(word) - 1 - before;
    return byte < 0 ? beats.first : beats.first + beat_of(burst, byte, memory_);
  };
  if (load_.pack_kernel_width == 0) {
    // Arrivals are either all at least a cycle apart or all at most: the first or the last word decides.
    const std::int64_t complete = std::min(bytes_ / word_bytes_, words_);
    const std::int64_t count = complete - word_;
    if (count > 0) {
      next_write_ = std::max({next_write_ + count, arrival(word_) + count, arrival(complete - 1) + 1});
      word_ = complete;
    }
  } else {
    for (; word_ < words_ && needed_bytes(word_) <= bytes_; ++word_) {
      next_write_ = std::max(next_write_, arrival(word_)) + 1;
    }
  }
  end_ = std::max({end_, next_write_, beats.last + 1});
  return std::max({beats.last, next_write_ - 1, first_write_});
}

void StoreReader::begin(std::int64_t start, int word_bytes) {
  next_read_ = std::max(next_read_, start);
  word_bytes_ = word_bytes;
  bytes_ = 0;
}

std::int64_t StoreReader::fill(const Burst& burst) {
  if (last_beats_.size() == slots_) next_read_ = std::max(next_read_, last_beats_.front() + 1);
  const auto words_of = [this](std::int64_t bytes) { return (bytes + word_bytes_ - 1) / word_bytes_; };
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
