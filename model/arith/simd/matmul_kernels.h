// SPDX-License-Identifier: Apache-2.0
// What the instruction sets' source files offer to matmul.cpp; nobody else includes this.
#pragma once

#include "model/arith/matmul.h"

namespace systoliq::model::kernels {

inline constexpr int kColumnsPadding = 16;  ///< columns are padded to a multiple: one 512-bit register of units

// Written once, inlined into functions compiled for each instruction set, where the compiler vectorizes them.

/// One unit of every column from up to four (bytes) or two (words) weight words.
template <OperandWidth kWidth>
__attribute__((always_inline)) inline void pack_unit_row(const std::int16_t* stored, int rows, int cols,
                                                         int valid_columns, int zero_point, std::uint32_t* units) {
  constexpr int kOperands = kWidth == OperandWidth::kByte ? 4 : 2;
  constexpr int kBits = 32 / kOperands;
  constexpr std::uint32_t kMask = (1ULL << kBits) - 1;
  for (int c = 0; c < valid_columns; ++c) units[c] = 0;
  for (int row = 0; row < rows; ++row) {
    for (int c = 0; c < valid_columns; ++c) {
      units[c] |= (static_cast<std::uint32_t>(stored[row * cols + c] - zero_point) & kMask) << (kBits * row);
    }
  }
}

template <OperandWidth kWidth>
__attribute__((always_inline)) inline void pack_all_weights(const WeightWords& words, PackedWeights* packed) {
  constexpr int kOperands = kWidth == OperandWidth::kByte ? 4 : 2;
  const std::int16_t* stored = words.stored;
  std::uint32_t* units = packed->units.data();
  for (int tap = 0; tap < words.taps; ++tap) {
    for (int lane = 0; lane < words.depth; lane += kOperands, units += packed->padded_cols) {
      const int rows = words.depth - lane < kOperands ? words.depth - lane : kOperands;
      if (rows == kOperands && words.valid_columns == kColumnsPadding) {  // counts known to the compiler
        pack_unit_row<kWidth>(stored, kOperands, words.cols, kColumnsPadding, words.zero_point, units);
      } else {
        pack_unit_row<kWidth>(stored, rows, words.cols, words.valid_columns, words.zero_point, units);
      }
      stored += static_cast<std::ptrdiff_t>(rows) * words.cols;
    }
  }
}

/// Groups of nearly equal size, none above `largest`, since a small remainder would wait for its own results.
template <typename Body>
__attribute__((always_inline)) inline void each_pixel_group(int pixels, int largest, Body body) {
  const int groups = (pixels + largest - 1) / largest;
  for (int group = 0, first = 0; group < groups; ++group) {
    const int size = pixels / groups + (group < pixels % groups ? 1 : 0);
    body(first, size);
    first += size;
  }
}

void pack_weights_avx512(const WeightWords& words, PackedWeights* packed);
void pack_activations_avx512(OperandWidth width, const std::int16_t* activations, int lanes, std::uint32_t* units);
void multiply_accumulate_avx512(const PackedWeights& weights, const ActivationTile& tile, std::int64_t* accumulators);
void pack_weights_avx2(const WeightWords& words, PackedWeights* packed);
void multiply_accumulate_avx2(const PackedWeights& weights, const ActivationTile& tile, std::int64_t* accumulators);

}  // namespace systoliq::model::kernels
