// SPDX-License-Identifier: Apache-2.0
// Whether a node becomes a layer or goes to the host, and in which order both run.
//
// Steps: an even one is the host's, an odd one the machine's. A network's inputs are there in step 0; a node of the
// host runs in the first even step, a layer in the first odd one, in which its inputs are there. So the host interrupts
// the machine only where a layer waits for it.
#include <algorithm>
#include <numeric>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "sw_ref/quantizer/fusion/host_operators.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

std::string text_of(const Node& node) { return node.name + " (" + node.op + ")"; }

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Operators whose result has the scale of their input, so that quantizing it changes nothing.
bool moves_exactly(const Node& node) { return is_reshape(node) || node.op == "Transpose"; }

/// The form of a tensor that no layer may read as an image.
Shape flat_form(const Shape& shape) { return {1, std::max<std::int64_t>(element_count(shape), 1), 1, 1}; }

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

/// Of a quantized graph, nodes of layers whose output has no scale, so that it stays in float: true where there are
/// some that the host can compute and that are not on it yet.
bool force_floats(const LoweringInput& input, const FusedNetwork& network, std::set<std::string>* forced) {
  if (!input.quantized) return false;
  bool found = false;
  for (const FusedLayer& layer : network.layers) {
    const auto fits = [](const FusedNode& node) { return node.fits_host; };
    if (input.boundaries.count(nth(network.tensors, layer.output).name) != 0) continue;
    if (layer.nodes.empty() || !std::all_of(layer.nodes.begin(), layer.nodes.end(), fits)) continue;
    for (const FusedNode& node : layer.nodes) found = forced->insert(node.output).second || found;
  }
  return found;
}

}  // namespace

Shape image_form(const Shape& shape) {
  Shape image = with_height(shape);
  if (image.size() == 1) image.insert(image.begin(), 1);
  if (image.size() == 2) image.insert(image.end(), 2, 1);
  return image.size() == 4 && image[0] == 1 ? image : flat_form(shape);
}

/// Nodes behind which the host could compute all that follows.
void Lowering::find_tail() {
  for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
    const auto users = consumers_.find(node->outputs.at(0));
    const bool last = users == consumers_.end() ||
                      std::all_of(users->second.begin(), users->second.end(),
                                  [&](const Node* user) { return user == nullptr || tail_.count(user) != 0; });
    if (last && host_use(*node) != HostUse::kNever) tail_.insert(&*node);
  }
}

/// True where an input of the node is a float of the host, `unscaled`: one that has no integers in a quantized network.
bool Lowering::reads_host(const Node& node, bool unscaled) const {
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& name) {
    return host_values_.count(name) != 0 && !(unscaled && input_.boundaries.count(name) != 0);
  });
}

/// In a quantized network what has integers on both sides is the machine's where that can compute it.
bool Lowering::continues_on_host(const Node& node) const {
  if (host_use(node) == HostUse::kNever || !reads_host(node, false)) return false;
  return input_.boundaries.count(node.outputs[0]) == 0 || moves_exactly(node) || reads_host(node, true);
}

bool Lowering::starts_on_host(const Node& node) const {
  const HostUse use = host_use(node);
  const bool begins_tail = use == HostUse::kTail || (use == HostUse::kBehindHost && input_.quantized);
  return use == HostUse::kAnywhere || (begins_tail && tail_.count(&node) != 0) ||
         (use != HostUse::kNever && reads_host(node, false));
}

void Lowering::place(const Node& node) {
  const std::size_t layers = network_.layers.size();
  try {
    if (forced_.count(node.outputs.at(0)) != 0 || continues_on_host(node)) return to_host(node);
    lower(node);
    note_layers(node, layers);
  } catch (const InputError& error) {
    const bool begun = network_.layers.size() != layers;
    if (starts_on_host(node) && forced_.count(node.outputs[0]) == 0) {
      if (begun) throw Restart{node.outputs[0]};
      return to_host(node);
    }
    network_.layers.resize(layers);
    if (!contains(network_.obstacles, error.what())) network_.obstacles.emplace_back(error.what());
    stand_in(node);
  }
}

/// Which layer computes the node, or that none has to.
void Lowering::note_layers(const Node& node, std::size_t layers_before) {
  for (std::size_t i = layers_before; i < network_.layers.size(); ++i) {
    events_.push_back({false, i});
    makers_[network_.layers[i].output] = i;
  }
  const auto tensor = tensors_.find(node.outputs[0]);
  const auto maker = tensor == tensors_.end() ? makers_.end() : makers_.find(tensor->second);
  if (maker == makers_.end() || (is_reshape(node) && layers_before == network_.layers.size())) {
    network_.vanished.push_back(text_of(node));
    return;
  }
  network_.layers[maker->second].nodes.push_back({text_of(node), node.outputs[0], starts_on_host(node)});
}

