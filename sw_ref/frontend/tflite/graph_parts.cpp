// SPDX-License-Identifier: Apache-2.0
// Nodes, constants and quantization operators of the graph, and the operator's tensors and options.
#include <algorithm>
#include <numeric>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/tflite/tflite_builder.h"
#include "types/error.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kMostComputedElements = std::int64_t{1} << 29;

}  // namespace

Shape channels_first(const Shape& shape) {
  Shape moved = shape;
  if (moved.size() > 2) std::rotate(moved.begin() + 1, moved.end() - 1, moved.end());
  return moved;
}

bool keeps_order(const Shape& shape) {
  return shape.size() < 3 || shape.back() == 1 ||
         std::all_of(shape.begin() + 1, shape.end() - 1, [](std::int64_t size) { return size == 1; });
}

std::vector<std::int64_t> to_channels_first(std::size_t rank) {
  std::vector<std::int64_t> permutation(rank);
  std::iota(permutation.begin(), permutation.end(), 0);
  if (rank > 2) std::rotate(permutation.begin() + 1, permutation.end() - 1, permutation.end());
  return permutation;
}

std::vector<std::int64_t> to_channels_last(std::size_t rank) {
  std::vector<std::int64_t> permutation(rank);
  std::iota(permutation.begin(), permutation.end(), 0);
  if (rank > 2) std::rotate(permutation.begin() + 1, permutation.begin() + 2, permutation.end());
  return permutation;
}

std::int64_t moved_axis(std::int64_t axis, std::size_t rank) {
  if (rank < 3 || axis == 0) return axis;
  return axis == static_cast<std::int64_t>(rank) - 1 ? 1 : axis + 1;
}

void TfliteBuilder::refuse_here(const std::string& what) const {
  throw InputError("operator '" + name_ + "' (" + op_name_ + "): " + what);
}

const TfliteTensor& TfliteBuilder::input(std::size_t input) {
  if (!has_input(input)) refuse_here("input " + std::to_string(input) + " is missing");
  return file_.tensor(inputs_[input]);
}

const TfliteTensor& TfliteBuilder::output(std::size_t output) {
  if (output >= outputs_.size()) refuse_here("output " + std::to_string(output) + " is missing");
  return file_.tensor(outputs_[output]);
}

/// Integers at run time are 8 bits wide, with one scale and a zero point among them, or 16 bits with zero point 0.
void TfliteBuilder::check_activation(const TfliteTensor& tensor) const {
  const std::string what = "tensor '" + tensor.name + "' ";
  if (tensor.type == ElementType::kFloat) return;
  const bool is_unsigned = tensor.type == ElementType::kUint8;
  const bool wide = tensor.type == ElementType::kInt16;
  if (tensor.type != ElementType::kInt8 && !is_unsigned && !wide) {
    throw InputError(what + "has other integers at run time; accepted: FLOAT32, INT8, UINT8, INT16");
  }
  if (tensor.scales.size() != 1) {
    throw InputError(what + "has " + std::to_string(tensor.scales.size()) +
                     " scales; accepted: one, since it is computed at run time");
  }
  if (wide && tensor.zero_points[0] != 0) {
    throw InputError(what + "of INT16 has zero point " + std::to_string(tensor.zero_points[0]) + "; accepted: 0");
  }
  const std::int64_t lowest = is_unsigned ? 0 : -128;
  if (tensor.zero_points[0] < lowest || tensor.zero_points[0] > lowest + 255) {
    throw InputError(what + "has zero point " + std::to_string(tensor.zero_points[0]) +
                     "; accepted: " + std::to_string(lowest) + " to " + std::to_string(lowest + 255));
  }
}

void TfliteBuilder::count_elements(const Shape& shape, const std::string& what) {
  const std::int64_t count = element_count(shape);
  if (count == 0) throw InputError(what + " has the empty shape " + to_string(shape));
  if (count > kMostComputedElements - computed_elements_) {
    throw InputError(what + " of shape " + to_string(shape) + " makes more than " +
                     std::to_string(kMostComputedElements) + " elements in all; accepted: up to that");
  }
  computed_elements_ += count;
}

std::string TfliteBuilder::fresh(std::string name) const {
  while (network_.graph.values.count(name) != 0) name += "'";
  return name;
}

