// SPDX-License-Identifier: Apache-2.0
// A Verilated systoliq_post whose read and write ports are served from a Storage. Data pins that no read answers
// carry noise, so that a unit which looks at them in the wrong cycle is found out.
#pragma once

#include <verilated.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/isa/param_word.h"
#include "rtl_cosim/core/device_trace.h"
#include "rtl_cosim/core/port_word.h"
#include "rtl_cosim/unit/post_unit.h"
#include "rtl_cosim/unit/requantize_vectors.h"
#include "types/error.h"

namespace systoliq::rtl {

template <typename Model>
class VerilatedPost final : public PostUnit {
 public:
  explicit VerilatedPost(PostBuild build)
      : build_(std::move(build)), context_(std::make_unique<VerilatedContext>()), unit_(context_.get()) {
    context_->fatalOnError(false);
    context_->traceEverOn(IsTraced<Model>::value);
  }
  ~VerilatedPost() override {
    enter_context();
    unit_.final();
  }
  VerilatedPost(const VerilatedPost&) = delete;
  VerilatedPost& operator=(const VerilatedPost&) = delete;

  const PostBuild& build() const override { return build_; }

  void trace(DeviceTrace* trace) override { tracer_ = make_tracer(unit_, trace); }

  void reset() override {
    enter_context();
    unit_.command_valid_i = 0;
    unit_.granted_i = 0;
    unit_.clk_i = 0;
    unit_.rst_ni = 0;
    unit_.eval();
    unit_.clk_i = 1;
    unit_.eval();
    unit_.clk_i = 0;
    unit_.rst_ni = 1;
    unit_.eval();
    context_->gotError(false);  // of a command before, which may be what is reset
    cycle_ = 0;
  }

  PostRunReport run(const model::Command& command, const PostRunOptions& options, model::Storage& state) override {
    enter_context();
    PostRunReport report;
    if (options.noise) noise_ = *options.noise;
    report.noise = noise_;
    try {
      run_to_end(command, options, state, report);
    } catch (const InternalError& error) {  // an address outside a buffer
      report.error = error.what();
    }
    return report;
  }

 private:
  /// Assertions report to the context that the thread is in, which is another unit's after that one was made or run.
  void enter_context() { Verilated::threadContextp(context_.get()); }

  void run_to_end(const model::Command& command, const PostRunOptions& options, model::Storage& state,
                  PostRunReport& report) {
    offer(command);
    for (int wait = 0; wait < options.waiting_cycles; ++wait) {
      unit_.granted_i = 0;
      unit_.eval();
      if (unit_.command_ready_o || unit_.busy_o) report.error = "started before its semaphores were granted";
      cycle(state, report);
    }
    unit_.granted_i = 1;
    unit_.eval();
    if (!unit_.command_ready_o) report.error = "did not start although granted and free";
    for (bool done = false; !done && report.error.empty();) {
      if (!unit_.busy_o) report.error = "not busy in the middle of a command";
      done = unit_.done_o != 0;
      if (done) report.signal = unit_.done_signal_o;
      cycle(state, report);
      ++report.cycles;
      // The next command may wait at the head of the queue, granted, while this one runs.
      unit_.command_valid_i = !done && noise_.one_in(2);
      for (std::size_t word = 0; word < 63; ++word) unit_.command_i[word] = static_cast<EData>(noise_.next());
      unit_.eval();
      if (unit_.command_ready_o) report.error = "takes a command while it runs another";
      if (report.cycles > options.limit) report.error = "does not end";
      if (context_->gotError()) report.error = "an assertion failed";
    }
    if (unit_.busy_o && report.error.empty()) report.error = "busy after its end";
  }

  /// word 62: semaphores waited for above those signaled; the model's word 1 has them the other way round.
  void offer(const model::Command& command) {
    const model::CommandWords words = model::encode(command);
    for (std::size_t field = 0; field < 61; ++field) unit_.command_i[field] = words[3 + field];
    unit_.command_i[61] = words[2];
    unit_.command_i[62] = words[1] << 16 | words[1] >> 16;
    unit_.command_valid_i = 1;
  }

