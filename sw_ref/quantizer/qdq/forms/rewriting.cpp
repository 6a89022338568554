// SPDX-License-Identifier: Apache-2.0
// Look-ups in the graph, new values, and the nodes that every form is made of.
#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref {

Rewriting::Rewriting(const Graph& graph) : source_(graph) {
  result_.graph = graph;
  result_.graph.nodes.clear();
  for (const Node& node : graph.nodes) {
    for (const std::string& input : node.inputs) users_.emplace(input, &node);
    for (const std::string& output : node.outputs) makers_.emplace(output, &node);
  }
  for (const std::string& output : graph.outputs) users_.emplace(output, nullptr);
}

const Value& Rewriting::value_of(const Node& node, std::size_t input) const {
  const auto found = result_.graph.values.find(operand(node, input));
  if (found == result_.graph.values.end()) refuse(node, "input " + std::to_string(input) + " is missing");
  return found->second;
}

bool Rewriting::is_constant(const std::string& name) const {
  const auto found = result_.graph.values.find(name);
  return found != result_.graph.values.end() && found->second.is_constant;
}

bool Rewriting::is_integer(const std::string& name) const {
  const auto found = result_.graph.values.find(name);
  return found != result_.graph.values.end() && found->second.type != ElementType::kFloat;
}

int Rewriting::bits_of(const std::string& tensor) const {
  const auto found = bits_.find(tensor);
  return found == bits_.end() ? 0 : found->second;
}

void Rewriting::set_constant(const std::string& name, ElementType type, const Shape& shape,
                             std::vector<std::int64_t> values) {
  Value& value = result_.graph.values.at(name);
  value.type = type;
  value.shape = shape;
  value.is_constant = true;
  value.integers = Tensor<std::int64_t>(shape, std::move(values));
}

std::vector<const Node*> Rewriting::users_of(const std::string& name) const {
  std::vector<const Node*> users;
  const auto [first, last] = users_.equal_range(name);
  for (auto user = first; user != last; ++user) users.push_back(user->second);
  return users;
}

const Node* Rewriting::maker_of(const std::string& name) const {
  const auto found = makers_.find(name);
  return found == makers_.end() ? nullptr : found->second;
}

std::string Rewriting::fresh(const std::string& base) {
  std::string name = base;
  for (int& i = numbers_[base]; result_.graph.values.count(name) != 0 || makers_.count(name) != 0;) {
    name = base + "_" + std::to_string(++i);
  }
  return name;
}

std::string Rewriting::add_floats(const std::string& base, const Shape& shape, std::vector<float> values) {
  Value value;
  value.name = fresh(base);
  value.shape = shape;
  value.is_constant = true;
  value.floats = FloatTensor(shape, std::move(values));
  return result_.graph.values.emplace(value.name, value).first->first;
}

std::string Rewriting::add_integers(const std::string& base, ElementType type, const Shape& shape,
                                    std::vector<std::int64_t> values) {
  Value value;
  value.name = fresh(base);
  value.type = type;
  value.shape = shape;
  value.is_constant = true;
  value.integers = Tensor<std::int64_t>(shape, std::move(values));
  return result_.graph.values.emplace(value.name, value).first->first;
}

std::string Rewriting::add_tensor(const std::string& base, const Shape& shape) {
  Value value;
  value.name = fresh(base);
  value.shape = shape;
  return result_.graph.values.emplace(value.name, value).first->first;
}

std::string Rewriting::dequantize(const Node& node, const std::string& data, const std::string& scale,
                                  const std::string& zero, std::int64_t axis) {
  const auto value = result_.graph.values.find(data);
  if (value == result_.graph.values.end()) refuse(node, "input '" + data + "' is missing");
  Node dequantize;
  dequantize.op = "DequantizeLinear";
  dequantize.inputs = {data, scale};
  if (!zero.empty()) dequantize.inputs.push_back(zero);
  dequantize.outputs = {add_tensor(node.name + "." + data + ".real", Shape(value->second.shape))};
  dequantize.name = dequantize.outputs[0];
  dequantize.attributes["axis"] = axis;
  emit(dequantize);
  return dequantize.outputs[0];
}

std::string Rewriting::dequantize(const Node& node, std::size_t data, std::size_t scale, std::int64_t axis) {
  return dequantize(node, operand(node, data), operand(node, scale), operand(node, scale + 1), axis);
}

void Rewriting::emit_quantized(const Node& node, const std::string& op, std::vector<std::string> inputs,
                               const std::string& scale, const std::string& zero) {
  const std::string& output = node.outputs.at(0);
  const std::string real = add_tensor(output + ".real", Shape(result_.graph.values.at(output).shape));
  emit(renamed(node, op, std::move(inputs), real));
  Node quantize;
  quantize.name = node.name;
  quantize.op = "QuantizeLinear";
  quantize.inputs = {real, scale};
  if (!zero.empty()) quantize.inputs.push_back(zero);
  quantize.outputs = {output};
  emit(quantize);
  show_as(real, output);
}

Node Rewriting::renamed(const Node& node, const std::string& op, std::vector<std::string> inputs,
                        const std::string& output) {
  Node copy = node;
  copy.op = op;
  copy.domain.clear();
  copy.inputs = std::move(inputs);
  copy.outputs = {output};
  return copy;
}

void Rewriting::require_preset(const Node& node, Preset preset) {
  if (result_.preset && *result_.preset != preset) {
    refuse(node, "needs preset " + std::string(to_string(preset)) + ", but " + preset_from_ + " needs " +
                     std::string(to_string(*result_.preset)) + "; accepted: one arithmetic in a network");
  }
  if (!result_.preset) preset_from_ = describe(node);
  result_.preset = preset;
}

}  // namespace systoliq::sw_ref
