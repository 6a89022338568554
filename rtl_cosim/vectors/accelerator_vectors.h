// SPDX-License-Identifier: Apache-2.0
// Accelerator scope: a whole run, with memory before and after it, the end of every command, and every layer's
// integers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rtl_cosim/vectors/vectors.h"

namespace systoliq::rtl {

/// A layer's output, or a network output, as integers [1, c, h, w].
struct GoldenTensor {
  int tensor = -1;
  std::string integers;  ///< $readmemh, 32 bits a line, in row-major order
};

struct AcceleratorVectors {
  std::int64_t cycles = 0;
  std::string memory, expected_memory;  ///< $readmemh, a byte a word
  std::string commands;                 ///< a line a command: opcode 8 bits, end cycle 64 bits
  std::string listing;                  ///< the commands as text
  /// A line a word of the activation buffer that belongs to an observed layer, when the command that completed it ends:
  /// command 32, address 32, mask of lanes (rows), lanes (rows * activation_bits); each field fills up to whole digits.
  std::string layer_words;
  std::int64_t layer_word_count = 0;
  std::vector<GoldenTensor> tensors;
};

/// Runs the network at level transaction.
AcceleratorVectors make_accelerator_vectors(const VectorSource& source);

}  // namespace systoliq::rtl
