// SPDX-License-Identifier: Apache-2.0
// Rules 10, 12, 17 and 21 of docs/timing.md, burst by burst, once for a command.
#include "model/replay/burst_runs.h"

#include <algorithm>
#include <utility>

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

/// The logarithm of a power of two.
int log2_of(std::int64_t power) {
  int shift = 0;
  while (std::int64_t{1} << shift < power) ++shift;
  return shift;
}

/// Where bytes lie on the bus.
class Bus final {
 public:
  explicit Bus(const MemoryConfig& memory) : beat_(log2_of(memory.bytes_per_cycle)) {}
  std::int64_t beat_of(std::int64_t address) const { return address >> beat_; }
  std::int32_t beats(std::int64_t address, std::int64_t end) const {
    return static_cast<std::int32_t>(beat_of(end - 1) - beat_of(address) + 1);
  }

 private:
  int beat_;
};

/// Appends bursts one after the other.
class RunWriter final {
 public:
  RunWriter(const MemoryConfig& memory, std::int64_t memory_bytes, std::vector<BurstRun>* runs)
      : bus_(memory),
        burst_bytes_(memory.burst_bytes),
        memory_bytes_(memory_bytes),
        runs_(runs),
        first_(runs->size()) {}

  const Bus& bus() const { return bus_; }

  /// Calls words.pass(burst, &run) for each burst, which fills in what passes with it. Where words lie alike in whole
  /// bursts, as words.repeat(bytes) says, one that follows a whole one stands for all behind it: words.repeated(n).
  template <typename Words>
  void write(const Rows& rows, Words words) {
    const bool repeats = words.repeat(burst_bytes_);
    for (std::int64_t row = 0; row < rows.count; ++row) {
      std::int64_t address = rows.address + row * rows.pitch;
      const std::int64_t end = address + rows.bytes;
      for (std::int64_t before = 0; address < end;) {
        const std::int64_t next = std::min(end, (address & -burst_bytes_) + burst_bytes_);
        const Burst burst = {address, static_cast<int>(next - address)};
        if (next > memory_bytes_) {
          summary_.refused = burst;
          return;
        }
        BurstRun run = {1, bus_.beats(address, next), 0, 0};
        words.pass(burst, &run);
        address = next;
        if (repeats && burst.bytes == burst_bytes_ && before == burst_bytes_) {
          // The last byte of a row may be used in part.
          const std::int64_t more =
              std::max<std::int64_t>(0, std::min(end - 1, memory_bytes_) - address) / burst_bytes_;
          words.repeated(more, run.words);
          run.count += static_cast<std::int32_t>(more);
          address += more * burst_bytes_;
        }
        before = burst.bytes;
        append(run);
        summary_.totals.bursts += run.count;
        summary_.totals.bytes += std::int64_t{run.count} * burst.bytes;
      }
    }
  }
  BurstSummary& summary() { return summary_; }

 private:
  void append(const BurstRun& run) {
    if (runs_->size() > first_) {
      BurstRun& last = runs_->back();
      if (last.beats == run.beats && last.words == run.words && last.lag == run.lag) {
        last.count += run.count;
        return;
      }
    }
    runs_->push_back(run);
  }

  Bus bus_;
  std::int64_t burst_bytes_, memory_bytes_;
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

/// Words of any form, one by one: a burst passes those that need nothing beyond it.
template <typename Walk>
class EachWord final {
 public:
  EachWord(const Bus& bus, Walk walk) : bus_(bus), walk_(std::move(walk)) {}
  bool repeat(std::int64_t) const { return false; }
  void repeated(std::int64_t, std::int64_t) {}
  /// Words that need no byte.
  std::int64_t lead() {
    std::int64_t words = 0;
    for (; !walk_.done() && walk_.needed_bytes() == 0; walk_.next()) ++words;
    return words;
  }
  void pass(const Burst& burst, BurstRun* run) {
    const std::int64_t first_beat = bus_.beat_of(burst.address);
    std::int64_t beat = 0;
    for (; !walk_.done(); walk_.next(), ++run->words) {
      const std::int64_t needed = walk_.needed_bytes();
      if (needed > bytes_ + burst.bytes) break;
      if (needed > bytes_) beat = bus_.beat_of(burst.address + needed - 1 - bytes_) - first_beat;
      run->lag = static_cast<std::int32_t>(std::max<std::int64_t>(run->lag, beat) + 1);
    }
    bytes_ += burst.bytes;
  }

