// SPDX-License-Identifier: Apache-2.0
// The walk over the graph: which tensor every name stands for, which layer may still absorb its consumer, and the
// network's inputs and outputs.
#include "sw_ref/quantizer/fusion/fusion.h"

#include <algorithm>

#include "sw_ref/quantizer/fusion/host_operators.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr const char* kAcceptedInputs =
    "; accepted: [1, channels, height, width], [1, channels, length], [1, features] or [features], one image at a time";

}  // namespace

Lowering::Lowering(const LoweringInput& input, const std::set<std::string>& forced)
    : input_(input), graph_(*input.graph), forced_(forced), constants_(*input.graph, input.constants) {}

FusedNetwork Lowering::run() {
  count_consumers();
  find_tail();
  add_inputs();
  for (const Node& node : graph_.nodes) {
    if (!constants_.fold(node)) place(node);
  }
  if (network_.layers.empty() && host_nodes_.empty() && network_.obstacles.empty()) {
    throw InputError("network '" + graph_.name + "' holds no layer that the accelerator could execute");
  }
  add_outputs();
  order_in_steps();
  return std::move(network_);
}

void Lowering::count_consumers() {
  for (const Node& node : graph_.nodes) {
    for (const std::string& input : node.inputs) consumers_[input].push_back(&node);
  }
  for (const std::string& output : graph_.outputs) consumers_[output].push_back(nullptr);
}

void Lowering::add_inputs() {
  for (const std::string& name : graph_.inputs) {
    tensors_[name] = static_cast<int>(network_.tensors.size());
    network_.inputs.push_back(tensors_[name]);
    const Shape& shape = shape_of(name);
    const bool fits = shape.size() == 1 || (shape.size() >= 2 && shape.size() <= 4 && shape[0] == 1);
    if (!fits) odd_inputs_[name] = "network input '" + name + "' has shape " + to_string(shape) + kAcceptedInputs;
    network_.tensors.push_back({name, image_form(shape)});
  }
}

void Lowering::lower(const Node& node) {
  using Lower = void (Lowering::*)(const Node&);
  static const std::map<std::string, Lower> kOperators = {
      {"Conv", &Lowering::lower_convolution},
      {"Gemm", &Lowering::lower_matrix_product},
      {"MatMul", &Lowering::lower_matrix_product},
      {"BatchNormalization", &Lowering::fold_batch_norm},
      {"Relu", &Lowering::lower_clamp},
      {"Clip", &Lowering::lower_clamp},
      {"MaxPool", &Lowering::lower_pool},
      {"AveragePool", &Lowering::lower_pool},
      {"GlobalAveragePool", &Lowering::lower_pool},
      {"Pad", &Lowering::lower_pad},
      {"Add", &Lowering::lower_add},
      {"Concat", &Lowering::lower_concat},
      {"Transpose", &Lowering::lower_transpose},
  };
  if (is_reshape(node)) return lower_reshape(node);
  if (node.op == "Sigmoid") return lower_function(node, Function::kSigmoid);
  if (node.op == "Tanh") return lower_function(node, Function::kTanh);
  if (node.op == kRequantize) return lower_function(node, Function::kIdentity);
  const auto found = kOperators.find(node.op);
  if (found == kOperators.end() || !node.domain.empty()) {
    std::string accepted;
    for (const auto& entry : kOperators) accepted += entry.first + ", ";
    refuse(node, "operator is not supported; accepted: " + accepted +
                     "Sigmoid, Tanh, Flatten, Reshape, Squeeze, Unsqueeze, Identity, Dropout; on the host: " +
                     host_operator_names());
  }
  (this->*found->second)(node);
}

