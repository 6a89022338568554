// SPDX-License-Identifier: Apache-2.0
// When a LOAD's words are written and a STORE's are read, given the beats of its bursts (docs/timing.md). Both move at
// most one word a cycle through a data buffer of `outstanding` slots of burst_bytes, which is why the port never
// stalls.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "model/config/accelerator_config.h"
#include "model/isa/command.h"
#include "model/isa/memory_records.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model {

/// Bits from word to word of a plain LOAD where all words lie at one distance; 0 where they do not.
std::int64_t even_word_bits(const Load& load);

/// The words of one LOAD, written in order: word w not before the cycle of the beat that brings the last byte it needs,
/// and one a cycle. A word of padding needs no byte.
class LoadWriter final {
 public:
  /// `first_write`: the earliest cycle for the first word.
  LoadWriter(const Load& load, const MemoryConfig& memory, std::int64_t first_write);

  /// Takes the next burst; returns the cycle in which its slot is drained: it is this LOAD's turn to write, all beats
  /// of the burst have come and all words that need nothing beyond it are written.
  std::int64_t take(const Burst& burst, const DataChannel::Beats& beats);
  /// The cycle after the last word was written and the last beat has come; all bursts must have been taken.
  std::int64_t end() const { return end_; }

 private:
  /// Bytes of the LOAD's data that the next word needs, where words are not even.
  std::int64_t needed_bytes() const;
  void pass_word();

  const Load& load_;
  PackedColumns columns_;
  MemoryConfig memory_;
  std::optional<RecordWalk> walk_;  ///< of a plain LOAD whose words are not even
  std::int64_t even_bits_ = 0, words_;
  std::int64_t word_ = 0, bytes_ = 0;                        ///< words written, bytes taken
  std::int64_t first_write_ = 0, next_write_ = 0, end_ = 0;  ///< cycles
};

/// The words of one STORE after the other, read one a cycle into slots; a burst's address is offered when its slot is
/// full.
class StoreReader final {
 public:
  explicit StoreReader(const MemoryConfig& memory) : slots_(static_cast<std::size_t>(memory.outstanding)) {}

  /// A STORE that starts in cycle `start`.
  void begin(std::int64_t start, const Store& store, int rows);
  /// Fills the next burst's slot; returns the cycle in which its address may be offered.
  std::int64_t fill(const Burst& burst);
  /// The burst's last beat; the slot is free in the next cycle.
  void sent(std::int64_t last_beat);

 private:
  std::int64_t words_of(std::int64_t bytes) const;

  std::size_t slots_;
  std::deque<std::int64_t> last_beats_;  ///< of the newest bursts, at most one per slot
  std::int64_t next_read_ = 0, bytes_ = 0;
  std::int64_t record_bytes_ = 1, record_words_ = 1, word_bits_ = 1;  ///< of the STORE; bits of a word of all lanes
};

}  // namespace systoliq::model
