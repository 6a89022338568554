// SPDX-License-Identifier: Apache-2.0
// Core scope: EXECUTE commands of the network with every buffer word that they read, and the accumulators after them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rtl_cosim/vectors/vectors.h"

namespace systoliq::rtl {

/// One EXECUTE. The texts are $readmemh files with addresses.
struct CoreCase {
  std::int64_t command = 0;  ///< index into the program
  int layer = 0;
  std::int64_t cycles = 0;               ///< from the cycle in which the command is taken to its last, both counted
  std::int64_t accumulator_address = 0;  ///< first word written
  std::int64_t pixels = 0;               ///< words written
  std::string command_words;             ///< 64 words of 32 bits, model/isa/command.h
  std::string activations, weights, params, accumulators, expected;
};

/// `executes` of every layer's EXECUTE commands, every one as likely as every other, in the order of the program.
std::vector<CoreCase> make_core_cases(const VectorSource& source, const VectorOptions& options);

}  // namespace systoliq::rtl
