// SPDX-License-Identifier: Apache-2.0
// Weights, params and tables as they lie in the memory image, in the order in which EXECUTE consumes them.
#pragma once

#include <cstdint>
#include <vector>

#include "model/compiler/lowering.h"

namespace systoliq::model {

/// One block of at most `cols` output channels of a convolution, as EXECUTE loops over it. A grouped convolution reads
/// only the blocks of input channels that its groups touch; lanes of other groups meet weights whose operand is 0.
struct ColumnBlock {
  int first_channel = 0, channels = 0;              ///< of the convolution's own outputs
  int first_block = 0, blocks = 1, last_lanes = 1;  ///< input channel blocks; lanes of the last one
  std::int64_t words_per_tap = 1;                   ///< weight words
  Window kernel;                                    ///< taps in words of the input tile (packed or plain)
  std::int64_t words() const { return words_per_tap * kernel.kernel_height * kernel.kernel_width; }
};
ColumnBlock column_block(const Convolution& convolution, int index, int input_channels,
                         const AcceleratorConfig& config);

/// Appends the block's weight words: kernel row, kernel column, input block, lane; each word `cols` weights.
void append_weights(const Convolution& convolution, const ColumnBlock& block, int input_channels,
                    const AcceleratorConfig& config, std::vector<std::uint8_t>* image);

/// Appends one param word per block of output channels.
void append_params(const Convolution& convolution, const AcceleratorConfig& config, std::vector<std::uint8_t>* image);

/// Appends the codebooks of one block of output channels as config.codebook_words() param words.
void append_codebooks(const Convolution& convolution, const ColumnBlock& block, const AcceleratorConfig& config,
                      std::vector<std::uint8_t>* image);

/// Appends a look-up table as param words; returns their number.
std::int64_t append_table(const std::vector<std::int16_t>& table, const AcceleratorConfig& config,
                          std::vector<std::uint8_t>* image);

}  // namespace systoliq::model
