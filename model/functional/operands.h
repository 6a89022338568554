// SPDX-License-Identifier: Apache-2.0
// What one output of a command is made of, as the buffers hold it: for those who explain a value, not for the machine.
#pragma once

#include <cstdint>
#include <vector>

#include "model/functional/storage.h"
#include "model/isa/command.h"

namespace systoliq::model {

/// One product of an EXECUTE.
struct ExecuteOperand {
  int tap = 0, block = 0, lane = 0;  ///< of the command; tap = kernel row · kernel width + kernel column
  bool inside = false;               ///< the pixel lies in the command's region; else the activation is pad_value
  std::int32_t activation = 0;
  std::int32_t weight = 0;  ///< as stored: with a codebook machine the index into the column's table
  std::int32_t operand = 0;
};
/// Of output pixel `pixel` (row · output_width + column) and column `column`, in the order of the passes and lanes. The
/// column must be one of the command's valid ones.
std::vector<ExecuteOperand> execute_operands(Storage& state, const Execute& execute, int pixel, int column);

/// One activation that a POST of another kind than requantize reads for lane `lane` of word `block` of output (y, x).
struct PostOperand {
  int tap = 0;  ///< pooling: kernel row · kernel width + kernel column; add: 0, 1
  bool inside = false;
  std::int32_t activation = 0;  ///< 0 where it is not inside
};
/// Pooling: every tap of the window, those outside too; add: two; look-up: one; requantize and fill: none.
std::vector<PostOperand> post_operands(Storage& state, const Post& post, int y, int x, int block, int lane);

}  // namespace systoliq::model
