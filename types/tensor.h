// SPDX-License-Identifier: Apache-2.0
// A dense row-major tensor that owns its elements: the one container of values that all layers exchange.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "types/error.h"

namespace systoliq {

using Shape = std::vector<std::int64_t>;

/// Product of all dimensions (1 for a scalar). Throws InputError on a negative dimension or more than 2^40 elements.
inline std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) throw InputError("tensor shape has the negative dimension " + std::to_string(dimension));
    if (dimension != 0 && count > (std::int64_t{1} << 40) / dimension) {
      throw InputError("tensor shape has more than 2^40 elements");
    }
    count *= dimension;
  }
  return count;
}

/// Text such as `[1, 6, 28, 28]`.
inline std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

/// Row-major values with their shape; `data.size() == element_count(shape)`.
template <typename T>
struct Tensor {
  Shape shape;
  std::vector<T> data;

  Tensor() = default;
  explicit Tensor(Shape s, T fill = T{})
      : shape(std::move(s)), data(static_cast<std::size_t>(element_count(shape)), fill) {}
  Tensor(Shape s, std::vector<T> values) : shape(std::move(s)), data(std::move(values)) {
    check(static_cast<std::int64_t>(data.size()) == element_count(shape), "tensor data does not match its shape");
  }
};

using FloatTensor = Tensor<float>;
using IntTensor = Tensor<std::int32_t>;

}  // namespace systoliq