std::string TfliteBuilder::emit_as(const std::string& name, const std::string& op,
                                   const std::vector<std::string>& inputs, const Attributes& attributes) {
  Graph& graph = network_.graph;
  Node node;
  node.name = name;
  node.op = op;
  node.inputs = inputs;
  node.outputs = {fresh(name + ":out")};
  node.attributes = attributes;
  const NodeView view = view_of(graph, node);
  check_node(view);
  const TensorType type = infer_output(view);
  count_elements(type.shape, "operator '" + name + "'");
  Value value;
  value.name = node.outputs[0];
  value.type = type.type;
  value.shape = type.shape;
  graph.values.emplace(value.name, std::move(value));
  graph.nodes.push_back(std::move(node));
  return graph.nodes.back().outputs[0];
}

std::string TfliteBuilder::emit(const std::string& op, const std::vector<std::string>& inputs,
                                const Attributes& attributes) {
  return emit_as(name_ + "." + op + std::to_string(parts_++), op, inputs, attributes);
}

/// The node that bears the operator's name.
std::string TfliteBuilder::emit_main(const std::string& op, const std::vector<std::string>& inputs,
                                     const Attributes& attributes) {
  return emit_as(name_, op, inputs, attributes);
}

std::string TfliteBuilder::add_floats(const std::string& name, FloatTensor values) {
  Value value;
  value.name = fresh(name);
  value.shape = values.shape;
  value.is_constant = true;
  value.floats = std::move(values);
  return network_.graph.values.emplace(value.name, std::move(value)).first->first;
}

std::string TfliteBuilder::add_integers(const std::string& name, Tensor<std::int64_t> values, ElementType type) {
  Value value;
  value.name = fresh(name);
  value.shape = values.shape;
  value.is_constant = true;
  value.type = type;
  value.integers = std::move(values);
  return network_.graph.values.emplace(value.name, std::move(value)).first->first;
}

std::string TfliteBuilder::constant_numbers(const std::vector<std::int64_t>& values) {
  const auto count = static_cast<std::int64_t>(values.size());
  return add_integers(name_ + ":numbers", Tensor<std::int64_t>({count}, values), ElementType::kInt64);
}

/// Scales and zero points, as operands of quantization operators.
std::vector<std::string> TfliteBuilder::quantization_operands(const TfliteTensor& as, const std::vector<float>& scales,
                                                              ElementType type) {
  const auto count = static_cast<std::int64_t>(scales.size());
  const Shape shape = count == 1 ? Shape{} : Shape{count};
  std::vector<std::int64_t> zeros(scales.size(), 0);
  for (std::size_t i = 0; i < zeros.size() && i < as.zero_points.size(); ++i) zeros[i] = as.zero_points[i];
  return {add_floats(as.name + ":scale", FloatTensor(shape, scales)),
          add_integers(as.name + ":zero", Tensor<std::int64_t>(shape, zeros), type)};
}

/// Real numbers of integers; scales of several lie along axis `axis`.
std::string TfliteBuilder::dequantize(const std::string& value, const TfliteTensor& as,
                                      const std::vector<float>& scales, const std::string& output, std::int64_t axis) {
  const ElementType type = network_.graph.values.at(value).type;
  std::vector<std::string> inputs = quantization_operands(as, scales, type);
  inputs.insert(inputs.begin(), value);
  const std::string made = emit_as(as.name + ".dequantize", "DequantizeLinear", inputs, {{"axis", axis}});
  const std::string name = fresh(output);
  name_value(made, name);
  return name;
}

/// Of the node that was made last.
void TfliteBuilder::name_value(const std::string& from, const std::string& to) {
  Graph& graph = network_.graph;
  check(!graph.nodes.empty() && graph.nodes.back().outputs[0] == from, "only the newest value gets another name");
  if (graph.values.count(to) != 0) throw InputError("tensor '" + to + "' is defined twice");
  auto value = graph.values.extract(from);
  value.key() = to;
  value.mapped().name = to;
  graph.values.insert(std::move(value));
  graph.nodes.back().outputs[0] = to;
}

