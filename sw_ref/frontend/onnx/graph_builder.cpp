// SPDX-License-Identifier: Apache-2.0
// Walks the nodes of an ONNX graph in topological order, and infers, folds and records each one.
#include "sw_ref/frontend/onnx/graph_builder.h"

#include <algorithm>
#include <set>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/graph/tensor_operations.h"
#include "sw_ref/frontend/onnx/declared_types.h"
#include "sw_ref/frontend/onnx/dequantized_parameters.h"
#include "sw_ref/frontend/onnx/graph_order.h"
#include "sw_ref/frontend/onnx/node_head.h"
#include "sw_ref/frontend/onnx/onnx_tensor.h"

namespace systoliq::sw_ref {
namespace {

using onnx::AttributeProto;

constexpr std::int64_t kOldestOpset = 7, kNewestOpset = 24;
constexpr int kMostNodes = 100000;
constexpr std::int64_t kMostComputedElements = std::int64_t{1} << 29;

std::int64_t bytes_of(ElementType type, const Shape& shape) {
  return element_count(shape) * (type == ElementType::kFloat ? std::int64_t{sizeof(float)} : 8);
}

/// "--shape x=1,3,H,W": how a user gives the sizes that an input leaves open.
std::string shape_option(const onnx::ValueInfoProto& input) {
  std::string text = "--shape " + input.name() + "=";
  const onnx::TensorShapeProto& shape = input.type().tensor_type().shape();
  for (int axis = 0; axis < shape.dim_size(); ++axis) {
    const onnx::TensorShapeProto::Dimension& dimension = shape.dim(axis);
    const std::string open = dimension.dim_param().empty() ? "SIZE" : dimension.dim_param();
    const std::string unknown = axis == 0 ? "1" : open;
    text += (axis == 0 ? "" : ",") + (dimension.has_dim_value() ? std::to_string(dimension.dim_value()) : unknown);
  }
  return text;
}

class GraphBuilder final {
 public:
  GraphBuilder(const onnx::ModelProto& model, const ReadOptions& options)
      : proto_(model.graph()), folder_(options.folder), most_constant_bytes_(options.most_constant_bytes) {
    graph_.opset = imported_opset(model);
    graph_.name = proto_.name();
    for (const auto& entry : model.metadata_props()) graph_.metadata[entry.key()] = entry.value();
  }

  Graph build() {
    if (proto_.sparse_initializer_size() > 0) throw InputError("has sparse initializers; accepted: dense ones");
    if (proto_.node_size() > kMostNodes) {
      throw InputError("has " + std::to_string(proto_.node_size()) + " nodes; accepted: up to 100000");
    }
    order_ = order_of(proto_);
    check_operators();
    for (const onnx::TensorProto& tensor : proto_.initializer()) {
      initialized_.insert(tensor.name());
      if (order_.uses.count(tensor.name()) == 0) continue;
      const std::string what = "initializer '" + tensor.name() + "'";
      add_constant(to_value(tensor, folder_, what), tensor.name(), what);
    }
    for (const onnx::ValueInfoProto& input : proto_.input()) add_input(input);
    for (const int index : order_.nodes) add_node(proto_.node(index), index);
    for (const onnx::ValueInfoProto& output : proto_.output()) graph_.outputs.push_back(output.name());
    check_declarations(proto_, graph_);
    return std::move(graph_);
  }

 private:
  /// Names all operators that are not known at once.
  void check_operators() const {
    std::vector<std::string> unknown;
    for (const int index : order_.nodes) {
      const Node node = node_head(proto_.node(index), index);
      if (find_rule(node.domain, node.op) == nullptr) unknown.push_back(describe(node));
    }
    if (unknown.empty()) return;
    const std::string supported = "the operator is not supported; supported: " + supported_operators();
    if (unknown.size() == 1) throw InputError(unknown.front() + ": " + supported);
    std::string list;
    for (const std::string& node : unknown) list += (list.empty() ? "" : ", ") + node;
    throw InputError(list + ": " + supported);
  }

