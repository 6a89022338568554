// SPDX-License-Identifier: Apache-2.0
// How EXECUTEs run into one another: the rules of docs/timing.md, for the levels that plan ahead.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "model/timing/compute_timing.h"

namespace systoliq::model {

/// Cycles of one EXECUTE: it starts and fills [start, filled), streams [stream, stream_end), and has ended in `end`.
struct ExecuteTimes {
  std::int64_t start = 0, filled = 0, stream = 0, stream_end = 0, end = 0;
};

/// The EXECUTEs that have begun their stream, in their order. An EXECUTE starts no earlier than
///   - the cycle after the last pass of the one before has begun,
///   - the end of the kExecutesInFlight-th before it, with `alone` of all before it,
/// and its stream begins no earlier than its fill ends, the stream before it ends, and the cycle after that in which it
/// takes the tokens of stream_wait. Output stationary, its first pass lasts until the sums of the EXECUTE before have
/// left.
class ExecuteFlow final {
 public:
  void clear() { *this = {}; }
  std::int64_t start_from(const ExecuteTiming& next) const {
    const std::int64_t place = ends_[count_ % kExecutesInFlight];
    const std::int64_t last = last_.end;
    return std::max({last_pass_ + 1, place, next.alone ? last : 0});
  }
  /// First cycle in which an EXECUTE that starts in `start` may take the tokens of stream_wait.
  std::int64_t take_from(const ExecuteTiming& next, std::int64_t start) const {
    return std::max(start + next.fill, last_.stream_end) - 1;
  }
  /// It takes them in `taken`: its stream begins in the next cycle.
  const ExecuteTimes& begin(const ExecuteTiming& next, std::int64_t start, std::int64_t taken) {
    ExecuteTimes times = {start, start + next.fill, taken + 1, 0, 0};
    const std::int64_t first_pass_end = std::max(times.stream + next.first_pass, last_.stream_end + leaving_);
    times.stream_end = first_pass_end + next.stream - next.first_pass;
    times.end = times.stream_end + next.drain;
    last_pass_ = next.stream == next.first_pass ? times.stream : times.stream_end - next.last_pass;
    leaving_ = next.leaving;
    ends_[count_++ % kExecutesInFlight] = times.end;
    last_ = times;
    return last_;
  }

 private:
  std::size_t count_ = 0;
  std::int64_t last_pass_ = -1, leaving_ = 0;
  std::array<std::int64_t, kExecutesInFlight> ends_{};
  ExecuteTimes last_;
};

}  // namespace systoliq::model