void Lowering::add_outputs() {
  for (const std::string& name : graph_.outputs) {
    if (host_values_.count(name) != 0) {
      network_.outputs.push_back(kHostValue);
      continue;
    }
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      if (!network_.obstacles.empty()) continue;
      throw InputError("network output '" + name + "' is not computed by any layer");
    }
    const int tensor = found->second;
    network_.outputs.push_back(tensor);
    const bool is_input = std::count(network_.inputs.begin(), network_.inputs.end(), tensor) != 0;
    if (is_input) throw InputError("network output '" + name + "' is the network's input, which no layer changes");
    // Known to users by the graph's output name, even if a reshape made it; integers that have a name keep it.
    if (!input_.quantized && fed_.count(tensor) == 0) nth(network_.tensors, tensor).name = name;
  }
}

const Shape& Lowering::shape_of(const std::string& name) const {
  const auto found = graph_.values.find(name);
  if (found == graph_.values.end()) throw InputError("tensor '" + name + "': its shape could not be inferred");
  return found->second.shape;
}

int Lowering::tensor_of(const Node& node, std::size_t input) {
  if (input >= node.inputs.size()) refuse(node, "input " + std::to_string(input) + " is missing");
  const std::string& name = node.inputs[input];
  const auto odd = odd_inputs_.find(name);
  if (odd != odd_inputs_.end()) throw InputError(odd->second);
  const auto on_host = host_values_.find(name);
  if (on_host != host_values_.end() && tensors_.count(name) == 0) return feed(name, on_host->second);
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    refuse(node, "input '" + name + "' is a constant or not computed; accepted: the output of a layer");
  }
  if (pads_.count(name) != 0 && !absorbs_pad(name)) throw InternalError("a Pad vanished though nothing absorbs it");
  return found->second;
}

const Shape& Lowering::image_shape(const Node& node, std::size_t input) {
  const int tensor = tensor_of(node, input);
  const Shape& shape = shape_of(node.inputs[input]);
  Shape expected = nth(network_.tensors, tensor).shape;
  const auto pad = pads_.find(node.inputs[input]);
  if (pad != pads_.end()) {
    expected[2] += pad->second.pad_top + pad->second.pad_bottom;
    expected[3] += pad->second.pad_left + pad->second.pad_right;
  }
  if (with_height(shape) != expected) {
    refuse(node, "input '" + node.inputs[input] + "' has shape " + to_string(shape) + ", its layer made " +
                     to_string(expected) + "; accepted: [1, channels, height, width] as computed, not reshaped");
  }
  return shape;
}

FusedLayer& Lowering::add_layer(const Node& node, LayerOp op, const std::vector<int>& inputs, const Shape& output) {
  const std::string& name = node.outputs.at(0);
  FusedLayer layer;
  layer.name = node.name;
  layer.where = describe(node);
  layer.op = op;
  layer.inputs = inputs;
  layer.output = static_cast<int>(network_.tensors.size());
  network_.tensors.push_back({name, output});
  tensors_[name] = layer.output;
  if (fuses_into(name)) open_[name] = network_.layers.size();
  network_.layers.push_back(std::move(layer));
  return network_.layers.back();
}

/// True if the value of that name exists only to feed one operator, which may then be fused into its producer.
bool Lowering::fuses_into(const std::string& name) const {
  const auto users = consumers_.find(name);
  return users != consumers_.end() && users->second.size() == 1 && users->second.front() != nullptr &&
         input_.boundaries.count(name) == 0;
}

FusedLayer* Lowering::open_layer(const std::string& name) {
  const auto found = open_.find(name);
  return found == open_.end() ? nullptr : &network_.layers[found->second];
}

void Lowering::rename_output(const FusedLayer& layer, const std::string& name) {
  nth(network_.tensors, layer.output).name = name;
  tensors_[name] = layer.output;
  if (fuses_into(name)) open_[name] = static_cast<std::size_t>(&layer - network_.layers.data());
}

const Constant& Lowering::constant_of(const Node& node, std::size_t input, const char* what) {
  const Constant* found = input < node.inputs.size() ? constants_.find(node.inputs[input]) : nullptr;
  if (found == nullptr) {
    refuse(node, std::string(what) + (input < node.inputs.size() ? " '" + node.inputs[input] + "'" : "") +
                     " is not a constant; accepted: initializers and Constant nodes");
  }
  return *found;
}

}  // namespace systoliq::sw_ref
