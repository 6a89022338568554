// SPDX-License-Identifier: Apache-2.0
// What each engine did in every cycle, and its exact division among the layers.
#pragma once

#include <vector>

#include "model/accounting/counters.h"
#include "model/timing/compute_timing.h"

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
  void clear() { segments_.clear(); }
  void stall(std::int64_t start, std::int64_t end, StallCause cause);
  void busy(std::int64_t start, std::int64_t end);
  void execute(std::int64_t start, const ExecuteTiming& timing);
  std::int64_t end() const { return segments_.empty() ? 0 : segments_.back().end; }
  const std::vector<Segment>& segments() const { return segments_; }

 private:
  void append(Segment segment);
  std::vector<Segment> segments_;
};

/// Splits an engine's segments at the layers' ends (ascending; the last is the end of the run) into `layers`. A stream
/// cut in two gives each part its share of ideal cycles, rounded down cumulatively, so that the parts sum to the whole.
void attribute(const Activity& activity, Engine engine, const std::vector<std::int64_t>& layer_ends,
               std::vector<LayerCounters>* layers);

}  // namespace systoliq::model
