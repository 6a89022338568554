// SPDX-License-Identifier: Apache-2.0
// The walk over the graph: which tensor every name stands for, which layer may still absorb its consumer, and the
// network's inputs and outputs.
#include "sw_ref/quantizer/fusion/fusion.h"

#include <algorithm>

#include "sw_ref/quantizer/fusion/function_nodes.h"
#include "sw_ref/quantizer/fusion/function_value.h"
#include "sw_ref/quantizer/fusion/host_operators.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
Lowering::Lowering(const LoweringInput& input, const std::set<std::string>& forced, std::set<std::string>* refused)
    : input_(input),
      graph_(*input.graph),
      forced_(forced),
      refused_(refused),
      constants_(*input.graph, input.constants) {}

FusedNetwork Lowering::run() {
  check_axes();
  count_consumers();
  find_tail();
  add_inputs();
  for (const Node& node : graph_.nodes) {
    if (constants_.fold(node)) folded_.insert(&node);
  }
  functions_ = function_nodes(graph_, &constants_, input_.boundaries);
  for (const Node& node : graph_.nodes) {
    for (const std::string& output : node.outputs) makers_[output] = &node;
    node_ = &node;
    if (folded_.count(&node) == 0) place(node);
  }
  if (network_.layers.empty() && host_nodes_.empty() && network_.obstacles.empty()) {
    throw InputError("network '" + graph_.name + "' holds no layer that the accelerator could execute");
  }
  add_outputs();
  set_layouts();
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
  for (const std::string& name : graph_.inputs) add_input(name);
}

void Lowering::lower(const Node& node) {
  if (node.op == kRequantize) return lower_requantize(node);
  if (functions_.count(&node) != 0) return lower_function(node);
  if (lower_view(node)) return;
  lower_operator(node);
}

void Lowering::lower_operator(const Node& node) {
  using Lower = void (Lowering::*)(const Node&);
  static const std::map<std::string, Lower> kOperators = {
      {"Conv", &Lowering::lower_convolution},
      {"ConvTranspose", &Lowering::lower_transposed_convolution},
      {"Gemm", &Lowering::lower_matrix_product},
      {"MatMul", &Lowering::lower_matrix_product},
      {"BatchNormalization", &Lowering::fold_batch_norm},
      {"Relu", &Lowering::lower_clamp},
      {"Clip", &Lowering::lower_clamp},
      {"MaxPool", &Lowering::lower_pool},
      {"AveragePool", &Lowering::lower_pool},
      {"GlobalAveragePool", &Lowering::lower_pool},
      {"Pad", &Lowering::lower_pad},
      {"Add", &Lowering::lower_arithmetic},
      {"Sum", &Lowering::lower_arithmetic},
      {"Sub", &Lowering::lower_arithmetic},
      {"Mul", &Lowering::lower_arithmetic},
      {"Div", &Lowering::lower_arithmetic},
      {"PRelu", &Lowering::lower_prelu},
      {"Cast", &Lowering::lower_cast},
      {"Concat", &Lowering::lower_concat},
      {"GlobalMaxPool", &Lowering::lower_pool},
      {"ReduceMean", &Lowering::lower_reduction},
      {"ReduceMax", &Lowering::lower_reduction},
  };
  const auto found = kOperators.find(node.op);
  if (found == kOperators.end() && node.domain.empty() && is_function_operator(node.op)) {
    refuse(node,
           "combines two tensors or constants of several values; accepted: a function of the elements of one "
           "tensor, with constants of one value");
  }
  if (found == kOperators.end() || !node.domain.empty()) {
    std::string accepted;
    for (const auto& entry : kOperators) accepted += entry.first + ", ";
    refuse(node, "operator is not supported; accepted: " + accepted +
                     "functions of one element such as Sigmoid or Gelu, Flatten, Reshape, Squeeze, Unsqueeze, "
                     "Identity, Dropout, Transpose, Slice, Split, Gather, Expand, Tile, DepthToSpace, SpaceToDepth, "
                     "Resize, Upsample; on the host: " +
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
    const auto found = views_.find(name);
    if (found == views_.end()) {
      if (!network_.obstacles.empty()) continue;
      throw InputError("network output '" + name + "' is not computed by any layer");
    }
    if (!found->second.whole) move_image(name, "network output '" + name + "'");
    note_layers();
    const int tensor = found->second.tensor;
    network_.outputs.push_back(tensor);
    const bool is_input = std::count(network_.inputs.begin(), network_.inputs.end(), tensor) != 0;
    if (is_input) throw InputError("network output '" + name + "' is the network's input, which no layer changes");
    // Known to users by the graph's output name, even if a reshape made it; integers that have a name keep it.
    if (!input_.quantized && fed_.count(tensor) == 0) name_tensor(tensor, name);
  }
}

const Shape& Lowering::shape_of(const std::string& name) const {
  const auto found = graph_.values.find(name);
  if (found == graph_.values.end()) throw InputError("tensor '" + name + "': its shape could not be inferred");
  return found->second.shape;
}

/// The graph's value whose elements the tensor holds from now on.
void Lowering::name_tensor(int tensor, const std::string& name) {
  nth(network_.tensors, tensor).name = name;
  tensor_names_.insert(name);
  nth(network_.tensors, tensor).value.clear();
}

FusedLayer& Lowering::add_layer(const Node& node, LayerOp op, const std::vector<int>& inputs, const Shape& output) {
  const std::string& name = node.outputs.at(0);
  FusedLayer layer;
  layer.name = node.name;
  layer.where = describe(node);
  layer.op = op;
  layer.inputs = inputs;
  layer.output = static_cast<int>(network_.tensors.size());
  network_.tensors.push_back({name, output, {}, {}});
  const Shape& shape = shape_of(name);
  const bool padded = element_count(shape) != element_count(output);
  views_[name] = {layer.output, row_major_axes(padded ? output : shape), true};
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
  return found == open_.end() || found->second >= network_.layers.size() ? nullptr : &network_.layers[found->second];
}

void Lowering::rename_output(const FusedLayer& layer, const std::string& name) {
  name_tensor(layer.output, name);
  View view = {layer.output, row_major_axes(shape_of(name)), true};
  for (const std::string& input : node_->inputs) {
    const auto found = views_.find(input);
    if (found == views_.end() || found->second.tensor != layer.output) continue;
    const std::optional<std::vector<Offsets>> axes = reshaped(found->second.axes, shape_of(name));
    if (!axes) refuse(*node_, "changes the shape of its input");
    view.axes = *axes;
  }
  views_[name] = std::move(view);
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
