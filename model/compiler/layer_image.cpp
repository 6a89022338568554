// SPDX-License-Identifier: Apache-2.0
// Serialization of a layer's constants.
#include "model/compiler/layer_image.h"

#include <algorithm>
#include <cstring>

#include "model/isa/lane_packing.h"
#include "types/util/index.h"

namespace systoliq::model {
namespace {

class WeightReader final {
 public:
  WeightReader(const Convolution& convolution, int input_channels, int rows)
      : c_(convolution), channels_(input_channels), rows_(rows) {
    if (c_.weights == nullptr) return;
    const Shape& shape = c_.weights->shape;
    group_channels_ = static_cast<int>(shape[1]);
    taps_ = static_cast<int>(shape[2] * shape[3]);
    kernel_width_ = static_cast<int>(shape[3]);
    kernel_height_ = static_cast<int>(shape[2]);
    group_outputs_ = c_.channels / c_.groups;
  }

  /// Stored weights of outputs [first, first + count) at one word; the zero point where the word's lane means nothing.
  void read(int ky, int kx, int block, int lane, int first, int count, std::int16_t* out) const {
    int channel = block * rows_ + lane;
    if (c_.packed.packing.active()) {
      const int columns = c_.packed.packing.kernel_columns;
      channel = lane % channels_;
      kx = kx * columns + lane / channels_ % columns;
      ky = ky * c_.packed.packing.kernel_rows + lane / (channels_ * columns);
    }
    if (c_.weights == nullptr) {
      for (int i = 0; i < count; ++i) out[i] = channel == source_of(first + i) ? 1 : 0;
      return;
    }
    const bool tap_exists = ky < kernel_height_ && kx < kernel_width_;
    const std::int64_t filter = std::int64_t{group_channels_} * taps_;
    int group = first / group_outputs_;
    int left_in_group = group_outputs_ - first % group_outputs_;
    for (int i = 0; i < count; ++i) {
      const int in_group = channel - group * group_channels_;
      const bool exists = tap_exists && in_group >= 0 && in_group < group_channels_;
      const std::int64_t at = (first + i) * filter + std::int64_t{in_group} * taps_ + ky * kernel_width_ + kx;
      out[i] = exists ? static_cast<std::int16_t>(nth(c_.weights->data, at)) : nth(c_.zeros, first + i);
      if (--left_in_group == 0) {
        ++group;
        left_in_group = group_outputs_;
      }
    }
  }

 private:
  int source_of(int channel) const { return c_.source_channels.empty() ? channel : nth(c_.source_channels, channel); }

  const Convolution& c_;
  int channels_, rows_;
  int group_channels_ = 1, taps_ = 1, kernel_width_ = 1, kernel_height_ = 1, group_outputs_ = 1;
};

}  // namespace

ColumnBlock column_block(const Convolution& convolution, int index, int input_channels,
                         const AcceleratorConfig& config) {
  const int rows = config.array.rows;
  ColumnBlock block;
  block.first_channel = index * config.array.cols;
  block.channels = std::min(config.array.cols, convolution.channels - block.first_channel);
  block.kernel = convolution.window;
  if (convolution.packed.packing.active()) {
    block.kernel = convolution.packed.window;
    block.last_lanes = convolution.packed.lanes;
    block.words_per_tap = block.last_lanes;
    return block;
  }
  int first = 0;
  int end = input_channels;
  if (convolution.weights != nullptr) {
    const int group_outputs = convolution.channels / convolution.groups;
    const int group_inputs = input_channels / convolution.groups;
    first = block.first_channel / group_outputs * group_inputs;
    end = ((block.first_channel + block.channels - 1) / group_outputs + 1) * group_inputs;
  } else {
    first = block.first_channel;
    end = block.first_channel + block.channels;
    if (!convolution.source_channels.empty()) {
      const auto sources = convolution.source_channels.begin();
      const auto [least, most] = std::minmax_element(sources + first, sources + end);
      first = *least;
      end = *most + 1;
    }
  }
  block.first_block = first / rows;
  block.blocks = (end - 1) / rows - block.first_block + 1;
  block.last_lanes = (end - 1) % rows + 1;
  block.words_per_tap = std::int64_t{block.blocks - 1} * rows + block.last_lanes;
  return block;
}

void append_weights(const Convolution& convolution, const ColumnBlock& block, int input_channels,
                    const AcceleratorConfig& config, std::vector<std::uint8_t>* image) {
  const WeightReader reader(convolution, input_channels, config.array.rows);
  const auto word_bytes = static_cast<std::size_t>(config.weight_word_bytes());
  std::vector<std::int16_t> word(static_cast<std::size_t>(config.array.cols));
  std::size_t at = image->size();
  image->resize(at + static_cast<std::size_t>(block.words()) * word_bytes);
  for (int ky = 0; ky < block.kernel.kernel_height; ++ky) {
    for (int kx = 0; kx < block.kernel.kernel_width; ++kx) {
      for (int b = 0; b < block.blocks; ++b) {
        const int lanes = b + 1 < block.blocks ? config.array.rows : block.last_lanes;
        for (int lane = 0; lane < lanes; ++lane, at += word_bytes) {
          reader.read(ky, kx, block.first_block + b, lane, block.first_channel, block.channels, word.data());
          pack_lanes(word.data(), config.datatypes.weight_bits, config.array.cols, image->data() + at);
        }
      }
    }
  }
}

void append_params(const Convolution& convolution, const AcceleratorConfig& config, std::vector<std::uint8_t>* image) {
  const auto cols = static_cast<std::size_t>(config.array.cols);
  const std::size_t words = (convolution.params.size() + cols - 1) / cols;
  const std::size_t at = image->size();
  image->resize(at + words * cols * sizeof(ParamEntry));
  std::memcpy(image->data() + at, convolution.params.data(), convolution.params.size() * sizeof(ParamEntry));
}

void append_codebooks(const Convolution& convolution, const ColumnBlock& block, const AcceleratorConfig& config,
                      std::vector<std::uint8_t>* image) {
  const int entries = 1 << config.datatypes.weight_bits;
  for (int word = 0; word < config.codebook_words(); ++word) {
    std::vector<std::int16_t> tables(static_cast<std::size_t>(config.array.cols) * 8);
    for (int c = 0; c < block.channels; ++c) {
      for (int i = 0; i < 8 && word * 8 + i < entries; ++i) {
        nth(tables, c * 8 + i) = nth(convolution.codebooks, (block.first_channel + c) * entries + word * 8 + i);
      }
    }
    append_table(tables, config, image);
  }
}

std::int64_t append_table(const std::vector<std::int16_t>& table, const AcceleratorConfig& config,
                          std::vector<std::uint8_t>* image) {
  const std::size_t entries = static_cast<std::size_t>(config.array.cols) * 8;
  const std::size_t words = (table.size() + entries - 1) / entries;
  const std::size_t at = image->size();
  image->resize(at + words * static_cast<std::size_t>(config.param_word_bytes()));
  std::memcpy(image->data() + at, table.data(), table.size() * sizeof(std::int16_t));
  return static_cast<std::int64_t>(words);
}

}  // namespace systoliq::model
