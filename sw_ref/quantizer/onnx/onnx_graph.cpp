// SPDX-License-Identifier: Apache-2.0
// Building of ONNX models; numbers are stored as raw little-endian bytes.
#include "sw_ref/quantizer/onnx/onnx_graph.h"

#include <algorithm>
#include <cstring>
#include <variant>

#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kIrVersion = 7;

template <typename T>
void set_raw(onnx::TensorProto& tensor, const std::vector<T>& values) {
  tensor.set_raw_data(values.data(), values.size() * sizeof(T));
}

void describe_typed(onnx::ValueInfoProto& value, const std::string& name, const Shape& shape, int type) {
  value.set_name(name);
  onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape();
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    onnx::TensorShapeProto::Dimension& dimension = *tensor.mutable_shape()->add_dim();
    if (axis == 0 && shape[0] == 1) {
      dimension.set_dim_param("N");
    } else {
      dimension.set_dim_value(shape[axis]);
    }
  }
}

void describe_shaped(onnx::ValueInfoProto& value, const std::string& name, const Shape& shape) {
  describe_typed(value, name, shape, onnx::TensorProto::FLOAT);
}

void describe_value(onnx::ValueInfoProto& value, const std::string& name, Shape rest) {
  rest.insert(rest.begin(), 1);
  describe_shaped(value, name, rest);
}

}  // namespace

OnnxGraph::OnnxGraph(const std::string& name, std::int64_t opset) {
  model_.set_ir_version(kIrVersion);
  model_.set_producer_name("systoliq");
  onnx::OperatorSetIdProto& import = *model_.add_opset_import();
  import.set_domain("");
  import.set_version(opset);
  model_.mutable_graph()->set_name(name.empty() ? "network" : name);
}

onnx::NodeProto& OnnxGraph::add_node(const std::string& op, const std::string& name,
                                     const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto& node = *model_.mutable_graph()->add_node();
  node.set_op_type(op);
  node.set_name(name);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

void OnnxGraph::set_int(onnx::NodeProto& node, const char* name, std::int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void OnnxGraph::set_ints(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

void OnnxGraph::set_attribute(onnx::NodeProto& node, const std::string& name, const Attribute& value) {
  if (const auto* number = std::get_if<float>(&value)) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(*number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(*text);
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    set_int(node, name.c_str(), *whole);
  } else {
    throw InternalError("attribute '" + name + "' is a list, which no function of one element has");
  }
}

void OnnxGraph::require_opset(std::int64_t opset) {
  onnx::OperatorSetIdProto& import = *model_.mutable_opset_import(0);
  if (import.version() >= opset) return;
  import.set_version(opset);
  const std::int64_t ir = opset > 22 ? 11 : opset > 20 ? 10 : opset > 18 ? 9 : opset > 14 ? 8 : kIrVersion;
  model_.set_ir_version(std::max<std::int64_t>(model_.ir_version(), ir));
}

onnx::TensorProto& OnnxGraph::add_initializer(const std::string& name, int type, const Shape& shape) {
  onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const std::int64_t dimension : shape) tensor.add_dims(dimension);
  return tensor;
}

std::string OnnxGraph::add_floats(const std::string& name, const Shape& shape, const std::vector<float>& values) {
  set_raw(add_initializer(name, onnx::TensorProto::FLOAT, shape), values);
  return name;
}

std::string OnnxGraph::add_int64s(const std::string& name, const std::vector<std::int64_t>& values) {
  set_raw(add_initializer(name, onnx::TensorProto::INT64, {static_cast<std::int64_t>(values.size())}), values);
  return name;
}

std::string OnnxGraph::add_int32s(const std::string& name, const std::vector<std::int64_t>& values) {
  std::vector<std::int32_t> narrow;
  for (const std::int64_t value : values) narrow.push_back(static_cast<std::int32_t>(value));
  set_raw(add_initializer(name, onnx::TensorProto::INT32, {static_cast<std::int64_t>(values.size())}), narrow);
  return name;
}

std::string OnnxGraph::add_bytes(const std::string& name, const Shape& shape, const std::vector<std::int32_t>& values,
                                 bool is_unsigned) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(values.size());
  for (const std::int32_t value : values) bytes.push_back(static_cast<std::uint8_t>(value));
  set_raw(add_initializer(name, is_unsigned ? onnx::TensorProto::UINT8 : onnx::TensorProto::INT8, shape), bytes);
  return name;
}

void OnnxGraph::add_input(const std::string& name, const Shape& rest) {
  describe_value(*model_.mutable_graph()->add_input(), name, rest);
}

void OnnxGraph::add_output(const std::string& name, const Shape& rest) {
  describe_value(*model_.mutable_graph()->add_output(), name, rest);
}

void OnnxGraph::add_shaped_input(const std::string& name, const Shape& shape) {
  describe_shaped(*model_.mutable_graph()->add_input(), name, shape);
}

void OnnxGraph::add_shaped_output(const std::string& name, const Shape& shape) {
  describe_shaped(*model_.mutable_graph()->add_output(), name, shape);
}

std::string OnnxGraph::add_integers(const std::string& name, int type, const Shape& shape,
                                    const std::vector<std::int64_t>& values) {
  onnx::TensorProto& tensor = add_initializer(name, type, shape);
  const auto store = [&](auto sample) {
    using Element = decltype(sample);
    std::vector<Element> stored;
    for (const std::int64_t value : values) stored.push_back(static_cast<Element>(value));
    set_raw(tensor, stored);
  };
  switch (type) {
    case onnx::TensorProto::INT8:
    case onnx::TensorProto::UINT8:
    case onnx::TensorProto::BOOL:
      store(std::uint8_t{});
      break;
    case onnx::TensorProto::INT16:
    case onnx::TensorProto::UINT16:
      store(std::uint16_t{});
      break;
    case onnx::TensorProto::INT32:
      store(std::int32_t{});
      break;
    default:
      store(std::int64_t{});
  }
  return name;
}

void OnnxGraph::add_input(const std::string& name, const Shape& shape, int type) {
  describe_typed(*model_.mutable_graph()->add_input(), name, shape, type);
}

void OnnxGraph::add_output(const std::string& name, const Shape& shape, int type) {
  describe_typed(*model_.mutable_graph()->add_output(), name, shape, type);
}

void OnnxGraph::add_metadata(const std::string& key, const std::string& value) {
  onnx::StringStringEntryProto& entry = *model_.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

std::string OnnxGraph::fresh(std::string name) {
  while (!used_.insert(name).second) name += "_";
  return name;
}

}  // namespace systoliq::sw_ref