 private:
  const Bus& bus_;
  Walk walk_;
  std::int64_t bytes_ = 0;
};

/// A LOAD's words that all lie at one distance: the first or the last word of a burst decides.
class EvenWords final {
 public:
  EvenWords(const Bus& bus, const Load& load, std::int64_t word_bits)
      : bus_(bus), word_bits_(word_bits), first_bit_(load.memory_bit), all_(load.rows * row_words(load)) {}
  bool repeat(std::int64_t bytes) const { return bytes * 8 % word_bits_ == 0; }
  void repeated(std::int64_t bursts, std::int64_t words) {
    passed_ += bursts * words;
    bytes_ += bursts * words * word_bits_ / 8;
  }
  void pass(const Burst& burst, BurstRun* run) {
    const std::int64_t complete = std::min(((bytes_ + burst.bytes) * 8 - first_bit_) / word_bits_, all_);
    const std::int64_t count = complete - passed_;
    if (count > 0) {
      run->words = static_cast<std::int32_t>(count);
      run->lag = static_cast<std::int32_t>(std::max(beat_of(passed_ + 1, burst) + count, beat_of(complete, burst) + 1));
    }
    passed_ = complete;
    bytes_ += burst.bytes;
  }

 private:
  /// The burst's beat that completes so many words.
  std::int64_t beat_of(std::int64_t words, const Burst& burst) const {
    const std::int64_t byte = (first_bit_ + words * word_bits_ + 7) / 8 - 1 - bytes_;
    return byte < 0 ? 0 : bus_.beat_of(burst.address + byte) - bus_.beat_of(burst.address);
  }

  const Bus& bus_;
  std::int64_t word_bits_, first_bit_, all_, bytes_ = 0, passed_ = 0;
};

/// A STORE's words that must be read before a burst is complete.
class StoredWords final {
 public:
  StoredWords(const Store& store, int rows)
      : record_(record_bytes(store)), words_(store.record_words), bits_(std::int64_t{rows} * store.element_bits) {}
  bool repeat(std::int64_t bytes) const { return bytes % record_ == 0; }
  void repeated(std::int64_t bursts, std::int64_t words) {
    passed_ += bursts * words;
    bytes_ += bursts * words / words_ * record_;
  }
  void pass(const Burst& burst, BurstRun* run) {
    bytes_ += burst.bytes;
    const std::int64_t in_record = (bytes_ % record_ * 8 + bits_ - 1) / bits_;
    const std::int64_t complete = bytes_ / record_ * words_ + std::min(words_, in_record);
    run->words = static_cast<std::int32_t>(complete - passed_);
    passed_ = complete;
  }

 private:
  std::int64_t record_, words_, bits_, bytes_ = 0, passed_ = 0;
};

template <typename Walk>
void write_each_word(const Rows& rows, Walk walk, RunWriter* writer) {
  EachWord<Walk> words(writer->bus(), std::move(walk));
  writer->summary().lead_words = words.lead();
  writer->write(rows, std::move(words));
}

}  // namespace

BurstSummary append_runs(const Load& load, const MemoryConfig& memory, std::int64_t memory_bytes,
                         std::vector<BurstRun>* runs) {
  RunWriter writer(memory, memory_bytes, runs);
  const Rows rows = rows_of(load);
  if (load.pack_kernel_width != 0) {
    write_each_word(rows, PackedWalk(load), &writer);
  } else if (const std::int64_t even = even_word_bits(load); even > 0) {
    writer.write(rows, EvenWords(writer.bus(), load, even));
  } else {
    write_each_word(rows, RecordWalk(load), &writer);
  }
  return writer.summary();
}

BurstSummary append_runs(const Store& store, const AcceleratorConfig& config, std::int64_t memory_bytes,
                         std::vector<BurstRun>* runs) {
  RunWriter writer(config.memory, memory_bytes, runs);
  writer.write(joined({store.memory_address, store.memory_row_pitch, row_bytes(store), store.rows}),
               StoredWords(store, config.array.rows));
  return writer.summary();
}

}  // namespace systoliq::model
