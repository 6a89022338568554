// SPDX-License-Identifier: Apache-2.0
// Tiles of a group: what is loaded, post-processed and stored. Convolutions are in convolution_emitter.cpp.
#include "model/compiler/emitter.h"

#include <algorithm>

#include "model/isa/memory_records.h"
#include "types/util/index.h"

namespace systoliq::model {

Emitter::Emitter(const QuantizedNetwork& network, const AcceleratorConfig& config,
                 const std::vector<LoweredLayer>& lowered_layers, const Plan& plan,
                 const std::vector<LayerImage>& images, Program* program)
    : network_(network),
      config_(config),
      lowered_layers_(lowered_layers),
      plan_(plan),
      images_(images),
      program_(*program),
      weights_(config.weight_words()),
      params_(config.param_words()) {
  for (const TensorPlacement& placement : program->placements) placements_[placement.tensor] = placement;
}

void Emitter::refuse(int layer, const std::string& what) const {
  throw InputError("layer '" + nth(network_.layers, layer).name + "': " + what);
}

ToField Emitter::fields_of(int layer, const char* command) const { return {nth(network_.layers, layer).name, command}; }

Access Emitter::View::access(bool write) const { return access(region, write); }

/// The interval from the first to the last word of the part.
Access Emitter::View::access(const Region& part, bool write) const {
  if (part.height == 0 || part.width == 0) return {};
  const std::int64_t first = word(part.y, part.x);
  const std::int64_t last = word(part.y + part.height - 1, part.x + part.width - 1) + pixel_pitch;
  return {Storage::kActivations, first, last - first, write};
}

template <typename Body>
void Emitter::append(const Body& body, int layer, std::initializer_list<Access> accesses) {
  Command command;
  command.layer = layer;
  command.body = body;
  program_.commands.push_back(command);
  hazards_.add(&program_.commands, accesses);
}
template void Emitter::append(const Load&, int, std::initializer_list<Access>);
template void Emitter::append(const Execute&, int, std::initializer_list<Access>);
template void Emitter::append(const Post&, int, std::initializer_list<Access>);
template void Emitter::append(const Store&, int, std::initializer_list<Access>);

void Emitter::run() {
  for (const Group& group : plan_.groups) emit_group(group);
}

void Emitter::emit_group(const Group& group) {
  if (group.slice_blocks > 0) return emit_sliced_pool(group);
  const Shape& shape = tensor(nth(lowered_layers_, group.first + group.count - 1).output).shape;
  const bool tiled = group.tile_height < shape[2] || group.tile_width < shape[3];
  for (int i = group.first; tiled && i < group.first + group.count; ++i) {
    std::int64_t words = 0;
    for (const Convolution& c : nth(lowered_layers_, i).convolutions) {
      const int channels = static_cast<int>(tensor(c.input).shape[1]);
      for (int first = 0, ob = 0; first < c.channels; first += config_.array.cols, ++ob) {
        words += column_block(c, ob, channels, config_).words();
      }
    }
    weights_.keep_together(words);
  }
  int tile = 0;
  for (std::int64_t y = 0; y < shape[2]; y += group.tile_height) {
    for (std::int64_t x = 0; x < shape[3]; x += group.tile_width, ++tile) {
      const Region out = {y, x, std::min(group.tile_height, shape[2] - y), std::min(group.tile_width, shape[3] - x)};
      emit_tile(group, out, tile % group.halves);
    }
  }
}

void Emitter::emit_tile(const Group& group, const Region& out, int half) {
  const TileLayout layout = lay_out_tile(lowered_layers_, group, out, plan_.tensors, network_, config_);
  const std::int64_t base = group.workspace + half * group.half_words;
  for (int i = 0; i < group.count; ++i) {
    const LoweredLayer& lowered = nth(lowered_layers_, group.first + i);
    const Region& region = nth(layout.layer_outputs, i);
    for (std::size_t input = 0; input < lowered.inputs.size(); ++input) {
      const int index = lowered.inputs[input];
      const bool again = std::find(lowered.inputs.begin(), lowered.inputs.begin() + static_cast<std::ptrdiff_t>(input),
                                   index) != lowered.inputs.begin() + static_cast<std::ptrdiff_t>(input);
      if (!again) load_tile(lowered, index, layout, base);
    }
    for (std::size_t c = 0; c < lowered.convolutions.size(); ++c) {
      const int input = lowered.convolutions[c].input;
      const Region own = lowered.convolutions[c].lattice.indices_in(region);
      if (own.height == 0) continue;
      emit_convolution(lowered, c, view_of(input, layout, base), view_of(lowered.output, layout, base), own);
    }
    if (lowered.convolutions.empty()) emit_post(lowered, layout, base, region);
  }
  const LoweredLayer& last = nth(lowered_layers_, group.first + group.count - 1);
  if (placements_.count(last.output) != 0) store_tile(last, view_of(last.output, layout, base), out);
}

Emitter::View Emitter::view_of(int index, const TileLayout& layout, std::int64_t base) const {
  const Shape& shape = tensor(index).shape;
  const std::int64_t blocks = blocks_of(tensor(index), config_);
  const TensorPlan& plan = nth(plan_.tensors, index);
  if (plan.home == TensorPlan::Home::kResident) {
    return {{0, 0, shape[2], shape[3]}, plan.address, shape[3] * blocks, blocks};
  }
  const StagedTile& tile = layout.staged.at(index);
  return {tile.region, base + tile.offset, tile.row_words, blocks};
}

/// Loads an input that lives in memory; what layers of the group hand on is there already.
void Emitter::load_tile(const LoweredLayer& lowered, int index, const TileLayout& layout, std::int64_t base) {
  if (nth(plan_.tensors, index).home != TensorPlan::Home::kMemory) return;
  const StagedTile& tile = layout.staged.at(index);
  const Convolution* packed = nullptr;
  for (const Convolution& c : lowered.convolutions) {
    if (c.input == index && c.packed.packing.active()) packed = &c;
  }
  if (packed != nullptr) return load_packed(*packed, lowered.layer, tile, base);
  if (tile.words() == 0) return;
  const TensorPlacement& at = placement(index);
  const Shape& shape = tensor(index).shape;
  const std::int64_t pixel_bytes = std::int64_t{at.blocks} * at.word_bytes;
  const ToField to_field = fields_of(lowered.layer, "LOAD");
  Load load;
  load.target = static_cast<std::int32_t>(LoadTarget::kActivation);
  load.memory_row_pitch = to_field("memory_row_pitch", shape[3] * pixel_bytes);
  load.memory_address =
      to_field("memory_address", at.address + (tile.region.y * shape[3] + tile.region.x) * pixel_bytes);
  load.buffer_address = to_field("buffer_address", base + tile.offset);
  load.buffer_row_pitch = to_field("buffer_row_pitch", tile.row_words);
  load.buffer_word_pitch = 1;
  load.rows = to_field("rows", tile.rows);
  load.word_lanes = config_.array.rows;
  load.pad_value = tensor(index).zero_point;
  set_records(index, tile.region.width, whole(index), to_field, &load);
  const std::int64_t span = (tile.rows - 1) * load.memory_row_pitch + tile.region.width * pixel_bytes;
  append(load, lowered.layer,
         {{Storage::kActivations, load.buffer_address, tile.words(), true},
          {Storage::kMemory, load.memory_address, span, false}});
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
void Emitter::load_packed(const Convolution& convolution, int layer, const StagedTile& tile, std::int64_t base) {
  const PackedGeometry& geometry = convolution.packed;
  const TensorPlacement& at = placement(convolution.input);
  const Shape& shape = tensor(convolution.input).shape;
  const ToField to_field = fields_of(layer, "LOAD");
  for (int g = 0; g < geometry.packing.kernel_rows; ++g) {
    Load load;
    load.target = static_cast<std::int32_t>(LoadTarget::kActivation);
    load.memory_address = to_field("memory_address", at.address);
    load.memory_row_pitch = to_field("memory_row_pitch", shape[3] * at.word_bytes);
    load.buffer_address = to_field("buffer_address", base + tile.offset);
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

void Emitter::store_tile(const LoweredLayer& lowered, const View& view, const Region& region) {
  check_stored_width(lowered);
  const TensorPlacement& at = placement(lowered.output);
  const Shape& shape = tensor(lowered.output).shape;
  const std::int64_t pixel_bytes = std::int64_t{at.blocks} * at.word_bytes;
  const ToField to_field = fields_of(lowered.layer, "STORE");
  Store store;
  store.memory_address = to_field("memory_address", at.address + (region.y * shape[3] + region.x) * pixel_bytes);
  store.memory_row_pitch = to_field("memory_row_pitch", shape[3] * pixel_bytes);
  store.buffer_address = to_field("buffer_address", view.word(region.y, region.x));
  store.buffer_row_pitch = to_field("buffer_row_pitch", view.row_pitch);
  store.buffer_word_pitch = 1;
  store.rows = to_field("rows", region.height);
  set_records(lowered.output, region.width, whole(lowered.output), to_field, &store);
  const std::int64_t span = (region.height - 1) * store.memory_row_pitch + region.width * pixel_bytes;
  append(store, lowered.layer, {view.access(region, false), {Storage::kMemory, store.memory_address, span, true}});
}

void Emitter::emit_post(const LoweredLayer& lowered, const TileLayout& layout, std::int64_t base,
                        const Region& region) {
  const View in = view_of(lowered.inputs[0], layout, base);
  const View in2 = view_of(lowered.inputs.back(), layout, base);
  const View out = view_of(lowered.output, layout, base);
  const ToField to_field = fields_of(lowered.layer, "POST");
  Post post = lowered.post;
  const auto op = static_cast<PostOp>(post.op);
  if (op == PostOp::kMaxPool || op == PostOp::kAveragePool) return emit_pool(lowered, in, out, region, {});
  post.source_address = to_field("source_address", in.word(region.y, region.x));
  post.source_row_pitch = to_field("source_row_pitch", in.row_pitch);
  post.source_pixel_pitch = to_field("source_pixel_pitch", in.pixel_pitch);
  post.source_height = to_field("source_height", in.region.height);
  post.source_width = to_field("source_width", in.region.width);
  post.output_address = to_field("output_address", out.word(region.y, region.x));
  post.output_row_pitch = to_field("output_row_pitch", out.row_pitch);
  post.output_pixel_pitch = to_field("output_pixel_pitch", out.pixel_pitch);
  post.height = to_field("height", region.height);
  post.width = to_field("width", region.width);
  post.blocks = to_field("blocks", out.pixel_pitch);
  post.channels = to_field("channels", tensor(lowered.output).shape[1]);
  Access second = {};
  Access param = {};
  if (adds(op) || multiplies(op)) {
    const Region part = repeats_pixel(op) ? Region{0, 0, 1, 1} : region;
    post.source2_address = to_field("source2_address", in2.word(part.y, part.x));
    post.source2_row_pitch = repeats_pixel(op) ? 0 : to_field("source2_row_pitch", in2.row_pitch);
    second = in2.access(part, false);
  } else if (op == PostOp::kLookup) {
    post.param_address = to_field("param_address", table_in_buffer(lowered));
    param = {Storage::kParams, post.param_address, nth(images_, lowered.layer).table_words, false};
  }
  program_.probes.push_back({static_cast<std::int64_t>(program_.commands.size()), lowered.output,
                             static_cast<int>(region.y), static_cast<int>(region.x)});
  append(post, lowered.layer, {in.access(region, false), second, param, out.access(region, true)});
}

std::int64_t Emitter::load_constant(Load load, int layer, std::int64_t memory_address, std::int64_t buffer_address) {
  const bool weights = static_cast<LoadTarget>(load.target) == LoadTarget::kWeight;
  const ToField to_field = fields_of(layer, "LOAD");
  load.memory_address = to_field("memory_address", memory_address);
  load.buffer_address = to_field("buffer_address", buffer_address);
  load.buffer_word_pitch = 1;
  load.rows = 1;
  const std::int64_t words = row_words(load);
  append(load, layer, {{weights ? Storage::kWeights : Storage::kParams, buffer_address, words, true}});
  return buffer_address;
}

std::int64_t Emitter::load_params(int layer, std::int64_t memory_address, std::int64_t buffer_address,
                                  std::int64_t words, std::int64_t word_lanes, std::int64_t elements) {
  const ToField to_field = fields_of(layer, "LOAD");
  Load load;
  load.target = static_cast<std::int32_t>(LoadTarget::kParam);
  load.row_records = 1;
  load.record_words = to_field("record_words", words);
  load.word_lanes = to_field("word_lanes", word_lanes);
  load.record_lanes = to_field("record_lanes", elements);
  load.element_bits = kParamBits;
  return load_constant(load, layer, memory_address, buffer_address);
}

std::int64_t Emitter::table_in_buffer(const LoweredLayer& lowered) {
  const LayerImage& image = nth(images_, lowered.layer);
  const RingCache::Key key = {lowered.layer, 0, -1};
  if (const auto held = params_.find(key)) return *held;
  if (image.table_words > config_.param_words()) {
    refuse(lowered.layer, "its look-up table needs buffers.parameter_kib of at least " +
                              std::to_string(config_.parameter_kib_of(image.table_words)));
  }
  return load_params(lowered.layer, image.table, params_.allocate(key, image.table_words), image.table_words,
                     config_.array.cols, image.table_entries);
}

}  // namespace systoliq::model
