// SPDX-License-Identifier: Apache-2.0
// The PE array: EXECUTE's gathering of activations, decoding of weights and accumulation.
#include "model/functional/execute.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "model/arith/matmul.h"
#include "model/arith/requantize.h"
#include "model/functional/input_tile.h"

namespace systoliq::model {
namespace {

/// Kept between commands, so that they need no allocation.
struct Scratch {
  InputTile tile;
  PackedWeights weights;
};

class ExecuteRun final {
 public:
  ExecuteRun(Storage& state, const Execute& execute) : state_(state), execute_(execute) {
    rows_ = state.config.array.rows;
    cols_ = state.config.array.cols;
    pixels_ = execute.output_height * execute.output_width;
    depth_ = (execute.input_blocks - 1) * rows_ + execute.last_block_lanes;
  }

  void run(Staged* staged, LayerCounters* counters) {
    stored_ = state_.weights.words(execute_.weight_address, weight_words());
    zero_point_ = execute_.weight_zero_point;
    if (state_.config.weights.codec == WeightCodec::kCodebook) look_up_weights();
    const std::int64_t start = start_accumulators(&staged->accumulators);
    if (operands_fit_kernels() && overflow_is_impossible(start) && InputTile::fits(execute_, depth_)) {
      run_fast(&staged->accumulators);
    } else {
      counters->overflows += run_in_order(&staged->accumulators);
    }
  }

 private:
  int taps() const { return execute_.kernel_height * execute_.kernel_width; }
  std::int64_t weight_words() const { return std::int64_t{taps()} * depth_; }

  /// operand = weight - zero point; columns outside the tile are 0.
  std::int32_t operand(std::int64_t word, int column) const {
    if (column >= execute_.valid_columns) return 0;
    return stored_[word * cols_ + column] - zero_point_;
  }

  /// Every column has its own table; the entries are the operands.
  void look_up_weights() {
    const int index_mask = (1 << state_.config.datatypes.weight_bits) - 1;
    const ParamEntry* tables = state_.params.words(execute_.codebook_address, state_.config.codebook_words());
    decoded_.resize(static_cast<std::size_t>(weight_words() * cols_));
    for (std::size_t i = 0; i < decoded_.size(); ++i) {
      const int index = stored_[i] & index_mask;
      const auto column = static_cast<int>(i % static_cast<std::size_t>(cols_));
      const std::int16_t entry = table_entry(tables + index / kTableEntries * cols_ + column, index % kTableEntries);
      decoded_[i] = codebook_operand(entry, state_.config.weights.codebook_bits);
    }
    stored_ = decoded_.data();
    zero_point_ = 0;
  }

  /// Returns the largest magnitude.
  std::int64_t start_accumulators(std::vector<std::int64_t>* accumulators) const {
    const std::int64_t* held = state_.accumulators.words(execute_.accumulator_address, pixels_);
    if (execute_.init != 0) {
      accumulators->assign(held, held + std::int64_t{pixels_} * cols_);
      return largest_magnitude(*accumulators);
    }
    const ParamEntry* params = state_.params.words(execute_.param_address);
    std::vector<std::int64_t> biases(static_cast<std::size_t>(cols_));
    for (int c = 0; c < execute_.valid_columns; ++c) {
      biases[static_cast<std::size_t>(c)] = start_of_sum(params[c].bias, state_.config.datatypes.overflow);
    }
    accumulators->resize(static_cast<std::size_t>(pixels_) * static_cast<std::size_t>(cols_));
    std::int64_t* pixel = accumulators->data();
    for (int p = 0; p < pixels_; ++p) pixel = std::copy(biases.begin(), biases.end(), pixel);
    return largest_magnitude(biases);
  }

  static std::int64_t largest_magnitude(const std::vector<std::int64_t>& values) {
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
    for (const std::int64_t value : values) {
      lowest = std::min(lowest, value);
      highest = std::max(highest, value);
    }
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    return lowest < -kMost ? kMost : std::max(-lowest, highest);
  }

  /// The kernels take operands of 16 bits; a stored weight of 16 bits has one more with a zero point.
  bool operands_fit_kernels() const { return state_.config.operand_bits(zero_point_ != 0) <= 16; }

