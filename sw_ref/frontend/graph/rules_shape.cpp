// SPDX-License-Identifier: Apache-2.0
// Rules of the operators that keep all elements in order: reshaping; and of concatenation.
#include <algorithm>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/rules.h"
#include "sw_ref/frontend/graph/tensor_operations.h"

namespace systoliq::sw_ref {
namespace {

/// Axes of Squeeze and Unsqueeze: attribute before opset 13, input since.
std::vector<std::int64_t> given_axes(const NodeView& view) {
  if (view.opset < 13) return ints_attribute(view.node, "axes", {});
  return optional_input(view, 1) == nullptr ? std::vector<std::int64_t>{} : constant_integers(view, 1, "axes");
}

/// For each axis of a tensor of that rank, whether it is named. Throws InputError for one named twice.
std::vector<bool> marked_axes(const NodeView& view, std::size_t rank) {
  std::vector<bool> marked(rank, false);
  for (const std::int64_t axis : given_axes(view)) {
    const std::size_t index = normalized_axis(view.node, axis, rank);
    if (marked[index]) refuse(view.node, "axis " + std::to_string(axis) + " is named twice");
    marked[index] = true;
  }
  return marked;
}

}  // namespace

TensorType infer_identity(const NodeView& view) {
  const Value& x = input_of(view, 0, "input");
  return {x.type, x.shape};
}

TensorType infer_reshape(const NodeView& view) {
  const Value& x = input_of(view, 0, "data");
  Shape shape = constant_integers(view, 1, "shape");
  const bool copies = int_attribute(view.node, "allowzero", 0) == 0;
  const std::string wanted = to_string(shape);
  std::int64_t known = 1;
  std::size_t open = shape.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && copies && i < x.shape.size()) shape[i] = x.shape[i];
    if (shape[i] == -1 && open == shape.size()) {
      open = i;
    } else if (shape[i] < 1 || shape[i] > element_count(x.shape)) {
      refuse(view.node, "shape " + wanted + " does not fit " + to_string(x.shape) +
                            "; accepted: the same number of "
                            "elements, one -1 at most");
    } else {
      known = std::min(known * shape[i], std::int64_t{1} << 31);
    }
  }
  if (open < shape.size()) shape[open] = element_count(x.shape) / known;
  if (shape.size() > 32 || element_count(shape) != element_count(x.shape)) {
    refuse(view.node, "shape " + wanted + " does not fit " + to_string(x.shape) +
                          "; accepted: the same number of "
                          "elements, one -1 at most");
  }
  return {x.type, shape};
}

TensorType infer_flatten(const NodeView& view) {
  const Value& x = input_of(view, 0, "input");
  const std::int64_t axis = int_attribute(view.node, "axis", 1);
  const auto rank = static_cast<std::int64_t>(x.shape.size());
  const std::size_t split = axis == rank ? x.shape.size() : normalized_axis(view.node, axis, x.shape.size());
  Shape shape = {1, 1};
  for (std::size_t i = 0; i < x.shape.size(); ++i) shape[i < split ? 0 : 1] *= x.shape[i];
  return {x.type, shape};
}

TensorType infer_squeeze(const NodeView& view) {
  const Value& x = input_of(view, 0, "data");
  std::vector<bool> marked = marked_axes(view, x.shape.size());
  const bool all = given_axes(view).empty();
  Shape shape;
  for (std::size_t i = 0; i < x.shape.size(); ++i) {
    const bool dropped = all ? x.shape[i] == 1 : marked[i];
    if (!dropped) shape.push_back(x.shape[i]);
    if (dropped && x.shape[i] != 1) {
      refuse(view.node,
             "squeezes axis " + std::to_string(i) + " of " + to_string(x.shape) + "; accepted: axes of size 1");
    }
  }
  return {x.type, shape};
}

TensorType infer_unsqueeze(const NodeView& view) {
  const Value& x = input_of(view, 0, "data");
  const std::vector<bool> marked = marked_axes(view, x.shape.size() + given_axes(view).size());
  Shape shape;
  std::size_t next = 0;
  for (const bool added : marked) shape.push_back(added ? 1 : x.shape[next++]);
  return {x.type, shape};
}

TensorType infer_concat(const NodeView& view) {
  const Value& first = input_of(view, 0, "inputs");
  if (view.node.attributes.count("axis") == 0) refuse(view.node, "attribute 'axis' is missing");
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", 0), first.shape.size());
  Shape shape = first.shape;
  for (std::size_t i = 1; i < view.inputs.size(); ++i) {
    const Value& next = input_of(view, i, "inputs");
    expect_type(view, next, {first.type});
    Shape expected = first.shape;
    if (next.shape.size() == expected.size()) expected[axis] = next.shape[axis];
    expect_shape(view.node, ("input '" + next.name + "'").c_str(), next.shape, expected);
    shape[axis] += next.shape[axis];
  }
  return {first.type, shape};
}

Value fold_same_elements(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const Value& input = input_of(view, 0, "input");
  if (type.type == ElementType::kFloat) {
    value.floats = FloatTensor(type.shape, input.floats.data);
  } else {
    value.integers = Tensor<std::int64_t>(type.shape, input.integers.data);
  }
  return value;
}

Value fold_concat(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", 0), type.shape.size());
  std::vector<const FloatTensor*> floats;
  std::vector<const Tensor<std::int64_t>*> integers;
  for (const Value* input : view.inputs) {
    floats.push_back(&input->floats);
    integers.push_back(&input->integers);
  }
  if (type.type == ElementType::kFloat) {
    value.floats = concatenated(floats, axis, type.shape);
  } else {
    value.integers = concatenated(integers, axis, type.shape);
  }
  return value;
}

}  // namespace systoliq::sw_ref
