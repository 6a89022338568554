// SPDX-License-Identifier: Apache-2.0
// Serialization of a layer's constants.
#include "model/compiler/layer_image.h"

#include <algorithm>
#include <cstring>

#include "model/isa/lane_packing.h"
#include "model/isa/param_word.h"
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

  /// Stored weights of outputs [first, first + count) at one word; that of operand 0 where the word's lane means
  /// nothing.
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

/// Groups of a convolution as the array sees them: so many lanes meet so many columns.
struct Groups {
  int inputs = 1, outputs = 1;
};

/// The identity of channels in their order is a convolution of as many groups.
Groups groups_of(const Convolution& convolution, int input_channels) {
  if (convolution.weights == nullptr) return {1, 1};
  return {input_channels / convolution.groups, convolution.channels / convolution.groups};
}

bool mixes_channels(const Convolution& convolution) {
  return convolution.weights == nullptr && !convolution.source_channels.empty();
}

/// Which weights of the block exist. Only where one stored weight is operand 0 in all columns can LOAD supply the
/// others.
void keep_what_exists(const Convolution& convolution, int first_input, const Groups& groups,
                      const AcceleratorConfig& config, ColumnBlock* block) {
  block->word_lanes = block->channels;
  const auto first = convolution.zeros.begin() + block->first_channel;
  const bool same = std::count(first, first + block->channels, *first) == block->channels;
  if (!same || *first == kNoZero) return;
  block->pad_value = *first;
  block->lead_words = first_input % config.array.rows;
  if (mixes_channels(convolution)) return;
  const int within = block->first_channel % groups.outputs;
  if (within + block->channels <= groups.outputs) return;  // one group
  block->word_lanes = std::min(groups.outputs, block->channels);
  block->group_words = groups.inputs;
  block->group_lane = std::min(groups.outputs - within, block->word_lanes) - block->word_lanes;
}

}  // namespace

std::int64_t tap_bits(const Convolution& convolution, const ColumnBlock& block) {
  return (block.words_per_tap - block.lead_words) * block.word_lanes * convolution.weight_bits;
}

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
    keep_what_exists(convolution, 0, {input_channels, convolution.channels}, config, &block);
    return block;
  }
  const Groups groups = groups_of(convolution, input_channels);
  int first = block.first_channel / groups.outputs * groups.inputs;
  int end = ((block.first_channel + block.channels - 1) / groups.outputs + 1) * groups.inputs;
  if (mixes_channels(convolution)) {
    const auto sources = convolution.source_channels.begin() + block.first_channel;
    const auto [least, most] = std::minmax_element(sources, sources + block.channels);
    first = *least;
    end = *most + 1;
  }
  block.first_block = first / rows;
  block.blocks = (end - 1) / rows - block.first_block + 1;
  block.last_lanes = (end - 1) % rows + 1;
  block.words_per_tap = std::int64_t{block.blocks - 1} * rows + block.last_lanes;
  keep_what_exists(convolution, first, groups, config, &block);
  return block;
}

void append_weights(const Convolution& convolution, const ColumnBlock& block, int input_channels,
                    const AcceleratorConfig& config, std::vector<std::uint8_t>* image) {
  const WeightReader reader(convolution, input_channels, config.array.rows);
  const int bits = convolution.weight_bits;
  const std::size_t begin = image->size();
  const std::int64_t taps = std::int64_t{block.kernel.kernel_height} * block.kernel.kernel_width;
  image->resize(begin + static_cast<std::size_t>((taps * tap_bits(convolution, block) + 7) / 8));
  std::vector<std::int16_t> word(static_cast<std::size_t>(block.word_lanes));
  std::int64_t at = 0;
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    const auto ky = static_cast<int>(tap / block.kernel.kernel_width);
    const auto kx = static_cast<int>(tap % block.kernel.kernel_width);
    for (std::int64_t i = block.lead_words; i < block.words_per_tap; ++i, at += std::int64_t{block.word_lanes} * bits) {
      const auto lane = static_cast<int>(i % config.array.rows);
      const auto input_block = block.first_block + static_cast<int>(i / config.array.rows);
      const std::int64_t group = block.group_words == 0 ? 0 : (i - block.lead_words) / block.group_words;
      const std::int64_t column = block.group_lane + group * block.word_lanes;
      // Columns of another block are read by nobody.
      const auto before = static_cast<int>(std::max<std::int64_t>(0, -column));
      const auto count = static_cast<int>(std::min<std::int64_t>(block.word_lanes, block.channels - column)) - before;
      std::fill(word.begin(), word.end(), static_cast<std::int16_t>(block.pad_value));
      reader.read(ky, kx, input_block, lane, block.first_channel + static_cast<int>(column) + before, count,
                  word.data() + before);
      pack_bits(word.data(), bits, block.word_lanes, image->data() + begin, at);
    }
  }
}

void append_params(const Convolution& convolution, std::vector<std::uint8_t>* image) {
  const std::size_t at = image->size();
  image->resize(at + convolution.params.size() * sizeof(ParamEntry));
  std::memcpy(image->data() + at, convolution.params.data(), convolution.params.size() * sizeof(ParamEntry));
}

void append_codebooks(const Convolution& convolution, const ColumnBlock& block, const AcceleratorConfig& config,
                      std::vector<std::uint8_t>* image) {
  const int entries = 1 << config.datatypes.weight_bits;
  for (int word = 0; word < config.codebook_words(); ++word) {
    std::vector<std::int16_t> tables(static_cast<std::size_t>(block.channels) * 8);
    for (int c = 0; c < block.channels; ++c) {
      for (int i = 0; i < 8 && word * 8 + i < entries; ++i) {
        nth(tables, c * 8 + i) = nth(convolution.codebooks, (block.first_channel + c) * entries + word * 8 + i);
      }
    }
    append_table(tables, image);
  }
}

std::int64_t append_table(const std::vector<std::int16_t>& table, std::vector<std::uint8_t>* image) {
  const std::size_t elements = (table.size() + kTableEntries - 1) / kTableEntries;
  const std::size_t at = image->size();
  image->resize(at + elements * sizeof(ParamEntry));
  std::memcpy(image->data() + at, table.data(), table.size() * sizeof(std::int16_t));
  return static_cast<std::int64_t>(elements);
}

}  // namespace systoliq::model
