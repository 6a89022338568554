// SPDX-License-Identifier: Apache-2.0
// Timing of the external memory port (docs/timing.md): bursts, their acceptance, and when their beats pass.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "model/config/accelerator_config.h"
#include "model/isa/command.h"

namespace systoliq::model {

struct Burst {
  std::int64_t address = 0;
  int bytes = 0;
};

/// Cuts a contiguous range into bursts that cross neither a burst_bytes nor a 4 KiB boundary, appending to `bursts`.
void append_bursts(std::int64_t address, std::int64_t bytes, const MemoryConfig& memory, std::vector<Burst>* bursts);

/// Pixels [first, end) that a kernel-tap-packed LOAD fetches of each row that exists: from the first to the last one
/// used.
struct PackedColumns {
  int first = 0, end = 0;
};
PackedColumns packed_columns(const Load& load);

/// What bursts amount to.
struct BurstTotals {
  std::int64_t bytes = 0, bursts = 0;
  void add(const Burst& burst) {
    bytes += burst.bytes;
    ++bursts;
  }
};
BurstTotals totals_of(const std::vector<Burst>& bursts);

/// The bursts of one LOAD, one after the other: a command may have more than one would keep at once.
class LoadBursts final {
 public:
  LoadBursts() = default;
  LoadBursts(const Load& load, const MemoryConfig& memory);
  bool empty() const { return ahead_.empty(); }
  /// Bursts that may be looked at: all that are left, or kAhead.
  std::size_t ahead() const { return ahead_.size(); }
  const Burst& operator[](std::size_t i) const { return ahead_[i]; }
  Burst take();

 private:
  static constexpr std::size_t kAhead = 512;
  void look_ahead();

  MemoryConfig memory_;
  std::int64_t row_address_ = 0, pitch_ = 0, row_bytes_ = 0, rows_ = 0;  ///< rows that are left
  std::int64_t done_ = 0;                                                ///< bytes of the first of them
  std::deque<Burst> ahead_;
};

/// The bursts of one LOAD or STORE: each row's records, rows merged where they are contiguous in memory.
std::vector<Burst> load_bursts(const Load& load, const MemoryConfig& memory);
std::vector<Burst> store_bursts(const Store& store, const MemoryConfig& memory);

enum class Direction { kRead, kWrite };

/// Acceptance of addresses: one a cycle, while fewer than `outstanding` bursts are in flight.
class AddressChannel final {
 public:
  explicit AddressChannel(int outstanding) : outstanding_(static_cast<std::size_t>(outstanding)) {}
  /// Earliest cycle >= now at which an address would be accepted.
  std::int64_t next_accept(std::int64_t now) const;
  /// Accepts an address at `now`, which must be next_accept(now), of a burst in flight until cycle `complete`.
  void accept(std::int64_t now, std::int64_t complete);

 private:
  std::size_t outstanding_;
  std::int64_t last_accept_ = -1;
  std::deque<std::int64_t> in_flight_;  ///< completion cycles, ascending, the newest `outstanding`
};

/// Passage of data: beats in order, one a cycle. A read's first beat comes `latency` after its address, a write's the
/// cycle after; a read is complete with its last beat, a write with the response, `latency` after it.
class DataChannel final {
 public:
  struct Beats {
    std::int64_t first = 0, last = 0, complete = 0;  ///< cycles
  };
  DataChannel(const MemoryConfig& memory, Direction direction) : memory_(memory), direction_(direction) {}
  /// The beats of a burst whose address was accepted in cycle `accept`; calls come in the order of acceptance.
  Beats schedule(std::int64_t accept, const Burst& burst);

 private:
  MemoryConfig memory_;
  Direction direction_;
  std::int64_t last_beat_ = -1;
};

/// Beats of `bytes_per_cycle` that a burst takes.
std::int64_t beat_count(const Burst& burst, const MemoryConfig& memory);

}  // namespace systoliq::model
