// SPDX-License-Identifier: Apache-2.0
// EXECUTE word by word.
#include "rtl_cosim/core/golden_execute.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "model/arith/requantize.h"

namespace systoliq::rtl {

using model::Execute;
using model::Storage;

namespace {

/// Row and column of the input that a pixel takes in a pass.
struct Position {
  int iy = 0, ix = 0;
  bool is_padding(const Execute& e) const { return iy < 0 || iy >= e.input_height || ix < 0 || ix >= e.input_width; }
};

Position position_of(const Execute& e, const Pass& pass, int pixel) {
  return {pixel / e.output_width * e.stride_height + pass.ky * e.dilation_height - e.pad_top,
          pixel % e.output_width * e.stride_width + pass.kx * e.dilation_width - e.pad_left};
}

std::int64_t narrowed(const Storage& state, std::int64_t value) {
  bool overflowed = false;
  return model::narrow(value, state.config.datatypes.accumulator_bits, state.config.datatypes.overflow, &overflowed);
}

/// `start` and the products of a pass, narrowed after each.
std::int64_t sum_of(Storage& state, const Execute& e, const Pass& pass, int pixel, int column, std::int64_t start) {
  for (int lane = 0; lane < pass.lanes; ++lane) {
    start = narrowed(state, start + activation(state, e, pass, pixel, lane) * operand(state, e, pass, lane, column));
  }
  return start;
}

/// What the accumulators of every pixel start from.
std::vector<std::int64_t> start_values(Storage& state, const Execute& e) {
  const int cols = state.config.array.cols;
  const int pixels = pixels_of(e);
  const std::int64_t* held = state.accumulators.words(e.accumulator_address, pixels);
  std::vector<std::int64_t> values(held, held + std::int64_t{pixels} * cols);
  if (e.init != 0) return values;
  const model::ParamEntry* entries = state.params.words(e.param_address);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto column = static_cast<int>(i % static_cast<std::size_t>(cols));
    values[i] = column < e.valid_columns ? entries[column].bias : 0;
  }
  return values;
}

/// Adds a pass to every accumulator of a pixel's word.
void add_pass(Storage& state, const Execute& e, const Pass& pass, int pixel, std::int64_t* word) {
  for (int c = 0; c < state.config.array.cols; ++c) {
    if (state.config.array.dataflow == Dataflow::kOutputStationary) {
      word[c] = sum_of(state, e, pass, pixel, c, word[c]);
    } else {
      word[c] = narrowed(state, word[c] + sum_of(state, e, pass, pixel, c, 0));
    }
  }
}

class ExpectedWrites final {
 public:
  ExpectedWrites(Storage& state, const Execute& execute)
      : state_(state),
        e_(execute),
        rows_(state.config.array.rows),
        cols_(state.config.array.cols),
        pixels_(pixels_of(execute)),
        passes_(passes_of(execute, rows_)),
        values_(start_values(state, execute)) {}

  std::vector<AccumulatorWrite> weight_stationary() {
    std::int64_t begin = state_.config.codebook_words() + passes_[0].lanes;
    for (std::size_t p = 0; p < passes_.size(); ++p) {
      if (p > 0) begin += std::max(pixels_, passes_[p].lanes);
      for (int pixel = 0; pixel < pixels_; ++pixel) {
        add_pass(state_, e_, passes_[p], pixel, word(pixel));
        write(begin + pixel + rows_ + cols_ + 3, pixel);
      }
    }
    return writes_;
  }

  std::vector<AccumulatorWrite> output_stationary() {
    std::int64_t begin = state_.config.codebook_words() + 1 + group_pixels(0);
    for (int group = 0; group * rows_ < pixels_; ++group) {
      for (std::size_t p = 0; p < passes_.size(); ++p) {
        const int leaving = p == 0 && group > 0 ? group_pixels(group - 1) : 0;
        begin += std::max({passes_[p].lanes, group_pixels(p + 1 < passes_.size() ? group : group + 1), leaving});
      }
      for (int row = 0; row < group_pixels(group); ++row) {
        const int pixel = group * rows_ + row;
        for (const Pass& pass : passes_) add_pass(state_, e_, pass, pixel, word(pixel));
        write(begin + row + cols_ + 3, pixel);
      }
    }
    return writes_;
  }

