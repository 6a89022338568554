// SPDX-License-Identifier: Apache-2.0
// A pooling whose window does not fit the activation buffer with all its channels: some words of every pixel at a time
// are loaded, pooled and stored.
#include <algorithm>

#include "model/compiler/emitter.h"
#include "model/isa/memory_records.h"

namespace systoliq::model {

void Emitter::emit_sliced_pool(const Group& group) {
  const LoweredLayer& lowered = nth(lowered_layers_, group.first);
  const Shape& in = tensor(lowered.inputs[0]).shape;
  const Shape& out = tensor(lowered.output).shape;
  const std::int64_t blocks = blocks_of(tensor(lowered.output), config_);
  const std::int64_t step = group.slice_blocks;
  const View source = {{0, 0, in[2], in[3]}, group.workspace, in[3] * step, step};
  const View result = {{0, 0, out[2], out[3]}, group.workspace + in[2] * in[3] * step, out[3] * step, step};
  for (std::int64_t first = 0; first < blocks; first += step) {
    const Slice slice = {first, std::min(step, blocks - first)};
    load_slice(lowered, source, slice);
    emit_pool(lowered, source, result, result.region, slice);
    store_slice(lowered, result, slice);
  }
}

/// A row of words for each pixel.
void Emitter::load_slice(const LoweredLayer& lowered, const View& view, const Slice& slice) {
  const TensorPlacement& at = placement(lowered.inputs[0]);
  const std::int64_t pixels = view.region.height * view.region.width;
  const ToField to_field = fields_of(lowered.layer, "LOAD");
  Load load;
  load.target = static_cast<std::int32_t>(LoadTarget::kActivation);
  const std::int64_t bit = first_bit(lowered.inputs[0], slice);
  load.memory_address = to_field("memory_address", at.address + bit / 8);
  load.memory_row_pitch = to_field("memory_row_pitch", std::int64_t{at.blocks} * at.word_bytes);
  load.buffer_address = to_field("buffer_address", view.address);
  load.buffer_row_pitch = to_field("buffer_row_pitch", view.pixel_pitch);
  load.buffer_word_pitch = 1;
  load.rows = to_field("rows", pixels);
  set_records(lowered.inputs[0], 1, slice, to_field, &load);
  load.memory_bit = static_cast<std::int32_t>(bit % 8);
  load.word_lanes = config_.array.rows;
  load.pad_value = tensor(lowered.inputs[0]).zero_point;
  const std::int64_t span = (pixels - 1) * load.memory_row_pitch + row_bytes(load);
  append(load, lowered.layer, {view.access(true), {Storage::kMemory, load.memory_address, span, false}});
}

void Emitter::store_slice(const LoweredLayer& lowered, const View& view, const Slice& slice) {
  check_stored_width(lowered);
  const TensorPlacement& at = placement(lowered.output);
  const std::int64_t pixels = view.region.height * view.region.width;
  const ToField to_field = fields_of(lowered.layer, "STORE");
  Store store;
  const std::int64_t bit = first_bit(lowered.output, slice);
  store.memory_address = to_field("memory_address", at.address + bit / 8);
  store.memory_row_pitch = to_field("memory_row_pitch", std::int64_t{at.blocks} * at.word_bytes);
  store.buffer_address = to_field("buffer_address", view.address);
  store.buffer_row_pitch = to_field("buffer_row_pitch", view.pixel_pitch);
  store.buffer_word_pitch = 1;
  store.rows = to_field("rows", pixels);
  set_records(lowered.output, 1, slice, to_field, &store);
  check(bit % 8 == 0, "a slice of channels is stored from within a byte");
  const std::int64_t span = (pixels - 1) * store.memory_row_pitch + row_bytes(store);
  append(store, lowered.layer, {view.access(false), {Storage::kMemory, store.memory_address, span, true}});
}

}  // namespace systoliq::model
