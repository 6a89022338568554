// SPDX-License-Identifier: Apache-2.0
// EXECUTE: feeder, weight decoder, PE array, accumulators; one command in flight. RTL: systoliq_execute.sv.
//
// Weight stationary: in the cycle in which a command starts the first pass's weights are read, a row a cycle; when they
// are all read the pass begins. While its pixels are issued, one a cycle, the weights of the next pass are read; the
// next begins in the cycle after both are done.
// Output stationary: what is loaded are the words of a group's pixels, one a cycle, into the transposer; what is issued
// are their lanes with a weight row each. The next pass begins when its words are loaded, the lanes are issued and, in
// a group's first pass, the accumulators of the group before have left, one pixel a cycle.
// One cycle before computes the first address.
// With codebooks the decoders' tables are loaded first, a param word a cycle.
// What is read or issued in cycle t enters the array in t + 2: buffer, then feeder or decoder register.
#pragma once

#include <cstdint>
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

  void record_busy(const InFlight& ended, Activity& activity) override;
  void completed(const InFlight&) override { u_accumulators.rest(); }
  int lead_cycles() const { return output_stationary_ ? 1 : 0; }
  void begin_command();
  void enter_array();
  void sequence();
  void begin_pass();
  void issue_pixel();
  void issue_lane();
  void load_row();
  void load_pixel();
  void load_table();
  void read_weights(int row);
  void turn();

  Execute e_;
  LayerCounters* counts_ = nullptr;
  bool output_stationary_ = false, running_ = false;
  int rows_ = 1, cols_ = 1;

  Pass pass_, next_;  ///< under way; being loaded
  bool begin_q = false, sequencing_ = false, has_next_ = false;
  int issued_ = 0, issue_count_ = 0;       ///< pixels or lanes of the pass
  int loaded_ = 0, load_count_ = 0;        ///< rows or pixels of the next one
  int tables_left_ = 0, table_count_ = 0;  ///< param words of codebooks that the decoders have not got
  int lead_ = 0;                           ///< cycles until the first word is read
  int leaving_left_ = 0;                   ///< pixels of the group before that have not left
  std::int64_t weight_address_ = 0;
  std::int64_t first_issue_ = 0, stream_end_ = 0;

  Stage buffer_q_, register_q_;  ///< what was read in the cycle before; the array's inputs
  bool take_q_ = false;          ///< a take is a stage longer under way
  std::vector<std::int64_t> bias_;
  std::vector<std::int16_t> tables_;  ///< the weight decoders' codebooks: entry * cols + column
  std::vector<std::int16_t> transposer_[2];
  int streaming_ = 0;                           ///< half of the transposer whose lanes are issued
  std::vector<Accumulators::Leaving> leaving_;  ///< ring: what leaves the array in the cycles to come
  std::size_t now_ = 0;

  bool weight_read_o = false, table_read_o = false, shown_issue_ = false, shown_load_ = false;
  std::int32_t weight_read_address_o = 0;

  Feeder u_feeder{"u_feeder", machine()};
  PeArray u_array{"u_array"};
  Accumulators u_accumulators{"u_accumulators", machine()};
};

}  // namespace systoliq::model::cycle
