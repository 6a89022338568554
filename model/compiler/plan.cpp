// SPDX-License-Identifier: Apache-2.0
// Greedy, layer by layer; when a layer does not fit beside the tensors kept on chip, the largest of them is sent to
// memory and planning starts again.
#include "model/compiler/plan.h"

#include <algorithm>
#include <optional>
#include <set>

#include "model/compiler/tile_choice.h"
#include "types/util/index.h"

namespace systoliq::model {
namespace {

using Home = TensorPlan::Home;

constexpr std::int64_t kStreamedTiles = 4;     ///< so that loading, computing and storing overlap within a layer
constexpr std::int64_t kReservedFraction = 4;  ///< of the buffer stays free for tiles when a tensor is made resident
constexpr int kLongestGroup = 128;             ///< of layers: choosing tiles takes time quadratic in it

struct Interval {
  std::int64_t first = 0, words = 0;
};

class Planner final {
 public:
  Planner(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
          const AcceleratorConfig& config)
      : lowered_layers_(lowered_layers), network_(network), config_(config), readers_(network.tensors.size()) {
    for (std::size_t i = 0; i < lowered_layers.size(); ++i) {
      for (const int input : lowered_layers[i].inputs) nth(readers_, input).push_back(static_cast<int>(i));
    }
  }

  Plan run() {
    while (!plan_once()) {
    }
    return std::move(plan_);
  }

 private:
  const QuantizedTensor& tensor(int index) const { return nth(network_.tensors, index); }
  TensorPlan& plan_of(int index) { return nth(plan_.tensors, index); }

  bool is_network_output(int index) const {
    return std::find(network_.outputs.begin(), network_.outputs.end(), index) != network_.outputs.end();
  }

  std::int64_t words_of(int index) const {
    const Shape& shape = tensor(index).shape;
    return shape[2] * shape[3] * blocks_of(tensor(index), config_);
  }

  /// False: a resident tensor was sent to memory, plan again.
  bool plan_once() {
    plan_ = {};
    plan_.tensors.resize(network_.tensors.size());
    residents_.clear();
    for (int lowered = 0; lowered < static_cast<int>(lowered_layers_.size());) {
      release_before(lowered);
      Group group;
      group.first = lowered;
      if (!plan_group(&group)) return false;
      plan_.groups.push_back(group);
      lowered += group.count;
    }
    return true;
  }

  void release_before(int lowered) {
    residents_.erase(
        std::remove_if(residents_.begin(), residents_.end(), [&](int t) { return nth(readers_, t).back() < lowered; }),
        residents_.end());
  }

  bool plan_group(Group* group) {
    while (true) {
      const int output = nth(lowered_layers_, group->first + group->count - 1).output;
      if (overlaps_well(*group) && extend(output, group)) continue;
      if (make_resident(output, group)) return true;
      if (extend(output, group)) continue;
      plan_of(output).home = Home::kMemory;
      if (choose_tile(group, largest_gap())) return true;
      return evict(*group);
    }
  }

  std::vector<Interval> gaps() {
    std::vector<Interval> taken;
    for (const int t : residents_) taken.push_back({plan_of(t).address, words_of(t)});
    std::sort(taken.begin(), taken.end(), [](const Interval& a, const Interval& b) { return a.first < b.first; });
    std::vector<Interval> free;
    std::int64_t next = 0;
    taken.push_back({config_.activation_words(), 0});
    for (const Interval& t : taken) {
      if (t.first > next) free.push_back({next, t.first - next});
      next = t.first + t.words;
    }
    return free;
  }

  Interval largest_gap() {
    Interval best;
    for (const Interval& gap : gaps()) {
      if (gap.words > best.words) best = gap;
    }
    return best;
  }

  /// Places the tensor so that the largest gap left is as large as possible, if the group can still run.
  bool make_resident(int index, Group* group) {
    const std::vector<int>& readers = nth(readers_, index);
    const std::int64_t words = words_of(index);
    if (readers.empty() || in_memory_.count(index) != 0) return false;
    std::optional<std::int64_t> place;
    std::int64_t largest_left = -1;
    residents_.push_back(index);
    plan_of(index).home = Home::kResident;
    for (const Interval& gap : gaps_without(index)) {
      if (gap.words < words) continue;
      for (const std::int64_t address : {gap.first, gap.first + gap.words - words}) {
        plan_of(index).address = address;
        if (largest_gap().words <= largest_left) continue;
        largest_left = largest_gap().words;
        place = address;
      }
    }
    if (place && largest_left * kReservedFraction >= config_.activation_words()) {
      plan_of(index).address = *place;
      if (choose_tile(group, largest_gap())) return true;
    }
    residents_.pop_back();
    plan_of(index) = {};
    return false;
  }

