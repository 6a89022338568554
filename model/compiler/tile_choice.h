// SPDX-License-Identifier: Apache-2.0
// Which tiles of a group fit the activation buffer, and how much they hold in all.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "model/compiler/tile_layout.h"

namespace systoliq::model {

/// How large the pieces are in which a group computes its output.
struct TileShape {
  std::int64_t height = 0, width = 0;  ///< pixels of the output
  std::int64_t slice_blocks = 0;       ///< words of every pixel
  int copies = 2;                      ///< of what several tiles need in turn; 2: double buffered
};

/// What the tiles of one height and width hold, whatever the slices.
struct TileExtents {
  struct Staged {
    int tensor = -1;
    bool sliced = false;
    std::int64_t blocks = 0;  ///< words of a pixel, where the tile is not sliced
    std::int64_t pixels = 0;  ///< of all tiles together
    bool packed = false;      ///< a word is a packed one
  };
  std::int64_t height = 0, width = 0, tiles = 0;
  std::vector<Staged> staged;
  std::vector<std::vector<std::int64_t>> rows, columns;  ///< of the tiles: every combination that occurs, by tensor
};
TileExtents tile_extents(const LayoutSource& source, const Group& group, std::int64_t height, std::int64_t width);

/// Gives the group the tiles and the size of its workspace. False, and the group is as before, where that is more than
/// `words`.
bool set_tile(const LayoutSource& source, const TileExtents& extents, const TileShape& shape, std::int64_t words,
              Group* group);

/// Words of the workspace.
std::int64_t workspace_words(const Group& group);

/// ⌈size / n⌉ for n from `least` on, each length once, falling.
std::vector<std::int64_t> lengths_of(std::int64_t size, std::int64_t least);

/// Words that the smallest tile needs: one pixel, one slice.
std::int64_t least_words(const LayoutSource& source, const Group& group);

}  // namespace systoliq::model
