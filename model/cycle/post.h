// SPDX-License-Identifier: Apache-2.0
// POST: requantization, pooling, residual add, table look-up and fill; one command in flight. RTL: systoliq_post.sv,
// systoliq_post_sequencer.sv, systoliq_post_writer.sv.
//
// A command that starts in cycle t reads from t + 1 on, one word or group of accumulators a cycle, in the order y, x,
// block, then what one output takes: groups of lanes (requantize), taps of the window (pooling, those outside too), two
// operands (add). What the last read of an output completes is written seven cycles later: eight pipeline stages.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/arith/bulk_requantize.h"
#include "model/cycle/engine.h"

namespace systoliq::model::cycle {

class PostBlock final : public EngineBlock {
 public:
  PostBlock(const sc_core::sc_module_name& name, Machine& machine, Semaphores& semaphores)
      : EngineBlock(name, Engine::kPost, machine, semaphores) {}
  void clear() override;
  void declare(TraceSink& trace) const;

  void start();
  void step();

 private:
  static constexpr std::size_t kStages = 8;
  /// An output on its way through the pipeline.
  struct Stage {
    bool valid = false, last = false;
    std::int64_t address = 0;
    int lane = 0, lanes = 0;
    std::vector<std::int16_t> values;
  };

  void completed(const InFlight& ended) override;
  void begin_command();
  void read();
  bool advance();
  void requantize(Stage* stage);
  void pool_tap();
  void pool_result(Stage* stage);
  void average(Stage* stage);
  void add_operand(Stage* stage);
  void look_up(Stage* stage);
  void write(const Stage& stage);
  std::int16_t clamp(std::int64_t value);
  const std::int16_t* source(std::int64_t base, std::int64_t row_pitch, int y, int x);

  Post p_;
  PostOp op_ = PostOp::kFill;
  Preset preset_ = Preset::kTfliteRef;
  LayerCounters* counts_ = nullptr;
  int rows_ = 1, cols_ = 1, group_lanes_ = 1;
  bool running_ = false, reading_ = false, begun_ = false;
  int y_ = 0, x_ = 0, block_ = 0, outer_ = 0, inner_ = 0, inner_count_ = 1, outer_count_ = 1, block_count_ = 1;
  std::int64_t pixel_ = 0;

  std::vector<BulkRequantizer> requantizers_;  ///< one for each group of lanes
  std::optional<BulkAdder> adder_;
  std::vector<std::int64_t> sums_;  ///< of a pooling window, or its largest values
  std::int64_t inside_ = 0;
  std::vector<std::int16_t> first_operand_;

  std::array<Stage, kStages> pipeline_;  ///< ring; what is read in this cycle enters at now_
  std::size_t now_ = 0;

  bool accumulator_read_o = false, activation_read_o = false, activation_write_o = false;
  std::int32_t source_address_o = 0, activation_write_address_o = 0, lane_o = 0, lanes_o = 0;
  std::uint8_t stage_valid_q = 0;                     ///< bit s: an output is in stage s
  std::vector<std::int16_t> activation_write_data_o;  ///< of the word at the address and the next; lanes not written: 0
};

}  // namespace systoliq::model::cycle
