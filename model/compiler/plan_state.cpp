// SPDX-License-Identifier: Apache-2.0
// Tensors on chip lie where they leave the largest gap, which is the workspace of the group that runs.
#include "model/compiler/plan_state.h"

#include <algorithm>

#include "types/util/index.h"

namespace systoliq::model {

using Home = TensorPlan::Home;

PlanRules::PlanRules(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
                     const AcceleratorConfig& config)
    : lowered_layers_(lowered_layers), network_(network), config_(config), readers_(network.tensors.size()) {
  for (std::size_t i = 0; i < lowered_layers.size(); ++i) {
    for (const int input : lowered_layers[i].inputs) {
      std::vector<int>& readers = nth(readers_, input);
      if (readers.empty() || readers.back() != static_cast<int>(i)) readers.push_back(static_cast<int>(i));
    }
  }
}

PlanState PlanRules::start() const {
  PlanState state;
  state.plan.tensors.resize(network_.tensors.size());
  return state;
}

LayoutSource PlanRules::source(const PlanState& state) const {
  return {lowered_layers_, state.plan.tensors, network_, config_};
}

const QuantizedTensor& PlanRules::output_of(const Group& group) const {
  return nth(network_.tensors, nth(lowered_layers_, group.first + group.count - 1).output);
}

std::int64_t PlanRules::words_of(int tensor) const {
  const Shape& shape = nth(network_.tensors, tensor).shape;
  return shape[2] * shape[3] * blocks_of(nth(network_.tensors, tensor), config_);
}

bool PlanRules::is_network_output(int tensor) const {
  return std::find(network_.outputs.begin(), network_.outputs.end(), tensor) != network_.outputs.end();
}

std::int64_t PlanRules::pending_bytes(const PlanState& state) const {
  std::int64_t bytes = 0;
  for (int i = 0; i < state.next; ++i) {
    const int output = nth(lowered_layers_, i).output;
    const std::vector<int>& readers = nth(readers_, output);
    if (readers.empty() || readers.back() < state.next || nth(state.plan.tensors, output).home != Home::kMemory)
      continue;
    const QuantizedTensor& tensor = nth(network_.tensors, output);
    bytes += tensor.shape[2] * tensor.shape[3] * ((tensor.shape[1] * tensor.bits + 7) / 8);
  }
  return bytes;
}

/// The layer post-processes just the tensor before it, and nobody else reads that.
bool PlanRules::fuses(int layer) const {
  const LoweredLayer& next = nth(lowered_layers_, layer);
  const int between = nth(lowered_layers_, layer - 1).output;
  if (!next.convolutions.empty() || is_network_output(between)) return false;
  // A pixel that repeats over the image would be computed again for each of its tiles.
  if (repeats_pixel(static_cast<PostOp>(next.post.op)) && next.inputs.back() == between) return false;
  return nth(readers_, between) == std::vector<int>{layer};
}

int PlanRules::longest_group(const PlanState& state, int most) const {
  int count = 1;
  while (count < most && state.next + count < static_cast<int>(lowered_layers_.size()) && fuses(state.next + count))
    ++count;
  return count;
}

std::vector<PlanRules::Interval> PlanRules::gaps(const PlanState& state) const {
  std::vector<Interval> taken;
  for (const int t : state.residents) taken.push_back({nth(state.plan.tensors, t).address, words_of(t)});
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

PlanRules::Interval PlanRules::largest_gap(const PlanState& state) const {
  Interval best;
  for (const Interval& gap : gaps(state)) {
    if (gap.words > best.words) best = gap;
  }
  return best;
}

/// Places the tensor so that the largest gap left is as large as possible.
bool PlanRules::make_resident(int tensor, PlanState* state) const {
  const std::int64_t words = words_of(tensor);
  TensorPlan& plan = nth(state->plan.tensors, tensor);
  const std::vector<Interval> free = gaps(*state);
  std::optional<std::int64_t> place;
  std::int64_t largest_left = -1;
  plan.home = Home::kResident;
  state->residents.push_back(tensor);
  for (const Interval& gap : free) {
    if (gap.words < words) continue;
    for (const std::int64_t address : {gap.first, gap.first + gap.words - words}) {
      plan.address = address;
      const std::int64_t left = largest_gap(*state).words;
      if (left <= largest_left) continue;
      largest_left = left;
      place = address;
    }
  }
  if (place) plan.address = *place;
  return place.has_value();
}

std::optional<OpenGroup> PlanRules::open(const PlanState& state, int count, bool resident) const {
  OpenGroup open;
  open.state = state;
  open.group.first = state.next;
  open.group.count = count;
  for (int i = state.next; i + 1 < state.next + count; ++i)
    nth(open.state.plan.tensors, nth(lowered_layers_, i).output).home = Home::kStaged;
  const int output = nth(lowered_layers_, state.next + count - 1).output;
  if (resident && (nth(readers_, output).empty() || !make_resident(output, &open.state))) return std::nullopt;
  const Interval gap = largest_gap(open.state);
  open.group.workspace = gap.first;
  open.words = gap.words;
  return open;
}

PlanState PlanRules::close(const OpenGroup& open) const {
  PlanState state = open.state;
  state.plan.groups.push_back(open.group);
  state.next = open.group.first + open.group.count;
  state.residents.erase(std::remove_if(state.residents.begin(), state.residents.end(),
                                       [&](int t) { return nth(readers_, t).back() < state.next; }),
                        state.residents.end());
  return state;
}

}  // namespace systoliq::model
