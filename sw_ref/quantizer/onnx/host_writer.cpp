// SPDX-License-Identifier: Apache-2.0
// Nodes, attributes and constants back to protobuf.
#include "sw_ref/quantizer/onnx/host_writer.h"

#include <algorithm>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/operator_rules.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLeastOpset = 13;

bool is_output_attribute(const std::string& name) { return name == kOutputAttribute || name == kOutputCountAttribute; }

void set_attribute(onnx::NodeProto& node, const std::string& name, const Attribute& value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(*integer);
  } else if (const auto* real = std::get_if<float>(&value)) {
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(*real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(*text);
  } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) {
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t each : *integers) attribute.add_ints(each);
  } else {
    attribute.set_type(onnx::AttributeProto::FLOATS);
    for (const float each : std::get<std::vector<float>>(value)) attribute.add_floats(each);
  }
}

}  // namespace

std::int64_t file_opset(const std::vector<HostPart>& parts) {
  std::int64_t opset = kLeastOpset;
  for (const HostPart& part : parts) opset = std::max(opset, part.graph.opset);
  return opset;
}

int onnx_type(ElementType type) {
  switch (type) {
    case ElementType::kFloat:
      return onnx::TensorProto::FLOAT;
    case ElementType::kInt8:
      return onnx::TensorProto::INT8;
    case ElementType::kUint8:
      return onnx::TensorProto::UINT8;
    case ElementType::kInt16:
      return onnx::TensorProto::INT16;
    case ElementType::kUint16:
      return onnx::TensorProto::UINT16;
    case ElementType::kInt32:
      return onnx::TensorProto::INT32;
    case ElementType::kInt64:
      return onnx::TensorProto::INT64;
    case ElementType::kBool:
      return onnx::TensorProto::BOOL;
    case ElementType::kInt4:
    case ElementType::kUint4:
      break;
  }
  throw InputError("a value of the host has 4 bits, which this writer does not store; accepted: 8 bits or more");
}

std::string HostWriter::reshaped(const std::string& name, const Shape& from, const Shape& to) {
  if (from == to) return name;
  Shape dims = to;
  if (!from.empty() && !to.empty() && from[0] == 1 && to[0] == 1) dims[0] = 0;  // as the input has it
  const std::string shape = onnx_.add_int64s(onnx_.fresh(name + ".host_shape"), dims);
  const std::string result = onnx_.fresh(name + ".reshaped");
  onnx_.add_node("Reshape", result, {name, shape}, result);
  return result;
}

std::string HostWriter::add_constant(const Value& value) {
  const std::string name = onnx_.fresh(value.name.empty() ? "constant" : value.name);
  if (value.type == ElementType::kFloat) return onnx_.add_floats(name, value.shape, value.floats.data);
  return onnx_.add_integers(name, onnx_type(value.type), value.shape, value.integers.data);
}

void HostWriter::write(const HostPart& part, const std::function<std::string(std::size_t)>& operand) {
  constants_.clear();
  for (std::size_t i = 0; i < part.inputs.size(); ++i) {
    if (part.inputs[i] == kHostValue) continue;
    constants_[part.graph.inputs[i]] = operand(i);
  }
  for (const auto& [name, value] : part.graph.values) {
    if (value.is_constant) constants_[name] = add_constant(value);
  }
  for (const Node& node : part.graph.nodes) {
    if (names_.count(node.outputs[0]) == 0) names_[node.outputs[0]] = onnx_.fresh(node.outputs[0]);
    write_node(part.graph, node);
  }
}

void HostWriter::write_node(const Graph& graph, const Node& given) {
  Node node = given;
  for (std::string& input : node.inputs) {
    if (input.empty()) continue;
    const auto local = constants_.find(input);
    input = local != constants_.end() ? local->second : names_.at(input);
  }
  if (graph.opset < kLeastOpset) {
    const bool softmax = node.op == "Softmax" || node.op == "LogSoftmax";
    if (softmax) return write_softmax_of_rows(graph, given);
    move_attributes(graph, &node);
  }
  onnx::NodeProto& proto = onnx_.add_node(node.op, node.name, node.inputs, names_.at(given.outputs[0]));
  proto.set_domain(node.domain);
  for (const auto& [name, value] : node.attributes) {
    if (!is_output_attribute(name)) set_attribute(proto, name, value);
  }
  const std::int64_t count = int_attribute(given, kOutputCountAttribute, 1);
  if (count == 1) return;
  proto.clear_output();
  for (std::int64_t i = 0; i < count; ++i) {
    const bool own = i == int_attribute(given, kOutputAttribute, 0);
    proto.add_output(own ? names_.at(given.outputs[0]) : onnx_.fresh(given.outputs[0] + ".unused"));
  }
}

