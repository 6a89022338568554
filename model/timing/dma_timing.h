// SPDX-License-Identifier: Apache-2.0
// When a LOAD's words are written and a STORE's are read, given the beats of its bursts (docs/timing.md). Both move at
// most one word a cycle through a data buffer of `outstanding` slots of burst_bytes, which is why the port never
// stalls.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "model/config/accelerator_config.h"
#include "model/isa/command.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model {

/// The words of one LOAD, written in order: word w not before the cycle of the beat that brings the last byte it needs,
/// and one a cycle. A word of padding needs no byte.
class LoadWriter final {
 public:
  /// `first_write`: the earliest cycle for the first word. `word_bytes`: of a plain LOAD's words in memory.
  LoadWriter(const Load& load, int word_bytes, const MemoryConfig& memory, std::int64_t first_write);

  /// Takes the next burst; returns the cycle in which its slot is drained: it is this LOAD's turn to write, all beats
  /// of the burst have come and all words that need nothing beyond it are written.
  std::int64_t take(const Burst& burst, const DataChannel::Beats& beats);
  /// The cycle after the last word was written and the last beat has come; all bursts must have been taken.
  std::int64_t end() const { return end_; }

 private:
  /// Bytes of the LOAD's data that word `word` needs.
  std::int64_t needed_bytes(std::int64_t word) const;
  void write_available(std::int64_t until_bytes);

  const Load& load_;
  PackedColumns columns_;
  MemoryConfig memory_;
  std::int64_t word_bytes_, words_;
  std::int64_t word_ = 0, bytes_ = 0;                        ///< words written, bytes taken
  std::int64_t first_write_ = 0, next_write_ = 0, end_ = 0;  ///< cycles
};

/// The words of one STORE after the other, read one a cycle into slots; a burst's address is offered when its slot is
/// full.
class StoreReader final {
 public:
  explicit StoreReader(const MemoryConfig& memory) : slots_(static_cast<std::size_t>(memory.outstanding)) {}

  /// A STORE that starts in cycle `start`.
  void begin(std::int64_t start, int word_bytes);
  /// Fills the next burst's slot; returns the cycle in which its address may be offered.
  std::int64_t fill(const Burst& burst);
  /// The burst's last beat; the slot is free in the next cycle.
  void sent(std::int64_t last_beat);

 private:
  std::size_t slots_;
  std::deque<std::int64_t> last_beats_;  ///< of the newest bursts, at most one per slot
  std::int64_t next_read_ = 0, word_bytes_ = 1, bytes_ = 0;
};

}  // namespace systoliq::model
