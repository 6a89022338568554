// SPDX-License-Identifier: Apache-2.0
// In which order layers and nodes of the host run.
//
// Steps: an even one is the host's, an odd one the machine's. A network's inputs are there in step 0; a node of the
// host runs in the first even step, a layer in the first odd one, in which its inputs are there. So the host interrupts
// the machine only where a layer waits for it.
#include <algorithm>
#include <numeric>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// A constant's real numbers, as the host computes with them.
FloatTensor real_values(const Constant& constant) {
  FloatTensor real(constant.values.shape);
  std::size_t inner = 1;
  for (std::size_t i = constant.axis + 1; i < constant.values.shape.size(); ++i) {
    inner *= static_cast<std::size_t>(constant.values.shape[i]);
  }
  const std::size_t channels = constant.scales.size();
  for (std::size_t i = 0; i < real.data.size(); ++i) {
    const float scale = channels == 0 ? 1.0F : constant.scales[channels == 1 ? 0 : i / inner % channels];
    real.data[i] = static_cast<float>(constant.values.data[i] - constant.zero_point) * scale;
  }
  return real;
}

}  // namespace

/// True for an input of the network that the host reads as it is given.
bool Lowering::is_raw_input(const std::string& name) const {
  return input_.boundaries.count(name) == 0 &&
         std::find(graph_.inputs.begin(), graph_.inputs.end(), name) != graph_.inputs.end();
}

void Lowering::order_in_steps() {
  std::vector<int> host_steps(host_nodes_.size(), 0);
  std::vector<int> layer_steps(network_.layers.size(), 1);
  std::map<int, int> steps;  // of tensors; a network's inputs are there in step 0
  const auto step_of = [&](int tensor) {
    const auto fed = fed_.find(tensor);
    return fed != fed_.end() ? nth(host_steps, fed->second) + 1 : steps[tensor];
  };
  for (const Event& event : events_) {
    int step = 0;
    if (event.on_host) {
      const HostNode& on_host = host_nodes_[event.index];
      for (const std::string& name : on_host.node->inputs) {
        const auto value = host_values_.find(name);
        if (value != host_values_.end()) step = std::max(step, host_steps[value->second]);
      }
      for (const auto& read : on_host.reads) step = std::max(step, step_of(read.second.tensor));
      host_steps[event.index] = step + step % 2;
    } else {
      const FusedLayer& layer = network_.layers[event.index];
      for (const int input : layer.inputs) step = std::max(step, step_of(input));
      steps[layer.output] = layer_steps[event.index] = step + 1 - step % 2;
    }
  }
  sort_layers(layer_steps);
  std::map<int, std::vector<std::size_t>> parts;
  for (std::size_t i = 0; i < host_nodes_.size(); ++i) parts[host_steps[i]].push_back(i);
  for (const auto& [step, nodes] : parts) {
    network_.host_parts.push_back(host_part(nodes));
    const int before = step;
    network_.host_parts.back().before_layer = static_cast<std::size_t>(
        std::count_if(layer_steps.begin(), layer_steps.end(), [before](int layer) { return layer < before; }));
  }
}

void Lowering::sort_layers(const std::vector<int>& steps) {
  std::vector<std::size_t> order(steps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return steps[a] < steps[b]; });
  std::vector<FusedLayer> layers;
  for (const std::size_t index : order) layers.push_back(std::move(network_.layers[index]));
  network_.layers = std::move(layers);
}

Value Lowering::host_constant(const std::string& name) {
  const auto value = graph_.values.find(name);
  if (value != graph_.values.end() && value->second.is_constant) return value->second;
  const Constant* constant = constants_.find(name);
  check(constant != nullptr, "a constant of the host is known");
  Value real;
  real.name = name;
  real.shape = constant->values.shape;
  real.is_constant = true;
  real.floats = real_values(*constant);
  return real;
}

/// A constant, a value that the host has, or a tensor.
void Lowering::add_host_input(const HostNode& node, const std::string& name, HostPart* part) {
  if (is_constant(name)) {
    part->graph.values[name] = host_constant(name);
    return;
  }
  const auto read = node.reads.find(name);
  part->graph.inputs.push_back(name);
  Value& value = part->graph.values[name] = graph_.values.at(name);
  if (read == node.reads.end()) {
    part->inputs.push_back(kHostValue);
    part->input_layouts.emplace_back();
    return;
  }
  const View& view = read->second;
  const bool in_order = view.whole && is_row_major(view.axes);
  part->inputs.push_back(view.tensor);
  part->input_layouts.push_back(in_order ? Layout{} : Layout{view.axes, value.shape});
  value.type = ElementType::kFloat;
}

/// The nodes of one step, in their order, as a graph of their own.
HostPart Lowering::host_part(const std::vector<std::size_t>& nodes) {
  HostPart part;
  part.graph.name = graph_.name;
  part.graph.opset = graph_.opset;
  std::set<const Node*> own;
  for (const std::size_t index : nodes) {
    const Node& node = *host_nodes_[index].node;
    own.insert(&node);
    for (const std::string& name : node.inputs) {
      if (!name.empty() && part.graph.values.count(name) == 0) add_host_input(host_nodes_[index], name, &part);
    }
    part.graph.values[node.outputs[0]] = graph_.values.at(node.outputs[0]);
    part.graph.nodes.push_back(node);
  }
  for (const std::size_t index : nodes) {
    const std::string& name = host_nodes_[index].node->outputs[0];
    const auto fed = fed_names_.find(name);
    const std::vector<const Node*>& users = consumers_[name];
    const bool needed = std::any_of(users.begin(), users.end(), [&](const Node* user) { return own.count(user) == 0; });
    if (fed == fed_names_.end() && !needed) continue;
    part.graph.outputs.push_back(name);
    part.outputs.push_back(fed == fed_names_.end() ? kHostValue : fed->second);
  }
  return part;
}

}  // namespace systoliq::sw_ref