  void add_constant(Value value, const std::string& name, const std::string& what) {
    count_constant(value.type, value.shape, what);
    add(std::move(value), name);
  }

  void add(Value value, const std::string& name) {
    value.name = name;
    check(graph_.values.emplace(name, std::move(value)).second, "a tensor is defined twice");
  }

  /// Counts a constant before its memory is taken.
  void count_constant(ElementType type, const Shape& shape, const std::string& what) {
    const std::int64_t bytes = bytes_of(type, shape);
    if (bytes > most_constant_bytes_ - constant_bytes_) {
      throw InputError(what + ": the constant of shape " + to_string(shape) + " takes " + std::to_string(bytes >> 20) +
                       " MiB beside the " + std::to_string(constant_bytes_ >> 20) +
                       " MiB of others; accepted: constants of " + std::to_string(most_constant_bytes_ >> 20) +
                       " MiB in all");
    }
    constant_bytes_ += bytes;
  }

  void add_input(const onnx::ValueInfoProto& input) {
    if (initialized_.count(input.name()) != 0) return;  // its default is its value
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
                         "'; accepted: a number, an unknown batch size on axis 0, or sizes given with " +
                         shape_option(input));
      }
      value.shape.push_back(dimension.has_dim_value() ? dimension.dim_value() : 1);
      if (value.shape.back() < 1) {
        throw InputError(what + ": axis " + std::to_string(axis) + " has size " + std::to_string(value.shape.back()) +
                         "; accepted: 1 or more");
      }
    }
    add_computed(std::move(value), input.name(), what);
    graph_.inputs.push_back(input.name());
  }

  /// A tensor that exists at run time, where integers travel as float.
  void add_computed(Value value, const std::string& name, const std::string& what) {
    const std::int64_t count = checked_count(value.shape, what);
    if (count == 0) throw InputError(what + ": yields the empty shape " + to_string(value.shape));
    if (count > kMostComputedElements - computed_elements_) {
      throw InputError(what + ": its output of shape " + to_string(value.shape) + " makes " +
                       std::to_string(computed_elements_ + count) + " elements in all; accepted: up to " +
                       std::to_string(kMostComputedElements));
    }
    computed_elements_ += count;
    add(std::move(value), name);
  }

  void add_node(const onnx::NodeProto& proto, int index) {
    Node node = node_head(proto, index);
    if (node.domain.empty() && node.op == "Constant") {
      if (node.outputs.size() != 1) refuse(node, "has no output");
      add_constant(constant_value(node, proto, folder_), node.outputs[0], describe(node));
      return;
    }
    for (const AttributeProto& attribute : proto.attribute()) add_attribute(attribute, node);
    const OperatorRule& rule = *find_rule(node.domain, node.op);
    const std::vector<std::string> outputs = node.outputs;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (order_.uses.count(outputs[i]) == 0 || outputs[i].empty()) continue;
      if (i >= rule.outputs) {
        refuse(node, "has the further output '" + outputs[i] + "' (training or indices), which is used; accepted: " +
                         (rule.outputs == 1 ? "the first only" : "the first " + std::to_string(rule.outputs)));
      }
      Node one = node;
      one.outputs = {outputs[i]};
      if (rule.outputs > 1) {
        one.attributes[kOutputAttribute] = static_cast<std::int64_t>(i);
        one.attributes[kOutputCountAttribute] = static_cast<std::int64_t>(outputs.size());
        if (i > 0) one.name += "." + std::to_string(i);
      }
      add_single_output(std::move(one));
    }
    release_inputs(node);
  }

  /// A tensor goes behind the inputs, as a constant, or is the number that it holds.
  void add_attribute(const AttributeProto& attribute, Node& node) {
    if (attribute.type() == AttributeProto::TENSOR) {
      const OperatorRule& rule = *find_rule(node.domain, node.op);
      const auto known = [&](AttributeKind kind) {
        return std::any_of(rule.attributes.begin(), rule.attributes.end(),
                           [&](const AttributeRule& row) { return row.kind == kind && attribute.name() == row.name; });
      };
      if (known(AttributeKind::kNumber)) {
        const Value value = to_value(attribute.t(), folder_, describe(node) + ": attribute '" + attribute.name() + "'");
        if (element_count(value.shape) != 1) refuse(node, "attribute '" + attribute.name() + "' is no single number");
        node.attributes[attribute.name()] = as_floats(value).data[0];
        return;
      }
      if (known(AttributeKind::kTensor) && node.inputs.size() < rule.most_inputs) {
        const std::string name = node.outputs[0] + "." + attribute.name();
        if (graph_.values.count(name) != 0) refuse(node, "tensor '" + name + "' is defined twice");
        add_constant(to_value(attribute.t(), folder_, describe(node)), name, describe(node));
        node.inputs.push_back(name);
        return;
      }
    }
    if (!node.attributes.emplace(attribute.name(), to_attribute(node, attribute)).second) {
      refuse(node, "attribute '" + attribute.name() + "' is given twice");
    }
  }

  /// A sum of many is sums of two, from the left, as it is computed.
  void split_sum(Node* node) {
    if (!node->domain.empty() || node->op != "Sum") return;
    for (int part = 1; node->inputs.size() > 2; ++part) {
      Node first = *node;
      first.name += "." + std::to_string(part);
      first.inputs.resize(2);
      std::string name = node->outputs[0] + ".sum" + std::to_string(part);
      while (graph_.values.count(name) != 0 || order_.uses.count(name) != 0) name += "_";
      first.outputs = {name};
      add_single_output(std::move(first));
      node->inputs.erase(node->inputs.begin());
      node->inputs[0] = name;
    }
  }

  void add_single_output(Node node) {
    split_sum(&node);
    for (Value& parameter : dequantize_parameters(graph_, &node)) {
      const std::string name = parameter.name;
      add_constant(std::move(parameter), name, describe(node));
    }
    const NodeView view = view_of(graph_, node);
    check_node(view);
    const TensorType type = infer_output(view);
    const OperatorRule& rule = *find_rule(node.domain, node.op);
    if (folds(view, rule)) {
      count_constant(type.type, type.shape, describe(node));
      add(rule.fold(view, type), node.outputs[0]);
      return;
    }
    if (rule.of_constants) {
      refuse(node, "its input is computed at run time; this operator is supported of constants only");
    }
    Value value;
    value.type = type.type;
    value.shape = type.shape;
    add_computed(std::move(value), node.outputs[0], describe(node));
    for (const std::string& input : node.inputs) kept_.insert(input);
    graph_.nodes.push_back(std::move(node));
  }

  /// Forgets constants that were folded and are read no more.
  void release_inputs(const Node& node) {
    for (const std::string& input : node.inputs) {
      const auto uses = order_.uses.find(input);
      if (uses != order_.uses.end() && --uses->second > 0) continue;
      const auto value = graph_.values.find(input);
      if (value == graph_.values.end() || !value->second.is_constant || kept_.count(input) != 0) continue;
      constant_bytes_ -= bytes_of(value->second.type, value->second.shape);
      graph_.values.erase(value);
    }
  }

  const onnx::GraphProto& proto_;
  const std::string& folder_;
  const std::int64_t most_constant_bytes_;
  Graph graph_;
  GraphOrder order_;
  std::set<std::string> initialized_;
  std::set<std::string> kept_;  ///< what nodes of the graph read
  std::int64_t constant_bytes_ = 0, computed_elements_ = 0;
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
    throw InputError("imports opset " + std::to_string(opset) + " of ai.onnx; accepted: 7 to 24");
  }
  return opset;
}

Graph build_graph(const onnx::ModelProto& model, const ReadOptions& options) {
  return GraphBuilder(model, options).build();
}

}  // namespace systoliq::sw_ref
