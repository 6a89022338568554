// SPDX-License-Identifier: Apache-2.0
// Operators that only move elements, as one thing: a walk over the output, axis by axis, and what each index adds to
// the place that the element is taken from. Internal to the importer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/tensor.h"

namespace systoliq::sw_ref {

/// Adds this to a place outside the input: the element is the filling.
inline constexpr std::int64_t kFill = -(std::int64_t{1} << 50);

/// An axis of the walk: index i adds list[i], or first + i * step where there is no list.
struct WalkAxis {
  std::int64_t size = 1, first = 0, step = 0;
  std::vector<std::int64_t> list;

  std::int64_t place(std::int64_t i) const {
    return list.empty() ? first + i * step : list[static_cast<std::size_t>(i)];
  }
};

/// output[i0, i1, …] = input[sum of the axes' places], the row-major place in the input. The walk's sizes multiply to
/// the elements of `shape`, though it may have other axes.
struct Movement {
  std::vector<WalkAxis> axes;
  Shape shape;  ///< of the output
};

/// The walk over all of a tensor in order: axis k has the stride of axis k. Start of every other one.
Movement whole_walk(const Shape& shape);

/// `shape`, and the walk's axes in the order of `permutation`.
Movement permuted_walk(const Movement& walk, const std::vector<std::size_t>& permutation, const Shape& shape);

namespace detail {

template <typename T>
void move_axis(const Movement& movement, const T* input, T fill, std::size_t axis, std::int64_t place, T*& output) {
  const WalkAxis& walk = movement.axes[axis];
  if (axis + 1 < movement.axes.size()) {
    for (std::int64_t i = 0; i < walk.size; ++i) {
      move_axis(movement, input, fill, axis + 1, place + walk.place(i), output);
    }
    return;
  }
  for (std::int64_t i = 0; i < walk.size; ++i) {
    const std::int64_t from = place + walk.place(i);
    *output++ = from < 0 ? fill : input[from];
  }
}

}  // namespace detail

/// The elements moved; `fill` where the walk leaves the input.
template <typename T>
Tensor<T> moved(const Tensor<T>& input, const Movement& movement, T fill = T{}) {
  Tensor<T> output(movement.shape);
  if (output.data.empty()) return output;
  Movement walk = movement;
  if (walk.axes.empty()) walk.axes.emplace_back();
  T* next = output.data.data();
  detail::move_axis(walk, input.data.data(), fill, 0, 0, next);
  return output;
}

}  // namespace systoliq::sw_ref