  /// |start| + sum |w| * max |a| fits for every column, in the accumulator and in 32 bits: then order cannot matter.
  bool overflow_is_impossible(std::int64_t start) const {
    const DatatypeConfig& types = state_.config.datatypes;
    const std::int64_t limit = (std::int64_t{1} << (std::min(types.accumulator_bits, 32) - 1)) - 1;
    const std::int64_t activation = std::int64_t{1} << (types.activation_bits - 1);
    const std::int64_t weight = std::int64_t{1} << (state_.config.operand_bits(zero_point_ != 0) - 1);
    if (start > limit) return false;
    if (start + weight_words() * activation * weight <= limit) return true;
    std::vector<std::int64_t> sums(static_cast<std::size_t>(execute_.valid_columns));
    for (std::int64_t word = 0; word < weight_words(); ++word) {
      for (int c = 0; c < execute_.valid_columns; ++c) sums[static_cast<std::size_t>(c)] += std::abs(operand(word, c));
    }
    return start + *std::max_element(sums.begin(), sums.end()) * activation <= limit;
  }

  void run_fast(std::vector<std::int64_t>* accumulators) {
    thread_local Scratch scratch;
    const DatatypeConfig& types = state_.config.datatypes;
    const VectorTarget target = best_target();
    const int operand_bits = state_.config.operand_bits(zero_point_ != 0);
    const OperandWidth width = operand_width(target, types.activation_bits, operand_bits);
    pack_weights(target, width, {stored_, taps(), depth_, cols_, execute_.valid_columns, zero_point_},
                 &scratch.weights);
    scratch.tile.gather(state_, execute_, depth_, target, width);
    multiply_accumulate(target, scratch.weights, scratch.tile.view(), accumulators->data());
  }

  std::int64_t run_in_order(std::vector<std::int64_t>* accumulators) const {
    const DatatypeConfig& types = state_.config.datatypes;
    const std::vector<std::int16_t> pad(static_cast<std::size_t>(rows_), static_cast<std::int16_t>(execute_.pad_value));
    const std::vector<std::int32_t> operands = decode_weights();
    std::vector<const std::int16_t*> words(static_cast<std::size_t>(pixels_));
    const std::int32_t* weights = operands.data();
    std::int64_t overflows = 0;
    for (int tap = 0; tap < taps(); ++tap) {
      for (int block = 0; block < execute_.input_blocks; ++block) {
        const int lanes = block + 1 < execute_.input_blocks ? rows_ : execute_.last_block_lanes;
        for (int p = 0; p < pixels_; ++p) words[static_cast<std::size_t>(p)] = input_word(p, tap, block, pad.data());
        overflows += accumulate_in_order(words.data(), weights, pixels_, lanes, cols_, types.accumulator_bits,
                                         types.overflow, state_.config.array.dataflow, accumulators->data());
        weights += std::int64_t{lanes} * cols_;
      }
    }
    return overflows;
  }

  std::vector<std::int32_t> decode_weights() const {
    std::vector<std::int32_t> operands(static_cast<std::size_t>(weight_words() * cols_));
    auto place = operands.begin();
    for (std::int64_t word = 0; word < weight_words(); ++word) {
      for (int c = 0; c < cols_; ++c) *place++ = operand(word, c);
    }
    return operands;
  }

  /// The input word of one pixel and tap; the pad word outside the region.
  const std::int16_t* input_word(int pixel, int tap, int block, const std::int16_t* pad) const {
    const int iy = pixel / execute_.output_width * execute_.stride_height +
                   tap / execute_.kernel_width * execute_.dilation_height - execute_.pad_top;
    const int ix = pixel % execute_.output_width * execute_.stride_width +
                   tap % execute_.kernel_width * execute_.dilation_width - execute_.pad_left;
    if (iy < 0 || iy >= execute_.input_height || ix < 0 || ix >= execute_.input_width) return pad;
    return state_.activations.words(execute_.input_address + std::int64_t{iy} * execute_.input_row_pitch +
                                    std::int64_t{ix} * execute_.input_pixel_pitch +
                                    std::int64_t{block} * execute_.input_block_pitch);
  }

  Storage& state_;
  const Execute& execute_;
  int rows_ = 0, cols_ = 0, pixels_ = 0, depth_ = 0;
  const std::int16_t* stored_ = nullptr;
  int zero_point_ = 0;
  std::vector<std::int16_t> decoded_;
};

}  // namespace

void compute_execute(Storage& state, const Execute& execute, Staged* staged, LayerCounters* counters) {
  ExecuteRun(state, execute).run(staged, counters);
}

void commit_execute(Storage& state, const Execute& execute, const Staged& staged) {
  const std::int64_t pixels = std::int64_t{execute.output_height} * execute.output_width;
  std::copy(staged.accumulators.begin(), staged.accumulators.end(),
            state.accumulators.words(execute.accumulator_address, pixels));
}

}  // namespace systoliq::model
