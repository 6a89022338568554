// SPDX-License-Identifier: Apache-2.0
// Whether a node becomes a layer or goes to the host.
#include <algorithm>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "sw_ref/quantizer/fusion/host_operators.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// Walks that one node each may end; then all nodes that have to go to the host are taken at once.
constexpr std::size_t kMostRestarts = 64;

std::string text_of(const Node& node) { return node.name + " (" + node.op + ")"; }

/// Operators whose result has the scale of their input, so that quantizing it changes nothing.
bool moves_exactly(const Node& node) { return is_reshape(node) || node.op == "Transpose"; }

/// The form of a tensor that no layer may read as an image.
Shape flat_form(const Shape& shape) { return {1, std::max<std::int64_t>(element_count(shape), 1), 1, 1}; }

/// Of a quantized graph, nodes of layers whose output has no scale, so that it stays in float: true where there are
/// some that the host can compute and that are not on it yet.
bool force_floats(const LoweringInput& input, const FusedNetwork& network, std::set<std::string>* forced) {
  if (!input.quantized) return false;
  bool found = false;
  for (const FusedLayer& layer : network.layers) {
    const auto fits = [](const FusedNode& node) { return node.fits_host; };
    const FusedTensor& output = nth(network.tensors, layer.output);
    if (output.scale_of >= 0 || input.boundaries.count(output.graph_value()) != 0) continue;
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

/// Nodes behind which the host could compute all that follows, and those of them behind which nothing is quantized.
void Lowering::find_tail() {
  for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
    if (!follows_host(*node)) continue;
    if (only_read_by(tail_, node->outputs[0])) tail_.insert(&*node);
    if (stays_float(node->outputs[0])) float_tail_.insert(&*node);
  }
}

/// True where only outputs of the network and these nodes read the value.
bool Lowering::only_read_by(const std::set<const Node*>& nodes, const std::string& name) const {
  const auto users = consumers_.find(name);
  return users == consumers_.end() || std::all_of(users->second.begin(), users->second.end(), [&](const Node* user) {
           return user == nullptr || nodes.count(user) != 0;
         });
}

bool Lowering::stays_float(const std::string& name) const {
  return input_.boundaries.count(name) == 0 && only_read_by(float_tail_, name);
}

/// True where an input of the node is a float of the host, `unscaled`: one that has no integers in a quantized network.
bool Lowering::reads_host(const Node& node, bool unscaled) const {
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& name) {
    return host_values_.count(name) != 0 && !(unscaled && input_.boundaries.count(name) != 0);
  });
}

/// In a quantized network what has integers on both sides is the machine's where that can compute it.
bool Lowering::continues_on_host(const Node& node) const {
  if (!follows_host(node) || !reads_host(node, false)) return false;
  return input_.boundaries.count(node.outputs[0]) == 0 || moves_exactly(node) || reads_host(node, true);
}

bool Lowering::starts_on_host(const Node& node) const {
  const HostUse use = host_use(node);
  const bool begins_tail = use == HostUse::kTail || (use == HostUse::kBehindHost && input_.quantized);
  return use == HostUse::kAnywhere || (begins_tail && tail_.count(&node) != 0) ||
         (follows_host(node) && reads_host(node, false));
}

/// A product of integers whose result no layer reads and nothing quantizes.
bool Lowering::ends_in_float(const Node& node) const {
  return input_.quantized && host_use(node) == HostUse::kFloatProduct && stays_float(node.outputs.at(0));
}

void Lowering::place(const Node& node) {
  const std::size_t layers = network_.layers.size();
  const std::size_t tensors = network_.tensors.size();
  const bool forced = forced_.count(node.outputs.at(0)) != 0;
  std::string obstacle;
  try {
    if (forced || continues_on_host(node)) return to_host(node);
    for (const std::string& name : node.inputs) {
      const auto value = host_values_.find(name);
      if (value != host_values_.end() && views_.count(name) == 0) feed(name, value->second);
    }
    lower(node);
    return note_node(node, layers);
  } catch (const InputError& error) {
    obstacle = error.what();
  }
  if (starts_on_host(node) && !forced) {
    const bool changed = network_.layers.size() != layers || network_.tensors.size() != tensors;
    if (changed && refused_ == nullptr) throw Restart{node.outputs[0]};
    if (changed) refused_->insert(node.outputs[0]);
    try {
      return to_host(node);
    } catch (const InputError&) {  // why no layer computes it says more
    }
  }
  network_.layers.resize(layers);
  if (obstacles_.insert(obstacle).second) network_.obstacles.push_back(obstacle);
  stand_in(node);
}

