// SPDX-License-Identifier: Apache-2.0
// What a mapping of a group costs: by the timing rules, and before that by bounds and an estimate.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "model/compiler/layer_image.h"
#include "model/compiler/plan_state.h"
#include "model/replay/replay.h"

namespace systoliq::model {

/// Less is better: cycles first, then bytes between the machine and its memory.
struct GroupCost {
  std::int64_t cycles = 0, bytes = 0;
  /// Of the cycles, those before the group's first work, while it loads weights and params: the group before may hide
  /// them, where it leaves the memory port time.
  std::int64_t hidden = 0;
  friend bool operator<(const GroupCost& a, const GroupCost& b) {
    return std::tie(a.cycles, a.bytes) < std::tie(b.cycles, b.bytes);
  }
};

/// Before a command is written.
struct CostBound {
  std::int64_t least = 0;     ///< cycles; no schedule of the group takes less
  std::int64_t estimate = 0;  ///< cycles, for the order in which mappings are tried
};

class GroupCosts final {
 public:
  GroupCosts(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
             const AcceleratorConfig& config, const std::vector<LayerImage>& images);

  /// `open` with its tiles set to those of `extents`.
  CostBound bound(const OpenGroup& open, const TileExtents& extents) const;
  /// The weights of all slices fit the weight buffer together.
  bool weights_stay(const Group& group) const;
  /// One part of all accumulators cuts the tiles into fewer pieces than two halves do.
  bool parts_matter(const Group& group, const TileExtents& extents) const;
  /// The group's commands on a machine at rest, whose buffers hold what is resident and no weights.
  GroupCost exact(const OpenGroup& open) const;
  /// The commands of all groups.
  GroupCost whole(const Plan& plan) const { return cost_of(plan, plan.groups); }

 private:
  /// One block of output channels of a convolution.
  struct Block {
    std::int64_t pixels = 0;             ///< of the convolution's outputs
    std::int64_t passes = 0, lanes = 0;  ///< lanes: of all passes together
    std::int64_t words = 0, bytes = 0;   ///< of its weights
    std::int64_t channels = 0;
  };
  struct Work;
  GroupCost cost_of(Plan plan, const std::vector<Group>& groups) const;
  const std::vector<Block>& blocks_of_convolutions(const Group& group) const;
  Work work_of(const OpenGroup& open, const TileExtents& extents) const;
  std::int64_t tensor_bytes(int tensor) const;
  void add_posts(const OpenGroup& open, Work* work) const;
  void add_arrays(const OpenGroup& open, const TileExtents& extents, Work* work) const;
  void add_transfers(const OpenGroup& open, const TileExtents& extents, Work* work) const;

  const std::vector<LoweredLayer>& lowered_layers_;
  const QuantizedNetwork& network_;
  const AcceleratorConfig& config_;
  const std::vector<LayerImage>& images_;
  mutable std::map<int, std::vector<Block>> blocks_;  ///< by layer
  mutable Replayer replayer_;
};

}  // namespace systoliq::model
