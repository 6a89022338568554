// SPDX-License-Identifier: Apache-2.0
// Rules 10, 12, 17 and 21 of docs/timing.md, burst by burst, once for a command.
#include "model/replay/burst_runs.h"

#include <algorithm>
#include <limits>

#include "model/isa/memory_records.h"
#include "model/timing/dma_timing.h"

namespace systoliq::model {
namespace {

/// Ranges of memory, one a row; `bytes` of each, none where `count` is 0.
struct Rows {
  std::int64_t address = 0, pitch = 0, bytes = 0, count = 0;
};

Rows joined(Rows rows) {
  if (rows.pitch != rows.bytes) return rows;
  return {rows.address, 0, rows.bytes * rows.count, 1};
}

/// Rows of a kernel-tap-packed LOAD that exist: numbers [first, end) of its own.
struct Existing {
  std::int64_t first = 0, end = 0;
};

Existing existing_rows(const Load& load) {
  const std::int64_t step = load.pack_row_stride;
  const std::int64_t pad = load.pack_pad_top;
  const std::int64_t first = pad > 0 ? (pad + step - 1) / step : 0;
  const std::int64_t end = std::min<std::int64_t>(load.rows, (load.pack_height + pad + step - 1) / step);
  return {first, std::max(first, end)};
}

Rows rows_of(const Load& load) {
  if (load.pack_kernel_width == 0) {
    return joined({load.memory_address, load.memory_row_pitch, row_bytes(load), load.rows});
  }
  const Existing rows = existing_rows(load);
  const PackedColumns columns = packed_columns(load);
  const std::int64_t pixel = pixel_bytes(load);
  const std::int64_t bytes = std::max(0, columns.end - columns.first) * pixel;
  const std::int64_t row = rows.first * load.pack_row_stride - load.pack_pad_top;
  return {load.memory_address + row * load.memory_row_pitch + columns.first * pixel,
          std::int64_t{load.pack_row_stride} * load.memory_row_pitch, bytes, bytes == 0 ? 0 : rows.end - rows.first};
}

/// Appends bursts one after the other.
class RunWriter final {
 public:
  RunWriter(const MemoryConfig& memory, std::int64_t memory_bytes, std::vector<BurstRun>* runs)
      : memory_(memory), memory_bytes_(memory_bytes), runs_(runs), first_(runs->size()) {}

  /// Calls words(burst, &run) for each burst, which fills in what passes with it.
  template <typename Words>
  void write(const Rows& rows, const Words& words) {
    for (std::int64_t row = 0; row < rows.count; ++row) {
      std::int64_t address = rows.address + row * rows.pitch;
      const std::int64_t end = address + rows.bytes;
      while (address < end) {
        const std::int64_t next = std::min(end, (address / memory_.burst_bytes + 1) * memory_.burst_bytes);
        const Burst burst = {address, static_cast<int>(next - address)};
        if (next > memory_bytes_) {
          summary_.refused = burst;
          return;
        }
        BurstRun run = {1, static_cast<std::int32_t>(beat_count(burst, memory_)), 0, 0};
        words(burst, &run);
        append(run);
        summary_.totals.add(burst);
        address = next;
      }
    }
  }
  BurstSummary& summary() { return summary_; }

 private:
  void append(const BurstRun& run) {
    if (runs_->size() > first_) {
      BurstRun& last = runs_->back();
      const bool alike = last.beats == run.beats && last.words == run.words && last.lag == run.lag;
      if (alike && last.count < std::numeric_limits<std::int32_t>::max()) {
        ++last.count;
        return;
      }
    }
    runs_->push_back(run);
  }

  const MemoryConfig& memory_;
  std::int64_t memory_bytes_;
  std::vector<BurstRun>* runs_;
  std::size_t first_;
  BurstSummary summary_;
};

/// The words of a kernel-tap-packed LOAD in their order.
class PackedWalk final {
 public:
  explicit PackedWalk(const Load& load)
      : load_(load), existing_(existing_rows(load)), columns_(packed_columns(load)), pixel_(pixel_bytes(load)) {
    begin_row();
  }
  bool done() const { return row_ == load_.rows; }
  std::int64_t needed_bytes() const {
    if (!here_) return before_;
    const std::int64_t pixels = std::min<std::int64_t>(last_pixel_, columns_.end - 1) - columns_.first + 1;
    return before_ + std::max<std::int64_t>(0, pixels) * pixel_;
  }
  void next() {
    last_pixel_ += load_.pack_stride;
    if (++word_ < load_.row_records) return;
    if (here_) before_ += (columns_.end - columns_.first) * pixel_;
    ++row_;
    begin_row();
  }

