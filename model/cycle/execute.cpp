// SPDX-License-Identifier: Apache-2.0
// The sequence of passes, and the registers on the way into the array. Evaluated from the end of the pipeline to its
// beginning, so that each register is read before it is written.
#include "model/cycle/execute.h"

#include <algorithm>
#include <utility>

namespace systoliq::model::cycle {

void ExecuteBlock::clear() {
  EngineBlock::clear();
  const AcceleratorConfig& config = machine().config();
  output_stationary_ = config.array.dataflow == Dataflow::kOutputStationary;
  rows_ = config.array.rows;
  cols_ = config.array.cols;
  fill_ = {};
  courses_.clear();
  drop_filling_ = streaming_ = begin_q = has_next_ = take_q_ = false;
  issued_ = issue_count_ = loaded_ = load_count_ = leaving_left_ = 0;
  for (Stage* stage : {&buffer_q_, &register_q_}) {
    *stage = {};
    stage->lanes.assign(static_cast<std::size_t>(rows_), 0);
    stage->operands.assign(static_cast<std::size_t>(cols_), 0);
    stage->starts.assign(static_cast<std::size_t>(cols_), 0);
  }
  for (auto& half : transposer_) half.assign(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(rows_), 0);
  leaving_.assign(static_cast<std::size_t>(2 * rows_ + cols_ + 4), {});
  tables_.assign(static_cast<std::size_t>(8 * config.codebook_words() * cols_), 0);
  bias_.assign(static_cast<std::size_t>(cols_), 0);
  now_ = 0;
  weight_read_o = table_read_o = shown_issue_ = shown_load_ = false;
  u_feeder.rest();
  u_array.configure(config);
  u_accumulators.configure();
}

void ExecuteBlock::declare(TraceSink& trace) {
  trace.enter("u_execute");
  declare_handshake(trace);
  trace.add("issue", &shown_issue_);
  trace.add("issued_q", &issued_);
  trace.add("load", &shown_load_);
  trace.add("loaded_q", &loaded_);
  trace.add("table_read_o", &table_read_o);
  trace.add("weight_read_o", &weight_read_o);
  trace.add("weight_read_address_o", &weight_read_address_o);
  trace.enter("u_dataflow");
  trace.add("begin_q", &begin_q);
  u_feeder.declare(trace);
  u_array.declare(trace);
  u_accumulators.declare(trace);
  trace.leave();
  trace.leave();
}

void ExecuteBlock::start() {
  if (start_if(may_start())) begin_fill();
}

void ExecuteBlock::record_stall(std::int64_t visible, StallCause cause) {
  courses_.emplace_back();
  courses_.back().visible = visible;
  courses_.back().start_cause = cause;
}

void ExecuteBlock::step() {
  if (at_rest()) return;
  Accumulators::Leaving& leaving = leaving_[now_];
  const bool done = u_accumulators.step(leaving, u_array.sums());
  leaving = {};
  enter_array();
  step_array();
  take_q_ = register_q_.take;
  std::swap(register_q_, buffer_q_);
  buffer_q_.word = buffer_q_.swap = buffer_q_.take = buffer_q_.weights = buffer_q_.start = false;
  u_feeder.rest();
  weight_read_o = table_read_o = shown_issue_ = shown_load_ = false;
  sequence();
  if (drop_filling_) drop_filling();
  if (++now_ == leaving_.size()) now_ = 0;
  if (done) set_done(StallCause::kAccumulators);
}

/// What overflows belongs to the command whose word a wave works on; only where several layers are in the array must
/// the waves be told apart.
void ExecuteBlock::step_array() {
  const auto layer = [this](std::size_t i) { return in_flight()[i].queued.command.layer; };
  std::size_t commands = in_flight().size() - (fill_.active ? 1 : 0);
  bool one_layer = true;
  for (std::size_t i = 1; i < commands; ++i) one_layer = one_layer && layer(i) == layer(0);
  const std::int64_t overflows = u_array.step(one_layer ? nullptr : &overflows_by_wave_);
  if (one_layer && commands > 0) in_flight().front().counts.overflows += overflows;
  if (one_layer) return;
  for (std::size_t wave = 0; wave < overflows_by_wave_.size(); ++wave) {
    const std::int64_t issued = machine().cycle - 2 - static_cast<std::int64_t>(wave);
    std::size_t i = commands - 1;
    while (i > 0 && courses_[i].stream > issued) --i;
    in_flight()[i].counts.overflows += overflows_by_wave_[wave];
  }
}

void ExecuteBlock::enter_array() {
  const Stage& in = register_q_;
  if (in.word) std::copy(in.lanes.begin(), in.lanes.end(), u_array.activations());
  if (in.swap) u_array.enter_swap();
  if (in.weights) std::copy(in.operands.begin(), in.operands.end(), u_array.enter_weights(in.row));
  if (in.start) std::copy(in.starts.begin(), in.starts.end(), u_array.enter_start(in.start_row));
  if (take_q_) u_array.enter_take();
}

void ExecuteBlock::sequence() {
  if (begin_q) begin_pass();
  begin_q = false;
  if (issued_ < issue_count_) {
    shown_issue_ = true;
    output_stationary_ ? issue_lane() : issue_pixel();
  }
  if (loaded_ < load_count_) load_next();
  if (leaving_left_ > 0) --leaving_left_;
  if (fill_.active) fill();
  if (streaming_) turn();
  const bool waits = fill_.active && fill_.full() && !streaming_;
  if (waits && semaphores().granted(static_cast<std::uint16_t>(fill_.walk.execute().stream_wait))) begin_stream();
}

/// The pass that has been loaded begins, and the one after it is loaded.
void ExecuteBlock::begin_pass() {
  pass_ = next_;
  has_next_ = walk_.next(&next_);
  issued_ = loaded_ = load_count_ = 0;
  buffer_q_.swap = !output_stationary_ || Walk::first_of_group(pass_);
  if (!output_stationary_) {
    issue_count_ = walk_.pixels();
    if (has_next_) load_count_ = walk_.lanes(next_);
    u_feeder.begin(pass_);
    return;
  }
  streaming_half_ = 1 - streaming_half_;
  issue_count_ = walk_.lanes(pass_);
  if (Walk::first_of_group(pass_)) {
    weight_address_ = walk_.execute().weight_address;
    if (pass_.group > 0) leaving_left_ = walk_.pixels_of(pass_.group - 1);
  }
  if (!has_next_) return;
  load_count_ = walk_.pixels_of(next_.group);
  u_feeder.begin(next_);
}

void ExecuteBlock::turn() {
  if (begin_q || issued_ < issue_count_ || loaded_ < load_count_) return;
  Course& course = courses_[courses_.size() - 1 - (fill_.active ? 1 : 0)];
  if (leaving_left_ > 0) {
    if (first_ && pass_.group == 0) ++course.held;
    return;
  }
  first_ = false;
  if (output_stationary_ && walk_.last_of_group(pass_)) end_group();
  if (has_next_) {
    begin_q = true;
    return;
  }
  streaming_ = false;
  course.stream_end = machine().cycle + 1;
}

/// The group's sums leave, one pixel a cycle.
void ExecuteBlock::end_group() {
  buffer_q_.take = true;
  const int pixels = walk_.pixels_of(pass_.group);
  if (!has_next_) leaving_left_ = pixels;
  const std::size_t first = now_ + static_cast<std::size_t>(cols_ + 3);
  for (int r = 0; r < pixels; ++r) {
    leaving_[(first + static_cast<std::size_t>(r)) % leaving_.size()] = {true, false, !has_next_ && r + 1 == pixels};
  }
}

void ExecuteBlock::issue_pixel() {
  const int lanes = walk_.lanes(pass_);
  const std::int16_t* word = u_feeder.read();
  std::int32_t* out = buffer_q_.lanes.data();
  for (int r = 0; r < lanes; ++r) out[r] = word != nullptr ? word[r] : u_feeder.pad_value();
  std::fill(out + lanes, out + rows_, 0);
  buffer_q_.word = true;
  const bool last = ++issued_ == issue_count_;
  leaving_[(now_ + static_cast<std::size_t>(rows_ + cols_ + 1)) % leaving_.size()] = {true, last, last && !has_next_};
  ++counts_->sram_read_words;
  counts_->array_macs += std::int64_t{lanes} * walk_.execute().valid_columns;
}

/// Lane `issued_` of every pixel of the group, and its weights.
void ExecuteBlock::issue_lane() {
  const int pixels = walk_.pixels_of(pass_.group);
  const std::int16_t* half = transposer_[streaming_half_].data() + issued_;
  std::int32_t* out = buffer_q_.lanes.data();
  for (int r = 0; r < pixels; ++r) out[r] = half[std::ptrdiff_t{r} * rows_];
  std::fill(out + pixels, out + rows_, 0);
  buffer_q_.word = true;
  read_weights(issued_, walk_.execute(), counts_);
  ++issued_;
  counts_->array_macs += std::int64_t{pixels} * walk_.execute().valid_columns;
}

void ExecuteBlock::read_weights(int row, const Execute& execute, LayerCounters* counts) {
  const std::int16_t* stored = machine().state.weights.words(weight_address_);
  weight_read_o = true;
  weight_read_address_o = static_cast<std::int32_t>(weight_address_++);
  std::int32_t* out = buffer_q_.operands.data();
  if (!tables_.empty()) {
    const int mask = (1 << machine().config().datatypes.weight_bits) - 1;
    for (int c = 0; c < execute.valid_columns; ++c) {
      out[c] = tables_[static_cast<std::size_t>((stored[c] & mask) * cols_ + c)];
    }
  } else {
    for (int c = 0; c < execute.valid_columns; ++c) out[c] = stored[c] - execute.weight_zero_point;
  }
  std::fill(out + execute.valid_columns, out + cols_, 0);
  buffer_q_.weights = true;
  buffer_q_.row = row;
  ++counts->sram_read_words;
}

/// The next row or pixel of the pass that follows within the command.
void ExecuteBlock::load_next() {
  shown_load_ = true;
  if (output_stationary_) {
    load_pixel(walk_, next_, loaded_, counts_);
  } else {
    read_weights(loaded_, walk_.execute(), counts_);
  }
  ++loaded_;
}

/// A pixel of a pass, into the half of the transposer that is not streaming; in a group's first pass with what its
/// accumulators start from.
void ExecuteBlock::load_pixel(const Walk& walk, const Pass& pass, int index, LayerCounters* counts) {
  std::int16_t* out = transposer_[1 - streaming_half_].data() + std::ptrdiff_t{index} * rows_;
  const int lanes = walk.lanes(pass);
  const std::int16_t* word = u_feeder.read();
  for (int r = 0; r < lanes; ++r) out[r] = word != nullptr ? word[r] : u_feeder.pad_value();
  ++counts->sram_read_words;
  if (!Walk::first_of_group(pass)) return;
  buffer_q_.start = true;
  buffer_q_.start_row = index;
  const Execute& e = walk.execute();
  const std::int64_t pixel = walk.first_pixel(pass.group) + index;
  const std::int64_t* from =
      e.init == 0 ? bias_.data() : machine().state.accumulators.words(e.accumulator_address + pixel);
  std::copy_n(from, cols_, buffer_q_.starts.begin());
  if (e.init != 0) ++counts->sram_read_words;
}

void ExecuteBlock::record_busy(const InFlight& ended, Activity& activity) {
  const Course course = courses_.front();
  courses_.pop_front();
  const std::int64_t elements = std::int64_t{rows_} * cols_;
  const std::int64_t ideal = (ended.counts.array_macs + elements - 1) / elements;
  activity.execute(course.visible, {ended.start, course.filled, course.stream, course.stream_end, machine().cycle},
                   ideal, course.start_cause, course.stream_cause);
  LayerCounters& layer = machine().accounts.layer(ended.queued.command.layer);
  layer.own_fill_cycles += course.filled - ended.start;
  layer.own_stream_cycles += course.stream_end - course.stream - course.held;
  layer.own_drain_cycles += machine().cycle - course.stream_end;
}

}  // namespace systoliq::model::cycle
