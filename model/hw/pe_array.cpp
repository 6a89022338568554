// SPDX-License-Identifier: Apache-2.0
// The PE array: EXECUTE's gathering of activations, decoding of weights and accumulation.
#include <algorithm>
#include <cstdlib>

#include "model/arith/matmul.h"
#include "model/arith/requantize.h"
#include "model/hw/datapath.h"

namespace systoliq::model {
namespace {

class ExecuteRun final {
 public:
  ExecuteRun(MachineState& state, const Execute& execute) : state_(state), execute_(execute) {
    rows_ = state.config.array.rows;
    cols_ = state.config.array.cols;
    pixels_ = execute.output_height * execute.output_width;
    depth_ = (execute.input_blocks - 1) * rows_ + execute.last_block_lanes;
    check(execute.input_blocks >= 1 && execute.last_block_lanes >= 1 && execute.last_block_lanes <= rows_ &&
              execute.valid_columns >= 1 && execute.valid_columns <= cols_ && pixels_ >= 1,
          "EXECUTE: lanes, columns or pixels out of range");
  }

  void run(Staged* staged, LayerCounters* counters) {
    decode_weights();
    start_accumulators(&staged->accumulators);
    if (overflow_is_impossible(staged->accumulators)) {
      run_fast(&staged->accumulators);
    } else {
      counters->overflows += run_in_order(&staged->accumulators);
    }
  }

 private:
  int taps() const { return execute_.kernel_height * execute_.kernel_width; }

  /// operand = weight - zero point; columns outside the tile are 0.
  void decode_weights() {
    const std::int64_t words = std::int64_t{taps()} * depth_;
    const std::int16_t* stored = state_.weights.words(execute_.weight_address, words);
    if (execute_.weight_zero_point == 0 && execute_.valid_columns == cols_) {
      operands_ = stored;
      return;
    }
    decoded_.assign(static_cast<std::size_t>(words * cols_), 0);
    for (std::int64_t word = 0; word < words; ++word) {
      for (int c = 0; c < execute_.valid_columns; ++c) {
        decoded_[static_cast<std::size_t>(word * cols_ + c)] =
            static_cast<std::int16_t>(stored[word * cols_ + c] - execute_.weight_zero_point);
      }
    }
    operands_ = decoded_.data();
  }

  void start_accumulators(std::vector<std::int64_t>* accumulators) {
    if (execute_.init != 0) {
      const std::int64_t* held = state_.accumulators.words(execute_.accumulator_address, pixels_);
      accumulators->assign(held, held + std::int64_t{pixels_} * cols_);
      return;
    }
    state_.accumulators.words(execute_.accumulator_address, pixels_);
    const ParamEntry* params = state_.params.words(execute_.param_address);
    accumulators->resize(static_cast<std::size_t>(pixels_) * static_cast<std::size_t>(cols_));
    for (int p = 0; p < pixels_; ++p) {
      for (int c = 0; c < cols_; ++c) {
        (*accumulators)[static_cast<std::size_t>(p * cols_ + c)] = c < execute_.valid_columns ? params[c].bias : 0;
      }
    }
  }

  /// |start| + sum |w| * max |a| fits for every column, in the accumulator and in 32 bits: then order cannot matter.
  bool overflow_is_impossible(const std::vector<std::int64_t>& accumulators) const {
    const int bits = std::min(state_.config.datatypes.accumulator_bits, 32);
    const std::int64_t limit = (std::int64_t{1} << (bits - 1)) - 1;
    const std::int64_t activation = std::int64_t{1} << (state_.config.datatypes.activation_bits - 1);
    const std::int64_t words = std::int64_t{taps()} * depth_;
    std::int64_t start = 0;
    for (const std::int64_t value : accumulators) start = std::max(start, std::abs(value));
    const std::int64_t weight = std::int64_t{1} << state_.config.datatypes.weight_bits;
    if (start + words * activation * weight <= limit) return true;
    std::vector<std::int64_t> sums(static_cast<std::size_t>(cols_));
    for (std::int64_t i = 0; i < words * cols_; ++i)
      sums[static_cast<std::size_t>(i % cols_)] += std::abs(operands_[i]);
    return start + *std::max_element(sums.begin(), sums.end()) * activation <= limit;
  }

