// SPDX-License-Identifier: Apache-2.0
// Tiles between memory and the activation buffer: all channels of a region, or a slice of every pixel.
#include <algorithm>

#include "model/compiler/emitter.h"
#include "model/isa/memory_records.h"
#include "types/util/index.h"

namespace systoliq::model {

/// All channels of a row of pixels lie side by side; slices of them do not, and a pixel is a row of its own.
Emitter::MemoryRows Emitter::memory_rows(int index, const Region& region, const Slice& slice) const {
  const TensorPlacement& at = placement(index);
  const std::int64_t pixel_bytes = std::int64_t{at.blocks} * at.word_bytes;
  const std::int64_t width = tensor(index).shape[3];
  const std::int64_t first = (region.y * width + region.x) * pixel_bytes + first_bit(index, slice) / 8;
  if (is_whole(index, slice)) return {{first}, region.height, region.width, width * pixel_bytes};
  if (region.width == width) return {{first}, region.height * width, 1, pixel_bytes};
  MemoryRows rows = {{}, region.width, 1, pixel_bytes};
  for (std::int64_t y = 0; y < region.height; ++y) rows.firsts.push_back(first + y * width * pixel_bytes);
  return rows;
}

/// Loads an input that lives in memory; what layers of the group hand on is there already, and so is what an earlier
/// slice of the same tile has loaded.
void Emitter::load_tile(const LoweredLayer& lowered, int index, const Tile& tile) {
  if (nth(plan_.tensors, index).home != TensorPlan::Home::kMemory) return;
  const StagedTile& staged = tile.layout.staged.at(index);
  if (!staged.sliced && !tile.first_slice) return;
  for (const Convolution& c : lowered.convolutions) {
    if (c.input == index && c.packed.packing.active())
      return load_packed(c, lowered.layer, staged, tile.address(staged));
  }
  if (staged.words() == 0) return;
  const View view = view_of(index, tile, staged.slice);
  const MemoryRows memory = memory_rows(index, staged.region, staged.slice);
  const std::int64_t pitch = is_whole(index, staged.slice) ? view.row_pitch : view.pixel_pitch;
  for (std::size_t row = 0; row < memory.firsts.size(); ++row) {
    const ToField to_field = fields_of(lowered.layer, "LOAD");
    Load load;
    load.target = static_cast<std::int32_t>(LoadTarget::kActivation);
    load.memory_address = to_field("memory_address", placement(index).address + memory.firsts[row]);
    load.memory_row_pitch = to_field("memory_row_pitch", memory.pitch);
    load.buffer_address = to_field("buffer_address", view.address + static_cast<std::int64_t>(row) * view.row_pitch);
    load.buffer_row_pitch = to_field("buffer_row_pitch", pitch);
    load.buffer_word_pitch = 1;
    load.rows = to_field("rows", memory.rows);
    load.word_lanes = config_.array.rows;
    load.pad_value = tensor(index).zero_point;
    set_records(index, memory.pixels, staged.slice, to_field, &load);
    load.memory_bit = static_cast<std::int32_t>(first_bit(index, staged.slice) % 8);
    const std::int64_t words = (memory.rows - 1) * pitch + row_words(load);
    const std::int64_t span = (memory.rows - 1) * memory.pitch + row_bytes(load);
    append(load, lowered.layer,
           {{Storage::kActivations, load.buffer_address, words, true},
            {Storage::kMemory, load.memory_address, span, false}});
  }
}

void Emitter::store_tile(const LoweredLayer& lowered, const Tile& tile) {
  check_stored_width(lowered);
  const int index = lowered.output;
  const View view = view_of(index, tile, tile.slice);
  const MemoryRows memory = memory_rows(index, tile.region, tile.slice);
  const std::int64_t pitch = is_whole(index, tile.slice) ? view.row_pitch : view.pixel_pitch;
  check(first_bit(index, tile.slice) % 8 == 0, "a slice of channels is stored from within a byte");
  for (std::size_t row = 0; row < memory.firsts.size(); ++row) {
    const ToField to_field = fields_of(lowered.layer, "STORE");
    Store store;
    store.memory_address = to_field("memory_address", placement(index).address + memory.firsts[row]);
    store.memory_row_pitch = to_field("memory_row_pitch", memory.pitch);
    store.buffer_address =
        to_field("buffer_address", view.word(tile.region.y + static_cast<std::int64_t>(row), tile.region.x));
    store.buffer_row_pitch = to_field("buffer_row_pitch", pitch);
    store.buffer_word_pitch = 1;
    store.rows = to_field("rows", memory.rows);
    set_records(index, memory.pixels, tile.slice, to_field, &store);
    const std::int64_t words = (memory.rows - 1) * pitch + row_words(store);
    const std::int64_t span = (memory.rows - 1) * memory.pitch + row_bytes(store);
    append(store, lowered.layer,
           {{Storage::kActivations, store.buffer_address, words, false},
            {Storage::kMemory, store.memory_address, span, true}});
  }
}

/// Words of `pixels` neighbors in a row: a record a pixel, or a word where words begin on bytes.
template <typename Transfer>
void Emitter::set_records(int index, std::int64_t pixels, const Slice& slice, const ToField& to_field,
                          Transfer* transfer) {
  const TensorPlacement& at = placement(index);
  const bool by_word = at.blocks > 1;
  const std::int64_t rows = config_.array.rows;
  const std::int64_t lanes = std::min(slice.blocks * rows, tensor(index).shape[1] - slice.first * rows);
  transfer->row_records = to_field("row_records", pixels * (by_word ? slice.blocks : 1));
  transfer->record_words = to_field("record_words", by_word ? 1 : slice.blocks);
  transfer->record_lanes = to_field("record_lanes", by_word ? rows : lanes);
  transfer->element_bits = at.bits;
}
template void Emitter::set_records(int, std::int64_t, const Slice&, const ToField&, Load*);
template void Emitter::set_records(int, std::int64_t, const Slice&, const ToField&, Store*);

/// Of a slice in the memory of its pixel.
std::int64_t Emitter::first_bit(int index, const Slice& slice) const {
  const TensorPlacement& at = placement(index);
  return at.blocks > 1 ? slice.first * at.word_bytes * 8 : slice.first * config_.array.rows * at.bits;
}

/// One LOAD per kernel row of the packing, each at its own lanes.
void Emitter::load_packed(const Convolution& convolution, int layer, const StagedTile& tile, std::int64_t address) {
  const PackedGeometry& geometry = convolution.packed;
  const TensorPlacement& at = placement(convolution.input);
  const Shape& shape = tensor(convolution.input).shape;
  const ToField to_field = fields_of(layer, "LOAD");
  for (int g = 0; g < geometry.packing.kernel_rows; ++g) {
    Load load;
    load.target = static_cast<std::int32_t>(LoadTarget::kActivation);
    load.memory_address = to_field("memory_address", at.address);
    load.memory_row_pitch = to_field("memory_row_pitch", shape[3] * at.word_bytes);
    load.buffer_address = to_field("buffer_address", address);
    load.buffer_row_pitch = to_field("buffer_row_pitch", tile.row_words);
    load.buffer_word_pitch = 1;
    load.rows = to_field("rows", tile.rows);
    load.row_records = to_field("row_records", tile.row_words);
    load.record_words = load.record_lanes = load.word_lanes = 1;
    load.element_bits = at.bits;
    load.pack_kernel_width = geometry.packing.kernel_columns;
    load.pack_channels = to_field("pack_channels", shape[1]);
    load.pack_stride = geometry.column_step;
    load.pack_row_stride = geometry.row_step;
    const std::int64_t first_row = tile.region.y * geometry.window.stride_height * geometry.row_step;
    const std::int64_t first_column = tile.region.x * geometry.window.stride_width * geometry.column_step;
    load.pack_pad_top = to_field(
        "pack_pad_top", convolution.window.pad_top - std::int64_t{g} * convolution.window.dilation_height - first_row);
    load.pack_pad_left = to_field("pack_pad_left", convolution.window.pad_left - first_column);
    load.pack_width = to_field("pack_width", shape[3]);
    load.pack_height = to_field("pack_height", shape[2]);
    load.lane_offset = to_field("lane_offset", std::int64_t{g} * geometry.packing.kernel_columns * load.pack_channels);
    load.clear_lanes = g == 0 ? 1 : 0;
    load.pad_value = tensor(convolution.input).zero_point;
    append(load, layer, {{Storage::kActivations, load.buffer_address, tile.words(), true}});
  }
}

/// STORE keeps the lowest bits of what POST has clamped.
void Emitter::check_stored_width(const LoweredLayer& lowered) const {
  const std::int32_t half = 1 << (placement(lowered.output).bits - 1);
  check(lowered.post.clamp_min >= -half && lowered.post.clamp_max < half,
        "layer '" + nth(network_.layers, lowered.layer).name + "': its clamp is wider than its output");
}

}  // namespace systoliq::model
