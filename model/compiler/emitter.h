// SPDX-License-Identifier: Apache-2.0
// Writes the commands of a plan, tile by tile, in an order in which they could also run one after the other.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/compiler/hazard_tracker.h"
#include "model/compiler/layer_image.h"
#include "model/compiler/plan.h"
#include "model/compiler/ring_cache.h"
#include "model/compiler/to_field.h"
#include "model/isa/program.h"
#include "types/util/index.h"

namespace systoliq::model {

class Emitter final {
 public:
  Emitter(const QuantizedNetwork& network, const AcceleratorConfig& config,
          const std::vector<LoweredLayer>& lowered_layers, const Plan& plan, const std::vector<LayerImage>& images,
          Program* program);

  /// Appends all commands but HALT. Throws InputError for a buffer that is too small.
  void run();

 private:
  /// A tensor's region in the activation buffer.
  struct View {
    Region region;
    std::int64_t address = 0, row_pitch = 0, pixel_pitch = 1;
    std::int64_t blocks = 1;  ///< words of a pixel that are meant
    std::int64_t word(std::int64_t y, std::int64_t x) const {
      return address + (y - region.y) * row_pitch + (x - region.x) * pixel_pitch;
    }
    Access access(bool write) const;
    Access access(const Region& part, bool write) const;
  };
  /// Part of a column block's reduction that fits the weight buffer at once.
  struct Chunk {
    int ky = 0, kernel_height = 1, kx = 0, kernel_width = 1, block = 0, blocks = 1;
    std::int64_t first_word = 0, words = 0;
  };

  /// Where a block's param word and, of a codebook machine, its codebooks lie in the param buffer.
  struct ColumnParams {
    std::int64_t word = 0, codebook = -1;
  };

  /// A slice of a tile of a group's output, and where its staged tiles lie: those of all channels, those of the slice.
  struct Tile {
    const Group& group;
    Region region;
    Slice slice;
    TileLayout layout;
    std::int64_t whole_base = 0, sliced_base = 0;
    bool first_slice = true;  ///< tiles of all channels are still to be loaded
    std::int64_t address(const StagedTile& staged) const {
      return (staged.sliced ? sliced_base : whole_base) + staged.offset;
    }
  };
  void emit_group(const Group& group);
  void keep_weights(const Group& group, const Slice& slice);
  void emit_tile(const Tile& tile);
  View view_of(int index, const Tile& tile, const Slice& slice) const;
  View whole_view_of(int index, const Tile& tile) const;
  void load_tile(const LoweredLayer& lowered, int index, const Tile& tile);
  void load_packed(const Convolution& convolution, int layer, const StagedTile& tile, std::int64_t address);
  void store_tile(const LoweredLayer& lowered, const Tile& tile);

  std::vector<int> column_blocks_of(const LoweredLayer& lowered, const Convolution& convolution,
                                    const Slice& slice) const;
  void emit_convolution(const LoweredLayer& lowered, std::size_t index, const Tile& tile, const Region& region);
  void emit_column_block(const LoweredLayer& lowered, std::size_t index, int column_block_index, const Tile& tile,
                         const Region& region);
  void execute_chunk(const LoweredLayer& lowered, std::size_t index, const ColumnBlock& block, int column_block_index,
                     const Chunk& chunk, int chunk_index, const View& in, const Region& part, std::int64_t accumulator,
                     const ColumnParams& params);
  void requantize(const LoweredLayer& lowered, const Convolution& convolution, const ColumnBlock& block,
                  const Tile& tile, const Region& part, std::int64_t accumulator, std::int64_t param);
  void emit_post(const LoweredLayer& lowered, const Tile& tile, const Region& region);

  void emit_pool(const LoweredLayer& lowered, const View& in, const View& out, const Region& region,
                 const Slice& slice);
  void append_pool(const LoweredLayer& lowered, Post post, const View& in, const View& out, const Lattice& lattice,
                   const Region& own, const Slice& slice);
  Slice whole(int tensor) const { return {0, blocks_of(this->tensor(tensor), config_)}; }
  bool is_whole(int tensor, const Slice& slice) const { return slice.blocks == whole(tensor).blocks; }
  std::int64_t channels_of(int index, const Slice& slice) const;
  /// Rows of memory that hold a region's slice: `rows` of them from each of `firsts`, in bytes from the tensor's start.
  struct MemoryRows {
    std::vector<std::int64_t> firsts;
    std::int64_t rows = 1, pixels = 1;  ///< pixels: of a row
    std::int64_t pitch = 0;             ///< bytes, from row to row
  };
  MemoryRows memory_rows(int index, const Region& region, const Slice& slice) const;
  template <typename Transfer>
  void set_records(int index, std::int64_t pixels, const Slice& slice, const ToField& to_field, Transfer* transfer);
  std::int64_t first_bit(int index, const Slice& slice) const;
  void check_stored_width(const LoweredLayer& lowered) const;

  std::vector<Chunk> chunks_of(const ColumnBlock& block) const;
  std::int64_t weights_in_buffer(const LoweredLayer& lowered, std::size_t index, const ColumnBlock& block,
                                 int column_block_index, int chunk_index, const Chunk& chunk);
  std::int64_t param_in_buffer(const LoweredLayer& lowered, std::size_t index, int column_block_index);
  std::int64_t table_in_buffer(const LoweredLayer& lowered);
  std::int64_t codebook_in_buffer(const LoweredLayer& lowered, std::size_t index, int column_block_index);
  ColumnParams params_in_buffer(const LoweredLayer& lowered, std::size_t index, int column_block_index);
  /// Appends a LOAD of one row of records to consecutive words; returns buffer_address.
  std::int64_t load_constant(Load load, int layer, std::int64_t memory_address, std::int64_t buffer_address);
  std::int64_t load_params(int layer, std::int64_t memory_address, std::int64_t buffer_address, std::int64_t words,
                           std::int64_t word_lanes, std::int64_t elements);
  std::int64_t allocate_accumulators(std::int64_t words);

  template <typename Body>
  void append(const Body& body, int layer, std::initializer_list<Access> accesses);
  const QuantizedTensor& tensor(int index) const { return nth(network_.tensors, index); }
  const TensorPlacement& placement(int index) const { return placements_.at(index); }
  ToField fields_of(int layer, const char* command) const;
  [[noreturn]] void refuse(int layer, const std::string& what) const;

  const QuantizedNetwork& network_;
  const AcceleratorConfig& config_;
  const std::vector<LoweredLayer>& lowered_layers_;
  const Plan& plan_;
  const LayoutSource source_;
  const std::vector<LayerImage>& images_;
  Program& program_;
  std::map<int, TensorPlacement> placements_;
  HazardTracker hazards_;
  RingCache weights_, params_;
  std::int64_t next_accumulator_ = 0;
};

}  // namespace systoliq::model
