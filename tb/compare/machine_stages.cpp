// SPDX-License-Identifier: Apache-2.0
// Cuts a network where the host computes, so that every piece is a network that the compiler takes.
#include <algorithm>
#include <set>

#include "tb/compare/compiled_network.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

/// Reads of layers outside [first, end), of the host, and of the user.
std::set<int> read_elsewhere(const QuantizedNetwork& network, std::size_t first, std::size_t end) {
  std::set<int> read(network.outputs.begin(), network.outputs.end());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (i >= first && i < end) continue;
    read.insert(network.layers[i].inputs.begin(), network.layers[i].inputs.end());
  }
  for (const HostPart& part : network.host_parts) read.insert(part.inputs.begin(), part.inputs.end());
  return read;
}

MachineStage stage_of(const QuantizedNetwork& network, std::size_t first, std::size_t end) {
  MachineStage stage;
  stage.first = first;
  stage.end = end;
  const std::set<int> elsewhere = read_elsewhere(network, first, end);
  std::set<int> made;
  for (std::size_t i = first; i < end; ++i) {
    const QuantizedLayer& layer = network.layers[i];
    for (const int input : layer.inputs) {
      const bool listed = std::count(stage.inputs.begin(), stage.inputs.end(), input) != 0;
      const bool constant = network.constants.count(input) != 0;
      if (made.count(input) == 0 && !listed && !constant) stage.inputs.push_back(input);
    }
    made.insert(layer.output);
    if (elsewhere.count(layer.output) != 0) stage.outputs.push_back(layer.output);
  }
  return stage;
}

}  // namespace

std::vector<MachineStage> machine_stages(const QuantizedNetwork& network) {
  std::vector<MachineStage> stages;
  std::size_t next = 0;
  const auto stage_until = [&](std::size_t end) {
    if (end > next) stages.push_back(stage_of(network, next, end));
    next = end;
  };
  for (const HostPart& part : network.host_parts) stage_until(part.before_layer);
  stage_until(network.layers.size());
  if (!network.host_parts.empty()) return stages;
  for (MachineStage& stage : stages) {
    stage.inputs = network.inputs;
    stage.outputs = network.outputs;
  }
  return stages;
}

QuantizedNetwork network_of(const QuantizedNetwork& network, const MachineStage& stage) {
  QuantizedNetwork part;
  part.name = network.name;
  part.preset = network.preset;
  part.tensors = network.tensors;
  part.layers.assign(network.layers.begin() + static_cast<std::ptrdiff_t>(stage.first),
                     network.layers.begin() + static_cast<std::ptrdiff_t>(stage.end));
  for (const QuantizedLayer& layer : part.layers) {
    for (const int input : layer.inputs) {
      const auto constant = network.constants.find(input);
      if (constant != network.constants.end()) part.constants.insert(*constant);
    }
  }
  part.inputs = stage.inputs;
  part.outputs = stage.outputs;
  for (const int output : part.outputs) part.output_names.push_back(nth(part.tensors, output).name);
  part.metadata = network.metadata;
  return part;
}

}  // namespace systoliq::tb
