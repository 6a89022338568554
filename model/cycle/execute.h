// SPDX-License-Identifier: Apache-2.0
// EXECUTE: feeder, weight decoder, PE array, accumulators; one command fills while those before it stream and drain.
// RTL: systoliq_execute.sv.
//
// Weight stationary: in the cycle in which a command starts the first pass's weights are read, a row a cycle; when they
// are all read the pass can begin. While its pixels are issued, one a cycle, the weights of the next pass are read; the
// next begins in the cycle after both are done.
// Output stationary: what is loaded are the words of a group's pixels, one a cycle, into the transposer; what is issued
// are their lanes with a weight row each. The next pass begins when its words are loaded, the lanes are issued and, in
// a group's first pass, the accumulators of the group before have left, one pixel a cycle.
// One cycle before computes the first address.
// With codebooks the decoders' tables are loaded first, a param word a cycle.
// The next command starts once the last pass has begun. When it has filled and the stream before it has ended it takes
// the tokens of stream_wait, and its first pass begins in the next cycle.
// What is read or issued in cycle t enters the array in t + 2: buffer, then feeder or decoder register.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "model/cycle/accumulators.h"
#include "model/cycle/engine.h"
#include "model/cycle/feeder.h"
#include "model/cycle/pe_array.h"

namespace systoliq::model::cycle {

class ExecuteBlock final : public EngineBlock {
 public:
  ExecuteBlock(const sc_core::sc_module_name& name, Machine& machine, Semaphores& semaphores)
      : EngineBlock(name, Engine::kExecute, machine, semaphores) {}
  void clear() override;
  void declare(TraceSink& trace);
  void drop_queued() override;
  bool quiet() const override;
  std::string describe_wait() const override;

  void start();
  void step();
  /// Copies the PEs' registers to where the trace reads them.
  void show() { u_array.show(); }

 private:
  /// A register between buffer and array: a word of activations, a row of weights, a word of start values.
  struct Stage {
    bool word = false, swap = false, take = false, weights = false, start = false;
    int row = 0, start_row = 0;
    std::vector<std::int32_t> lanes, operands;
    std::vector<std::int64_t> starts;
  };

  /// A command that has started and whose stream has not begun.
  struct Filling {
    bool active = false;
    Walk walk;
    LayerCounters* counts = nullptr;
    int loaded = 0, load_count = 0;  ///< rows or pixels of its first pass
    int tables_left = 0;             ///< param words of codebooks that the decoders have not got
    int lead = 0;                    ///< cycles until the first word is read
    bool full() const { return tables_left == 0 && lead == 0 && loaded == load_count; }
  };
  /// What is known of a command in flight when it ends.
  struct Course {
    std::int64_t visible = 0, filled = -1, stream = 0, stream_end = 0;
    std::int64_t held = 0;  ///< cycles in which its first pass waits for the sums of the command before to leave
    StallCause start_cause = StallCause::kOther, stream_cause = StallCause::kOther;
  };

  void show_start() override {}
  void record_stall(std::int64_t visible, StallCause cause) override;
  void record_busy(const InFlight& ended, Activity& activity) override;
  void completed(const InFlight&) override {
    if (in_flight().size() == 1) u_accumulators.rest();
  }
  bool may_start() const;
  void begin_fill();
  void begin_stream();
  void drop_filling();
  void enter_array();
  void step_array();
  void fill();
  void sequence();
  void begin_pass();
  void issue_pixel();
  void issue_lane();
  void load_next();
  void load_pixel(const Walk& walk, const Pass& pass, int index, LayerCounters* counts);
  void load_table();
  void read_weights(int row, const Execute& execute, LayerCounters* counts);
  void turn();
  void end_group();

  bool output_stationary_ = false;
  int rows_ = 1, cols_ = 1;

  Filling fill_;
  bool drop_filling_ = false;
  std::deque<Course> courses_;  ///< of the commands in flight

  Walk walk_;  ///< of the stream
  LayerCounters* counts_ = nullptr;
  Pass pass_, next_;  ///< under way; being loaded
  bool streaming_ = false, begin_q = false, first_ = false, has_next_ = false;
  int issued_ = 0, issue_count_ = 0;  ///< pixels or lanes of the pass
  int loaded_ = 0, load_count_ = 0;   ///< rows or pixels of the next one
  int leaving_left_ = 0;              ///< pixels of the group before that have not left
  std::int64_t weight_address_ = 0;

  Stage buffer_q_, register_q_;  ///< what was read in the cycle before; the array's inputs
  bool take_q_ = false;          ///< a take is a stage longer under way
  std::vector<std::int64_t> bias_;
  std::vector<std::int16_t> tables_;  ///< the weight decoders' codebooks: entry * cols + column
  std::vector<std::int16_t> transposer_[2];
  int streaming_half_ = 0;                      ///< half of the transposer whose lanes are issued
  std::vector<Accumulators::Leaving> leaving_;  ///< ring: what leaves the array in the cycles to come
  std::size_t now_ = 0;
  std::vector<std::int64_t> overflows_by_wave_;

  bool weight_read_o = false, table_read_o = false, shown_issue_ = false, shown_load_ = false;
  std::int32_t weight_read_address_o = 0;

  Feeder u_feeder{"u_feeder", machine()};
  PeArray u_array{"u_array"};
  Accumulators u_accumulators{"u_accumulators", machine()};
};

}  // namespace systoliq::model::cycle
