// SPDX-License-Identifier: Apache-2.0
// The operations of POST on one word or one group of accumulators. RTL: systoliq_requantize.sv, systoliq_pooling.sv,
// systoliq_residual_add.sv, systoliq_activation_table.sv.
#include <algorithm>

#include "model/cycle/post.h"

namespace systoliq::model::cycle {

std::int16_t PostBlock::clamp(std::int64_t value) {
  if (value < p_.clamp_min || value > p_.clamp_max) ++counts_->clamps;
  return static_cast<std::int16_t>(std::clamp<std::int64_t>(value, p_.clamp_min, p_.clamp_max));
}

const std::int16_t* PostBlock::source(std::int64_t base, std::int64_t row_pitch, int y, int x) {
  const std::int64_t address = base + y * row_pitch + std::int64_t{x} * p_.source_pixel_pitch + block_;
  source_address_o = static_cast<std::int32_t>(address);
  return machine().state.activations.words(address);
}

/// Group `inner_` of a pixel's columns, then the lanes that are only filled.
void PostBlock::requantize(Stage* stage) {
  const int first = inner_ * group_lanes_;
  const int remaining = p_.channels - first;
  const std::int64_t address = p_.source_address + pixel_;
  source_address_o = static_cast<std::int32_t>(address);
  stage->lanes = std::clamp(remaining, 0, group_lanes_);
  if (stage->lanes == 0) return;
  const std::int64_t* accumulators = machine().state.accumulators.words(address) + first;
  counts_->clamps +=
      requantizers_[static_cast<std::size_t>(inner_)].run(accumulators, 1, cols_, stage->values.data(), stage->lanes);
  if (remaining <= group_lanes_) {
    std::fill_n(stage->values.begin() + stage->lanes, p_.fill_lanes, static_cast<std::int16_t>(p_.output_zero_point));
    stage->lanes += p_.fill_lanes;
  }
  const int channel = p_.channel_offset + first;
  stage->address += channel / rows_;
  stage->lane = channel % rows_;
}

void PostBlock::pool_tap() {
  const bool is_max = op_ == PostOp::kMaxPool;
  if (inner_ == 0 && outer_ == 0) {
    std::fill(sums_.begin(), sums_.end(), is_max ? INT16_MIN : 0);
    inside_ = 0;
  }
  const int iy = y_ * p_.stride_height + outer_ - p_.pad_top;
  const int ix = x_ * p_.stride_width + inner_ - p_.pad_left;
  activation_read_o = iy >= 0 && iy < p_.source_height && ix >= 0 && ix < p_.source_width;
  if (!activation_read_o) return;
  ++inside_;
  const std::int16_t* in = source(p_.source_address, p_.source_row_pitch, iy, ix);
  std::int64_t* sums = sums_.data();
  if (is_max) {
    for (int lane = 0; lane < rows_; ++lane) sums[lane] = std::max<std::int64_t>(sums[lane], in[lane]);
  } else {
    for (int lane = 0; lane < rows_; ++lane) sums[lane] += in[lane];
  }
}

void PostBlock::pool_result(Stage* stage) {
  if (op_ == PostOp::kAveragePool) return average(stage);
  for (int lane = 0; lane < rows_; ++lane) {
    const auto at = static_cast<std::size_t>(lane);
    stage->values[at] = clamp(sums_[at]);
  }
}

void PostBlock::average(Stage* stage) {
  const std::int64_t window = std::int64_t{p_.kernel_height} * p_.kernel_width;
  const std::int64_t count = p_.count_include_pad != 0 ? window : inside_;
  const bool raw = p_.multiplier == p_.divisor && p_.shift == 0 && !averages_half_even(preset_);
  for (int lane = 0; lane < rows_; ++lane) {
    const auto at = static_cast<std::size_t>(lane);
    const std::int64_t sum = sums_[at] + (count - inside_) * p_.source_zero_point;
    stage->values[at] = clamp(
        raw ? exact_average(preset_, sum, 1, 0, count)
            : exact_average(preset_, sum - count * p_.source_zero_point, p_.multiplier, p_.shift, count * p_.divisor) +
                  p_.output_zero_point);
  }
}

void PostBlock::add_operand(Stage* stage) {
  if (inner_ == 0) {
    std::copy_n(source(p_.source_address, p_.source_row_pitch, y_, x_), rows_, first_operand_.begin());
    return;
  }
  const std::int16_t* second = source(p_.source2_address, p_.source2_row_pitch, y_, x_);
  counts_->clamps += adder_->run(first_operand_.data(), second, rows_, stage->values.data());
}

void PostBlock::look_up(Stage* stage) {
  const std::int16_t* in = source(p_.source_address, p_.source_row_pitch, y_, x_);
  const int bits = machine().config().datatypes.activation_bits;
  const std::int64_t entries_per_word = std::int64_t{cols_} * 8;
  const std::int64_t words = ((std::int64_t{1} << bits) + entries_per_word - 1) / entries_per_word;
  const ParamEntry* table = machine().state.params.words(p_.param_address, words);
  for (int lane = 0; lane < rows_; ++lane) {
    const int index = in[lane] + (1 << (bits - 1));
    check(index >= 0 && index < 1 << bits, "POST: activation outside the table");
    stage->values[static_cast<std::size_t>(lane)] = clamp(table_entry(table, index));
  }
}

}  // namespace systoliq::model::cycle
