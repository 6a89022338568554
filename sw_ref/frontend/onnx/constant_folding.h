// SPDX-License-Identifier: Apache-2.0
// Computes at import what constants alone determine, so that later stages see weights, shapes and axes as constants.
// Internal to the importer.
#pragma once

#include <algorithm>
#include <optional>

#include "sw_ref/import/operator_rules.h"

namespace systoliq::sw_ref {

/// The node's output as a constant of that type, or nothing where it depends on the network's input or the operator is
/// left to run time (all arithmetic in float is). Folded: Identity, Dropout, Reshape, Flatten, Squeeze, Unsqueeze,
/// Transpose, Concat, Gather, Cast and QuantizeLinear of constants, and Shape of anything. Throws InputError.
std::optional<Value> fold_constant(const NodeView& view, const TensorType& type);

/// Elements of a row-major tensor in the order of its axes permuted.
template <typename T>
Tensor<T> transposed(const Tensor<T>& input, const std::vector<std::size_t>& permutation) {
  Shape shape, source_strides;
  const Shape strides = row_major_strides(input.shape);
  for (const std::size_t axis : permutation) {
    shape.push_back(input.shape[axis]);
    source_strides.push_back(strides[axis]);
  }
  Tensor<T> output(shape);
  Shape index(shape.size(), 0);
  std::int64_t source = 0;
  for (T& element : output.data) {
    element = input.data[static_cast<std::size_t>(source)];
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      source += source_strides[axis];
      if (++index[axis] < shape[axis]) break;
      source -= source_strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return output;
}

/// The tensors one after the other along `axis`; shapes have been checked.
template <typename T>
Tensor<T> concatenated(const std::vector<const Tensor<T>*>& inputs, std::size_t axis, const Shape& shape) {
  Tensor<T> output(shape);
  std::int64_t outer = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= shape[i];
  auto next = output.data.begin();
  for (std::int64_t i = 0; i < outer; ++i) {
    for (const Tensor<T>* input : inputs) {
      const auto piece = static_cast<std::int64_t>(input->data.size()) / outer;
      next = std::copy_n(input->data.begin() + i * piece, piece, next);
    }
  }
  return output;
}

}  // namespace systoliq::sw_ref