 private:
  int group_pixels(int group) const { return std::clamp(pixels_ - group * rows_, 0, rows_); }
  std::int64_t* word(int pixel) { return &values_[static_cast<std::size_t>(pixel) * static_cast<std::size_t>(cols_)]; }
  void write(std::int64_t cycle, int pixel) {
    const std::int64_t* values = word(pixel);
    writes_.push_back({cycle, e_.accumulator_address + pixel, std::vector<std::int64_t>(values, values + cols_)});
  }

  Storage& state_;
  const Execute& e_;
  int rows_, cols_, pixels_;
  std::vector<Pass> passes_;
  std::vector<std::int64_t> values_;
  std::vector<AccumulatorWrite> writes_;
};

}  // namespace

std::vector<Pass> passes_of(const Execute& e, int rows) {
  std::vector<Pass> passes;
  std::int64_t weight_address = e.weight_address;
  for (int ky = 0; ky < e.kernel_height; ++ky) {
    for (int kx = 0; kx < e.kernel_width; ++kx) {
      for (int block = 0; block < e.input_blocks; ++block) {
        const int lanes = block + 1 == e.input_blocks ? e.last_block_lanes : rows;
        passes.push_back({ky, kx, block, lanes, weight_address});
        weight_address += lanes;
      }
    }
  }
  return passes;
}

std::int64_t activation(Storage& state, const Execute& e, const Pass& pass, int pixel, int lane) {
  const Position at = position_of(e, pass, pixel);
  if (at.is_padding(e)) return e.pad_value;
  return state.activations.words(e.input_address + std::int64_t{at.iy} * e.input_row_pitch +
                                 std::int64_t{at.ix} * e.input_pixel_pitch +
                                 std::int64_t{pass.block} * e.input_block_pitch)[lane];
}

std::int64_t operand(Storage& state, const Execute& e, const Pass& pass, int lane, int column) {
  if (column >= e.valid_columns) return 0;
  const int weight = state.weights.words(pass.weight_address + lane)[column];
  if (state.config.weights.codec == model::WeightCodec::kLinear) return weight - e.weight_zero_point;
  const int index = weight & ((1 << state.config.datatypes.weight_bits) - 1);
  std::array<std::int16_t, 8> entries = {};
  std::memcpy(entries.data(), state.params.words(e.codebook_address + index / 8) + column, sizeof entries);
  return entries[static_cast<std::size_t>(index % 8)];
}

std::vector<AccumulatorWrite> expected_writes(Storage& state, const Execute& execute) {
  ExpectedWrites expected(state, execute);
  return state.config.array.dataflow == Dataflow::kOutputStationary ? expected.output_stationary()
                                                                    : expected.weight_stationary();
}

CoreReads expected_reads(Storage& state, const Execute& e) {
  const bool output_stationary = state.config.array.dataflow == Dataflow::kOutputStationary;
  const int pixels = pixels_of(e);
  const int groups = output_stationary ? (pixels + state.config.array.rows - 1) / state.config.array.rows : 1;
  CoreReads reads;
  for (const Pass& pass : passes_of(e, state.config.array.rows)) {
    reads.weight += groups * pass.lanes;
    if (!output_stationary) reads.accumulator += pixels;
    for (int pixel = 0; pixel < pixels; ++pixel) reads.activation += position_of(e, pass, pixel).is_padding(e) ? 0 : 1;
  }
  if (!output_stationary && e.init == 0) reads.accumulator -= pixels;
  if (output_stationary && e.init != 0) reads.accumulator += pixels;
  reads.param = state.config.codebook_words() + (e.init == 0 ? 1 : 0);
  return reads;
}

}  // namespace systoliq::rtl