/// Before opset 13 everything from the axis on is one row.
void HostWriter::write_softmax_of_rows(const Graph& graph, const Node& node) {
  const Shape& shape = graph.values.at(node.outputs[0]).shape;
  const auto local = constants_.find(node.inputs[0]);
  const std::string input = local != constants_.end() ? local->second : names_.at(node.inputs[0]);
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::int64_t axis = int_attribute(node, "axis", 1);
  if (axis < 0) axis += rank;
  const Shape rows = {element_count(Shape(shape.begin(), shape.begin() + axis)),
                      element_count(Shape(shape.begin() + axis, shape.end()))};
  const std::string& output = names_.at(node.outputs[0]);
  if (shape == rows) {
    OnnxGraph::set_int(onnx_.add_node(node.op, node.name, {input}, output), "axis", 1);
    return;
  }
  const std::string flat = onnx_.fresh(output + ".rows");
  OnnxGraph::set_int(onnx_.add_node(node.op, node.name, {reshaped(input, shape, rows)}, flat), "axis", 1);
  const std::string dims = onnx_.add_int64s(onnx_.fresh(output + ".shape"), shape);
  onnx_.add_node("Reshape", onnx_.fresh(output + ".reshape"), {flat, dims}, output);
}

/// Attributes that became inputs by opset 13, and operators that another one replaced.
void HostWriter::move_attributes(const Graph& graph, Node* node) {
  const auto take_ints = [&](const char* name) {
    const auto found = node->attributes.find(name);
    if (found == node->attributes.end()) return;
    const auto* list = std::get_if<std::vector<std::int64_t>>(&found->second);
    const std::vector<std::int64_t> values =
        list != nullptr ? *list : std::vector<std::int64_t>{std::get<std::int64_t>(found->second)};
    node->inputs.push_back(onnx_.add_int64s(onnx_.fresh(node->name + "." + name), values));
    node->attributes.erase(found);
  };
  const auto take_float = [&](const char* name) {
    const auto found = node->attributes.find(name);
    const bool given = found != node->attributes.end();
    node->inputs.push_back(
        given ? onnx_.add_floats(onnx_.fresh(node->name + "." + name), {}, {std::get<float>(found->second)}) : "");
    if (given) node->attributes.erase(found);
  };
  if (node->op == "Squeeze" || node->op == "Unsqueeze" || node->op == "ReduceSum") take_ints("axes");
  if (node->op == "Split") take_ints("split");
  if (node->op == "TopK") take_ints("k");
  if (node->op == "Slice" && node->inputs.size() == 1) {
    for (const char* name : {"starts", "ends", "axes"}) take_ints(name);
  }
  if (node->op == "Clip" && node->inputs.size() == 1) {
    for (const char* name : {"min", "max"}) take_float(name);
  }
  if (node->op == "Dropout") {
    node->op = "Identity";
    node->inputs.resize(1);
    node->attributes.clear();
  }
  const bool scales_second = node->op == "Resize" && graph.opset < 11;
  if (!scales_second && node->op != "Upsample") return;
  if (node->op == "Upsample" && node->inputs.size() == 1) {
    const auto scales = std::get<std::vector<float>>(node->attributes.at("scales"));
    node->inputs.push_back(
        onnx_.add_floats(onnx_.fresh(node->name + ".scales"), {static_cast<std::int64_t>(scales.size())}, scales));
    node->attributes.erase("scales");
  }
  node->op = "Resize";
  node->inputs = {node->inputs[0], "", node->inputs.at(1)};
  node->attributes["coordinate_transformation_mode"] = std::string("asymmetric");
  node->attributes["nearest_mode"] = std::string("floor");
}

}  // namespace systoliq::sw_ref
