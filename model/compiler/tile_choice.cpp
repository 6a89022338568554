// SPDX-License-Identifier: Apache-2.0
// Rows of a tile depend on its place in height, columns on its place in width, so neither all tiles nor all shapes are
// laid out one by one.
#include "model/compiler/tile_choice.h"

#include <algorithm>
#include <set>

#include "types/util/index.h"

namespace systoliq::model {
namespace {

Shape output_shape(const LayoutSource& source, const Group& group) {
  return nth(source.network.tensors, nth(source.lowered_layers, group.first + group.count - 1).output).shape;
}

std::int64_t output_blocks(const LayoutSource& source, const Group& group) {
  return blocks_of(nth(source.network.tensors, nth(source.lowered_layers, group.first + group.count - 1).output),
                   source.config);
}

/// One extent of every staged tile, in the order of the tensors.
using Extents = std::vector<std::int64_t>;

struct Words {
  std::int64_t whole = 0, sliced = 0;
};

/// The largest tile of that shape: all heights that occur with all widths that occur.
Words largest_tile(const LayoutSource& source, const Group& group, const TileShape& shape) {
  const Shape all = output_shape(source, group);
  const Slice slice = {0, shape.slice_blocks};
  std::set<Extents> heights, widths;
  for (std::int64_t y = 0; y < all[2]; y += shape.height) {
    Extents rows;
    for (const auto& [index, tile] :
         lay_out_tile(source, group, {y, 0, std::min(shape.height, all[2] - y), all[3]}, slice).staged)
      rows.push_back(tile.rows);
    heights.insert(rows);
  }
  TileLayout layout;
  for (std::int64_t x = 0; x < all[3]; x += shape.width) {
    layout = lay_out_tile(source, group, {0, x, all[2], std::min(shape.width, all[3] - x)}, slice);
    Extents row_words;
    for (const auto& [index, tile] : layout.staged) row_words.push_back(tile.row_words);
    widths.insert(row_words);
  }
  Words most;
  for (const Extents& rows : heights) {
    for (const Extents& row_words : widths) {
      Words words;
      std::size_t i = 0;
      for (const auto& [index, tile] : layout.staged) {
        (tile.sliced ? words.sliced : words.whole) += rows[i] * row_words[i];
        ++i;
      }
      most = {std::max(most.whole, words.whole), std::max(most.sliced, words.sliced)};
    }
  }
  return most;
}

/// ⌈size / n⌉ for n from `least` on, each length once, falling.
std::vector<std::int64_t> lengths_of(std::int64_t size, std::int64_t least) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t n = std::min(size, std::max<std::int64_t>(1, least)); n <= size; ++n) {
    const std::int64_t length = (size + n - 1) / n;
    if (lengths.empty() || lengths.back() != length) lengths.push_back(length);
  }
  return lengths;
}

}  // namespace

std::int64_t workspace_words(const Group& group) {
  return group.whole_copies * group.whole_words + group.sliced_copies * group.sliced_words;
}

bool set_tile(const LayoutSource& source, const TileShape& shape, std::int64_t words, Group* group) {
  const Shape all = output_shape(source, *group);
  const bool one_tile = shape.height >= all[2] && shape.width >= all[3];
  const bool one_slice = shape.slice_blocks >= output_blocks(source, *group);
  const Words most = largest_tile(source, *group, shape);
  Group set = *group;
  set.tile_height = shape.height;
  set.tile_width = shape.width;
  set.slice_blocks = shape.slice_blocks;
  set.whole_words = most.whole;
  set.sliced_words = most.sliced;
  set.whole_copies = one_tile ? 1 : shape.copies;
  set.sliced_copies = one_tile && one_slice ? 1 : shape.copies;
  if (workspace_words(set) > words) return false;
  *group = set;
  return true;
}

std::vector<TileShape> tile_shapes(const LayoutSource& source, const Group& group, std::int64_t least_tiles,
                                   bool slices) {
  const Shape all = output_shape(source, group);
  const std::int64_t blocks = output_blocks(source, group);
  std::vector<std::int64_t> slice_blocks = {blocks};
  if (slices) {
    const std::int64_t unit = slice_unit(source, group);
    for (const std::int64_t units : lengths_of((blocks + unit - 1) / unit, 2)) slice_blocks.push_back(units * unit);
  }
  std::vector<TileShape> shapes;
  for (const std::int64_t slice : slice_blocks) {
    for (const int copies : {2, 1}) {
      for (const std::int64_t height : lengths_of(all[2], least_tiles)) shapes.push_back({height, all[3], slice, copies});
      for (const std::int64_t width : lengths_of(all[3], 2)) {
        if (width < all[3]) shapes.push_back({1, width, slice, copies});
      }
    }
  }
  return shapes;
}

bool choose_tile(const LayoutSource& source, const std::vector<TileShape>& shapes, std::int64_t words, Group* group) {
  return std::any_of(shapes.begin(), shapes.end(),
                     [&](const TileShape& shape) { return set_tile(source, shape, words, group); });
}

std::int64_t least_words(const LayoutSource& source, const Group& group) {
  const Words words = largest_tile(source, group, {1, 1, slice_unit(source, group), 1});
  return words.whole + words.sliced;
}

}  // namespace systoliq::model
