// SPDX-License-Identifier: Apache-2.0
// How the elements of a graph's value lie in a tensor [1, c, h, w] of the machine, where the orders differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "types/error.h"

namespace systoliq {

/// What each index of one axis adds to an element's place.
using Offsets = std::vector<std::int64_t>;

/// Places that indices of several axes add up to, the last axis fastest.
inline std::vector<std::int64_t> places_of(const std::vector<Offsets>& axes) {
  std::vector<std::int64_t> places = {0};
  for (const Offsets& axis : axes) {
    std::vector<std::int64_t> longer;
    longer.reserve(places.size() * axis.size());
    for (const std::int64_t place : places) {
      for (const std::int64_t offset : axis) longer.push_back(place + offset);
    }
    places = std::move(longer);
  }
  return places;
}

/// Element (i0, i1, …) of the graph's value lies at place axes[0][i0] + axes[1][i1] + … of the tensor in the order of
/// [c, h, w]; every place occurs once. Without axes both orders are the same.
struct Layout {
  std::vector<Offsets> axes;
  std::vector<std::int64_t> shape;  ///< of the graph's value; empty: [1, c, h, w], or [1, c] where h = w = 1

  bool same_order() const { return axes.empty(); }
  bool operator==(const Layout& other) const { return axes == other.axes && shape == other.shape; }
  bool operator!=(const Layout& other) const { return !(*this == other); }

  /// Elements in the tensor's order, put into the graph's.
  template <typename T>
  std::vector<T> to_graph(const std::vector<T>& stored) const {
    if (same_order()) return stored;
    std::vector<T> values;
    values.reserve(stored.size());
    for (const std::int64_t place : checked_places(stored.size())) {
      values.push_back(stored[static_cast<std::size_t>(place)]);
    }
    return values;
  }

  /// Elements in the graph's order, put into the tensor's.
  template <typename T>
  std::vector<T> to_tensor(const std::vector<T>& values) const {
    if (same_order()) return values;
    std::vector<T> stored(values.size());
    auto next = values.begin();
    for (const std::int64_t place : checked_places(values.size())) stored[static_cast<std::size_t>(place)] = *next++;
    return stored;
  }

 private:
  std::vector<std::int64_t> checked_places(std::size_t elements) const {
    std::vector<std::int64_t> places = places_of(axes);
    check(places.size() == elements, "a layout has another element count than its tensor");
    return places;
  }
};

}  // namespace systoliq
