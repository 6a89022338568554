// SPDX-License-Identifier: Apache-2.0
// Recording and splitting of segments.
#include "model/accounting/activity.h"

#include <algorithm>

#include "types/error.h"

namespace systoliq::model {
namespace {

using Kind = Segment::Kind;

std::int64_t ideal_before(const Segment& segment, std::int64_t cycle) {
  return segment.ideal * (cycle - segment.start) / (segment.end - segment.start);
}

void add_piece(const Segment& segment, std::int64_t from, std::int64_t to, EngineCycles* engine, LayerCounters* layer) {
  const std::int64_t cycles = to - from;
  if (segment.kind == Kind::kStall) {
    engine->stall[static_cast<std::size_t>(segment.cause)] += cycles;
    return;
  }
  engine->busy += cycles;
  if (segment.kind == Kind::kFill) layer->fill_cycles += cycles;
  if (segment.kind == Kind::kDrain) layer->drain_cycles += cycles;
  if (segment.kind == Kind::kStream) {
    const std::int64_t ideal = ideal_before(segment, to) - ideal_before(segment, from);
    layer->ideal_cycles += ideal;
    layer->tile_underutilization_cycles += cycles - ideal;
  }
}

}  // namespace

void Activity::append(Segment segment) {
  if (segment.start == segment.end) return;
  check(segment.start >= end() && segment.end > segment.start, "activity segments overlap");
  segments_.push_back(segment);
}

void Activity::stall(std::int64_t start, std::int64_t end, StallCause cause) {
  append({Kind::kStall, start, end, cause, 0});
}

void Activity::busy(std::int64_t start, std::int64_t end) { append({Kind::kBusy, start, end, StallCause::kOther, 0}); }

void Activity::extend(Kind kind, std::int64_t from, std::int64_t to, StallCause cause) {
  from = std::max(from, end());
  if (from < to) append({kind, from, to, cause, 0});
}

void Activity::execute(std::int64_t visible, const ExecuteTimes& times, std::int64_t ideal, StallCause start_cause,
                       StallCause stream_cause) {
  extend(Kind::kDrain, 0, std::min(drain_end_, times.start));
  extend(Kind::kStall, visible, times.start, start_cause);
  extend(Kind::kFill, times.start, std::min(times.filled, times.stream));
  extend(Kind::kDrain, 0, std::min(drain_end_, times.stream));
  extend(Kind::kStall, times.filled, times.stream, stream_cause);
  append({Kind::kStream, times.stream, times.stream_end, StallCause::kOther, ideal});
  drain_end_ = times.end;
}

void attribute(const Activity& activity, Engine engine, const std::vector<std::int64_t>& layer_ends,
               std::vector<LayerCounters>* layers) {
  std::size_t next = 0;
  std::int64_t layer_start = 0;
  for (std::size_t i = 0; i < layer_ends.size(); ++i) {
    LayerCounters& layer = (*layers)[i];
    EngineCycles& cycles = layer.engines[static_cast<std::size_t>(engine)];
    std::int64_t covered = 0;
    while (next < activity.segments().size() && activity.segments()[next].start < layer_ends[i]) {
      const Segment& segment = activity.segments()[next];
      const std::int64_t from = std::max(segment.start, layer_start);
      const std::int64_t to = std::min(segment.end, layer_ends[i]);
      add_piece(segment, from, to, &cycles, &layer);
      covered += to - from;
      if (segment.end > layer_ends[i]) break;
      ++next;
    }
    cycles.idle += layer_ends[i] - layer_start - covered;
    layer_start = layer_ends[i];
  }
  check(next == activity.segments().size(), "activity after the end of the run");
}

}  // namespace systoliq::model