void Lowering::note_layers() {
  for (std::size_t i = layer_of_.size(); i < network_.layers.size(); ++i) {
    events_.push_back({false, i});
    layer_of_[network_.layers[i].output] = i;
  }
}

FusedNode Lowering::fused_node(const Node& node) const {
  return {text_of(node), node.outputs[0], starts_on_host(node) || ends_in_float(node)};
}

/// Which layer computes the node, or that none has to.
void Lowering::note_node(const Node& node, std::size_t layers_before) {
  note_layers();
  const std::string& output = node.outputs[0];
  const auto view = views_.find(output);
  if (view == views_.end()) return;  // part of a function whose layer comes with its last node
  const auto maker = layer_of_.find(view->second.tensor);
  const bool only_moves =
      network_.layers.size() == layers_before && nth(network_.tensors, view->second.tensor).graph_value() != output;
  if (maker == layer_of_.end() || only_moves) {
    network_.vanished.push_back(text_of(node));
    return;
  }
  std::vector<FusedNode>& nodes = network_.layers[maker->second].nodes;
  const auto same = [&](const FusedNode& other) { return other.output == output; };
  if (std::none_of(nodes.begin(), nodes.end(), same)) nodes.push_back(fused_node(node));
}

/// A tensor in place of what an obstacle would make, so that the nodes behind it are looked at too.
void Lowering::stand_in(const Node& node) {
  const std::string& name = node.outputs[0];
  const auto value = graph_.values.find(name);
  const Shape shape = value == graph_.values.end() ? Shape{1, 1, 1, 1} : value->second.shape;
  views_[name] = {static_cast<int>(network_.tensors.size()), row_major_axes(shape), true};
  network_.tensors.push_back({name, image_form(shape), {}, {}});
  gathered_.erase(name);
  open_.erase(name);
}

void Lowering::to_host(const Node& node) {
  const std::string& output = node.outputs[0];
  HostNode on_host;
  on_host.node = &node;
  const auto is_float = [&](const std::string& name) {
    return name.empty() || is_constant(name) || host_values_.count(name) != 0 || is_raw_input(name);
  };
  for (const std::string& name : node.inputs) {
    const bool known = is_float(name) || views_.count(name) != 0 || gathered_.count(name) != 0;
    check_size_is_known(name);
    if (!known || pads_.count(name) != 0 || factors_.count(name) != 0) {
      refuse(node, "input '" + name + "' is not computed; accepted: the output of a layer");
    }
  }
  for (const std::string& name : node.inputs) {
    if (is_float(name)) continue;
    add_function_layer(name);
    note_layers();
    on_host.reads[name] = views_.at(name);
  }
  const std::size_t index = host_nodes_.size();
  host_nodes_.push_back(std::move(on_host));
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
  if (value == host_values_.end() || host_nodes_[value->second].node->op != "NonMaxSuppression") return;
  refuse(*host_nodes_[value->second].node,
         "its result is read by another node, though its size is known at run time only; "
         "accepted: as an output of the network");
}

/// A tensor of the machine that takes a value of the host.
void Lowering::feed(const std::string& name, std::size_t host_node) {
  check_size_is_known(name);
  const auto tensor = static_cast<int>(network_.tensors.size());
  add_given(name);
  fed_[tensor] = host_node;
  fed_names_[name] = tensor;
}

FusedNetwork lower_collecting(const LoweringInput& input) {
  std::set<std::string> forced;
  while (true) {
    try {
      std::set<std::string> refused;
      FusedNetwork network = Lowering(input, forced, forced.size() < kMostRestarts ? nullptr : &refused).run();
      const std::size_t before = forced.size();
      forced.insert(refused.begin(), refused.end());
      if (forced.size() == before && !force_floats(input, network, &forced)) return network;
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
