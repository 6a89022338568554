// SPDX-License-Identifier: Apache-2.0
// Which tiles of a group fit the activation buffer.
#pragma once

#include <cstdint>
#include <vector>

#include "model/compiler/tile_layout.h"

namespace systoliq::model {

/// How large the pieces are in which a group computes its output.
struct TileShape {
  std::int64_t height = 0, width = 0;  ///< pixels of the output
  std::int64_t slice_blocks = 0;       ///< words of every pixel
  int copies = 2;                      ///< of what several tiles need in turn; 2: double buffered
};

/// Words of the workspace.
std::int64_t workspace_words(const Group& group);

/// Gives the group the tiles and the size of its workspace. False, and the group is as before, where that is more than
/// `words`.
bool set_tile(const LayoutSource& source, const TileShape& shape, std::int64_t words, Group* group);

/// Shapes by falling preference without regard to costs: double buffered before single, few tiles before many, whole
/// rows before parts of them, all channels before slices. `least_tiles`: so that loading, computing and storing overlap.
std::vector<TileShape> tile_shapes(const LayoutSource& source, const Group& group, std::int64_t least_tiles,
                                   bool slices);

/// The first of the shapes that fits.
bool choose_tile(const LayoutSource& source, const std::vector<TileShape>& shapes, std::int64_t words, Group* group);

/// Words that the smallest tile needs: one pixel, one slice.
std::int64_t least_words(const LayoutSource& source, const Group& group);

}  // namespace systoliq::model