 private:
  void begin_row() {
    word_ = 0;
    here_ = row_ >= existing_.first && row_ < existing_.end && columns_.end > columns_.first;
    last_pixel_ = load_.pack_kernel_width - 1 - load_.pack_pad_left;
  }

  const Load& load_;
  Existing existing_;
  PackedColumns columns_;
  std::int64_t pixel_, row_ = 0, word_ = 0, last_pixel_ = 0, before_ = 0;
  bool here_ = false;
};

/// Words that need no byte are written first; then every burst passes those that need nothing beyond it.
template <typename Walk>
void write_each_word(const Rows& rows, const MemoryConfig& memory, Walk walk, RunWriter* writer) {
  for (; !walk.done() && walk.needed_bytes() == 0; walk.next()) ++writer->summary().lead_words;
  std::int64_t bytes = 0;
  const std::int64_t width = memory.bytes_per_cycle;
  writer->write(rows, [&](const Burst& burst, BurstRun* run) {
    const std::int64_t first_beat = burst.address / width;
    std::int64_t beat = 0;
    for (; !walk.done() && walk.needed_bytes() <= bytes + burst.bytes; walk.next()) {
      const std::int64_t byte = walk.needed_bytes() - 1 - bytes;
      if (byte >= 0) beat = (burst.address + byte) / width - first_beat;
      run->lag = static_cast<std::int32_t>(std::max<std::int64_t>(run->lag, beat) + 1);
      ++run->words;
    }
    bytes += burst.bytes;
  });
}

/// All words lie `even` bits apart: the first or the last word of a burst decides.
void write_even_words(const Rows& rows, const Load& load, std::int64_t even, const MemoryConfig& memory,
                      RunWriter* writer) {
  const std::int64_t all = load.rows * row_words(load);
  const std::int64_t width = memory.bytes_per_cycle;
  std::int64_t bytes = 0, passed = 0;
  writer->write(rows, [&](const Burst& burst, BurstRun* run) {
    const auto beat_of_word = [&](std::int64_t number) {
      const std::int64_t byte = (load.memory_bit + number * even + 7) / 8 - 1 - bytes;
      return byte < 0 ? 0 : (burst.address + byte) / width - burst.address / width;
    };
    const std::int64_t complete = std::min(((bytes + burst.bytes) * 8 - load.memory_bit) / even, all);
    const std::int64_t count = complete - passed;
    if (count > 0) {
      run->words = static_cast<std::int32_t>(count);
      run->lag = static_cast<std::int32_t>(std::max(beat_of_word(passed + 1) + count, beat_of_word(complete) + 1));
      passed = complete;
    }
    bytes += burst.bytes;
  });
}

}  // namespace

BurstSummary append_runs(const Load& load, const MemoryConfig& memory, std::int64_t memory_bytes,
                         std::vector<BurstRun>* runs) {
  RunWriter writer(memory, memory_bytes, runs);
  const Rows rows = rows_of(load);
  if (load.pack_kernel_width != 0) {
    write_each_word(rows, memory, PackedWalk(load), &writer);
  } else if (const std::int64_t even = even_word_bits(load); even > 0) {
    write_even_words(rows, load, even, memory, &writer);
  } else {
    write_each_word(rows, memory, RecordWalk(load), &writer);
  }
  return writer.summary();
}

BurstSummary append_runs(const Store& store, const AcceleratorConfig& config, std::int64_t memory_bytes,
                         std::vector<BurstRun>* runs) {
  RunWriter writer(config.memory, memory_bytes, runs);
  const std::int64_t record = record_bytes(store);
  const std::int64_t word_bits = std::int64_t{config.array.rows} * store.element_bits;
  std::int64_t bytes = 0, passed = 0;
  writer.write(joined({store.memory_address, store.memory_row_pitch, row_bytes(store), store.rows}),
               [&](const Burst& burst, BurstRun* run) {
                 bytes += burst.bytes;
                 const std::int64_t in_record = (bytes % record * 8 + word_bits - 1) / word_bits;
                 const std::int64_t complete =
                     bytes / record * store.record_words + std::min<std::int64_t>(store.record_words, in_record);
                 run->words = static_cast<std::int32_t>(complete - passed);
                 passed = complete;
               });
  return writer.summary();
}

}  // namespace systoliq::model
