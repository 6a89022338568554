// SPDX-License-Identifier: Apache-2.0
// Writes a built-in network as an ONNX model: operators of opset 13 with a symbolic batch size "N".
#include <onnx/onnx_pb.h>

#include "sw_ref/networks/layers.h"
#include "sw_ref/networks/networks.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kOpset = 13, kIrVersion = 7;

using Parameters = std::map<std::string, FloatTensor>;

void add_ints(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

void add_int(onnx::NodeProto& node, const char* name, std::int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void add_float(onnx::NodeProto& node, const char* name, float value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

void add_window(onnx::NodeProto& node, const NetworkLayer& layer) {
  add_ints(node, "kernel_shape", {layer.kernel, layer.width()});
  add_ints(node, "strides", {layer.stride, layer.stride});
  add_ints(node, "pads", {layer.padding, layer.side_padding(), layer.padding, layer.side_padding()});
}

void set_operator(onnx::NodeProto& node, const NetworkLayer& layer) {
  switch (layer.op) {
    case NetworkOp::kConvolution:
      node.set_op_type("Conv");
      add_window(node, layer);
      if (layer.groups > 1) add_int(node, "group", layer.groups);
      return;
    case NetworkOp::kBatchNormalization:
      node.set_op_type("BatchNormalization");
      add_float(node, "epsilon", kBatchNormalizationEpsilon);
      return;
    case NetworkOp::kRelu:
      node.set_op_type("Relu");
      return;
    case NetworkOp::kRelu6:
      node.set_op_type("Clip");
      return;
    case NetworkOp::kSigmoid:
      node.set_op_type("Sigmoid");
      return;
    case NetworkOp::kAveragePool:
      node.set_op_type("AveragePool");
      add_window(node, layer);
      return;
    case NetworkOp::kSoftmax:
      node.set_op_type("Softmax");
      add_int(node, "axis", 1);
      return;
    case NetworkOp::kMaxPool:
      node.set_op_type("MaxPool");
      add_window(node, layer);
      return;
    case NetworkOp::kGlobalAveragePool:
      node.set_op_type("GlobalAveragePool");
      return;
    case NetworkOp::kAdd:
      node.set_op_type("Add");
      return;
    case NetworkOp::kFlatten:
      node.set_op_type("Flatten");
      add_int(node, "axis", 1);
      return;
    case NetworkOp::kFullyConnected:
      node.set_op_type("Gemm");
      add_int(node, "transB", 1);
      return;
  }
  throw InternalError("unknown layer operation");
}

void add_initializer(onnx::GraphProto& graph, const std::string& name, const FloatTensor& values) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t dimension : values.shape) tensor.add_dims(dimension);
  tensor.set_raw_data(values.data.data(), values.data.size() * sizeof(float));
}

/// Shape [N, rest…], the first dimension left symbolic.
void set_value(onnx::ValueInfoProto& value, const std::string& name, const Shape& rest) {
  value.set_name(name);
  onnx::TypeProto::Tensor& type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("N");
  for (const std::int64_t dimension : rest) type.mutable_shape()->add_dim()->set_dim_value(dimension);
}

const FloatTensor& find_parameter(const std::string& network, const Parameters& parameters, const std::string& name,
                                  const Shape& shape) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) {
    throw InputError("network " + network + ": parameter '" + name + "' of shape " + to_string(shape) + " is missing");
  }
  if (found->second.shape != shape) {
    throw InputError("network " + network + ": parameter '" + name + "' has shape " + to_string(found->second.shape) +
                     "; " + to_string(shape) + " is needed");
  }
  return found->second;
}

void refuse_unknown(const std::string& network, const Parameters& parameters, int used) {
  if (static_cast<int>(parameters.size()) == used) return;
  std::map<std::string, Shape> known;
  for (const auto& parameter : network_parameters(network)) known.insert(parameter);
  for (const auto& parameter : parameters) {
    if (known.count(parameter.first) == 0) {
      throw InputError("network " + network + " has no parameter '" + parameter.first + "'");
    }
  }
}

}  // namespace

std::string network_to_onnx(const std::string& network, const Parameters& parameters,
                            const std::map<std::string, std::string>& metadata) {
  const NetworkDescription description = describe_network(network);
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("systoliq");
  onnx::OperatorSetIdProto& opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(kOpset);
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name(network);
  set_value(*graph.add_input(), "input", Shape(description.input.begin() + 1, description.input.end()));
  const std::string output = description.layers.back().op == NetworkOp::kSoftmax ? "probabilities" : "logits";
  set_value(*graph.add_output(), output, {description.classes});
  bool clips = false;
  for (const NetworkLayer& layer : description.layers) {
    onnx::NodeProto& node = *graph.add_node();
    node.set_name(layer.name);
    set_operator(node, layer);
    for (const std::string& input : layer.inputs) node.add_input(input);
    for (const auto& [name, shape] : layer_parameters(layer)) {
      node.add_input(name);
      add_initializer(graph, name, find_parameter(network, parameters, name, shape));
    }
    if (layer.op == NetworkOp::kRelu6) {
      node.add_input("zero");
      node.add_input("six");
      clips = true;
    }
    node.add_output(&layer == &description.layers.back() ? output : layer.name);
  }
  refuse_unknown(network, parameters, graph.initializer_size());
  if (clips) {
    add_initializer(graph, "zero", FloatTensor({}, {0.0F}));
    add_initializer(graph, "six", FloatTensor({}, {6.0F}));
  }
  for (const auto& [key, value] : metadata) {
    onnx::StringStringEntryProto& entry = *model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  return model.SerializeAsString();
}

}  // namespace systoliq::sw_ref
