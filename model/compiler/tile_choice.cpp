// SPDX-License-Identifier: Apache-2.0
// Rows of a tile depend on its place in height, columns on its place in width, so not all tiles are laid out one by
// one.
#include "model/compiler/tile_choice.h"

#include <algorithm>

#include "types/util/index.h"

namespace systoliq::model {
namespace {

const QuantizedTensor& output_of(const LayoutSource& source, const Group& group) {
  return nth(source.network.tensors, nth(source.lowered_layers, group.first + group.count - 1).output);
}

/// One extent of every staged tile, in the order of the tensors.
using Extents = std::vector<std::int64_t>;

struct Words {
  std::int64_t whole = 0, sliced = 0;
};

/// The largest tile: all heights that occur with all widths that occur.
Words largest_tile(const TileExtents& extents, std::int64_t slice_blocks) {
  Words most;
  for (const Extents& rows : extents.rows) {
    for (const Extents& columns : extents.columns) {
      Words words;
      for (std::size_t i = 0; i < extents.staged.size(); ++i) {
        const TileExtents::Staged& tile = extents.staged[i];
        if (tile.sliced) {
          words.sliced += rows[i] * columns[i] * slice_blocks;
        } else {
          words.whole += rows[i] * columns[i] * tile.blocks;
        }
      }
      most = {std::max(most.whole, words.whole), std::max(most.sliced, words.sliced)};
    }
  }
  return most;
}

void add_once(const Extents& extents, std::vector<Extents>* all) {
  if (std::find(all->begin(), all->end(), extents) == all->end()) all->push_back(extents);
}

}  // namespace

TileExtents tile_extents(const LayoutSource& source, const Group& group, std::int64_t height, std::int64_t width) {
  const Shape& all = output_of(source, group).shape;
  const Slice slice = {0, 1};
  TileExtents extents;
  extents.height = height;
  extents.width = width;
  Extents rows_sum, columns_sum;
  TileLayout layout;
  std::int64_t tile_rows = 0, tile_columns = 0;
  for (std::int64_t y = 0; y < all[2]; y += height, ++tile_rows) {
    layout = lay_out_tile(source, group, {y, 0, std::min(height, all[2] - y), all[3]}, slice);
    rows_sum.resize(layout.staged.size());
    Extents rows;
    for (const auto& [index, tile] : layout.staged) {
      rows_sum[rows.size()] += tile.rows;
      rows.push_back(tile.rows);
    }
    add_once(rows, &extents.rows);
  }
  for (std::int64_t x = 0; x < all[3]; x += width, ++tile_columns) {
    layout = lay_out_tile(source, group, {0, x, all[2], std::min(width, all[3] - x)}, slice);
    columns_sum.resize(layout.staged.size());
    Extents columns;
    for (const auto& [index, tile] : layout.staged) {
      const std::int64_t pixels = tile.slice.blocks == 0 ? 0 : tile.row_words / tile.slice.blocks;
      columns_sum[columns.size()] += pixels;
      columns.push_back(pixels);
    }
    add_once(columns, &extents.columns);
  }
  extents.tiles = tile_rows * tile_columns;
  for (const auto& [index, tile] : layout.staged) {
    const std::size_t i = extents.staged.size();
    extents.staged.push_back({index, tile.sliced, tile.slice.blocks, rows_sum[i] * columns_sum[i], tile.packed});
  }
  return extents;
}

std::int64_t workspace_words(const Group& group) {
  return group.whole_copies * group.whole_words + group.sliced_copies * group.sliced_words;
}

bool set_tile(const LayoutSource& source, const TileExtents& extents, const TileShape& shape, std::int64_t words,
              Group* group) {
  const bool one_slice = shape.slice_blocks >= blocks_of(output_of(source, *group), source.config);
  const Words most = largest_tile(extents, shape.slice_blocks);
  Group set = *group;
  set.tile_height = shape.height;
  set.tile_width = shape.width;
  set.slice_blocks = shape.slice_blocks;
  set.whole_words = most.whole;
  set.sliced_words = most.sliced;
  set.whole_copies = extents.tiles == 1 ? 1 : shape.copies;
  set.sliced_copies = extents.tiles == 1 && one_slice ? 1 : shape.copies;
  if (workspace_words(set) > words) return false;
  *group = set;
  return true;
}

std::vector<std::int64_t> lengths_of(std::int64_t size, std::int64_t least) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t n = std::min(size, std::max<std::int64_t>(1, least)); n <= size; ++n) {
    const std::int64_t length = (size + n - 1) / n;
    if (lengths.empty() || lengths.back() != length) lengths.push_back(length);
  }
  return lengths;
}

std::int64_t least_words(const LayoutSource& source, const Group& group) {
  const Words words = largest_tile(tile_extents(source, group, 1, 1), slice_unit(source, group));
  return words.whole + words.sliced;
}

}  // namespace systoliq::model
