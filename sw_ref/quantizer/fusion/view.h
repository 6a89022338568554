// SPDX-License-Identifier: Apache-2.0
// Values of a graph as places in a tensor: what operators that only move elements make of it, with nothing moved yet.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sw_ref/frontend/graph/movement.h"
#include "types/layout.h"
#include "types/tensor.h"

namespace systoliq::sw_ref {

/// Element (i0, i1, …) of the value is the tensor's element at place axes[0][i0] + axes[1][i1] + … in the order of
/// [c, h, w].
struct View {
  int tensor = -1;            ///< index into FusedNetwork::tensors
  std::vector<Offsets> axes;  ///< one for each axis of the value
  bool whole = true;          ///< every element of the tensor occurs once
};

/// Axes of a value of that shape whose elements lie in row-major order.
std::vector<Offsets> row_major_axes(const Shape& shape);
bool is_row_major(const std::vector<Offsets>& axes);
/// 0, stride, 2 · stride, …: an axis of that size.
Offsets strided_axis(std::int64_t size, std::int64_t stride);

/// The same elements in the same order with other axes; nothing where no sums of offsets say so (a transposed matrix
/// has no axes of other factors).
std::optional<std::vector<Offsets>> reshaped(const std::vector<Offsets>& axes, const Shape& shape);

/// What a movement takes of a value with these axes; nothing where it fills in new elements, or as above.
std::optional<std::vector<Offsets>> moved(const std::vector<Offsets>& axes, const Movement& movement);

/// The same, axis by axis, where every axis of the walk takes elements along one axis: permutations and selections.
/// Nothing where it does not.
std::optional<std::vector<Offsets>> moved_by_axis(const std::vector<Offsets>& axes, const Movement& movement);

/// Axes {c, h, w} of a value [1, c, h, w], [1, c, l] with h = 1, [1, c] or [c]; nothing for other ranks and batches.
std::optional<std::vector<Offsets>> image_axes(const std::vector<Offsets>& axes);

/// [1, c, h, w] of axes {c, h, w}.
Shape image_shape_of(const std::vector<Offsets>& image);

/// True if the sums are 0 to elements - 1, each once.
bool is_permutation(const std::vector<Offsets>& axes, std::int64_t elements);

/// The axes of shape `shape` whose sums are `places`, in row-major order; nothing where there are none.
std::optional<std::vector<Offsets>> axes_of(const std::vector<std::int64_t>& places, const Shape& shape);

/// Where the place `axes` add up to is the index, and the other way round.
std::vector<std::int64_t> inverse_places(const std::vector<Offsets>& axes);

}  // namespace systoliq::sw_ref
