// SPDX-License-Identifier: Apache-2.0
// Golden weight decoder, systoliq_weight_decoder.sv: what model/functional/execute.cpp makes of a word of the weight
// buffer, one clock later.
#pragma once

#include <memory>

#include "rtl_cosim/unit/cell_cosim.h"

namespace systoliq::rtl {

struct DecoderShape {
  int cols = 16, weight_bits = 8;
  bool codebook = false;
  int operand_bits = 9;
  int entries() const { return 1 << weight_bits; }
};

constexpr int kDecoderRowBits = 4;
constexpr int kEntriesPerWord = 8;  ///< of one column's table in a param word

/// Inputs in the order of the values: these, the columns' weights, and of a codebook the columns' table entries, those
/// of a column side by side.
enum DecoderInput {
  kDecoderValid,
  kDecoderRow,
  kDecoderZeroPoint,
  kDecoderValidColumns,
  kDecoderTableWrite,
  kDecoderTableWord,
  kDecoderWeights
};
/// Likewise; then the columns' operands.
enum DecoderOutput { kDecoderValidOut, kDecoderRowOut, kDecoderOperands };

std::unique_ptr<CellModel> make_decoder_model(const DecoderShape& shape);

}  // namespace systoliq::rtl
