// SPDX-License-Identifier: Apache-2.0
// Skew, waves, rows, unskew.
#include "model/cycle/pe_array.h"

#include <algorithm>
#include <string>

namespace systoliq::model::cycle {

template <typename T>
void PeArray::Bus<T>::configure(int cols) {
  rows_.assign(static_cast<std::size_t>(cols) + 1, {});
  for (Traveling<T>& row : rows_) row.values.assign(static_cast<std::size_t>(cols), T{});
  oldest_ = count_ = 0;
}

template <typename T>
T* PeArray::Bus<T>::enter(int row) {
  Traveling<T>& entering = rows_[(oldest_ + count_++) % rows_.size()];
  entering.row = row;
  entering.column = 0;
  return entering.values.data();
}

template <typename T>
void PeArray::Bus<T>::step(std::vector<T>* registers, std::ptrdiff_t pitch, int cols) {
  std::size_t at = oldest_;
  for (std::size_t i = 0; i < count_; ++i) {
    Traveling<T>& row = rows_[at];
    (*registers)[static_cast<std::size_t>(row.row * pitch + row.column)] =
        row.values[static_cast<std::size_t>(row.column)];
    ++row.column;
    if (++at == rows_.size()) at = 0;
  }
  if (count_ > 0 && rows_[oldest_].column == cols) {
    if (++oldest_ == rows_.size()) oldest_ = 0;
    --count_;
  }
}

void PeArray::configure(const AcceleratorConfig& config) {
  output_stationary_ = config.array.dataflow == Dataflow::kOutputStationary;
  rows_ = config.array.rows;
  cols_ = config.array.cols;
  pitch_ = (cols_ + 15) / 16 * 16 + 16;  // room for the row's input before column 0
  narrowing_ = {config.datatypes.accumulator_bits, config.datatypes.overflow == Overflow::kSaturate};
  target_ = best_target();
  // Can the partial sum of a column overflow?
  const std::int64_t largest = std::int64_t{rows_}
                               << (config.datatypes.activation_bits + config.operand_bits(true) - 2);
  wide_ = output_stationary_ || largest >= std::int64_t{1} << (std::min(narrowing_.bits, 32) - 1);

  const auto rows = static_cast<std::size_t>(rows_);
  const auto cols = static_cast<std::size_t>(cols_);
  const std::size_t all = (rows + 1) * static_cast<std::size_t>(pitch_);
  for (auto& registers : activation_) registers.assign(all, 0);
  weight_.assign(all, 0);
  shadow_.assign(all, 0);
  sum32_.assign(all, 0);
  sum64_.assign(all, 0);
  start_.assign(all, 0);
  inputs_.assign(rows, 0);
  skew_.assign(rows * rows, 0);
  top_.assign(cols, 0);
  top_skew_.assign(cols * cols, 0);
  slots_ = rows_ + cols_ + 1;
  unskew_.assign(static_cast<std::size_t>(slots_) * cols, 0);
  head_ = top_head_ = slot_ = now_ = 0;
  swaps_.clear();
  takes_.clear();
  bus_.configure(cols_);
  start_bus_.configure(cols_);
  swap_i_ = take_i_ = weights_i_ = false;
  shown_.clear();
  shows_ = false;
}

void PeArray::declare(TraceSink& trace) {
  shown_.assign(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(cols_), {});
  trace.enter("u_array");
  trace.add("swap_i", &swap_shown_);
  trace.add("weight_write_i", &write_shown_);
  for (int r = 0; r < rows_; ++r) {
    for (int c = 0; c < cols_; ++c) {
      const Shown& pe = shown_[static_cast<std::size_t>(r * cols_ + c)];
      shows_ |= trace.enter("pe_" + std::to_string(r) + "_" + std::to_string(c));
      trace.add("activation_q", &pe.activation_q, 16);
      trace.add(output_stationary_ ? "operand_q" : "weight_q", &pe.weight_q, 17);
      trace.add(output_stationary_ ? "start_q" : "shadow_q", &pe.shadow_q, output_stationary_ ? 32 : 17);
      trace.add(output_stationary_ ? "accumulator_q" : "sum_q", &pe.sum_q, narrowing_.bits);
      trace.leave();
    }
  }
  trace.leave();
}

void PeArray::show() {
  if (!shows_) return;
  const std::int32_t* activations = activation_[now_].data() + 16;
  for (int r = 0; r < rows_; ++r) {
    for (int c = 0; c < cols_; ++c) {
      const auto at = static_cast<std::size_t>(r * pitch_ + c);
      Shown& pe = shown_[static_cast<std::size_t>(r * cols_ + c)];
      pe.activation_q = activations[at];
      pe.weight_q = weight_[at];
      pe.shadow_q = output_stationary_ ? static_cast<std::int32_t>(start_[at]) : shadow_[at];
      pe.sum_q = wide_ ? sum64_[at + static_cast<std::size_t>(pitch_)] : sum32_[at];
    }
  }
}

std::int32_t* PeArray::enter_weights(int row) {
  weights_i_ = true;
  if (!output_stationary_) return bus_.enter(row);
  return top_skew_.data() + std::ptrdiff_t{top_head_} * cols_;
}

std::int64_t* PeArray::enter_start(int row) { return start_bus_.enter(row); }

template <typename Visit>
void PeArray::advance(std::deque<int>* waves, Visit visit) {
  for (int& diagonal : *waves) {
    const int last = std::min(rows_ - 1, diagonal);
    for (int r = std::max(0, diagonal - (cols_ - 1)); r <= last; ++r) visit(r, diagonal - r);
    ++diagonal;
  }
  if (!waves->empty() && waves->front() > rows_ + cols_ - 2) waves->pop_front();
}

/// Row r receives its lane of the word that entered r cycles ago; the columns likewise.
void PeArray::skew() {
  std::copy(inputs_.begin(), inputs_.end(), skew_.begin() + std::ptrdiff_t{head_} * rows_);
  std::int32_t* into = activation_[now_].data() + 15;
  int word = head_;
  for (int r = 0; r < rows_; ++r, into += pitch_) {
    *into = skew_[static_cast<std::size_t>(word * rows_ + r)];
    word = word == 0 ? rows_ - 1 : word - 1;
  }
  head_ = head_ + 1 == rows_ ? 0 : head_ + 1;
  // The feeder's register keeps its word while no pixel is issued, and the array multiplies it to no effect: output
  // stationary by 0. Weight stationary, where overflows are counted, zeros enter instead, so that only real sums count.
  if (wide_ && !output_stationary_) std::fill(inputs_.begin(), inputs_.end(), 0);
  if (!output_stationary_) return;
  if (!weights_i_) std::fill_n(top_skew_.begin() + std::ptrdiff_t{top_head_} * cols_, cols_, 0);
  word = top_head_;
  for (int c = 0; c < cols_; ++c) {
    top_[static_cast<std::size_t>(c)] = top_skew_[static_cast<std::size_t>(word * cols_ + c)];
    word = word == 0 ? cols_ - 1 : word - 1;
  }
  top_head_ = top_head_ + 1 == cols_ ? 0 : top_head_ + 1;
}

void PeArray::compute() {
  ArrayRows array;
  array.rows = rows_;
  array.cols = cols_;
  array.pitch = pitch_;
  array.arriving = activation_[now_].data() + 16;
  array.moved = activation_[1 - now_].data() + 16;
  array.weights = weight_.data();
  std::int64_t* const sums = sum64_.data() + pitch_;  // the row above row 0 stays 0
  if (by_wave_ != nullptr && wide_) count_by_wave(array, sums);
  if (output_stationary_) {
    overflows_ = step_output_stationary(target_, array, top_.data(), narrowing_, sums);
  } else if (wide_) {
    overflows_ = step_weight_stationary(target_, array, narrowing_, sums);
  } else {
    step_weight_stationary(target_, array, sum32_.data());
  }
  now_ = 1 - now_;
}

/// What the step is about to count, PE by PE.
void PeArray::count_by_wave(const ArrayRows& array, const std::int64_t* sums) {
  by_wave_->assign(static_cast<std::size_t>(rows_ + cols_), 0);
  const std::int64_t high = (std::int64_t{1} << (narrowing_.bits - 1)) - 1;
  for (int r = 0; r < rows_; ++r) {
    for (int c = 0; c < cols_; ++c) {
      const std::ptrdiff_t at = r * pitch_ + c;
      const std::int64_t above = sums[output_stationary_ ? at : at - pitch_];
      const std::int32_t lowered = r == 0 ? top_[static_cast<std::size_t>(c)] : array.weights[at - pitch_];
      const std::int64_t total =
          above + std::int64_t{array.arriving[at - 1]} * (output_stationary_ ? lowered : array.weights[at]);
      (*by_wave_)[static_cast<std::size_t>(r + c)] += total > high || total < -high - 1 ? 1 : 0;
    }
  }
}

/// What column c's bottom PE has just computed waits for the last column.
void PeArray::unskew_bottom() {
  const std::ptrdiff_t bottom = (rows_ - 1) * pitch_;
  int slot = slot_ + cols_;
  if (slot >= slots_) slot -= slots_;
  for (int c = 0; c < cols_; ++c) {
    unskew_[static_cast<std::size_t>(slot * cols_ + c)] =
        wide_ ? sum64_[static_cast<std::size_t>(bottom + pitch_ + c)] : sum32_[static_cast<std::size_t>(bottom + c)];
    slot = slot == 0 ? slots_ - 1 : slot - 1;
  }
}

std::int64_t PeArray::step(std::vector<std::int64_t>* by_wave) {
  by_wave_ = by_wave;
  if (by_wave != nullptr) by_wave->clear();
  swap_shown_ = swap_i_;
  write_shown_ = weights_i_;
  overflows_ = 0;
  skew();
  if (swap_i_) swaps_.push_back(0);
  if (take_i_) takes_.push_back(0);
  if (output_stationary_) {
    std::int64_t* const sums = sum64_.data() + pitch_;
    // A taken sum leaves in the next cycle, and column c waits for the last one.
    advance(&takes_, [&](int r, int c) {
      const int slot = (slot_ + cols_ - c) % slots_;
      unskew_[static_cast<std::size_t>(slot * cols_ + c)] = sums[r * pitch_ + c];
    });
    advance(&swaps_, [&](int r, int c) { sums[r * pitch_ + c] = start_[static_cast<std::size_t>(r * pitch_ + c)]; });
    compute();
    start_bus_.step(&start_, pitch_, cols_);
  } else {
    advance(&swaps_, [&](int r, int c) {
      const auto at = static_cast<std::size_t>(r * pitch_ + c);
      weight_[at] = shadow_[at];
    });
    compute();
    unskew_bottom();
    bus_.step(&shadow_, pitch_, cols_);
  }
  swap_i_ = take_i_ = weights_i_ = false;
  slot_ = slot_ + 1 == slots_ ? 0 : slot_ + 1;
  return overflows_;
}

}  // namespace systoliq::model::cycle
