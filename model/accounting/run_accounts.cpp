// SPDX-License-Identifier: Apache-2.0
// Ends of commands and layers, and the closing of a run's counters.
#include "model/accounting/run_accounts.h"

#include <algorithm>
#include <string>

#include "model/isa/isa_bound.h"
#include "types/error.h"

namespace systoliq::model {

void RunAccounts::clear(std::size_t layers) {
  layers_.assign(std::max<std::size_t>(layers, 1), {});
  for (Activity& activity : activities_) activity.clear();
  command_end_cycle_.clear();
  command_layer_.clear();
  engine_end_of_layer_.assign(layers_.size(), 0);
  start_of_layer_.assign(layers_.size(), kNever);
  in_flight_ = 0;
}

LayerCounters& RunAccounts::layer(std::int32_t index) {
  if (index < 0 || index > kLayerMax) throw InternalError("a command of layer " + std::to_string(index));
  if (static_cast<std::size_t>(index) >= layers_.size()) {
    layers_.resize(static_cast<std::size_t>(index) + 1);
    engine_end_of_layer_.resize(layers_.size(), 0);
    start_of_layer_.resize(layers_.size(), kNever);
  }
  return layers_[static_cast<std::size_t>(index)];
}

int RunAccounts::dispatched(std::int32_t layer_index) {
  layer(layer_index);
  command_end_cycle_.push_back(0);
  command_layer_.push_back(layer_index);
  ++in_flight_;
  return static_cast<int>(command_end_cycle_.size()) - 1;
}

void RunAccounts::started(int index, std::int64_t cycle) {
  std::int64_t& start = start_of_layer_[static_cast<std::size_t>(command_layer_[static_cast<std::size_t>(index)])];
  start = std::min(start, cycle);
}

void RunAccounts::ended(int index, std::int64_t cycle) {
  const std::size_t command = static_cast<std::size_t>(index);
  command_end_cycle_[command] = cycle;
  std::int64_t& layer_end = engine_end_of_layer_[static_cast<std::size_t>(command_layer_[command])];
  layer_end = std::max(layer_end, cycle);
  --in_flight_;
}

void RunAccounts::executed_by_decoder(std::int32_t layer_index, std::int64_t cycle) {
  layer(layer_index);
  command_end_cycle_.push_back(cycle + 1);
  command_layer_.push_back(layer_index);
}

std::vector<std::int64_t> RunAccounts::layer_ends(std::int64_t total) const {
  std::vector<std::int64_t> ends = engine_end_of_layer_;
  for (std::size_t i = 1; i < ends.size(); ++i) ends[i] = std::max(ends[i], ends[i - 1]);
  ends.back() = total;
  return ends;
}

void RunAccounts::finish(std::int64_t total, const AcceleratorConfig& config, RunResult* result) {
  const std::vector<std::int64_t> ends = layer_ends(total);
  for (int i = 0; i < kEngines; ++i) {
    const auto engine = static_cast<Engine>(i);
    activity(engine).finish();
    attribute(activity(engine), engine, ends, &layers_);
  }
  std::int64_t start = 0;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    LayerCounters& layer = layers_[i];
    layer.cycles = ends[i] - start;
    start = ends[i];
    if (start_of_layer_[i] != kNever) layer.latency_cycles = engine_end_of_layer_[i] - start_of_layer_[i];
    layer.array_macs_possible = std::int64_t{config.array.rows} * config.array.cols *
                                layer.engines[static_cast<std::size_t>(Engine::kExecute)].busy;
  }
  result->cycles = total;
  result->layers = layers_;
  result->command_end_cycle = command_end_cycle_;
}

}  // namespace systoliq::model
