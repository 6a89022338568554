// SPDX-License-Identifier: Apache-2.0
// A command from its start to the beginning of its stream: it fills the array, waits, and may be dropped.
#include "model/arith/requantize.h"
#include "model/cycle/execute.h"
#include "model/timing/execute_flow.h"

namespace systoliq::model::cycle {

bool ExecuteBlock::may_start() const {
  const Command* next = head();
  if (next == nullptr || fill_.active || in_flight().size() == kExecutesInFlight) return false;
  // What it reads first the command before may still be using, or writing.
  const bool alone = output_stationary_ && (std::get<Execute>(next->body).init != 0 || !tables_.empty());
  if (alone && !in_flight().empty()) return false;
  return !streaming_ || (!begin_q && !has_next_);
}

void ExecuteBlock::begin_fill() {
  InFlight& flight = in_flight().back();
  const Execute& e = std::get<Execute>(flight.queued.command.body);
  fill_.active = true;
  fill_.walk = Walk(e, machine().config().array);
  fill_.counts = &flight.counts;
  fill_.loaded = 0;
  fill_.lead = output_stationary_ ? 1 : 0;
  fill_.tables_left = machine().config().codebook_words();
  fill_.load_count = output_stationary_ ? fill_.walk.pixels_of(0) : fill_.walk.lanes({});
  if (output_stationary_) {
    u_feeder.start(fill_.walk);
    u_feeder.begin({});
  }
  weight_address_ = output_stationary_ ? weight_address_ : e.weight_address;
  if (e.init != 0) return;
  const ParamEntry* params = machine().state.params.words(e.param_address);
  const Overflow overflow = machine().config().datatypes.overflow;
  for (int c = 0; c < cols_; ++c) {
    bias_[static_cast<std::size_t>(c)] = c < e.valid_columns ? start_of_sum(params[c].bias, overflow) : 0;
  }
  ++flight.counts.sram_read_words;
}

/// What is queued goes now, a command that fills with the end of this cycle, unless its stream begins.
void ExecuteBlock::drop_queued() {
  EngineBlock::drop_queued();
  drop_filling_ = fill_.active;
}

void ExecuteBlock::drop_filling() {
  drop_filling_ = false;
  if (!fill_.active) return;
  fill_.active = false;
  machine().accounts.dropped(1);
  in_flight().pop_back();
  courses_.pop_back();
}

bool ExecuteBlock::quiet() const {
  if (at_rest()) return true;
  return in_flight().size() == 1 && fill_.active && fill_.full() &&
         !semaphores().granted(static_cast<std::uint16_t>(fill_.walk.execute().stream_wait));
}

std::string ExecuteBlock::describe_wait() const {
  if (!fill_.active) return EngineBlock::describe_wait();
  return EngineBlock::describe_wait(in_flight().back().queued.index,
                                    static_cast<std::uint16_t>(fill_.walk.execute().stream_wait));
}

/// A cycle of a command before its stream.
void ExecuteBlock::fill() {
  if (fill_.full()) return;
  if (fill_.tables_left > 0) {
    load_table();
  } else if (fill_.lead > 0) {
    --fill_.lead;
  } else {
    shown_load_ = true;
    if (output_stationary_) {
      load_pixel(fill_.walk, {}, fill_.loaded++, fill_.counts);
    } else {
      read_weights(fill_.loaded++, fill_.walk.execute(), fill_.counts);
    }
  }
  if (fill_.full()) courses_.back().filled = machine().cycle + 1;
}

/// The command that has filled takes its late tokens; its first pass begins in the next cycle.
void ExecuteBlock::begin_stream() {
  const Execute& e = fill_.walk.execute();
  Course& course = courses_.back();
  course.stream = machine().cycle + 1;
  course.stream_cause = cause_of(semaphores().take(static_cast<std::uint16_t>(e.stream_wait)));
  observe_start(course.stream);
  u_accumulators.begin(e, bias_, fill_.counts);
  walk_ = fill_.walk;
  counts_ = fill_.counts;
  if (!output_stationary_) u_feeder.start(walk_);
  fill_.active = false;
  streaming_ = begin_q = first_ = true;
  next_ = {};
}

/// A param word holds eight entries of every column's table.
void ExecuteBlock::load_table() {
  const int word = machine().config().codebook_words() - fill_.tables_left--;
  const int bits = machine().config().weights.codebook_bits;
  const ParamEntry* entries = machine().state.params.words(fill_.walk.execute().codebook_address + word);
  for (int c = 0; c < cols_; ++c) {
    for (int i = 0; i < kTableEntries; ++i) {
      tables_[static_cast<std::size_t>((kTableEntries * word + i) * cols_ + c)] =
          codebook_operand(table_entry(entries + c, i), bits);
    }
  }
  table_read_o = true;
  ++fill_.counts->sram_read_words;
}

}  // namespace systoliq::model::cycle
