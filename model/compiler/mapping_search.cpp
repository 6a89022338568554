// SPDX-License-Identifier: Apache-2.0
// Layer by layer the best few states are kept: which tensors are on chip decides what the layers behind cost. Every
// step is a group of layers in the tiles, slices and order that cost least; equal groups are costed once. How much of a
// group's first loads the group before hides only the whole plan shows: the search is made for all and for nothing, and
// the better plan is taken.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "model/compiler/group_cost.h"
#include "model/compiler/group_key.h"
#include "types/util/cancellation.h"
#include "types/util/index.h"

namespace systoliq::model {
namespace {

constexpr int kLongestGroup = 8;        ///< layers of a group
constexpr std::size_t kStates = 4;      ///< kept behind each layer, beside the one with the fewest tensors on chip
constexpr std::size_t kTried = 12;      ///< mappings of a group that are costed exactly
constexpr std::int64_t kWorth = 256;    ///< a mapping is tried that may save more than one part of so many
constexpr std::int64_t kTraffic = 128;  ///< less traffic is worth one part of so many of the cycles

class MappingSearch final {
 public:
  MappingSearch(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
                const AcceleratorConfig& config, const std::vector<LayerImage>& images)
      : lowered_layers_(lowered_layers),
        network_(network),
        config_(config),
        rules_(lowered_layers, network, config),
        costs_(lowered_layers, network, config, images),
        keys_(lowered_layers, network),
        behind_(lowered_layers.size() + 1) {}

  Plan run() {
    Plan hiding = plan(true);
    Plan showing = plan(false);
    return costs_.whole(showing) < costs_.whole(hiding) ? showing : hiding;
  }

 private:
  /// `hides`: a group hides the first loads of the next one.
  Plan plan(bool hides) {
    hides_ = hides;
    best_.clear();
    for (std::vector<Reached>& states : behind_) states.clear();
    behind_[0].push_back({rules_.start(), {}, {}});
    for (std::size_t next = 0; next + 1 < behind_.size(); ++next) {
      throw_if_canceled();
      keep_best(&behind_[next]);
      for (const Reached& reached : behind_[next]) extend(reached);
      if (!behind_[next].empty() && nothing_behind(next)) refuse(behind_[next].front());
    }
    keep_best(&behind_.back());
    return behind_.back().front().state.plan;
  }

  /// Everything before a layer, and what it costs; `expected` adds what its tensors in memory will cost at least.
  struct Reached {
    PlanState state;
    GroupCost cost, expected;
  };
  struct Mapped {
    Group group;  ///< with its tiles
    GroupCost cost;
  };

  void extend(const Reached& reached) {
    const int longest = rules_.longest_group(reached.state, kLongestGroup);
    for (int count = 1; count <= longest; ++count) {
      for (const bool resident : {true, false}) {
        const std::optional<OpenGroup> open = rules_.open(reached.state, count, resident);
        if (!open) continue;
        const std::optional<Mapped> mapped = best_of(*open);
        if (mapped) add(reached, *open, *mapped);
      }
    }
  }

  void add(const Reached& reached, OpenGroup open, const Mapped& mapped) {
    const std::int64_t workspace = open.group.workspace;
    const int first = open.group.first;
    open.group = mapped.group;
    open.group.workspace = workspace;
    open.group.first = first;
    Reached next;
    next.state = rules_.close(open);
    next.cost = {reached.cost.cycles + mapped.cost.cycles, reached.cost.bytes + mapped.cost.bytes};
    next.expected = next.cost;
    next.expected.cycles += rules_.pending_bytes(next.state) / config_.memory.bytes_per_cycle;
    nth(behind_, next.state.next).push_back(std::move(next));
  }

  /// Of states with the same tensors on chip the cheapest, of all those the best few, and the one that leaves most
  /// room.
  static void keep_best(std::vector<Reached>* states) {
    std::stable_sort(states->begin(), states->end(),
                     [](const Reached& a, const Reached& b) { return a.expected < b.expected; });
    std::vector<Reached> kept;
    std::size_t fewest = std::numeric_limits<std::size_t>::max();
    for (const Reached& state : *states) fewest = std::min(fewest, state.state.residents.size());
    bool has_fewest = false;
    for (Reached& state : *states) {
      const bool known = std::any_of(kept.begin(), kept.end(),
                                     [&](const Reached& k) { return k.state.residents == state.state.residents; });
      const bool least = state.state.residents.size() == fewest;
      if (known || (kept.size() >= kStates && !(least && !has_fewest))) continue;
      has_fewest = has_fewest || least;
      kept.push_back(std::move(state));
    }
    *states = std::move(kept);
  }

  bool nothing_behind(std::size_t next) const {
    return std::all_of(behind_.begin() + static_cast<std::ptrdiff_t>(next) + 1, behind_.end(),
                       [](const std::vector<Reached>& states) { return states.empty(); });
  }

  /// The layers and the room decide, not their place in the network.
  std::optional<Mapped> best_of(const OpenGroup& open) {
    const std::string key = keys_.of(open);
    const std::pair<std::string, std::int64_t> with_room = {key, open.words};
    const auto known = best_.find(with_room);
    if (known != best_.end()) return known->second;
    return best_[with_room] = search(open, key);
  }

