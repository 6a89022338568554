// SPDX-License-Identifier: Apache-2.0
// The sequence of passes, and the registers on the way into the array. Evaluated from the end of the pipeline to its
// beginning, so that each register is read before it is written.
#include "model/cycle/execute.h"

#include <algorithm>
#include <utility>

#include "model/arith/requantize.h"

namespace systoliq::model::cycle {

void ExecuteBlock::clear() {
  EngineBlock::clear();
  const AcceleratorConfig& config = machine().config();
  output_stationary_ = config.array.dataflow == Dataflow::kOutputStationary;
  rows_ = config.array.rows;
  cols_ = config.array.cols;
  running_ = sequencing_ = begin_q = take_q_ = false;
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
  if (start_if(at_rest())) begin_command();
}

void ExecuteBlock::begin_command() {
  InFlight& flight = in_flight().back();
  e_ = std::get<Execute>(flight.queued.command.body);
  counts_ = &flight.counts;
  u_feeder.start(e_);
  if (e_.init == 0) {
    const ParamEntry* params = machine().state.params.words(e_.param_address);
    const Overflow overflow = machine().config().datatypes.overflow;
    for (int c = 0; c < cols_; ++c) {
      bias_[static_cast<std::size_t>(c)] = c < e_.valid_columns ? start_of_sum(params[c].bias, overflow) : 0;
    }
    ++counts_->sram_read_words;
  }
  u_accumulators.start(e_, bias_);
  weight_address_ = e_.weight_address;
  running_ = sequencing_ = has_next_ = true;
  begin_q = false;
  issued_ = issue_count_ = loaded_ = leaving_left_ = 0;
  next_ = {};
  load_count_ = output_stationary_ ? u_feeder.pixels_of(0) : u_feeder.lanes(next_);
  if (output_stationary_) u_feeder.begin(next_);
  first_issue_ = -1;
  lead_ = lead_cycles();
  tables_left_ = table_count_ = machine().config().codebook_words();
}

void ExecuteBlock::step() {
  if (!running_) return;
  Accumulators::Leaving& leaving = leaving_[now_];
  const bool done = u_accumulators.step(leaving, u_array.sums(), counts_);
  leaving = {};
  enter_array();
  counts_->overflows += u_array.step();
  take_q_ = register_q_.take;
  std::swap(register_q_, buffer_q_);
  buffer_q_.word = buffer_q_.swap = buffer_q_.take = buffer_q_.weights = buffer_q_.start = false;
  u_feeder.rest();
  weight_read_o = table_read_o = shown_issue_ = shown_load_ = false;
  if (sequencing_) sequence();
  if (++now_ == leaving_.size()) now_ = 0;
  if (!done) return;
  set_done(StallCause::kAccumulators);
  running_ = false;
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
  if (tables_left_ > 0) return load_table();
  if (lead_ > 0) {
    --lead_;
    return;
  }
  if (begin_q) begin_pass();
  if (issued_ < issue_count_) {
    shown_issue_ = true;
    output_stationary_ ? issue_lane() : issue_pixel();
  }
  if (loaded_ < load_count_) {
    shown_load_ = true;
    output_stationary_ ? load_pixel() : load_row();
  }
  if (leaving_left_ > 0) --leaving_left_;
  begin_q = false;
  if (issued_ == issue_count_ && loaded_ == load_count_ && leaving_left_ == 0) turn();
}

/// The pass that has been loaded begins, and the one after it is loaded.
void ExecuteBlock::begin_pass() {
  if (first_issue_ < 0) first_issue_ = machine().cycle;
  pass_ = next_;
  has_next_ = u_feeder.next(&next_);
  issued_ = loaded_ = load_count_ = 0;
  buffer_q_.swap = !output_stationary_ || u_feeder.first_of_group(pass_);
  if (!output_stationary_) {
    issue_count_ = u_feeder.pixels();
    if (has_next_) load_count_ = u_feeder.lanes(next_);
    u_feeder.begin(pass_);
    return;
  }
  streaming_ = 1 - streaming_;
  issue_count_ = u_feeder.lanes(pass_);
  if (u_feeder.first_of_group(pass_)) {
    weight_address_ = e_.weight_address;
    if (pass_.group > 0) leaving_left_ = u_feeder.pixels_of(pass_.group - 1);
  }
  if (!has_next_) return;
  load_count_ = u_feeder.pixels_of(next_.group);
  u_feeder.begin(next_);
}

void ExecuteBlock::turn() {
  if (first_issue_ >= 0 && output_stationary_ && u_feeder.last_of_group(pass_)) {
    buffer_q_.take = true;
    const int pixels = u_feeder.pixels_of(pass_.group);
    const std::size_t first = now_ + static_cast<std::size_t>(rows_ + cols_ + 2);
    for (int r = 0; r < pixels; ++r) {
      leaving_[(first + static_cast<std::size_t>(r)) % leaving_.size()] = {true, false, !has_next_ && r + 1 == pixels};
    }
  }
  if (has_next_) {
    begin_q = true;
    return;
  }
  sequencing_ = false;
  stream_end_ = machine().cycle + 1;
}

void ExecuteBlock::issue_pixel() {
  const int lanes = u_feeder.lanes(pass_);
  const std::int16_t* word = u_feeder.read();
  std::int32_t* out = buffer_q_.lanes.data();
  for (int r = 0; r < lanes; ++r) out[r] = word != nullptr ? word[r] : u_feeder.pad_value();
  std::fill(out + lanes, out + rows_, 0);
  buffer_q_.word = true;
  const bool last = ++issued_ == issue_count_;
  leaving_[(now_ + static_cast<std::size_t>(rows_ + cols_ + 1)) % leaving_.size()] = {true, last, last && !has_next_};
  ++counts_->sram_read_words;
  counts_->array_macs += std::int64_t{lanes} * e_.valid_columns;
}

/// Lane `issued_` of every pixel of the group, and its weights.
void ExecuteBlock::issue_lane() {
  const int pixels = u_feeder.pixels_of(pass_.group);
  const std::int16_t* half = transposer_[streaming_].data() + issued_;
  std::int32_t* out = buffer_q_.lanes.data();
  for (int r = 0; r < pixels; ++r) out[r] = half[std::ptrdiff_t{r} * rows_];
  std::fill(out + pixels, out + rows_, 0);
  buffer_q_.word = true;
  read_weights(issued_);
  ++issued_;
  counts_->array_macs += std::int64_t{pixels} * e_.valid_columns;
}

void ExecuteBlock::read_weights(int row) {
  const std::int16_t* stored = machine().state.weights.words(weight_address_);
  weight_read_o = true;
  weight_read_address_o = static_cast<std::int32_t>(weight_address_++);
  std::int32_t* out = buffer_q_.operands.data();
  if (table_count_ > 0) {
    const int mask = (1 << machine().config().datatypes.weight_bits) - 1;
    for (int c = 0; c < e_.valid_columns; ++c) {
      out[c] = tables_[static_cast<std::size_t>((stored[c] & mask) * cols_ + c)];
    }
  } else {
    for (int c = 0; c < e_.valid_columns; ++c) out[c] = stored[c] - e_.weight_zero_point;
  }
  std::fill(out + e_.valid_columns, out + cols_, 0);
  buffer_q_.weights = true;
  buffer_q_.row = row;
  ++counts_->sram_read_words;
}

/// A param word holds eight entries of every column's table.
void ExecuteBlock::load_table() {
  const int word = table_count_ - tables_left_--;
  const int bits = machine().config().weights.codebook_bits;
  const ParamEntry* entries = machine().state.params.words(e_.codebook_address + word);
  for (int c = 0; c < cols_; ++c) {
    for (int i = 0; i < kTableEntries; ++i) {
      tables_[static_cast<std::size_t>((kTableEntries * word + i) * cols_ + c)] =
          codebook_operand(table_entry(entries + c, i), bits);
    }
  }
  table_read_o = true;
  ++counts_->sram_read_words;
}

void ExecuteBlock::load_row() { read_weights(loaded_++); }

/// The next pixel of the pass that is loaded, into the half of the transposer that is not streaming; in a group's first
/// pass with what its accumulators start from.
void ExecuteBlock::load_pixel() {
  std::int16_t* out = transposer_[1 - streaming_].data() + std::ptrdiff_t{loaded_} * rows_;
  const int lanes = u_feeder.lanes(next_);
  const std::int16_t* word = u_feeder.read();
  for (int r = 0; r < lanes; ++r) out[r] = word != nullptr ? word[r] : u_feeder.pad_value();
  ++counts_->sram_read_words;
  if (u_feeder.first_of_group(next_)) {
    buffer_q_.start = true;
    buffer_q_.start_row = loaded_;
    const std::int64_t pixel = std::int64_t{next_.group} * rows_ + loaded_;
    const std::int64_t* from =
        e_.init == 0 ? bias_.data() : machine().state.accumulators.words(e_.accumulator_address + pixel);
    std::copy_n(from, cols_, buffer_q_.starts.begin());
    if (e_.init != 0) ++counts_->sram_read_words;
  }
  ++loaded_;
}

void ExecuteBlock::record_busy(const InFlight& ended, Activity& activity) {
  ExecuteTiming timing;
  const int lead = lead_cycles();  // a stage of the pipeline, which the drain counts
  timing.fill = first_issue_ - lead - ended.start;
  timing.stream = stream_end_ - first_issue_;
  timing.drain = machine().cycle - stream_end_ + lead;
  timing.macs = ended.counts.array_macs;
  const std::int64_t elements = std::int64_t{rows_} * cols_;
  timing.ideal = (timing.macs + elements - 1) / elements;
  activity.execute(ended.start, timing);
  LayerCounters& layer = machine().accounts.layer(ended.queued.command.layer);
  layer.own_fill_cycles += timing.fill;
  layer.own_stream_cycles += timing.stream;
  layer.own_drain_cycles += timing.drain;
}

}  // namespace systoliq::model::cycle
