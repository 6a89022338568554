// SPDX-License-Identifier: Apache-2.0
// A plan as it grows, group by group: which layers may run together, and where a tensor finds its place.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/compiler/plan.h"
#include "model/compiler/tile_choice.h"

namespace systoliq::model {

/// How the next group runs.
struct GroupChoice {
  int count = 1;          ///< layers
  bool resident = false;  ///< its output stays on chip
  TileShape shape;
  LoopOrder order = LoopOrder::kPixelsOuter;
  int accumulator_parts = 2;
};

/// The plan of the layers before `next`.
struct PlanState {
  Plan plan;
  std::vector<int> residents;  ///< tensors on chip that a layer from `next` on reads
  int next = 0;
};

/// The next group without its tiles, and the room that they have.
struct OpenGroup {
  PlanState state;  ///< homes of its tensors are set
  Group group;
  std::int64_t words = 0;  ///< of the largest gap, where its workspace begins
};

class PlanRules final {
 public:
  PlanRules(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
            const AcceleratorConfig& config);

  PlanState start() const;
  LayoutSource source(const PlanState& state) const;
  /// Layers from the next one on that can run tile by tile together, at least 1, at most `most`: each further one
  /// post-processes just what the one before hands on.
  int longest_group(const PlanState& state, int most) const;
  /// The next `count` layers as a group; nullopt where its output finds no place on chip.
  std::optional<OpenGroup> open(const PlanState& state, int count, bool resident) const;
  /// The state behind the group, whose tiles are set.
  PlanState close(const OpenGroup& open) const;
  /// Of tensors in memory that a layer from the next one on reads, each once.
  std::int64_t pending_bytes(const PlanState& state) const;
  const QuantizedTensor& output_of(const Group& group) const;

 private:
  struct Interval {
    std::int64_t first = 0, words = 0;
  };
  std::int64_t words_of(int tensor) const;
  bool is_network_output(int tensor) const;
  bool fuses(int layer) const;
  std::vector<Interval> gaps(const PlanState& state) const;
  Interval largest_gap(const PlanState& state) const;
  bool make_resident(int tensor, PlanState* state) const;

  const std::vector<LoweredLayer>& lowered_layers_;
  const QuantizedNetwork& network_;
  const AcceleratorConfig& config_;
  std::vector<std::vector<int>> readers_;  ///< layers that read a tensor, ascending
};

}  // namespace systoliq::model
