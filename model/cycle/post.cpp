// SPDX-License-Identifier: Apache-2.0
// The sequence of reads, and the pipeline's two ends.
#include "model/cycle/post.h"

#include <algorithm>
#include <utility>

#include "model/accounting/access_counts.h"

namespace systoliq::model::cycle {

void PostBlock::clear() {
  EngineBlock::clear();
  const AcceleratorConfig& config = machine().config();
  rows_ = config.array.rows;
  cols_ = config.array.cols;
  group_lanes_ = std::min(config.requant.lanes, rows_);
  running_ = reading_ = begun_ = false;
  for (Stage& stage : pipeline_) stage = {};
  now_ = 0;
  sums_.assign(static_cast<std::size_t>(rows_), 0);
  first_operand_.assign(static_cast<std::size_t>(rows_), 0);
  activation_write_data_o.assign(2 * static_cast<std::size_t>(rows_), 0);
  accumulator_read_o = activation_read_o = activation_write_o = false;
  stage_valid_q = 0;
}

void PostBlock::declare(TraceSink& trace) const {
  trace.enter("u_post");
  declare_handshake(trace);
  trace.add("accumulator_read_o", &accumulator_read_o);
  trace.add("accumulator_read_address_o", &source_address_o);
  trace.add("activation_read_o", &activation_read_o);
  trace.add("activation_read_address_o", &source_address_o);
  trace.add("inner_q", &inner_);
  trace.add("stage_valid", &stage_valid_q);
  trace.add("activation_write_o", &activation_write_o);
  trace.add("activation_write_address_o", &activation_write_address_o);
  trace.add("write_lane_o", &lane_o, 9);
  trace.add("write_lanes_o", &lanes_o, 9);
  for (std::size_t lane = 0; lane < activation_write_data_o.size(); ++lane) {
    trace.add("activation_write_data_o_" + std::to_string(lane), &activation_write_data_o[lane],
              machine().config().datatypes.activation_bits);
  }
  trace.leave();
}

void PostBlock::start() {
  if (!start_if(at_rest())) return;
  show_busy();
  begin_command();
}

void PostBlock::begin_command() {
  InFlight& flight = in_flight().back();
  p_ = std::get<Post>(flight.queued.command.body);
  counts_ = &flight.counts;
  op_ = static_cast<PostOp>(p_.op);
  preset_ = static_cast<Preset>(p_.preset);
  count_accesses(p_, machine().config(), counts_);
  const OutputRange range = {p_.output_zero_point, p_.clamp_min, p_.clamp_max};
  inner_count_ = outer_count_ = 1;
  block_count_ = p_.blocks;
  if (op_ == PostOp::kRequantize) {
    inner_count_ = (cols_ + group_lanes_ - 1) / group_lanes_;
    block_count_ = 1;
    requantizers_.clear();
    const ParamEntry* params = machine().state.params.words(p_.param_address);
    for (int first = 0; first < p_.channels; first += group_lanes_) {
      std::vector<Multiplier> multipliers;
      for (int c = first; c < std::min(first + group_lanes_, p_.channels); ++c) {
        const Multiplier word = {params[c].multiplier, params[c].shift};
        multipliers.push_back(as_data(preset_, word, machine().config().requant.multiplier_bits));
      }
      requantizers_.emplace_back(preset_, std::move(multipliers), range);
    }
  } else if (op_ == PostOp::kMaxPool || op_ == PostOp::kAveragePool) {
    outer_count_ = p_.kernel_height;
    inner_count_ = p_.kernel_width;
  } else if (op_ == PostOp::kAdd) {
    inner_count_ = 2;
    adder_.emplace(preset_, AddScales{p_.multiplier, p_.shift, p_.multiplier2, p_.shift2, p_.multiplier3, p_.shift3},
                   p_.source_zero_point, p_.source2_zero_point, range, machine().config().datatypes.activation_bits);
  }
  y_ = x_ = block_ = outer_ = inner_ = 0;
  pixel_ = 0;
  running_ = true;
  reading_ = begun_ = false;
}

void PostBlock::step() {
  if (!running_) return;
  accumulator_read_o = activation_read_o = activation_write_o = false;
  stage_valid_q = static_cast<std::uint8_t>(stage_valid_q << 1);
  now_ = (now_ + 1) % kStages;
  // What comes round was read seven cycles ago; its place is taken by what is read in the next cycle.
  Stage& oldest = pipeline_[(now_ + 1) % kStages];
  const bool done = oldest.valid && oldest.last;
  if (oldest.valid) write(oldest);
  oldest.valid = false;
  pipeline_[now_].valid = false;
  if (begun_ && reading_) read();
  if (!begun_) {  // the start is the cycle before the first read
    begun_ = true;
    reading_ = block_count_ > 0 && outer_count_ > 0 && inner_count_ > 0;
    if (!reading_) {  // nothing to do but to pass the pipeline
      Stage& nothing = pipeline_[now_];
      nothing.valid = nothing.last = true;
      nothing.lanes = 0;
    }
  }
  if (!done) return;
  set_done(StallCause::kPost);
  running_ = false;
}

/// The next place of the loops; false after the last.
bool PostBlock::advance() {
  if (++inner_ < inner_count_) return true;
  inner_ = 0;
  if (++outer_ < outer_count_) return true;
  outer_ = 0;
  if (++block_ < block_count_) return true;
  block_ = 0;
  ++pixel_;
  if (++x_ < p_.width) return true;
  x_ = 0;
  return ++y_ < p_.height;
}

void PostBlock::read() {
  Stage& stage = pipeline_[now_];
  const bool completes = op_ == PostOp::kRequantize || (inner_ + 1 == inner_count_ && outer_ + 1 == outer_count_);
  accumulator_read_o = op_ == PostOp::kRequantize;
  activation_read_o = !accumulator_read_o && op_ != PostOp::kFill;
  stage.address =
      p_.output_address + std::int64_t{y_} * p_.output_row_pitch + std::int64_t{x_} * p_.output_pixel_pitch + block_;
  stage.lane = 0;
  stage.lanes = rows_;
  if (completes) stage.values.resize(static_cast<std::size_t>(std::max(rows_, group_lanes_ + p_.fill_lanes)));
  switch (op_) {
    case PostOp::kRequantize:
      requantize(&stage);
      break;
    case PostOp::kMaxPool:
    case PostOp::kAveragePool:
      pool_tap();
      if (completes) pool_result(&stage);
      break;
    case PostOp::kAdd:
      add_operand(&stage);
      break;
    case PostOp::kLookup:
      look_up(&stage);
      break;
    case PostOp::kFill:
      if (x_ == 0 && block_ == 0) clamp(p_.output_zero_point);  // counted once a row, as the machine fills rows
      std::fill(stage.values.begin(), stage.values.end(),
                static_cast<std::int16_t>(std::clamp(p_.output_zero_point, p_.clamp_min, p_.clamp_max)));
      break;
    case PostOp::kMultiply:
    case PostOp::kMultiplyPixel:
    case PostOp::kAddPixel:
      throw InternalError("level cycle has no such POST operation; the decoder refuses it");
  }
  stage.valid = completes;
  if (completes) stage_valid_q |= 1;
  reading_ = advance();
  stage.last = !reading_;
}

/// Lanes `lane` to `lane` + `lanes` - 1 of consecutive words.
void PostBlock::write(const Stage& stage) {
  activation_write_o = stage.lanes > 0;
  if (!activation_write_o) return;
  activation_write_address_o = static_cast<std::int32_t>(stage.address);
  lane_o = stage.lane;
  lanes_o = stage.lanes;
  int lane = stage.lane;
  std::int64_t address = stage.address;
  for (int done = 0; done < stage.lanes;) {
    const int count = std::min(stage.lanes - done, rows_ - lane);
    std::copy_n(stage.values.begin() + done, count, machine().state.activations.words(address) + lane);
    done += count;
    lane = 0;
    ++address;
  }
  if (machine().observer != nullptr) {
    machine().observer->activations_written(in_flight().front().queued.index, machine().cycle, stage.address,
                                            stage.lane, stage.lanes);
  }
  if (machine().trace != nullptr) {
    std::fill(activation_write_data_o.begin(), activation_write_data_o.end(), std::int16_t{0});
    const std::size_t room = activation_write_data_o.size() - static_cast<std::size_t>(stage.lane);
    std::copy_n(stage.values.begin(), std::min(static_cast<std::size_t>(stage.lanes), room),
                activation_write_data_o.begin() + stage.lane);
  }
}

void PostBlock::completed(const InFlight& ended) {
  activation_write_o = accumulator_read_o = activation_read_o = false;
  machine().probes.completed(ended.queued.index, p_, machine().state);
}

}  // namespace systoliq::model::cycle