  /// Start of the input word of one pixel and tap; the pad word outside the region.
  const std::int16_t* input_word(int oy, int ox, int ky, int kx, int block) const {
    const int iy = oy * execute_.stride_height + ky * execute_.dilation_height - execute_.pad_top;
    const int ix = ox * execute_.stride_width + kx * execute_.dilation_width - execute_.pad_left;
    if (iy < 0 || iy >= execute_.input_height || ix < 0 || ix >= execute_.input_width) return pad_.data();
    const std::int64_t address = execute_.input_address + std::int64_t{iy} * execute_.input_row_pitch +
                                 std::int64_t{ix} * execute_.input_pixel_pitch +
                                 std::int64_t{block} * execute_.input_block_pitch;
    const bool contiguous = execute_.input_block_pitch == 1 && block == 0;
    return state_.activations.words(address, contiguous ? execute_.input_blocks : 1);
  }

  void gather(int ky, int kx, int block, std::vector<const std::int16_t*>* words) const {
    words->clear();
    for (int oy = 0; oy < execute_.output_height; ++oy) {
      for (int ox = 0; ox < execute_.output_width; ++ox) words->push_back(input_word(oy, ox, ky, kx, block));
    }
  }

  void run_fast(std::vector<std::int64_t>* accumulators) {
    pad_.assign(static_cast<std::size_t>(execute_.input_blocks) * static_cast<std::size_t>(rows_),
                static_cast<std::int16_t>(execute_.pad_value));
    std::vector<std::int32_t> sums(accumulators->begin(), accumulators->end());
    std::vector<const std::int16_t*> words;
    const std::int16_t* weights = operands_;
    const bool contiguous = execute_.input_block_pitch == 1;
    for (int tap = 0; tap < taps(); ++tap) {
      const int ky = tap / execute_.kernel_width;
      const int kx = tap % execute_.kernel_width;
      for (int block = 0; block < (contiguous ? 1 : execute_.input_blocks); ++block) {
        const int lanes = contiguous ? depth_ : block_lanes(block);
        gather(ky, kx, block, &words);
        matmul_exact(words.data(), weights, pixels_, lanes, cols_, sums.data());
        weights += std::int64_t{lanes} * cols_;
      }
    }
    accumulators->assign(sums.begin(), sums.end());
  }

  std::int64_t run_in_order(std::vector<std::int64_t>* accumulators) {
    pad_.assign(static_cast<std::size_t>(rows_), static_cast<std::int16_t>(execute_.pad_value));
    const DatatypeConfig& types = state_.config.datatypes;
    std::vector<const std::int16_t*> words;
    const std::int16_t* weights = operands_;
    std::int64_t overflows = 0;
    for (int tap = 0; tap < taps(); ++tap) {
      for (int block = 0; block < execute_.input_blocks; ++block) {
        gather_block(tap, block, &words);
        overflows += accumulate_in_order(words.data(), weights, pixels_, block_lanes(block), cols_,
                                         types.accumulator_bits, types.overflow, accumulators->data());
        weights += std::int64_t{block_lanes(block)} * cols_;
      }
    }
    return overflows;
  }

  void gather_block(int tap, int block, std::vector<const std::int16_t*>* words) const {
    gather(tap / execute_.kernel_width, tap % execute_.kernel_width, block, words);
  }

  int block_lanes(int block) const { return block + 1 < execute_.input_blocks ? rows_ : execute_.last_block_lanes; }

  MachineState& state_;
  const Execute& execute_;
  int rows_ = 0, cols_ = 0, pixels_ = 0, depth_ = 0;
  const std::int16_t* operands_ = nullptr;
  std::vector<std::int16_t> decoded_, pad_;
};

}  // namespace

void compute_execute(MachineState& state, const Execute& execute, Staged* staged, LayerCounters* counters) {
  ExecuteRun(state, execute).run(staged, counters);
}

void commit_execute(MachineState& state, const Execute& execute, const Staged& staged) {
  const std::int64_t pixels = std::int64_t{execute.output_height} * execute.output_width;
  std::copy(staged.accumulators.begin(), staged.accumulators.end(),
            state.accumulators.words(execute.accumulator_address, pixels));
}

}  // namespace systoliq::model
