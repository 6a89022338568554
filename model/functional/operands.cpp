// SPDX-License-Identifier: Apache-2.0
// The addresses of the commands' formulas (model/isa/command.h), one output at a time.
#include "model/functional/operands.h"

#include "model/arith/requantize.h"

namespace systoliq::model {
namespace {

std::int32_t operand_of(Storage& state, const Execute& e, int stored, int column) {
  const AcceleratorConfig& config = state.config;
  if (config.weights.codec != WeightCodec::kCodebook) return stored - e.weight_zero_point;
  const int index = stored & ((1 << config.datatypes.weight_bits) - 1);
  const ParamEntry* tables = state.params.words(e.codebook_address, config.codebook_words());
  const std::int16_t entry =
      table_entry(tables + index / kTableEntries * config.array.cols + column, index % kTableEntries);
  return codebook_operand(entry, config.weights.codebook_bits);
}

std::vector<PostOperand> window_operands(Storage& state, const Post& p, int y, int x, int block, int lane) {
  std::vector<PostOperand> operands;
  for (int tap = 0; tap < p.kernel_height * p.kernel_width; ++tap) {
    const int iy = y * p.stride_height + tap / p.kernel_width - p.pad_top;
    const int ix = x * p.stride_width + tap % p.kernel_width - p.pad_left;
    PostOperand operand;
    operand.tap = tap;
    operand.inside = iy >= 0 && iy < p.source_height && ix >= 0 && ix < p.source_width;
    if (operand.inside) {
      const std::int64_t word =
          p.source_address + std::int64_t{iy} * p.source_row_pitch + std::int64_t{ix} * p.source_pixel_pitch + block;
      operand.activation = state.activations.words(word)[lane];
    }
    operands.push_back(operand);
  }
  return operands;
}

}  // namespace

std::vector<ExecuteOperand> execute_operands(Storage& state, const Execute& e, int pixel, int column) {
  check(column >= 0 && column < e.valid_columns, "an EXECUTE has no such column");
  std::vector<ExecuteOperand> operands;
  const int rows = state.config.array.rows;
  const int index_mask = (1 << state.config.datatypes.weight_bits) - 1;
  const bool codebook = state.config.weights.codec == WeightCodec::kCodebook;
  std::int64_t weight_word = e.weight_address;
  for (int tap = 0; tap < e.kernel_height * e.kernel_width; ++tap) {
    const int iy = pixel / e.output_width * e.stride_height + tap / e.kernel_width * e.dilation_height - e.pad_top;
    const int ix = pixel % e.output_width * e.stride_width + tap % e.kernel_width * e.dilation_width - e.pad_left;
    const bool inside = iy >= 0 && iy < e.input_height && ix >= 0 && ix < e.input_width;
    for (int block = 0; block < e.input_blocks; ++block) {
      const int lanes = block + 1 < e.input_blocks ? rows : e.last_block_lanes;
      const std::int64_t word = e.input_address + std::int64_t{iy} * e.input_row_pitch +
                                std::int64_t{ix} * e.input_pixel_pitch + std::int64_t{block} * e.input_block_pitch;
      const std::int16_t* activations = inside ? state.activations.words(word) : nullptr;
      for (int lane = 0; lane < lanes; ++lane) {
        const int stored = state.weights.words(weight_word++)[column];
        operands.push_back({tap, block, lane, inside, inside ? activations[lane] : e.pad_value,
                            codebook ? stored & index_mask : stored, operand_of(state, e, stored, column)});
      }
    }
  }
  return operands;
}

std::vector<PostOperand> post_operands(Storage& state, const Post& p, int y, int x, int block, int lane) {
  const auto element = [&](std::int32_t address, std::int32_t row_pitch) {
    const std::int64_t word = address + std::int64_t{y} * row_pitch + std::int64_t{x} * p.source_pixel_pitch + block;
    return std::int32_t{state.activations.words(word)[lane]};
  };
  switch (static_cast<PostOp>(p.op)) {
    case PostOp::kMaxPool:
    case PostOp::kAveragePool:
      return window_operands(state, p, y, x, block, lane);
    case PostOp::kAddPixel:
    case PostOp::kMultiplyPixel:
      return {{0, true, element(p.source_address, p.source_row_pitch)},
              {1, true, state.activations.words(std::int64_t{p.source2_address} + block)[lane]}};
    case PostOp::kAdd:
    case PostOp::kMultiply:
      return {{0, true, element(p.source_address, p.source_row_pitch)},
              {1, true, element(p.source2_address, p.source2_row_pitch)}};
    case PostOp::kLookup:
      return {{0, true, element(p.source_address, p.source_row_pitch)}};
    case PostOp::kRequantize:
    case PostOp::kFill:
      break;
  }
  return {};
}

}  // namespace systoliq::model
