// SPDX-License-Identifier: Apache-2.0
// Concatenation of tensors, and the largest tensor of an imported network.
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

/// The tensors one after the other along `axis`; shapes have been checked.
template <typename T>
Tensor<T> concatenated(const std::vector<const Tensor<T>*>& inputs, std::size_t axis, const Shape& shape) {
  Tensor<T> output(shape);
  std::int64_t outer = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= shape[i];
  auto next = output.data.begin();
  for (std::int64_t i = 0; i < outer; ++i) {
    for (const Tensor<T>* input : inputs) {
      if (input->data.empty()) continue;
      const auto piece = static_cast<std::int64_t>(input->data.size()) / outer;
      next = std::copy_n(input->data.begin() + i * piece, piece, next);
    }
  }
  return output;
}

}  // namespace systoliq::sw_ref
