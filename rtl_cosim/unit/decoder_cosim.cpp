// SPDX-License-Identifier: Apache-2.0
// The tables lie as they do in the model's params: word index / 8, then column, then index % 8.
#include "rtl_cosim/unit/decoder_cosim.h"

#include <algorithm>
#include <cstddef>

#include "model/arith/requantize.h"

namespace systoliq::rtl {
namespace {

class DecoderModel final : public CellModel {
 public:
  explicit DecoderModel(const DecoderShape& shape)
      : shape_(shape), words_((shape.entries() + kEntriesPerWord - 1) / kEntriesPerWord) {
    inputs_ = {{"valid_i", 1, false},          {"row_i", kDecoderRowBits, false}, {"zero_point_i", shape.operand_bits},
               {"valid_columns_i", 32, false}, {"table_write_i", 1, false},       {"table_word_i", 5, false}};
    outputs_ = {{"valid_o", 1, false}, {"row_o", kDecoderRowBits, false}};
    for (int c = 0; c < shape.cols; ++c) {
      inputs_.push_back({"weight " + std::to_string(c), shape.weight_bits});
      outputs_.push_back({"operand " + std::to_string(c), shape.operand_bits});
    }
    for (int i = 0; shape.codebook && i < shape.cols * kEntriesPerWord; ++i) {
      inputs_.push_back(
          {"entry " + std::to_string(i / kEntriesPerWord) + "." + std::to_string(i % kEntriesPerWord), 16});
    }
    reset();
  }

  void reset() override {
    tables_.assign(static_cast<std::size_t>(words_ * shape_.cols * kEntriesPerWord), 0);
    operands_.assign(static_cast<std::size_t>(shape_.cols), 0);
    row_ = 0;
  }

  void stimulate(Random& random, CellValues* values) const override {
    CellValues& v = *values;
    v[kDecoderValid] = random.one_in(8) ? 0 : 1;
    v[kDecoderRow] = random.between(0, (1 << kDecoderRowBits) - 1);
    // Differences need no more bits than the decoder's operands have.
    v[kDecoderZeroPoint] = corner_or_random(random, shape_.operand_bits - 1);
    v[kDecoderValidColumns] = random.one_in(4) ? random.between(1, shape_.cols) : shape_.cols;
    for (int c = 0; c < shape_.cols; ++c) weight(v, c) = corner_or_random(random, shape_.weight_bits);
    v[kDecoderTableWrite] = 0;
    if (!shape_.codebook) return;
    v[kDecoderTableWrite] = random.one_in(8) ? 1 : 0;
    v[kDecoderTableWord] = random.one_in(8) ? random.between(0, 31) : random.between(0, words_ - 1);
    // Most entries fit an operand; of those that do not the lower bits count.
    for (int i = 0; i < shape_.cols * kEntriesPerWord; ++i) {
      entry(v, i) = corner_or_random(random, random.one_in(8) ? 16 : shape_.operand_bits);
    }
  }

  void clock(const CellValues& inputs, CellValues* outputs) override {
    if (inputs[kDecoderValid] != 0) {
      row_ = inputs[kDecoderRow];
      for (int c = 0; c < shape_.cols; ++c) operands_[static_cast<std::size_t>(c)] = operand(inputs, c);
    }
    if (inputs[kDecoderTableWrite] != 0 && inputs[kDecoderTableWord] < words_) {
      const auto word = inputs.begin() + kDecoderWeights + shape_.cols;
      std::copy(word, word + shape_.cols * kEntriesPerWord,
                tables_.begin() + inputs[kDecoderTableWord] * shape_.cols * kEntriesPerWord);
    }
    outputs->assign({inputs[kDecoderValid], row_});
    outputs->insert(outputs->end(), operands_.begin(), operands_.end());
  }

 private:
  std::int64_t& weight(CellValues& values, int column) const {
    return values[static_cast<std::size_t>(kDecoderWeights + column)];
  }
  std::int64_t& entry(CellValues& values, int i) const {
    return values[static_cast<std::size_t>(kDecoderWeights + shape_.cols + i)];
  }

  std::int64_t operand(const CellValues& inputs, int column) const {
    if (column >= inputs[kDecoderValidColumns]) return 0;
    const std::int64_t stored = inputs[static_cast<std::size_t>(kDecoderWeights + column)];
    if (!shape_.codebook) return stored - inputs[kDecoderZeroPoint];
    const int index = static_cast<int>(stored) & (shape_.entries() - 1);
    const std::int64_t entry = tables_[static_cast<std::size_t>(
        (index / kEntriesPerWord * shape_.cols + column) * kEntriesPerWord + index % kEntriesPerWord)];
    return model::codebook_operand(static_cast<std::int16_t>(entry), shape_.operand_bits);
  }

  DecoderShape shape_;
  int words_;  ///< of the tables
  CellValues tables_, operands_;
  std::int64_t row_ = 0;
};

}  // namespace

std::unique_ptr<CellModel> make_decoder_model(const DecoderShape& shape) {
  return std::make_unique<DecoderModel>(shape);
}

}  // namespace systoliq::rtl