/// An input in the graph: computed, or a constant in the order of channels first.
Placed TfliteBuilder::placed(std::size_t input_index) {
  const TfliteTensor& tensor = input(input_index);
  const std::int32_t index = inputs_[input_index];
  const auto known = placed_.find(index);
  if (known != placed_.end()) return known->second;
  if (!tensor.is_constant()) refuse_here("input '" + tensor.name + "' is read before it is computed");
  std::vector<std::size_t> permutation;
  for (const std::int64_t axis : to_channels_first(tensor.shape.size())) {
    permutation.push_back(static_cast<std::size_t>(axis));
  }
  return placed_[index] = {weights(input_index, permutation, channels_first(tensor.shape), 0), {}};
}

/// The value with its elements in the file's order, which `shape` counts; without its image.
std::string TfliteBuilder::value_in_order(const Placed& placed, const Shape& shape) {
  if (placed.image.empty()) return placed.value;
  const std::string image = reshape(placed.value, channels_first(placed.image));
  return reshape(transpose(image, to_channels_last(placed.image.size())), shape);
}

std::string TfliteBuilder::operand(std::size_t input_index) {
  return value_in_order(placed(input_index), input(input_index).shape);
}

std::string TfliteBuilder::reshape(const std::string& value, const Shape& shape) {
  if (shape_of(value) == shape) return value;
  return emit("Reshape", {value, constant_numbers(shape)});
}

std::string TfliteBuilder::transpose(const std::string& value, const std::vector<std::int64_t>& permutation) {
  return emit("Transpose", {value}, {{"perm", permutation}});
}

/// The output is `value`; where it is quantized, its integers are made of it. `image` as in Placed.
void TfliteBuilder::define(std::string value, std::size_t output_index, const Shape& image) {
  const std::int32_t own = output(output_index).is_quantized() ? outputs_[output_index] : -1;
  const auto made_as = made_as_.find(own);
  const std::int32_t index = made_as == made_as_.end() ? outputs_[output_index] : made_as->second;
  const TfliteTensor& tensor = file_.tensor(index);
  const std::string what = "output '" + tensor.name + "' ";
  if (tensor.is_constant() || placed_.count(index) != 0) refuse_here(what + "is defined already");
  check_activation(tensor);
  if (shape_of(value) != graph_shape(index)) {
    refuse_here(what + "has shape " + to_string(tensor.shape) + " in the file, but the operator makes " +
                to_string(shape_of(value)) + " (channels first)");
  }
  const bool leaves = outputs_of_network_.count(index) != 0;
  const std::vector<Node>& nodes = network_.graph.nodes;
  if (nodes.empty() || nodes.back().outputs[0] != value) value = emit("Identity", {value});
  if (!tensor.is_quantized()) {
    name_value(value, leaves ? tensor.name : fresh(tensor.name));
    placed_[index] = {network_.graph.nodes.back().outputs[0], image};
    return;
  }
  const std::string real = fresh(leaves ? tensor.name + ":real" : tensor.name);
  name_value(value, real);
  std::vector<std::string> inputs = quantization_operands(tensor, tensor.scales, tensor.type);
  inputs.insert(inputs.begin(), real);
  const std::string stored = emit_as(tensor.name + ".quantize", "QuantizeLinear", inputs, {});
  const std::string stored_name = leaves ? tensor.name : fresh(tensor.name + ":integers");
  name_value(stored, stored_name);
  placed_[index] = {dequantize(stored_name, tensor, tensor.scales, tensor.name + ":dequantized"), image};
  placed_[outputs_[output_index]] = placed_[index];
}

std::vector<std::int64_t> TfliteBuilder::integer_input(std::size_t index, const char* what) {
  const TfliteTensor& tensor = input(index);
  const std::optional<Tensor<std::int64_t>> known = known_integers(index);
  if (!known) {
    refuse_here(std::string(what) + " '" + tensor.name + "' is computed at run time; accepted: constant integers");
  }
  return known->data;
}

std::int64_t TfliteBuilder::axis_of(std::int64_t axis, std::size_t rank) const {
  const auto axes = static_cast<std::int64_t>(rank);
  if (axis < -axes || axis >= axes) {
    refuse_here("axis " + std::to_string(axis) + " of " + std::to_string(axes) + " axes");
  }
  return axis < 0 ? axis + axes : axis;
}

}  // namespace systoliq::sw_ref