  std::vector<Interval> gaps_without(int index) {
    residents_.pop_back();
    std::vector<Interval> free = gaps();
    residents_.push_back(index);
    return free;
  }

  /// Tile by tile the next layer's post-processing runs beside the array. It costs nothing if its tiles share no input
  /// and the weights are not loaded again for each.
  bool overlaps_well(const Group& group) const {
    const auto next = static_cast<std::size_t>(group.first + group.count);
    if (next >= lowered_layers_.size() || nth(lowered_layers_, group.first).convolutions.empty()) return false;
    const Window& w = lowered_layers_[next].window;
    return w.kernel_height <= w.stride_height && w.kernel_width <= w.stride_width && weights_stay(group);
  }

  /// Fuses the next layer if it post-processes just this tensor and nobody else reads it.
  bool extend(int output, Group* group) {
    const auto next = static_cast<std::size_t>(group->first + group->count);
    if (group->count >= kLongestGroup) return false;
    if (next >= lowered_layers_.size() || !lowered_layers_[next].convolutions.empty()) return false;
    const std::vector<int>& readers = nth(readers_, output);
    // A pixel that repeats over the image would be computed again for each of its tiles.
    if (repeats_pixel(static_cast<PostOp>(lowered_layers_[next].post.op)) &&
        lowered_layers_[next].inputs.back() == output) {
      return false;
    }
    if (readers.size() != 1 || readers[0] != static_cast<int>(next) || is_network_output(output)) return false;
    plan_of(output).home = Home::kStaged;
    Group longer = *group;
    ++longer.count;
    if (choose_tile(&longer, largest_gap())) {
      *group = longer;
      return true;
    }
    plan_of(output) = {};
    return false;
  }

  bool evict(const Group& group) {
    if (residents_.empty()) refuse(group);
    in_memory_.insert(*std::max_element(residents_.begin(), residents_.end(),
                                        [&](int a, int b) { return words_of(a) < words_of(b); }));
    return false;
  }

  [[noreturn]] void refuse(const Group& group) {
    const LoweredLayer& last = nth(lowered_layers_, group.first + group.count - 1);
    const std::int64_t words = least_words(source(), group);
    const std::int64_t bits = words * config_.array.rows * config_.datatypes.activation_bits;
    throw InputError("layer '" + nth(network_.layers, last.layer).name + "': its smallest tile needs " +
                     std::to_string(words) +
                     " words of the activation buffer; the smallest that holds them is buffers.activation_kib = " +
                     std::to_string((bits + 8191) / 8192));
  }

  bool weights_stay(const Group& group) const {
    std::int64_t words = 0;
    for (int i = group.first; i < group.first + group.count; ++i) {
      for (const Convolution& c : nth(lowered_layers_, i).convolutions) {
        const std::int64_t columns = (c.channels + config_.array.cols - 1) / config_.array.cols;
        words += c.weights == nullptr ? columns * config_.array.rows
                                      : columns * element_count(c.weights->shape) / c.weights->shape[0];
      }
    }
    return words <= config_.weight_words();
  }

  bool choose_tile(Group* group, const Interval& gap) {
    const Shape& shape = tensor(nth(lowered_layers_, group->first + group->count - 1).output).shape;
    group->workspace = gap.first;
    const std::int64_t all = blocks_of(tensor(nth(lowered_layers_, group->first + group->count - 1).output), config_);
    if (set_tile(source(), {shape[2], shape[3], all, 1}, 0, group)) return true;
    const std::int64_t least = weights_stay(*group) ? kStreamedTiles : 1;
    return model::choose_tile(source(), tile_shapes(source(), *group, least, residents_.empty()), gap.words, group);
  }

  LayoutSource source() const { return {lowered_layers_, plan_.tensors, network_, config_}; }

  const std::vector<LoweredLayer>& lowered_layers_;
  const QuantizedNetwork& network_;
  const AcceleratorConfig& config_;
  std::vector<std::vector<int>> readers_;  ///< layers that read a tensor, ascending
  std::set<int> in_memory_;                ///< tensors that may not be resident
  std::vector<int> residents_;             ///< live at the layer being planned
  Plan plan_;
};

}  // namespace

Plan make_plan(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
               const AcceleratorConfig& config) {
  return Planner(lowered_layers, network, config).run();
}

}  // namespace systoliq::model
