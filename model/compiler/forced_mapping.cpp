// SPDX-License-Identifier: Apache-2.0
// Group by group, as the search would have chosen it.
#include "model/compiler/forced_mapping.h"

#include <algorithm>
#include <optional>

#include "model/compiler/plan_state.h"
#include "types/util/index.h"

namespace systoliq::model {
namespace {

std::int64_t divided_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

class ForcedMapping final {
 public:
  ForcedMapping(const Mapping& mapping, const std::vector<LoweredLayer>& lowered_layers,
                const QuantizedNetwork& network, const AcceleratorConfig& config)
      : mapping_(mapping),
        lowered_layers_(lowered_layers),
        network_(network),
        config_(config),
        rules_(lowered_layers, network, config) {}

  Plan run() {
    PlanState state = rules_.start();
    for (const MappedGroup& group : mapping_.groups) {
      if (state.next == static_cast<int>(lowered_layers_.size())) refuse(group, "follows the last layer");
      state = with(state, group);
    }
    if (state.next < static_cast<int>(lowered_layers_.size())) {
      throw InputError("mapping: layer '" + name_of(state.next) + "' is in no group; every layer must be in one");
    }
    return state.plan;
  }

 private:
  const std::string& name_of(int lowered) const {
    return nth(network_.layers, nth(lowered_layers_, lowered).layer).name;
  }

  [[noreturn]] static void refuse(const MappedGroup& group, const std::string& what) {
    throw InputError("mapping: group of layer '" + (group.layers.empty() ? "" : group.layers.front()) + "' " + what);
  }

  static void check_range(const MappedGroup& group, const std::string& key, std::int64_t value, std::int64_t most) {
    if (value >= 1 && value <= most) return;
    refuse(group, "has " + key + " = " + std::to_string(value) + "; accepted: 1 to " + std::to_string(most));
  }

  void check_layers(const PlanState& state, const MappedGroup& group) const {
    const auto count = static_cast<int>(group.layers.size());
    if (count == 0) refuse(group, "has no layer");
    for (int i = 0; i < count; ++i) {
      const int layer = state.next + i;
      const bool more = layer < static_cast<int>(lowered_layers_.size());
      if (more && nth(group.layers, i) == name_of(layer)) continue;
      refuse(group, "names '" + nth(group.layers, i) + "' where " +
                        (more ? "layer '" + name_of(layer) + "' comes" : "the network has no further layer"));
    }
    const int longest = rules_.longest_group(state, count);
    if (longest < count) {
      refuse(group, "joins '" + nth(group.layers, longest) +
                        "', which does more than post-process what only the layer before hands on");
    }
  }

  PlanState with(const PlanState& state, const MappedGroup& mapped) const {
    check_layers(state, mapped);
    std::optional<OpenGroup> open = rules_.open(state, static_cast<int>(mapped.layers.size()), mapped.on_chip);
    if (!open) refuse(mapped, "keeps its output on chip, where nobody reads it or where it does not fit");
    const LayoutSource source = rules_.source(open->state);
    const Shape& shape = rules_.output_of(open->group).shape;
    check_range(mapped, "tile height", mapped.tile_height, shape[2]);
    check_range(mapped, "tile width", mapped.tile_width, shape[3]);
    check_range(mapped, "channels", mapped.channels, shape[1]);
    check_range(mapped, "copies", mapped.copies, 2);
    check_range(mapped, "accumulator_parts", mapped.accumulator_parts, 2);
    const std::int64_t unit = slice_unit(source, open->group);
    const std::int64_t blocks = blocks_of(rules_.output_of(open->group), config_);
    const std::int64_t slice = divided_up(mapped.channels, config_.array.rows);
    if (mapped.channels < shape[1] && (mapped.channels % config_.array.rows != 0 || slice % unit != 0)) {
      refuse(mapped, "has channels = " + std::to_string(mapped.channels) + "; accepted: " + std::to_string(shape[1]) +
                         (unit < blocks ? ", or multiples of " + std::to_string(unit * config_.array.rows) : ""));
    }
    const TileShape tile = {mapped.tile_height, mapped.tile_width, slice, mapped.copies};
    const TileExtents extents = tile_extents(source, open->group, tile.height, tile.width);
    Group group = open->group;
    if (!set_tile(source, extents, tile, open->words, &group)) {
      set_tile(source, extents, tile, INT64_MAX, &group);
      refuse(mapped, "needs " + std::to_string(workspace_words(group)) +
                         " words of the activation buffer beside what is on chip; " + std::to_string(open->words) +
                         " are free");
    }
    group.order = mapped.outer;
    group.accumulator_parts = mapped.accumulator_parts;
    open->group = group;
    return rules_.close(*open);
  }

  const Mapping& mapping_;
  const std::vector<LoweredLayer>& lowered_layers_;
  const QuantizedNetwork& network_;
  const AcceleratorConfig& config_;
  PlanRules rules_;
};

}  // namespace

Mapping mapping_of(const Plan& plan, const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
                   const AcceleratorConfig& config) {
  Mapping mapping;
  for (const Group& group : plan.groups) {
    MappedGroup mapped;
    for (int i = group.first; i < group.first + group.count; ++i)
      mapped.layers.push_back(nth(network.layers, nth(lowered_layers, i).layer).name);
    const int output = nth(lowered_layers, group.first + group.count - 1).output;
    mapped.on_chip = nth(plan.tensors, output).home == TensorPlan::Home::kResident;
    mapped.tile_height = group.tile_height;
    mapped.tile_width = group.tile_width;
    mapped.channels = std::min(group.slice_blocks * config.array.rows, nth(network.tensors, output).shape[1]);
    mapped.outer = group.order;
    mapped.copies = std::max(group.whole_copies, group.sliced_copies);
    mapped.accumulator_parts = group.accumulator_parts;
    mapping.groups.push_back(mapped);
  }
  return mapping;
}

Plan plan_of(const Mapping& mapping, const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
             const AcceleratorConfig& config) {
  return ForcedMapping(mapping, lowered_layers, network, config).run();
}

}  // namespace systoliq::model
