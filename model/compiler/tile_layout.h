// SPDX-License-Identifier: Apache-2.0
// What one tile of a group needs of the activation buffer.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/compiler/lowering.h"
#include "model/isa/mapping.h"

namespace systoliq::model {

/// Resident tensors stay whole in the activation buffer from their producer to their last reader; memory tensors pass
/// through external memory in tiles; staged ones exist one tile at a time between the fused layers of a group.
struct TensorPlan {
  enum class Home { kMemory, kResident, kStaged } home = Home::kMemory;
  std::int64_t address = 0;  ///< of a resident tensor, words of the activation buffer
};

/// Words [first, first + blocks) of every pixel: a range of its channels.
struct Slice {
  std::int64_t first = 0, blocks = 0;
  std::int64_t end() const { return first + blocks; }
};

/// Consecutive layers that run tile by tile: a layer and the post-processing fused to it.
struct Group {
  int first = 0, count = 1;                      ///< layers
  std::int64_t tile_height = 0, tile_width = 0;  ///< of the last layer's output
  std::int64_t slice_blocks = 0;                 ///< words of every pixel of the last layer's output at a time
  LoopOrder order = LoopOrder::kPixelsOuter;
  int accumulator_parts = 2;                       ///< of the buffer: one is post-processed while the next is computed
  std::int64_t workspace = 0;                      ///< activation words for staged tiles begin here
  std::int64_t whole_words = 0, sliced_words = 0;  ///< of the largest tile: with all channels, with a slice's
  int whole_copies = 1, sliced_copies = 1;         ///< 2: double buffered
};

/// One staged tile in the workspace.
struct StagedTile {
  Region region;            ///< of the tensor (of a packed input: the outputs it serves)
  Slice slice;              ///< of every pixel
  bool sliced = false;      ///< goes with the slice of the output; else all channels, for every slice
  bool packed = false;      ///< kernel-tap-packed: rows and words of the packed tile
  std::int64_t offset = 0;  ///< words from the start of the half, of a sliced tile from the end of those that are not
  std::int64_t rows = 0, row_words = 0;
  std::int64_t words() const { return rows * row_words; }
};

/// What a group needs for a slice of output region `out`: the output region of every layer and the staged tiles by
/// tensor.
struct TileLayout {
  std::vector<Region> layer_outputs;
  std::map<int, StagedTile> staged;
  std::int64_t whole_words = 0, sliced_words = 0;  ///< of tiles with all channels, and with the slice's
};

/// Where what a group reads comes from.
struct LayoutSource {
  const std::vector<LoweredLayer>& lowered_layers;
  const std::vector<TensorPlan>& tensors;
  const QuantizedNetwork& network;
  const AcceleratorConfig& config;
};

TileLayout lay_out_tile(const LayoutSource& source, const Group& group, const Region& out, const Slice& slice);

/// Words of a pixel by which a group's output may be cut into slices: whole words, and whole blocks of columns where a
/// convolution computes them; all of them where it cannot be cut.
std::int64_t slice_unit(const LayoutSource& source, const Group& group);

}  // namespace systoliq::model
