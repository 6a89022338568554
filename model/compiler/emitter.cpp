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
      source_{lowered_layers, plan.tensors, network, config},
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
  const std::int64_t last = word(part.y + part.height - 1, part.x + part.width - 1) + blocks;
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
  const int output = nth(lowered_layers_, group.first + group.count - 1).output;
  const Shape& shape = tensor(output).shape;
  std::vector<Region> regions;
  for (std::int64_t y = 0; y < shape[2]; y += group.tile_height) {
    for (std::int64_t x = 0; x < shape[3]; x += group.tile_width) {
      regions.push_back({y, x, std::min(group.tile_height, shape[2] - y), std::min(group.tile_width, shape[3] - x)});
    }
  }
  std::vector<Slice> slices;
  const std::int64_t all = whole(output).blocks;
  for (std::int64_t first = 0; first < all; first += group.slice_blocks)
    slices.push_back({first, std::min(group.slice_blocks, all - first)});
  const std::size_t turns = regions.size() * slices.size();
  const bool pixels_outer = group.order == LoopOrder::kPixelsOuter || regions.size() == 1;
  if (pixels_outer && regions.size() > 1) keep_weights(group, {0, all});
  for (std::size_t turn = 0; turn < turns; ++turn) {
    const std::size_t region = pixels_outer ? turn / slices.size() : turn % regions.size();
    const std::size_t slice = pixels_outer ? turn % slices.size() : turn / regions.size();
    if (!pixels_outer && region == 0) keep_weights(group, slices[slice]);
    const std::int64_t whole_copy = static_cast<std::int64_t>(pixels_outer ? region : turn) % group.whole_copies;
    const std::int64_t sliced_copy = static_cast<std::int64_t>(turn) % group.sliced_copies;
    const std::int64_t sliced_base = group.workspace + group.whole_copies * group.whole_words;
    emit_tile({group, regions[region], slices[slice], lay_out_tile(source_, group, regions[region], slices[slice]),
               group.workspace + whole_copy * group.whole_words, sliced_base + sliced_copy * group.sliced_words,
               !pixels_outer || slice == 0});
  }
}

/// So that the weights of a slice, which serve several tiles, are not split by the end of the ring.
void Emitter::keep_weights(const Group& group, const Slice& slice) {
  std::int64_t words = 0;
  for (int i = group.first; i < group.first + group.count; ++i) {
    const LoweredLayer& lowered = nth(lowered_layers_, i);
    for (const Convolution& c : lowered.convolutions) {
      const int channels = static_cast<int>(tensor(c.input).shape[1]);
      for (const int index : column_blocks_of(lowered, c, slice))
        words += column_block(c, index, channels, config_).words();
    }
  }
  weights_.keep_together(words);
}

void Emitter::emit_tile(const Tile& tile) {
  const Group& group = tile.group;
  for (int i = 0; i < group.count; ++i) {
    const LoweredLayer& lowered = nth(lowered_layers_, group.first + i);
    const Region& region = nth(tile.layout.layer_outputs, i);
    for (std::size_t input = 0; input < lowered.inputs.size(); ++input) {
      const int index = lowered.inputs[input];
      const bool again = std::find(lowered.inputs.begin(), lowered.inputs.begin() + static_cast<std::ptrdiff_t>(input),
                                   index) != lowered.inputs.begin() + static_cast<std::ptrdiff_t>(input);
      if (!again) load_tile(lowered, index, tile);
    }
    for (std::size_t c = 0; c < lowered.convolutions.size(); ++c) {
      const Region own = lowered.convolutions[c].lattice.indices_in(region);
      if (own.height > 0) emit_convolution(lowered, c, tile, own);
    }
    if (lowered.convolutions.empty()) emit_post(lowered, tile, region);
  }
  const LoweredLayer& last = nth(lowered_layers_, group.first + group.count - 1);
  if (placements_.count(last.output) != 0) store_tile(last, tile);
}

Emitter::View Emitter::view_of(int index, const Tile& tile, const Slice& slice) const {
  const Shape& shape = tensor(index).shape;
  const TensorPlan& plan = nth(plan_.tensors, index);
  if (plan.home == TensorPlan::Home::kResident) {
    const std::int64_t blocks = whole(index).blocks;
    return {{0, 0, shape[2], shape[3]}, plan.address + slice.first, shape[3] * blocks, blocks, slice.blocks};
  }
  const StagedTile& staged = tile.layout.staged.at(index);
  return {staged.region, tile.address(staged) + slice.first - staged.slice.first, staged.row_words, staged.slice.blocks,
          slice.blocks};
}

Emitter::View Emitter::whole_view_of(int index, const Tile& tile) const { return view_of(index, tile, whole(index)); }

std::int64_t Emitter::channels_of(int index, const Slice& slice) const {
  const std::int64_t rows = config_.array.rows;
  return std::min(slice.end() * rows, tensor(index).shape[1]) - slice.first * rows;
}

void Emitter::emit_post(const LoweredLayer& lowered, const Tile& tile, const Region& region) {
  const View in = view_of(lowered.inputs[0], tile, tile.slice);
  const View in2 = view_of(lowered.inputs.back(), tile, tile.slice);
  const View out = view_of(lowered.output, tile, tile.slice);
  const ToField to_field = fields_of(lowered.layer, "POST");
  Post post = lowered.post;
  const auto op = static_cast<PostOp>(post.op);
  if (op == PostOp::kMaxPool || op == PostOp::kAveragePool) return emit_pool(lowered, in, out, region, tile.slice);
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
  post.blocks = to_field("blocks", tile.slice.blocks);
  post.channels = to_field("channels", channels_of(lowered.output, tile.slice));
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
                             static_cast<int>(region.y), static_cast<int>(region.x), 1, 1,
                             static_cast<int>(tile.slice.first * config_.array.rows)});
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