  /// The same tiles cost the same in any room.
  GroupCost cost_of(const OpenGroup& mapped, const std::string& key) {
    const Group& g = mapped.group;
    std::string tiles = key + "#";
    for (const std::int64_t value :
         {g.tile_height, g.tile_width, g.slice_blocks, std::int64_t{g.whole_copies}, std::int64_t{g.sliced_copies},
          std::int64_t{g.accumulator_parts}, static_cast<std::int64_t>(g.order)}) {
      tiles += std::to_string(value) + ",";
    }
    const auto known = exact_.find(tiles);
    GroupCost cost = known != exact_.end() ? known->second : (exact_[tiles] = costs_.exact(mapped));
    if (hides_) cost.cycles -= cost.hidden;
    return cost;
  }

  struct Tried {
    Group group;
    CostBound bound;
  };

  std::optional<Mapped> search(const OpenGroup& open, const std::string& key) {
    std::vector<Tried> tried = candidates(open);
    std::stable_sort(tried.begin(), tried.end(),
                     [](const Tried& a, const Tried& b) { return a.bound.estimate < b.bound.estimate; });
    std::vector<Mapped> costed;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const Tried& t : tried) {
      if (costed.size() == kTried) break;
      if (!costed.empty() && t.bound.least + least / kWorth >= least) continue;
      OpenGroup mapped = open;
      mapped.group = t.group;
      costed.push_back({t.group, cost_of(mapped, key)});
      least = std::min(least, costed.back().cost.cycles);
    }
    return cheapest(costed, least);
  }

  /// The least traffic of those that take hardly more than the fewest cycles.
  static std::optional<Mapped> cheapest(const std::vector<Mapped>& costed, std::int64_t least) {
    std::optional<Mapped> best;
    for (const Mapped& each : costed) {
      if (each.cost.cycles > least + least / kTraffic) continue;
      if (!best || std::tie(each.cost.bytes, each.cost.cycles) < std::tie(best->cost.bytes, best->cost.cycles))
        best = each;
    }
    return best;
  }

  std::vector<Tried> candidates(const OpenGroup& open) const {
    const LayoutSource source = rules_.source(open.state);
    const Shape& shape = rules_.output_of(open.group).shape;
    std::vector<Tried> all;
    const auto add = [&](std::int64_t height, std::int64_t width) {
      add_shapes(open, tile_extents(source, open.group, height, width), &all);
    };
    for (const std::int64_t height : lengths_of(shape[2], 1)) add(height, shape[3]);
    for (const std::int64_t width : lengths_of(shape[3], 2)) {
      if (width < shape[3]) add(1, width);
    }
    return all;
  }

  void add_shapes(const OpenGroup& open, const TileExtents& extents, std::vector<Tried>* all) const {
    const LayoutSource source = rules_.source(open.state);
    const std::int64_t blocks = blocks_of(rules_.output_of(open.group), config_);
    const std::int64_t unit = slice_unit(source, open.group);
    std::vector<std::int64_t> slices = {blocks};
    for (const std::int64_t units : lengths_of((blocks + unit - 1) / unit, 2)) {
      if (units * unit < blocks) slices.push_back(units * unit);
    }
    for (const std::int64_t slice : slices) {
      for (const int copies : {2, 1}) {
        Group group = open.group;
        if (!set_tile(source, extents, {extents.height, extents.width, slice, copies}, open.words, &group)) continue;
        add_orders(open, extents, slice < blocks, group, all);
        break;
      }
    }
  }

  void add_orders(const OpenGroup& open, const TileExtents& extents, bool sliced, Group group,
                  std::vector<Tried>* all) const {
    const bool reloads = sliced && extents.tiles > 1 && !costs_.weights_stay(group);
    for (const LoopOrder order : {LoopOrder::kPixelsOuter, LoopOrder::kChannelsOuter}) {
      if (order == LoopOrder::kChannelsOuter && !reloads) continue;
      for (const int parts : {2, 1}) {
        if (parts == 1 && !costs_.parts_matter(group, extents)) continue;
        group.order = order;
        group.accumulator_parts = parts;
        OpenGroup mapped = open;
        mapped.group = group;
        all->push_back({group, costs_.bound(mapped, extents)});
      }
    }
  }

  [[noreturn]] void refuse(const Reached& reached) const {
    const OpenGroup open = *rules_.open(reached.state, 1, false);
    const LayoutSource source = rules_.source(open.state);
    const std::int64_t words = least_words(source, open.group);
    const std::int64_t bits = words * config_.array.rows * config_.datatypes.activation_bits;
    throw InputError("layer '" + nth(network_.layers, nth(lowered_layers_, open.group.first).layer).name +
                     "': its smallest tile needs " + std::to_string(words) +
                     " words of the activation buffer; the smallest that holds them is buffers.activation_kib = " +
                     std::to_string((bits + 8191) / 8192));
  }

  const std::vector<LoweredLayer>& lowered_layers_;
  const QuantizedNetwork& network_;
  const AcceleratorConfig& config_;
  PlanRules rules_;
  GroupCosts costs_;
  GroupKeys keys_;
  bool hides_ = true;
  std::map<std::pair<std::string, std::int64_t>, std::optional<Mapped>> best_;  ///< by layers and room
  std::unordered_map<std::string, GroupCost> exact_;                            ///< by layers and tiles
  std::vector<std::vector<Reached>> behind_;                                    ///< by the next layer
};

}  // namespace

Plan make_plan(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
               const AcceleratorConfig& config, const std::vector<LayerImage>& images) {
  return MappingSearch(lowered_layers, network, config, images).run();
}

}  // namespace systoliq::model
