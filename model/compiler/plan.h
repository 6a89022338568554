// SPDX-License-Identifier: Apache-2.0
// Where every tensor lives and in which tiles every layer runs, before any command is written.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/compiler/lowering.h"

namespace systoliq::model {

/// Resident tensors stay whole in the activation buffer from their producer to their last reader; memory tensors pass
/// through external memory in tiles; staged ones exist one tile at a time between the fused layers of a group.
struct TensorPlan {
  enum class Home { kMemory, kResident, kStaged } home = Home::kMemory;
  std::int64_t address = 0;  ///< of a resident tensor, words of the activation buffer
};

/// Consecutive layers that run tile by tile: a layer and the post-processing fused to it.
struct Group {
  int first = 0, count = 1;                      ///< layers
  std::int64_t tile_height = 0, tile_width = 0;  ///< of the last layer's output
  std::int64_t workspace = 0, half_words = 0;    ///< activation words for staged tiles
  int halves = 1;                                ///< 2: double buffered
  std::int64_t slice_blocks = 0;  ///< words of every pixel that a pooling takes at a time, of a whole tensor; 0: all
};

struct Plan {
  std::vector<TensorPlan> tensors;  ///< indexed as the network's
  std::vector<Group> groups;
};

/// One staged tile in the workspace.
struct StagedTile {
  Region region;            ///< of the tensor (of a packed input: the outputs it serves)
  std::int64_t offset = 0;  ///< words from the start of the half
  std::int64_t rows = 0, row_words = 0;
  std::int64_t words() const { return rows * row_words; }
};

/// What a group needs for output region `out`: the output region of every layer and the staged tiles by tensor.
struct TileLayout {
  std::vector<Region> layer_outputs;
  std::map<int, StagedTile> staged;
  std::int64_t words = 0;
};
TileLayout lay_out_tile(const std::vector<LoweredLayer>& lowered_layers, const Group& group, const Region& out,
                        const std::vector<TensorPlan>& tensors, const QuantizedNetwork& network,
                        const AcceleratorConfig& config);

/// Keeps activations on chip where they fit, fuses post-processing where the tensor between would go through memory,
/// and picks tiles. Throws InputError naming the layer and the smallest activation buffer that would do.
Plan make_plan(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
               const AcceleratorConfig& config);

}  // namespace systoliq::model