/// A tensor in place of what an obstacle would make, so that the nodes behind it are looked at too.
void Lowering::stand_in(const Node& node) {
  const std::string& name = node.outputs[0];
  const auto value = graph_.values.find(name);
  tensors_[name] = static_cast<int>(network_.tensors.size());
  network_.tensors.push_back(
      {name, value == graph_.values.end() ? Shape{1, 1, 1, 1} : image_form(value->second.shape)});
}

void Lowering::to_host(const Node& node) {
  const std::string& output = node.outputs[0];
  for (const std::string& name : node.inputs) {
    const bool known = name.empty() || is_constant(name) || host_values_.count(name) != 0 || tensors_.count(name) != 0;
    check_size_is_known(name);
    if (!known || pads_.count(name) != 0)
      refuse(node, "input '" + name + "' is not computed; accepted: the output of a layer");
  }
  const std::size_t index = host_nodes_.size();
  host_nodes_.push_back(&node);
  events_.push_back({true, index});
  if (input_.boundaries.count(output) != 0 && !moves_exactly(node)) {
    feed(output, index);
  } else {
    host_values_[output] = index;
  }
}

/// How many boxes a NonMaxSuppression keeps is known at run time only.
void Lowering::check_size_is_known(const std::string& name) const {
  const auto value = host_values_.find(name);
  if (value == host_values_.end() || host_nodes_[value->second]->op != "NonMaxSuppression") return;
  refuse(*host_nodes_[value->second],
         "its result is read by another node, though its size is known at run time only; "
         "accepted: as an output of the network");
}

/// A tensor of the machine that takes a value of the host.
int Lowering::feed(const std::string& name, std::size_t host_node) {
  check_size_is_known(name);
  const auto tensor = static_cast<int>(network_.tensors.size());
  tensors_[name] = tensor;
  fed_[tensor] = host_node;
  network_.tensors.push_back({name, image_form(shape_of(name))});
  return tensor;
}

/// True for an input of the network that the host reads as it is given.
bool Lowering::is_raw_input(const std::string& name) const {
  return contains(graph_.inputs, name) && input_.boundaries.count(name) == 0;
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
      for (const std::string& name : host_nodes_[event.index]->inputs) {
        const auto value = host_values_.find(name);
        const auto tensor = tensors_.find(name);
        if (value != host_values_.end()) {
          step = std::max(step, host_steps[value->second]);
        } else if (tensor != tensors_.end() && !is_raw_input(name)) {
          step = std::max(step, step_of(tensor->second));
        }
      }
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

/// The nodes of one step, in their order, as a graph of their own.
HostPart Lowering::host_part(const std::vector<std::size_t>& nodes) {
  HostPart part;
  part.graph.name = graph_.name;
  part.graph.opset = graph_.opset;
  std::set<const Node*> own;
  for (const std::size_t index : nodes) {
    const Node& node = *host_nodes_[index];
    own.insert(&node);
    for (const std::string& name : node.inputs) {
      if (name.empty() || part.graph.values.count(name) != 0) continue;
      if (is_constant(name)) {
        part.graph.values[name] = host_constant(name);
        continue;
      }
      const bool value = host_values_.count(name) != 0 || is_raw_input(name);
      part.graph.inputs.push_back(name);
      part.inputs.push_back(value ? kHostValue : tensors_.at(name));
      Value& input = part.graph.values[name] = graph_.values.at(name);
      if (!value) input.type = ElementType::kFloat;
    }
    part.graph.values[node.outputs[0]] = graph_.values.at(node.outputs[0]);
    part.graph.nodes.push_back(node);
  }
  for (const std::size_t index : nodes) {
    const std::string& name = host_nodes_[index]->outputs[0];
    const auto tensor = tensors_.find(name);
    const std::vector<const Node*>& users = consumers_[name];
    const bool needed = std::any_of(users.begin(), users.end(), [&](const Node* user) { return own.count(user) == 0; });
    if (tensor == tensors_.end() && !needed) continue;
    part.graph.outputs.push_back(name);
    part.outputs.push_back(tensor == tensors_.end() ? kHostValue : tensor->second);
  }
  return part;
}

FusedNetwork lower_collecting(const LoweringInput& input) {
  std::set<std::string> forced;
  while (true) {
    try {
      FusedNetwork network = Lowering(input, forced).run();
      if (!force_floats(input, network, &forced)) return network;
    } catch (const Restart& restart) {
      check(forced.insert(restart.output).second, "a node that goes to the host is refused once");
    }
  }
}

FusedNetwork lower(const LoweringInput& input) {
  FusedNetwork network = lower_collecting(input);
  refuse_obstacles(input.graph->name, network.obstacles);
  return network;
}

bool is_read_as_integers(const FusedNetwork& network, int tensor) {
  const auto among = [tensor](const auto& reader) {
    return std::find(reader.inputs.begin(), reader.inputs.end(), tensor) != reader.inputs.end();
  };
  return std::any_of(network.layers.begin(), network.layers.end(), among) ||
         std::any_of(network.host_parts.begin(), network.host_parts.end(), among);
}

}  // namespace systoliq::sw_ref
