// SPDX-License-Identifier: Apache-2.0
// One convolution over one region: blocks of output channels, parts that fit the accumulators, chunks of the reduction
// that fit the weight buffer.
#include <algorithm>

#include "model/compiler/emitter.h"
#include "types/util/index.h"

namespace systoliq::model {

/// All of them, or those of the slice, which begins and ends with one.
std::vector<int> Emitter::column_blocks_of(const LoweredLayer& lowered, const Convolution& convolution,
                                           const Slice& slice) const {
  const int cols = config_.array.cols;
  const bool all = is_whole(lowered.output, slice);
  const std::int64_t end = slice.end() * config_.array.rows;
  std::vector<int> blocks;
  for (int index = all ? 0 : static_cast<int>(slice.first * config_.array.rows / cols);
       index * cols < convolution.channels && (all || index * cols < end); ++index) {
    blocks.push_back(index);
  }
  return blocks;
}

void Emitter::emit_convolution(const LoweredLayer& lowered, std::size_t index, const Tile& tile, const Region& region) {
  for (const int column_block_index : column_blocks_of(lowered, lowered.convolutions[index], tile.slice))
    emit_column_block(lowered, index, column_block_index, tile, region);
}

void Emitter::emit_column_block(const LoweredLayer& lowered, std::size_t index, int column_block_index,
                                const Tile& tile, const Region& region) {
  const Convolution& convolution = lowered.convolutions[index];
  const auto channels = static_cast<int>(tensor(convolution.input).shape[1]);
  const ColumnBlock block = column_block(convolution, column_block_index, channels, config_);
  if (block.blocks > 0 && std::min<std::int64_t>(block.words_per_tap, config_.array.rows) > config_.weight_words()) {
    const std::int64_t bits = std::min<std::int64_t>(block.words_per_tap, config_.array.rows) * config_.array.cols *
                              config_.datatypes.weight_bits;
    refuse(lowered.layer,
           "one pass of weights does not fit the weight buffer; the smallest that holds it is "
           "buffers.weight_kib = " +
               std::to_string((bits + 8191) / 8192));
  }
  const std::vector<Chunk> chunks = chunks_of(block);
  const std::int64_t capacity = config_.accumulator_words();
  const View in = whole_view_of(convolution.input, tile);
  const std::int64_t limit = std::max<std::int64_t>(1, capacity / tile.group.accumulator_parts);
  const std::int64_t width = std::min(region.width, limit);
  const std::int64_t height = std::min(region.height, std::max<std::int64_t>(1, limit / width));
  for (std::int64_t y = region.y; y < region.y + region.height; y += height) {
    for (std::int64_t x = region.x; x < region.x + region.width; x += width) {
      const Region part = {y, x, std::min(height, region.y + region.height - y),
                           std::min(width, region.x + region.width - x)};
      const ColumnParams params = params_in_buffer(lowered, index, column_block_index);
      const std::int64_t accumulator = allocate_accumulators(part.height * part.width);
      for (std::size_t i = 0; i < chunks.size(); ++i) {
        execute_chunk(lowered, index, block, column_block_index, chunks[i], static_cast<int>(i), in, part, accumulator,
                      params);
      }
      requantize(lowered, convolution, block, tile, part, accumulator, params.word);
    }
  }
}

void Emitter::execute_chunk(const LoweredLayer& lowered, std::size_t index, const ColumnBlock& block,
                            int column_block_index, const Chunk& chunk, int chunk_index, const View& in,
                            const Region& part, std::int64_t accumulator, const ColumnParams& params) {
  const Convolution& convolution = lowered.convolutions[index];
  const bool packed = convolution.packed.packing.active();
  const Window& k = block.kernel;
  const std::int64_t weights = weights_in_buffer(lowered, index, block, column_block_index, chunk_index, chunk);
  const ToField to_field = fields_of(lowered.layer, "EXECUTE");
  Execute e;
  e.input_row_pitch = to_field("input_row_pitch", in.row_pitch);
  e.input_pixel_pitch = to_field("input_pixel_pitch", packed ? 1 : in.pixel_pitch);
  e.input_block_pitch = 1;
  const bool all_padding = in.region.height == 0 || in.region.width == 0;
  e.input_address = all_padding ? 0 : to_field("input_address", in.address + block.first_block + chunk.block);
  e.input_blocks = chunk.blocks;
  e.last_block_lanes = chunk.block + chunk.blocks == block.blocks ? block.last_lanes : config_.array.rows;
  e.output_height = to_field("output_height", part.height);
  e.output_width = to_field("output_width", part.width);
  e.kernel_height = chunk.kernel_height;
  e.kernel_width = chunk.kernel_width;
  e.stride_height = k.stride_height;
  e.stride_width = k.stride_width;
  e.dilation_height = k.dilation_height;
  e.dilation_width = k.dilation_width;
  // Row of output part.y, tap chunk.ky, in rows of the view; a packed view begins at its first output's word.
  const std::int64_t top =
      packed ? (part.y - in.region.y) * k.stride_height : part.y * k.stride_height - k.pad_top - in.region.y;
  const std::int64_t left =
      packed ? (part.x - in.region.x) * k.stride_width : part.x * k.stride_width - k.pad_left - in.region.x;
  e.pad_top = to_field("pad_top", -(top + std::int64_t{chunk.ky} * k.dilation_height));
  e.pad_left = to_field("pad_left", -(left + std::int64_t{chunk.kx} * k.dilation_width));
  e.input_height = to_field("input_height", packed ? top + (part.height - 1) * k.stride_height +
                                                         std::int64_t{k.kernel_height - 1} * k.dilation_height + 1
                                                   : in.region.height);
  e.input_width = to_field("input_width", packed ? in.row_pitch : in.region.width);
  e.pad_value = tensor(convolution.input).zero_point;
  e.weight_address = to_field("weight_address", weights);
  e.weight_zero_point = convolution.weight_zero_point;
  e.accumulator_address = to_field("accumulator_address", accumulator);
  e.param_address = to_field("param_address", params.word);
  e.codebook_address = to_field("codebook_address", params.codebook);
  e.init = chunk_index == 0 ? 0 : 1;
  e.valid_columns = block.channels;
  Access input = {};
  if (packed) {
    input = {Storage::kActivations, in.address, std::int64_t{e.input_height} * in.row_pitch, false};
  } else {
    const Region needed = window_region(convolution, part, tensor(convolution.input).shape);
    input = in.access(needed, false);
  }
  // What fills the array is needed first; output stationary these are the pixels and what their sums start from.
  const bool output_stationary = config_.array.dataflow == Dataflow::kOutputStationary;
  input.late = !output_stationary;
  append(e, lowered.layer,
         {input,
          {Storage::kWeights, weights, chunk.words, false, output_stationary},
          {Storage::kParams, params.word, e.init == 0 ? 1 : 0, false},
          {Storage::kParams, params.codebook, config_.codebook_words(), false},
          {Storage::kAccumulators, accumulator, part.height * part.width, true, !output_stationary || e.init == 0}});
}

void Emitter::requantize(const LoweredLayer& lowered, const Convolution& convolution, const ColumnBlock& block,
                         const Tile& tile, const Region& part, std::int64_t accumulator, std::int64_t param) {
  const auto rows = static_cast<int>(config_.array.rows);
  const auto all_channels = static_cast<int>(tensor(lowered.output).shape[1]);
  const ToField to_field = fields_of(lowered.layer, "POST");
  Post post = lowered.post;
  post.source_address = to_field("source_address", accumulator);
  post.param_address = to_field("param_address", param);
  const View out = view_of(lowered.output, tile, tile.slice);
  const Lattice& lattice = convolution.lattice;
  const Region pixels = lattice.pixels_of(part);
  post.output_address = to_field("output_address", out.word(pixels.y, pixels.x));
  post.output_row_pitch = to_field("output_row_pitch", out.row_pitch * (part.height > 1 ? lattice.step_y : 1));
  post.output_pixel_pitch = to_field("output_pixel_pitch", out.pixel_pitch * (part.width > 1 ? lattice.step_x : 1));
  post.height = to_field("height", part.height);
  post.width = to_field("width", part.width);
  post.blocks = 1;
  const auto first_channel = static_cast<int>(tile.slice.first * rows);
  post.channel_offset = convolution.channel_offset + block.first_channel - first_channel;
  post.channels = block.channels;
  const int end = first_channel + post.channel_offset + post.channels;
  post.fill_lanes = end == all_channels ? (rows - end % rows) % rows : 0;
  program_.probes.push_back({static_cast<std::int64_t>(program_.commands.size()), lowered.output,
                             static_cast<int>(pixels.y), static_cast<int>(pixels.x), static_cast<int>(lattice.step_y),
                             static_cast<int>(lattice.step_x), first_channel});
  append(post, lowered.layer,
         {{Storage::kAccumulators, accumulator, part.height * part.width, false},
          {Storage::kParams, param, 1, false},
          out.access(pixels, true)});
}

std::vector<Emitter::Chunk> Emitter::chunks_of(const ColumnBlock& block) const {
  const std::int64_t rows = config_.array.rows;
  const std::int64_t pass = std::min<std::int64_t>(block.words_per_tap, rows);
  const std::int64_t limit = std::max(config_.weight_words() / 2, pass);  // the next chunk loads while one is in use
  const std::int64_t row_words = block.words_per_tap * block.kernel.kernel_width;
  const int kh = block.kernel.kernel_height;
  const int kw = block.kernel.kernel_width;
  std::vector<Chunk> chunks;
  const auto step_of = [](std::int64_t room, std::int64_t each, int most) {
    return static_cast<int>(std::clamp<std::int64_t>(room / each, 1, most));
  };
  const int ky_step = step_of(limit, row_words, kh);
  const int kx_step = row_words <= limit ? kw : step_of(limit, block.words_per_tap, kw);
  const int block_step = block.words_per_tap <= limit ? block.blocks : step_of(limit, rows, block.blocks);
  for (int ky = 0; ky < kh; ky += ky_step) {
    for (int kx = 0; kx < kw; kx += kx_step) {
      for (int b = 0; b < block.blocks; b += block_step) {
        Chunk chunk = {ky, std::min(ky_step, kh - ky),
                       kx, std::min(kx_step, kw - kx),
                       b,  std::min(block_step, block.blocks - b),
                       0,  0};
        const std::int64_t before = b * rows;
        const std::int64_t after = std::min<std::int64_t>((b + chunk.blocks) * rows, block.words_per_tap);
        chunk.first_word = ky * row_words + kx * block.words_per_tap + before;
        chunk.words = std::int64_t{chunk.kernel_height} * chunk.kernel_width * (after - before);
        chunks.push_back(chunk);
      }
    }
  }
  return chunks;
}

/// A chunk is whole taps, or a part of one.
std::int64_t Emitter::weights_in_buffer(const LoweredLayer& lowered, std::size_t index, const ColumnBlock& block,
                                        int column_block_index, int chunk_index, const Chunk& chunk) {
  // Layer and convolution in one number: no layer has as many inputs.
  const RingCache::Key key = {lowered.layer * 65536 + static_cast<int>(index), column_block_index, chunk_index};
  if (const auto held = weights_.find(key)) return *held;
  const Convolution& convolution = lowered.convolutions[index];
  const ToField to_field = fields_of(lowered.layer, "LOAD");
  const std::int64_t tap = chunk.first_word / block.words_per_tap;
  const std::int64_t passed = chunk.first_word % block.words_per_tap;  // words of the tap that are in other chunks
  const std::int64_t taps = std::int64_t{chunk.kernel_height} * chunk.kernel_width;
  const std::int64_t without = std::max<std::int64_t>(0, passed - block.lead_words);
  Load load;
  load.target = static_cast<std::int32_t>(LoadTarget::kWeight);
  load.row_records = to_field("row_records", taps);
  load.record_words = to_field("record_words", chunk.words / taps);
  load.element_bits = convolution.weight_bits;
  load.word_lanes = block.word_lanes;
  load.lead_words = to_field("lead_words", std::max<std::int64_t>(0, block.lead_words - passed));
  load.record_lanes = to_field("record_lanes", (load.record_words - load.lead_words) * std::int64_t{block.word_lanes});
  load.pad_value = block.pad_value;
  if (block.group_words > 0) {
    load.group_words = block.group_words;
    load.group_first_words = to_field("group_first_words", block.group_words - without % block.group_words);
    load.group_lane =
        to_field("group_lane", block.group_lane + without / block.group_words * std::int64_t{block.word_lanes});
  }
  const std::int64_t bit = tap * tap_bits(convolution, block) + without * block.word_lanes * convolution.weight_bits;
  load.memory_bit = static_cast<std::int32_t>(bit % 8);
  const ConvolutionImage& image = nth(images_, lowered.layer).convolutions[index];
  return load_constant(load, lowered.layer, nth(image.weights, column_block_index) + bit / 8,
                       weights_.allocate(key, chunk.words));
}

/// Params are loaded for the whole layer where they fit half the buffer, else block by block.
std::int64_t Emitter::param_in_buffer(const LoweredLayer& lowered, std::size_t index, int column_block_index) {
  const int channels = lowered.convolutions[index].channels;
  const int words = (channels + config_.array.cols - 1) / config_.array.cols;
  const bool together = words * 2 + config_.codebook_words() <= config_.param_words();  // beside a codebook
  const int convolution = lowered.layer * 65536 + static_cast<int>(index);
  const RingCache::Key key = {convolution, together ? -1 : column_block_index, -2};
  const int within = together ? column_block_index : 0;
  if (const auto held = params_.find(key)) return *held + within;
  const ConvolutionImage& image = nth(images_, lowered.layer).convolutions[index];
  const std::int64_t first = together ? 0 : std::int64_t{column_block_index} * config_.array.cols;
  const std::int64_t count = together ? words : 1;
  const std::int64_t elements = std::min<std::int64_t>(count * config_.array.cols, channels - first);
  const auto entry_bytes = static_cast<std::int64_t>(sizeof(ParamEntry));
  return load_params(lowered.layer, image.params + first * entry_bytes, params_.allocate(key, count), count,
                     config_.array.cols, elements) +
         within;
}

std::int64_t Emitter::codebook_in_buffer(const LoweredLayer& lowered, std::size_t index, int column_block_index) {
  const std::int64_t words = config_.codebook_words();
  const RingCache::Key key = {lowered.layer * 65536 + static_cast<int>(index), column_block_index, -3};
  if (const auto held = params_.find(key)) return *held;
  const ConvolutionImage& image = nth(images_, lowered.layer).convolutions[index];
  const std::int64_t channels = std::min<std::int64_t>(
      config_.array.cols, lowered.convolutions[index].channels - std::int64_t{column_block_index} * config_.array.cols);
  return load_params(lowered.layer, nth(image.codebooks, column_block_index), params_.allocate(key, words), words,
                     channels, words * channels);
}

/// Codebook and param word of a block are in use at once, so loading one must not have overwritten the other.
Emitter::ColumnParams Emitter::params_in_buffer(const LoweredLayer& lowered, std::size_t index,
                                                int column_block_index) {
  if (config_.codebook_words() == 0) return {param_in_buffer(lowered, index, column_block_index), -1};
  if (config_.codebook_words() + 1 > config_.param_words()) {
    refuse(lowered.layer, "a codebook and a param word need buffers.parameter_kib of at least " +
                              std::to_string(config_.parameter_kib_of(config_.codebook_words() + 1)));
  }
  const RingCache::Key key = {lowered.layer * 65536 + static_cast<int>(index), column_block_index, -3};
  for (int attempt = 0; attempt < 3; ++attempt) {
    ColumnParams params;
    params.codebook = codebook_in_buffer(lowered, index, column_block_index);
    params.word = param_in_buffer(lowered, index, column_block_index);
    if (params_.find(key)) return params;
  }
  refuse(lowered.layer, "codebook and parameters do not fit the " + std::to_string(config_.param_words()) +
                            " words of the parameter buffer together; accepted: buffers.parameter_kib of at least " +
                            std::to_string(config_.parameter_kib_of(4 * config_.codebook_words())));
}

std::int64_t Emitter::allocate_accumulators(std::int64_t words) {
  check(words >= 1 && words <= config_.accumulator_words(), "tile exceeds the accumulator buffer");
  if (next_accumulator_ + words > config_.accumulator_words()) next_accumulator_ = 0;
  const std::int64_t address = next_accumulator_;
  next_accumulator_ += words;
  return address;
}

}  // namespace systoliq::model
