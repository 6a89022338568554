// SPDX-License-Identifier: Apache-2.0
// Nodes and their attributes (onnx.proto: NodeProto, AttributeProto), and the forms of a Constant.
#include "sw_ref/frontend/onnx/node_head.h"

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/onnx/onnx_tensor.h"

namespace systoliq::sw_ref {

using onnx::AttributeProto;

std::string canonical_domain(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

Node node_head(const onnx::NodeProto& proto, int index) {
  Node node;
  node.op = proto.op_type();
  node.domain = canonical_domain(proto.domain());
  node.name = proto.name().empty() ? node.op + "_" + std::to_string(index) : proto.name();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  return node;
}

Attribute to_attribute(const Node& node, const AttributeProto& attribute) {
  if (!attribute.ref_attr_name().empty()) refuse(node, "attribute '" + attribute.name() + "' refers to a function's");
  switch (attribute.type()) {
    case AttributeProto::INT:
      return std::int64_t{attribute.i()};
    case AttributeProto::FLOAT:
      return attribute.f();
    case AttributeProto::STRING:
      return attribute.s();
    case AttributeProto::INTS:
      return std::vector<std::int64_t>(attribute.ints().begin(), attribute.ints().end());
    case AttributeProto::FLOATS:
      return std::vector<float>(attribute.floats().begin(), attribute.floats().end());
    default:
      refuse(node, "attribute '" + attribute.name() + "' has type " +
                       onnx::AttributeProto_AttributeType_Name(attribute.type()) +
                       "; accepted: INT, FLOAT, STRING, INTS, FLOATS");
  }
}

Value constant_value(const Node& node, const onnx::NodeProto& proto, const std::string& folder) {
  if (proto.attribute_size() != 1) {
    refuse(node, "has " + std::to_string(proto.attribute_size()) + " attributes, needs 1");
  }
  const AttributeProto& attribute = proto.attribute(0);
  const std::string& form = attribute.name();
  if (form == "value" && attribute.type() == AttributeProto::TENSOR) {
    return to_value(attribute.t(), folder, describe(node));
  }
  Value value;
  value.is_constant = true;
  const auto count = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
  if (form == "value_float" && attribute.type() == AttributeProto::FLOAT) {
    value.floats = FloatTensor({}, std::vector<float>{attribute.f()});
  } else if (form == "value_floats" && attribute.type() == AttributeProto::FLOATS) {
    value.floats = FloatTensor({count(attribute.floats())}, {attribute.floats().begin(), attribute.floats().end()});
  } else if (form == "value_int" && attribute.type() == AttributeProto::INT) {
    value.integers = {Shape{}, std::vector<std::int64_t>{attribute.i()}};
  } else if (form == "value_ints" && attribute.type() == AttributeProto::INTS) {
    value.integers = {Shape{count(attribute.ints())}, {attribute.ints().begin(), attribute.ints().end()}};
  } else {
    refuse(node, "attribute '" + form + "' of type " + onnx::AttributeProto_AttributeType_Name(attribute.type()) +
                     "; accepted: value (TENSOR), value_float, value_floats, value_int, value_ints");
  }
  const bool is_float = attribute.type() == AttributeProto::FLOAT || attribute.type() == AttributeProto::FLOATS;
  value.type = is_float ? ElementType::kFloat : ElementType::kInt64;
  value.shape = is_float ? value.floats.shape : value.integers.shape;
  return value;
}

}  // namespace systoliq::sw_ref
