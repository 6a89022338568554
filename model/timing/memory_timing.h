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

/// The bursts of one LOAD or STORE: each row's words, rows merged where they are contiguous in memory.
std::vector<Burst> load_bursts(const Load& load, int word_bytes, const MemoryConfig& memory);
std::vector<Burst> store_bursts(const Store& store, const MemoryConfig& memory);

/// One direction of the port. Bursts are accepted one a cycle while fewer than `outstanding` are in flight; beats pass in
/// order, one a cycle. Reads: first beat `latency` after acceptance, in flight until the last beat. Writes: first beat the
/// cycle after acceptance, in flight until the response, `latency` after the last beat.
class MemoryChannel final {
 public:
  enum class Direction { kRead, kWrite };
  struct Beats {
    std::int64_t first = 0, last = 0, complete = 0;  ///< cycles; complete = response (writes) or last beat (reads)
  };

  MemoryChannel(const MemoryConfig& memory, Direction direction) : memory_(memory), direction_(direction) {}

  /// Earliest cycle >= now at which an address would be accepted.
  std::int64_t next_accept(std::int64_t now) const;
  /// Accepts a burst at `now`, which must be next_accept(now).
  Beats accept(std::int64_t now, const Burst& burst);

 private:
  MemoryConfig memory_;
  Direction direction_;
  std::int64_t last_accept_ = -1, last_beat_ = -1;
  std::deque<std::int64_t> in_flight_;  ///< completion cycles, ascending, at most `outstanding` of the newest
};

}  // namespace systoliq::model
