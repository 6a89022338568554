// SPDX-License-Identifier: Apache-2.0
// Pixels of a tensor at equal distances: what one convolution of a layer writes where others write between them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "types/error.h"

namespace systoliq::model {

/// Rows [y, y + height) and columns [x, x + width) of a tensor.
struct Region {
  std::int64_t y = 0, x = 0, height = 0, width = 0;
};

/// The smallest region that holds both.
inline Region join(const Region& a, const Region& b) {
  if (a.height == 0 || a.width == 0) return b;
  if (b.height == 0 || b.width == 0) return a;
  const std::int64_t y = std::min(a.y, b.y);
  const std::int64_t x = std::min(a.x, b.x);
  return {y, x, std::max(a.y + a.height, b.y + b.height) - y, std::max(a.x + a.width, b.x + b.width) - x};
}

/// Pixels (y + i * step_y, x + j * step_x) of a tensor for i < height, j < width; all of it where height is 0.
struct Lattice {
  std::int64_t y = 0, x = 0, step_y = 1, step_x = 1, height = 0, width = 0;

  bool whole() const { return height == 0; }

  /// Those (i, j) whose pixels lie in `region`; empty where none does.
  Region indices_in(const Region& region) const {
    if (whole()) return region;
    Region part;
    cut(region.y - y, region.height, step_y, height, &part.y, &part.height);
    cut(region.x - x, region.width, step_x, width, &part.x, &part.width);
    if (part.height == 0 || part.width == 0) return {};
    return part;
  }

  /// The smallest region that holds the pixels of the indices.
  Region pixels_of(const Region& part) const {
    if (whole()) return part;
    return {y + part.y * step_y, x + part.x * step_x, (part.height - 1) * step_y + 1, (part.width - 1) * step_x + 1};
  }

 private:
  /// Indices i < size with first <= i * step < first + count.
  static void cut(std::int64_t first, std::int64_t count, std::int64_t step, std::int64_t size, std::int64_t* begin,
                  std::int64_t* length) {
    const auto divided_up = [step](std::int64_t a) { return a <= 0 ? 0 : (a + step - 1) / step; };
    *begin = std::min(divided_up(first), size);
    *length = std::max<std::int64_t>(0, std::min(divided_up(first + count), size) - *begin);
  }
};

}  // namespace systoliq::model
