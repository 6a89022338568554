// SPDX-License-Identifier: Apache-2.0
// Views as sums of offsets: axes are merged by adding, and split where the sum says that they were added.
#include "sw_ref/quantizer/fusion/view.h"

#include <algorithm>

#include "sw_ref/frontend/graph/node_view.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// Offsets of the leading `size` of `merged`, which keeps the rest; false where they do not add up.
bool split_leading(std::int64_t size, Offsets* leading, Offsets* merged) {
  const auto inner = static_cast<std::int64_t>(merged->size()) / size;
  leading->clear();
  for (std::int64_t i = 0; i < size; ++i) {
    const std::int64_t first = nth(*merged, i * inner);
    leading->push_back(first);
    for (std::int64_t j = 0; j < inner; ++j) {
      if (nth(*merged, i * inner + j) != first + nth(*merged, j)) return false;
    }
  }
  merged->resize(static_cast<std::size_t>(inner));
  return true;
}

/// Axes that begin at 0 and hold more than one element; what they began with is returned.
std::int64_t take_base(std::vector<Offsets>* axes) {
  std::int64_t base = 0;
  for (Offsets& axis : *axes) {
    const std::int64_t first = axis.empty() ? 0 : axis.front();
    base += first;
    for (std::int64_t& offset : axis) offset -= first;
  }
  axes->erase(std::remove_if(axes->begin(), axes->end(), [](const Offsets& axis) { return axis.size() == 1; }),
              axes->end());
  return base;
}

/// The offsets of an axis that the walk takes; nothing where it leaves the axis or the steps are not the axis's own.
std::optional<Offsets> selected(const Offsets& axis, const WalkAxis& walk, std::int64_t stride) {
  Offsets result;
  for (std::int64_t i = 0; i < walk.size; ++i) {
    const std::int64_t place = walk.place(i);
    if (place < 0 || stride <= 0 || place % stride != 0) return std::nullopt;
    const std::int64_t index = place / stride;
    if (index >= static_cast<std::int64_t>(axis.size())) return std::nullopt;
    result.push_back(nth(axis, index));
  }
  return result;
}

std::vector<Offsets> places_by_axis(const Movement& movement) {
  std::vector<Offsets> axes;
  for (const WalkAxis& walk : movement.axes) {
    Offsets places;
    for (std::int64_t i = 0; i < walk.size; ++i) places.push_back(walk.place(i));
    axes.push_back(std::move(places));
  }
  return axes;
}

}  // namespace

Offsets strided_axis(std::int64_t size, std::int64_t stride) {
  Offsets axis(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) nth(axis, i) = i * stride;
  return axis;
}

std::vector<Offsets> row_major_axes(const Shape& shape) {
  const Shape strides = row_major_strides(shape);
  std::vector<Offsets> axes;
  for (std::size_t k = 0; k < shape.size(); ++k) axes.push_back(strided_axis(shape[k], strides[k]));
  return axes;
}

bool is_row_major(const std::vector<Offsets>& axes) {
  std::int64_t stride = 1;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    for (std::size_t i = 0; i < axis->size(); ++i) {
      if ((*axis)[i] != static_cast<std::int64_t>(i) * stride) return false;
    }
    stride *= static_cast<std::int64_t>(axis->size());
  }
  return true;
}

std::optional<std::vector<Offsets>> reshaped(const std::vector<Offsets>& axes, const Shape& shape) {
  if (element_count(shape) == 0) return std::nullopt;
  if (is_row_major(axes)) return row_major_axes(shape);
  std::vector<Offsets> left = axes;
  const std::int64_t base = take_base(&left);
  if (shape.empty()) return base == 0 ? std::optional<std::vector<Offsets>>(std::vector<Offsets>{}) : std::nullopt;
  std::vector<Offsets> result;
  Offsets merged = {0};
  std::size_t next = 0;
  for (const std::int64_t size : shape) {
    while (static_cast<std::int64_t>(merged.size()) % size != 0) {
      if (next == left.size()) return std::nullopt;
      merged = places_of({merged, left[next++]});
    }
    Offsets leading;
    if (!split_leading(size, &leading, &merged)) return std::nullopt;
    result.push_back(std::move(leading));
  }
  if (merged.size() != 1 || next != left.size()) return std::nullopt;
  for (std::int64_t& offset : result.front()) offset += base;
  return result;
}

