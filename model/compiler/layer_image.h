// SPDX-License-Identifier: Apache-2.0
// Weights, params and tables as they lie in the memory image, in the order in which EXECUTE consumes them.
#pragma once

#include <cstdint>
#include <vector>

#include "model/compiler/lowering.h"

namespace systoliq::model {

/// Memory addresses of what never changes.
struct ConvolutionImage {
  std::vector<std::int64_t> weights;  ///< per block of output channels
  std::int64_t params = 0;
  std::vector<std::int64_t> codebooks;  ///< per block of output channels, of a codebook machine
};
struct LayerImage {
  std::vector<ConvolutionImage> convolutions;
  std::int64_t table = 0, table_words = 0, table_entries = 0;  ///< entries: elements of param words
};

/// One block of at most `cols` output channels of a convolution, as EXECUTE loops over it. A grouped convolution reads
/// only the blocks of input channels that its groups touch; lanes of other groups meet weights whose operand is 0.
struct ColumnBlock {
  int first_channel = 0, channels = 0;              ///< of the convolution's own outputs
  int first_block = 0, blocks = 1, last_lanes = 1;  ///< input channel blocks; lanes of the last one
  std::int64_t words_per_tap = 1;                   ///< weight words
  int lead_words = 0;                               ///< of a tap: lanes before the first that the block's groups read
  int word_lanes = 1;                               ///< weights of a word in memory
  int group_words = 0;  ///< words after which a word's weights lie word_lanes columns further; 0: all begin at column 0
  int group_lane = 0;   ///< column of the first group's first weight; below 0 where the block begins within a group
  std::int32_t pad_value = 0;  ///< the stored weight of operand 0, for all other columns
  Window kernel;               ///< taps in words of the input tile (packed or plain)
  std::int64_t words() const { return words_per_tap * kernel.kernel_height * kernel.kernel_width; }
};
ColumnBlock column_block(const Convolution& convolution, int index, int input_channels,
                         const AcceleratorConfig& config);

/// Bits of a tap of the block in memory.
std::int64_t tap_bits(const Convolution& convolution, const ColumnBlock& block);

/// Appends the block's weights: kernel row, kernel column, input block, lane; of each word its word_lanes, side by side
/// at the layer's width. The block ends with its byte.
void append_weights(const Convolution& convolution, const ColumnBlock& block, int input_channels,
                    const AcceleratorConfig& config, std::vector<std::uint8_t>* image);

/// Appends the params of every output channel.
void append_params(const Convolution& convolution, std::vector<std::uint8_t>* image);

/// Appends the codebooks of one block of output channels: config.codebook_words() words of its channels.
void append_codebooks(const Convolution& convolution, const ColumnBlock& block, const AcceleratorConfig& config,
                      std::vector<std::uint8_t>* image);

/// Appends a table, eight entries to an element of a param word; returns their number.
std::int64_t append_table(const std::vector<std::int16_t>& table, std::vector<std::uint8_t>* image);

}  // namespace systoliq::model
