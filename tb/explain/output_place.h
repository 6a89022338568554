// SPDX-License-Identifier: Apache-2.0
// Which commands of a program make one output of a layer, and in which word and lane it comes to lie.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tb/compare/compiled_network.h"

namespace systoliq::tb {

struct OutputPlace {
  std::size_t layer = 0;
  int tensor = -1;
  std::int64_t channel = 0, row = 0, column = 0;  ///< in the layer's output

  std::int64_t post = -1;              ///< the last POST that writes it
  std::vector<std::int64_t> executes;  ///< whose sum it requantizes, in order; none for another kind of POST
  std::vector<std::int64_t> earlier;   ///< POSTs before it that write it too, where tiles overlap
  std::int64_t store = -1;             ///< the STORE that copies it to memory, where it is copied
  std::int64_t memory_address = 0;     ///< of its word, where it is copied

  int tile_row = 0, tile_column = 0;  ///< of the POST's output
  std::int64_t word = 0;              ///< of the activation buffer
  int block = 0, lane = 0;            ///< of its pixel's words; of the word
  int post_block = 0;                 ///< of the words that the POST writes of the pixel
  std::int64_t accumulator = 0;       ///< word of the accumulator buffer, where there are EXECUTEs
  int array_column = 0;
};

/// Index of the layer of that name, or of that output's name. Throws InputError that names the nearest.
std::size_t find_layer(const QuantizedNetwork& network, const std::string& name);

/// Throws InputError for a place outside the layer's output.
OutputPlace find_output(const QuantizedNetwork& network, const CompiledNetwork& compiled, std::size_t layer,
                        std::int64_t channel, std::int64_t row, std::int64_t column);

}  // namespace systoliq::tb
