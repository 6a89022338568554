// SPDX-License-Identifier: Apache-2.0
// One clock of all rows of the PE array, as loops that the compiler vectorizes: the only part of the array that touches
// every PE in every cycle. The same integers on every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/arith/matmul.h"

namespace systoliq::model::cycle {

/// PE (r, c) is element r * pitch + c of each array. In the cycle PE (r, c) receives activation arriving[r * pitch +
/// c - 1] (index -1 is the row's input) and hands it on as moved[r * pitch + c].
struct ArrayRows {
  int rows = 0, cols = 0;
  std::ptrdiff_t pitch = 0;
  const std::int32_t* arriving = nullptr;
  std::int32_t* moved = nullptr;
  std::int32_t* weights = nullptr;
};

/// How sums are narrowed.
struct Narrowing {
  int bits = 32;
  bool saturate = false;
};

/// Weight stationary: sums[r][c] = sums[r - 1][c] + activation * weights[r][c], from 0 above row 0. Nothing overflows.
void step_weight_stationary(VectorTarget target, const ArrayRows& array, std::int32_t* sums);
/// The same with every sum narrowed; returns how many did not fit.
std::int64_t step_weight_stationary(VectorTarget target, const ArrayRows& array, const Narrowing& narrowing,
                                    std::int64_t* sums);
/// Output stationary: weights move down a row, `top` into row 0; sums[r][c] += activation * weight that arrives,
/// narrowed; returns how many did not fit.
std::int64_t step_output_stationary(VectorTarget target, const ArrayRows& array, const std::int32_t* top,
                                    const Narrowing& narrowing, std::int64_t* sums);

}  // namespace systoliq::model::cycle
