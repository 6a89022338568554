// SPDX-License-Identifier: Apache-2.0
// What each engine did in every cycle, and its exact division among the layers.
#pragma once

#include <vector>

#include "model/accounting/counters.h"
#include "model/timing/execute_flow.h"

namespace systoliq::model {

/// Cycles [start, end) of one engine. EXECUTE's busy cycles say which part of the closed formula they are.
struct Segment {
  enum class Kind { kBusy, kFill, kStream, kDrain, kStall } kind = Kind::kBusy;
  std::int64_t start = 0, end = 0;
  StallCause cause = StallCause::kOther;  ///< of a stall
  std::int64_t ideal = 0;                 ///< of a stream: its ideal cycles, the rest is tile underutilization
};

/// Non-overlapping segments of one engine in ascending order; what no segment covers is idle.
class Activity final {
 public:
  void clear() { *this = {}; }
  void stall(std::int64_t start, std::int64_t end, StallCause cause);
  void busy(std::int64_t start, std::int64_t end);
  /// The next EXECUTE, which was in the queue from `visible` on. A cycle in which several things happen counts as the
  /// first of: stream, fill, drain, stall. `start_cause` and `stream_cause`: what it waited for last before its start
  /// and before its stream.
  void execute(std::int64_t visible, const ExecuteTimes& times, std::int64_t ideal, StallCause start_cause,
               StallCause stream_cause);
  /// Nothing follows: the last EXECUTE's drain is seen whole.
  void finish() { extend(Segment::Kind::kDrain, 0, drain_end_); }
  std::int64_t end() const { return segments_.empty() ? 0 : segments_.back().end; }
  const std::vector<Segment>& segments() const { return segments_; }

 private:
  void append(Segment segment);
  /// Up to `to`, from where the segments end, but not before `from`.
  void extend(Segment::Kind kind, std::int64_t from, std::int64_t to, StallCause cause = StallCause::kOther);
  std::vector<Segment> segments_;
  std::int64_t drain_end_ = 0;  ///< of the last EXECUTE
};

/// Splits an engine's segments at the layers' ends (ascending; the last is the end of the run) into `layers`. A stream
/// cut in two gives each part its share of ideal cycles, rounded down cumulatively, so that the parts sum to the whole.
void attribute(const Activity& activity, Engine engine, const std::vector<std::int64_t>& layer_ends,
               std::vector<LayerCounters>* layers);

}  // namespace systoliq::model