std::optional<std::vector<Offsets>> moved(const std::vector<Offsets>& axes, const Movement& movement) {
  std::vector<Offsets> walk = places_by_axis(movement);
  for (const Offsets& axis : walk) {
    if (std::any_of(axis.begin(), axis.end(), [](std::int64_t place) { return place <= kFill / 2; })) {
      return std::nullopt;
    }
  }
  if (is_row_major(axes)) return reshaped(walk, movement.shape);
  const std::vector<std::int64_t> in_value = places_of(walk);
  const std::vector<std::int64_t> in_tensor = places_of(axes);
  std::vector<std::int64_t> places;
  for (const std::int64_t place : in_value) places.push_back(nth(in_tensor, place));
  return axes_of(places, movement.shape);
}

std::optional<std::vector<Offsets>> moved_by_axis(const std::vector<Offsets>& axes, const Movement& movement) {
  const std::size_t rank = axes.size();
  if (movement.axes.size() != rank || movement.shape.size() != rank) return std::nullopt;
  Shape shape;
  for (const Offsets& axis : axes) shape.push_back(static_cast<std::int64_t>(axis.size()));
  const Shape strides = row_major_strides(shape);
  std::vector<bool> taken(rank, false);
  std::vector<Offsets> result(rank);
  for (const bool single : {false, true}) {  // one element fits many axes
    for (std::size_t k = 0; k < rank; ++k) {
      const WalkAxis& walk = movement.axes[k];
      if ((walk.size == 1) != single) continue;
      if (walk.size != movement.shape[k]) return std::nullopt;
      std::optional<Offsets> along;
      for (std::size_t i = 0; i < rank && !along; ++i) {
        const std::size_t axis = (k + i) % rank;  // its own first
        if (!taken[axis]) along = selected(axes[axis], walk, strides[axis]);
        if (along) taken[axis] = true;
      }
      if (!along) return std::nullopt;
      result[k] = std::move(*along);
    }
  }
  return result;
}

std::optional<std::vector<Offsets>> axes_of(const std::vector<std::int64_t>& places, const Shape& shape) {
  if (places.empty() || element_count(shape) != static_cast<std::int64_t>(places.size())) return std::nullopt;
  const std::int64_t base = places.front();
  Offsets merged = places;
  for (std::int64_t& place : merged) place -= base;
  std::vector<Offsets> result;
  for (const std::int64_t size : shape) {
    Offsets leading;
    if (!split_leading(size, &leading, &merged)) return std::nullopt;
    result.push_back(std::move(leading));
  }
  if (result.empty()) return base == 0 ? std::optional<std::vector<Offsets>>(result) : std::nullopt;
  for (std::int64_t& offset : result.front()) offset += base;
  return result;
}

std::optional<std::vector<Offsets>> image_axes(const std::vector<Offsets>& axes) {
  const std::size_t rank = axes.size();
  if (rank == 1) return std::vector<Offsets>{axes[0], {0}, {0}};
  if (rank < 2 || rank > 4 || axes[0].size() != 1) return std::nullopt;
  Offsets channel = axes[1];
  for (std::int64_t& offset : channel) offset += axes[0][0];
  return std::vector<Offsets>{std::move(channel), rank == 4 ? axes[2] : Offsets{0},
                              rank > 2 ? axes.back() : Offsets{0}};
}

Shape image_shape_of(const std::vector<Offsets>& image) {
  Shape shape = {1};
  for (const Offsets& axis : image) shape.push_back(static_cast<std::int64_t>(axis.size()));
  return shape;
}

bool is_permutation(const std::vector<Offsets>& axes, std::int64_t elements) {
  std::int64_t count = 1;
  for (const Offsets& axis : axes) count *= static_cast<std::int64_t>(axis.size());
  if (count != elements) return false;
  const std::vector<std::int64_t> places = places_of(axes);
  std::vector<bool> seen(places.size(), false);
  for (const std::int64_t place : places) {
    if (place < 0 || place >= elements || seen[static_cast<std::size_t>(place)]) return false;
    seen[static_cast<std::size_t>(place)] = true;
  }
  return true;
}

std::vector<std::int64_t> inverse_places(const std::vector<Offsets>& axes) {
  const std::vector<std::int64_t> places = places_of(axes);
  std::vector<std::int64_t> inverse(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) nth(inverse, places[i]) = static_cast<std::int64_t>(i);
  return inverse;
}

}  // namespace systoliq::sw_ref