  /// One clock: what the ports ask for before the edge is answered after it, from the words before it.
  void cycle(model::Storage& state, PostRunReport& report) {
    const auto& array = build_.config.array;
    const auto& types = build_.config.datatypes;
    ++cycle_;
    if (tracer_) tracer_->sample(cycle_);
    const bool accumulator = unit_.accumulator_read_o, activation = unit_.activation_read_o;
    const bool param = unit_.param_read_o, table = unit_.table_read_o;
    std::vector<std::int64_t> accumulators, activations;
    std::vector<model::ParamEntry> params, tables;
    if (accumulator) copy(state.accumulators, unit_.accumulator_read_address_o, &accumulators);
    if (activation) copy(state.activations, unit_.activation_read_address_o, &activations);
    if (param) copy(state.params, unit_.param_read_address_o, &params);
    for (int lane_index = 0; table && lane_index < array.rows; ++lane_index) {
      copy(state.params, static_cast<std::uint32_t>(lane(unit_.table_read_address_o, lane_index, 32)), &tables);
    }
    write(state, report);
    unit_.clk_i = 1;
    unit_.eval();
    answer(unit_.accumulator_read_data_i, accumulators, array.cols, types.accumulator_bits);
    answer(unit_.activation_read_data_i, activations, array.rows, types.activation_bits);
    answer(unit_.param_read_data_i, params, array.cols);
    answer(unit_.table_read_data_i, tables, array.rows * array.cols);
    unit_.clk_i = 0;
    unit_.eval();
  }

  template <typename T, typename Value>
  void copy(model::SramBuffer<T>& buffer, std::uint32_t address, std::vector<Value>* values) {
    const T* word = buffer.words(static_cast<std::int32_t>(address));
    values->insert(values->end(), word, word + buffer.lanes());
  }

  template <typename Port>
  void answer(Port& port, const std::vector<std::int64_t>& values, int lanes, int bits) {
    for (int i = 0; i < lanes; ++i) {
      set_lane(port, i, bits,
               values.empty() ? static_cast<std::int64_t>(noise_.next()) : values[static_cast<std::size_t>(i)]);
    }
  }

  template <typename Port>
  void answer(Port& port, const std::vector<model::ParamEntry>& entries, int lanes) {
    if (entries.empty()) {
      // A word in each entry is enough to spoil it, and much faster.
      for (int i = 0; i < lanes; ++i)
        set_port_word(port, static_cast<std::size_t>(4 * i + 2), static_cast<std::uint32_t>(noise_.next()));
      return;
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
      std::uint32_t words[4];
      std::memcpy(words, &entries[i], sizeof words);
      for (std::size_t word = 0; word < 4; ++word) set_port_word(port, 4 * i + word, words[word]);
    }
  }

  void write(model::Storage& state, PostRunReport& report) {
    if (!unit_.activation_write_o) return;
    if (report.first_write < 0) report.first_write = report.cycles;
    const int rows = build_.config.array.rows;
    const int bits = build_.config.datatypes.activation_bits;
    for (int place = 0; place < 2 * rows; ++place) {
      if (lane(unit_.activation_write_mask_o, place, 1) == 0) continue;
      std::int16_t* word =
          state.activations.words(static_cast<std::int32_t>(unit_.activation_write_address_o) + place / rows);
      word[place % rows] = static_cast<std::int16_t>(lane(unit_.activation_write_data_o, place, bits));
    }
  }

  PostBuild build_;
  std::unique_ptr<VerilatedContext> context_;
  Model unit_;
  std::unique_ptr<Tracer> tracer_;
  std::int64_t cycle_ = 0;
  Random noise_{1};
};

}  // namespace systoliq::rtl
