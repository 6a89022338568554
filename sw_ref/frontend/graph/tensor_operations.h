// SPDX-License-Identifier: Apache-2.0
// Movement of a tensor's elements, and the largest tensor of an imported network.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "types/graph.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {

/// No tensor of an imported network may have more elements, so that a hostile file cannot exhaust memory.
inline constexpr std::int64_t kLargestTensor = std::int64_t{1} << 28;

/// element_count() with the limit kLargestTensor; `what` names the tensor in the error.
std::int64_t checked_count(const Shape& shape, const std::string& what);

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
    element = nth(input.data, source);
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
