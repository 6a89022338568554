// SPDX-License-Identifier: Apache-2.0
// Functions of one element and of two, computed alike at import and in the float executor. Internal to the importer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sw_ref/frontend/graph/movement.h"
#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {

/// y = f(x) of a node, its attributes and constant operands filled in; null where the operator is no such function.
std::function<float(float)> unary_function(const NodeView& view);

/// An operator between two tensors that broadcast to each other.
struct BinaryOperation {
  float (*real)(float, float);
  /// Of integers; null where the operator takes none, no value where the result does not exist or overflows 64 bits.
  std::optional<std::int64_t> (*whole)(std::int64_t, std::int64_t);
  bool is_truth;  ///< yields BOOL
  bool of_truth;  ///< takes BOOL
};

/// The operation of that name, or null. For PRelu the second operand is the slope.
const BinaryOperation* binary_operation(const std::string& op);

/// A movement that repeats a tensor of shape `from` along the axes where `to` is larger. The shapes broadcast.
Movement broadcast_walk(const Shape& from, const Shape& to);

/// function(a, b) element by element, both broadcast to `shape`.
template <typename Result, typename T, typename Function>
Tensor<Result> combined(const Tensor<T>& a, const Tensor<T>& b, const Shape& shape, Function function) {
  Tensor<Result> result(shape);
  const auto apply = [&](const Tensor<T>& left, const Tensor<T>& right) {
    for (std::size_t i = 0; i < result.data.size(); ++i) result.data[i] = function(left.data[i], right.data[i]);
  };
  if (a.shape == shape && b.shape == shape) {
    apply(a, b);
  } else if (a.shape == shape) {
    apply(a, moved(b, broadcast_walk(b.shape, shape)));
  } else if (b.shape == shape) {
    apply(moved(a, broadcast_walk(a.shape, shape)), b);
  } else {
    apply(moved(a, broadcast_walk(a.shape, shape)), moved(b, broadcast_walk(b.shape, shape)));
  }
  return result;
}

}  // namespace systoliq::sw_ref
