// SPDX-License-Identifier: Apache-2.0
// Walks the nodes of an ONNX graph in file order, which ONNX requires to be topological, and infers, folds and records
// each one.
#include "sw_ref/frontend/onnx/graph_builder.h"

#include <set>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/graph/tensor_operations.h"
#include "sw_ref/frontend/onnx/constant_folding.h"
#include "sw_ref/frontend/onnx/onnx_tensor.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

using onnx::AttributeProto;

constexpr std::int64_t kOldestOpset = 7, kNewestOpset = 15;
constexpr int kMostNodes = 100000;
constexpr std::int64_t kMostConstantElements = std::int64_t{1} << 30;

std::string canonical_domain(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

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

Node node_head(const onnx::NodeProto& proto, int index) {
  Node node;
  node.op = proto.op_type();
  node.domain = canonical_domain(proto.domain());
  node.name = proto.name().empty() ? node.op + "_" + std::to_string(index) : proto.name();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  return node;
}

/// The tensor of a Constant node in any of its attribute forms.
Value constant_value(const Node& node, const onnx::NodeProto& proto) {
  if (proto.attribute_size() != 1)
    refuse(node, "has " + std::to_string(proto.attribute_size()) + " attributes, needs 1");
  const AttributeProto& attribute = proto.attribute(0);
  const std::string& form = attribute.name();
  if (form == "value" && attribute.type() == AttributeProto::TENSOR) return to_value(attribute.t(), describe(node));
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

class GraphBuilder final {
 public:
  explicit GraphBuilder(const onnx::ModelProto& model) : proto_(model.graph()) {
    graph_.opset = imported_opset(model);
    graph_.name = proto_.name();
    for (const auto& entry : model.metadata_props()) graph_.metadata[entry.key()] = entry.value();
  }

  Graph build() {
    if (proto_.sparse_initializer_size() > 0) throw InputError("has sparse initializers; accepted: dense ones");
    for (const onnx::TensorProto& tensor : proto_.initializer()) {
      add(to_value(tensor, "initializer '" + tensor.name() + "'"), tensor.name());
    }
    for (const onnx::ValueInfoProto& input : proto_.input()) add_input(input);
    if (graph_.inputs.empty() && proto_.node_size() == 0) throw InputError("the graph has neither inputs nor nodes");
    for (int i = 0; i < proto_.node_size(); ++i) add_node(proto_.node(i), i);
    for (const onnx::ValueInfoProto& output : proto_.output()) add_output(output);
    if (graph_.outputs.empty()) throw InputError("the graph has no outputs");
    check_declarations();
    drop_unused_constants();
    return std::move(graph_);
  }

 private:
  void add(Value value, const std::string& name) {
    if (name.empty()) throw InputError("a tensor has no name");
    if (value.is_constant) {
      constant_elements_ += element_count(value.shape);
      if (constant_elements_ > kMostConstantElements) {
        throw InputError("constants have more than 2^30 elements in all, counted up to '" + name + "'");
      }
    }
    value.name = name;
    if (!graph_.values.emplace(name, std::move(value)).second) {
      throw InputError("tensor '" + name + "' is defined twice; accepted: one definition for each name");
    }
  }

  void add_input(const onnx::ValueInfoProto& input) {
    const auto initialized = graph_.values.find(input.name());
    if (initialized != graph_.values.end() && initialized->second.is_constant) return;  // its default is its value
    const std::string what = "input '" + input.name() + "'";
    if (!input.type().has_tensor_type() || !input.type().tensor_type().has_shape()) {
      throw InputError(what + ": is no tensor with a shape");
    }
    const onnx::TypeProto::Tensor& type = input.type().tensor_type();
    Value value;
    value.type = element_type(type.elem_type(), what);
    for (int axis = 0; axis < type.shape().dim_size(); ++axis) {
      const onnx::TensorShapeProto::Dimension& dimension = type.shape().dim(axis);
      if (!dimension.has_dim_value() && axis > 0) {
        throw InputError(what + ": axis " + std::to_string(axis) + " has the unknown size '" + dimension.dim_param() +
                         "'; accepted: a number, or an unknown batch size on axis 0");
      }
      value.shape.push_back(dimension.has_dim_value() ? dimension.dim_value() : 1);
      if (value.shape.back() < 1) {
        throw InputError(what + ": axis " + std::to_string(axis) + " has size " + std::to_string(value.shape.back()) +
                         "; accepted: 1 or more");
      }
    }
    checked_count(value.shape, what);
    add_computed(std::move(value), input.name(), what);
    graph_.inputs.push_back(input.name());
  }

  /// A tensor that exists at run time, where integers travel as float.
  void add_computed(Value value, const std::string& name, const std::string& what) {
    if (value.type != ElementType::kFloat && value.type != ElementType::kInt8 && value.type != ElementType::kUint8) {
      throw InputError(what + ": has element type " + type_name(value.type) +
                       " at run time; accepted: FLOAT, INT8, UINT8 (others as constants)");
    }
    add(std::move(value), name);
  }

  void add_node(const onnx::NodeProto& proto, int index) {
    Node node = node_head(proto, index);
    if (node.domain.empty() && node.op == "Constant") {
      if (node.outputs.size() != 1) refuse(node, "has no output");
      add(constant_value(node, proto), node.outputs[0]);
      return;
    }
    for (const AttributeProto& attribute : proto.attribute()) {
      if (!node.attributes.emplace(attribute.name(), to_attribute(node, attribute)).second) {
        refuse(node, "attribute '" + attribute.name() + "' is given twice");
      }
    }
    const NodeView view = view_of(graph_, node);
    const TensorType type = infer_output(view);
    node.outputs.resize(1);  // further ones were found to be empty
    if (std::optional<Value> constant = fold_constant(view, type)) {
      add(std::move(*constant), node.outputs[0]);
      return;
    }
    if (find_rule(node.domain, node.op)->constants_only) {
      refuse(node, "its input is computed at run time; this operator is supported of constants only");
    }
    Value value;
    value.type = type.type;
    value.shape = type.shape;
    add_computed(std::move(value), node.outputs[0], describe(node));
    graph_.nodes.push_back(std::move(node));
  }

  void add_output(const onnx::ValueInfoProto& output) {
    if (graph_.values.count(output.name()) == 0) {
      throw InputError("output '" + output.name() + "' is computed by no node");
    }
    graph_.outputs.push_back(output.name());
  }

  void check_declarations() const {
    for (const auto* list : {&proto_.input(), &proto_.output(), &proto_.value_info()}) {
      for (const onnx::ValueInfoProto& declared : *list) {
        const auto found = graph_.values.find(declared.name());
        if (found != graph_.values.end()) check_declared_type(declared.type(), found->second);
      }
    }
  }

  void drop_unused_constants() {
    std::set<std::string> used(graph_.outputs.begin(), graph_.outputs.end());
    for (const Node& node : graph_.nodes) used.insert(node.inputs.begin(), node.inputs.end());
    for (auto value = graph_.values.begin(); value != graph_.values.end();) {
      const bool unused = value->second.is_constant && used.count(value->first) == 0;
      value = unused ? graph_.values.erase(value) : std::next(value);
    }
  }

  const onnx::GraphProto& proto_;
  Graph graph_;
  std::int64_t constant_elements_ = 0;
};

}  // namespace

std::int64_t imported_opset(const onnx::ModelProto& model) {
  std::int64_t opset = 0;
  for (const onnx::OperatorSetIdProto& set : model.opset_import()) {
    if (!canonical_domain(set.domain()).empty()) continue;
    if (opset != 0) throw InputError("imports ai.onnx twice; accepted: one opset");
    opset = set.version();
  }
  if (opset < kOldestOpset || opset > kNewestOpset) {
    throw InputError("imports opset " + std::to_string(opset) + " of ai.onnx; accepted: 7 to 15");
  }
  return opset;
}

void check_operators(const onnx::ModelProto& model) {
  const onnx::GraphProto& graph = model.graph();
  if (graph.node_size() > kMostNodes) {
    throw InputError("has " + std::to_string(graph.node_size()) + " nodes; accepted: up to 100000");
  }
  for (int i = 0; i < graph.node_size(); ++i) {
    const Node node = node_head(graph.node(i), i);
    if (find_rule(node.domain, node.op) == nullptr) {
      refuse(node, "the operator is not supported; supported: " + supported_operators());
    }
  }
}

void check_declared_type(const onnx::TypeProto& type, const Value& value) {
  if (type.value_case() == onnx::TypeProto::VALUE_NOT_SET) return;
  const std::string what = "tensor '" + value.name + "'";
  if (!type.has_tensor_type()) throw InputError(what + ": is declared as something other than a tensor");
  const onnx::TypeProto::Tensor& tensor = type.tensor_type();
  if (tensor.elem_type() != 0 && element_type(tensor.elem_type(), what) != value.type) {
    throw InputError(what + ": is declared as " + type_name(element_type(tensor.elem_type(), what)) +
                     " but computed as " + type_name(value.type));
  }
  if (!tensor.has_shape()) return;
  bool fits = tensor.shape().dim_size() == static_cast<int>(value.shape.size());
  for (int axis = 0; fits && axis < tensor.shape().dim_size(); ++axis) {
    const onnx::TensorShapeProto::Dimension& dimension = tensor.shape().dim(axis);
    fits = !dimension.has_dim_value() || dimension.dim_value() == nth(value.shape, axis);
  }
  if (!fits) {
    throw InputError(what + ": is declared with a shape that contradicts the computed one, " + to_string(value.shape));
  }
}

Graph build_graph(const onnx::ModelProto& model) { return GraphBuilder(model).build(); }

}  // namespace systoliq::sw_ref
