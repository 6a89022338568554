// SPDX-License-Identifier: Apache-2.0
// Walks that others are made of.
#include "sw_ref/frontend/graph/movement.h"

#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {

Movement whole_walk(const Shape& shape) {
  const Shape strides = row_major_strides(shape);
  Movement walk;
  walk.shape = shape;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) walk.axes.push_back({shape[axis], 0, strides[axis], {}});
  return walk;
}

Movement permuted_walk(const Movement& walk, const std::vector<std::size_t>& permutation, const Shape& shape) {
  Movement result;
  result.shape = shape;
  for (const std::size_t axis : permutation) result.axes.push_back(walk.axes[axis]);
  return result;
}

}  // namespace systoliq::sw_ref
