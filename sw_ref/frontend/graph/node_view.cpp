// SPDX-License-Identifier: Apache-2.0
// Look-up and checks of a node's inputs, shared by everything that interprets operators.
#include "sw_ref/frontend/graph/node_view.h"

#include <algorithm>
#include <limits>

#include "sw_ref/frontend/graph/attributes.h"

namespace systoliq::sw_ref {

NodeView view_of(const Graph& graph, const Node& node) {
  NodeView view{node, {}, graph.opset};
  for (const std::string& name : node.inputs) {
    if (name.empty()) {
      view.inputs.push_back(nullptr);
      continue;
    }
    const auto found = graph.values.find(name);
    if (found == graph.values.end()) {
      refuse(node, "input '" + name + "' is not defined before the node; accepted: graph inputs, initializers and " +
                       "outputs of earlier nodes");
    }
    view.inputs.push_back(&found->second);
  }
  return view;
}

const Value* optional_input(const NodeView& view, std::size_t index) {
  return index < view.inputs.size() ? view.inputs[index] : nullptr;
}

const Value& input_of(const NodeView& view, std::size_t index, const char* what) {
  const Value* value = optional_input(view, index);
  if (value == nullptr) refuse(view.node, std::string("input ") + std::to_string(index) + " (" + what + ") is missing");
  return *value;
}

const Value& constant_input(const NodeView& view, std::size_t index, const char* what, ElementType type) {
  const Value& value = input_of(view, index, what);
  if (!value.is_constant) {
    refuse(view.node, std::string(what) + " '" + value.name + "' is computed at run time; accepted: a constant");
  }
  expect_type(view, value, {type});
  return value;
}

std::vector<std::int64_t> constant_integers(const NodeView& view, std::size_t index, const char* what) {
  const Value& value = input_of(view, index, what);
  if (!value.is_constant) {
    refuse(view.node, std::string(what) + " '" + value.name + "' is computed at run time; accepted: a constant");
  }
  expect_type(view, value, {ElementType::kInt64, ElementType::kInt32});
  return value.integers.data;
}

float constant_scalar(const NodeView& view, std::size_t index, const char* what, float fallback) {
  const Value* value = optional_input(view, index);
  if (value == nullptr) return fallback;
  if (!value->is_constant || element_count(value->shape) != 1) {
    refuse(view.node, std::string(what) + " '" + value->name + "' has shape " + to_string(value->shape) +
                          (value->is_constant ? "" : " and is computed at run time") +
                          "; accepted: a constant with one element");
  }
  return value->type == ElementType::kFloat ? value->floats.data[0] : static_cast<float>(value->integers.data[0]);
}

std::size_t normalized_axis(const Node& node, std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    refuse(node, "axis " + std::to_string(axis) + " lies outside the tensor; accepted: " +
                     std::to_string(-signed_rank) + " to " + std::to_string(signed_rank - 1));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

const char* type_name(ElementType type) {
  constexpr const char* kNames[] = {"FLOAT", "INT8",  "UINT8",  "INT32", "INT64",
                                    "BOOL",  "INT16", "UINT16", "INT4",  "UINT4"};
  return kNames[static_cast<int>(type)];
}

IntegerRange integer_range(ElementType type) {
  const auto bits = [](int width, bool with_sign) {
    return with_sign ? IntegerRange{-(std::int64_t{1} << (width - 1)), (std::int64_t{1} << (width - 1)) - 1}
                     : IntegerRange{0, (std::int64_t{1} << width) - 1};
  };
  switch (type) {
    case ElementType::kInt4:
      return bits(4, true);
    case ElementType::kUint4:
      return bits(4, false);
    case ElementType::kInt8:
      return bits(8, true);
    case ElementType::kUint8:
      return bits(8, false);
    case ElementType::kInt16:
      return bits(16, true);
    case ElementType::kUint16:
      return bits(16, false);
    case ElementType::kInt32:
      return bits(32, true);
    case ElementType::kBool:
      return {0, 1};
    default:
      return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  }
}

void expect_type(const NodeView& view, const Value& value, const std::vector<ElementType>& accepted) {
  if (std::find(accepted.begin(), accepted.end(), value.type) != accepted.end()) return;
  std::string names;
  for (const ElementType type : accepted) names += (names.empty() ? "" : ", ") + std::string(type_name(type));
  refuse(view.node,
         "input '" + value.name + "' has element type " + type_name(value.type) + "; accepted here: " + names);
}

void expect_shape(const Node& node, const char* what, const Shape& shape, const Shape& expected) {
  if (shape == expected) return;
  refuse(node, std::string(what) + " has shape " + to_string(shape) + "; accepted: " + to_string(expected));
}

FloatTensor as_floats(const Value& value) {
  check(value.is_constant, "as_floats() of a value that is computed at run time");
  if (value.type == ElementType::kFloat) return value.floats;
  FloatTensor floats(value.shape);
  std::transform(value.integers.data.begin(), value.integers.data.end(), floats.data.begin(),
                 [](std::int64_t element) { return static_cast<float>(element); });
  return floats;
}

Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis > 1; --axis) strides[axis - 2] = strides[axis - 1] * shape[axis - 1];
  return strides;
}

Shape broadcast_shape(const Node& node, const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  Shape result(rank);
  for (std::size_t i = 0; i < rank; ++i) {  // from the last axis
    const std::int64_t left = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t right = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (left != right && left != 1 && right != 1) {
      refuse(node, "shapes " + to_string(a) + " and " + to_string(b) +
                       " do not broadcast; accepted: equal sizes or 1 on every axis");
    }
    result[rank - 1 - i] = left == 1 ? right : left;
  }
  return result;
}

}  // namespace systoliq::sw_ref
