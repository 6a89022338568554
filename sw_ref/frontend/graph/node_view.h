// SPDX-License-Identifier: Apache-2.0
// A node together with the values it reads: what the operator rules, constant folding and the float executor work on.
// Internal to the importer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// `inputs[i]` is null where an optional input is absent. Refers to the graph's node and values.
struct NodeView {
  const Node& node;
  std::vector<const Value*> inputs;
  std::int64_t opset;
};

/// Throws InputError for an input that no value bears the name of.
NodeView view_of(const Graph& graph, const Node& node);

/// Input `index`, null where it is absent.
const Value* optional_input(const NodeView& view, std::size_t index);
/// Input `index`; `what` names it in the error. Throws InputError where it is absent.
const Value& input_of(const NodeView& view, std::size_t index, const char* what);
/// The same, and it must be a constant of one of the element types.
const Value& constant_input(const NodeView& view, std::size_t index, const char* what, ElementType type);

/// All elements of a constant INT64 or INT32 input.
std::vector<std::int64_t> constant_integers(const NodeView& view, std::size_t index, const char* what);
/// The only element of a constant input, or `fallback` where the input is absent.
float constant_scalar(const NodeView& view, std::size_t index, const char* what, float fallback);

/// `axis` as 0..rank-1. Throws InputError outside -rank..rank-1.
std::size_t normalized_axis(const Node& node, std::int64_t axis, std::size_t rank);

/// "FLOAT", "INT8" and so on, as ONNX writes them.
const char* type_name(ElementType type);

/// Smallest and largest integer of an integer type (BOOL: 0 and 1).
struct IntegerRange {
  std::int64_t low, high;
};
IntegerRange integer_range(ElementType type);
/// Throws InputError unless `value` has one of the types.
void expect_type(const NodeView& view, const Value& value, const std::vector<ElementType>& accepted);
/// Throws InputError unless `shape` is `expected`; `what` names the tensor.
void expect_shape(const Node& node, const char* what, const Shape& shape, const Shape& expected);

/// A constant's elements as float: floats as they are, integers converted (rounded to nearest above 2^24).
FloatTensor as_floats(const Value& value);

/// Strides of a row-major tensor, in elements.
Shape row_major_strides(const Shape& shape);
/// Shape of two tensors combined by ONNX's multidirectional broadcasting. Throws InputError where they do not combine.
Shape broadcast_shape(const Node& node, const Shape& a, const Shape& b);

}  // namespace systoliq::sw_ref
