// SPDX-License-Identifier: Apache-2.0
// LOAD: memory to activation, weight or param buffer. RTL: systoliq_load.sv.
//
// A command starts when the addresses of the one before it have been accepted and a place is left among those started;
// its bursts are offered from that cycle on, each when a slot of the data buffer is free. Words are written in the
// order of the commands, at most one a cycle.
#pragma once

#include <deque>
#include <vector>

#include "model/cycle/engine.h"
#include "model/cycle/load_writer.h"

namespace systoliq::model::cycle {

class LoadBlock final : public EngineBlock {
 public:
  LoadBlock(const sc_core::sc_module_name& name, Machine& machine, Semaphores& semaphores)
      : EngineBlock(name, Engine::kLoad, machine, semaphores) {}
  void clear() override;
  void declare(TraceSink& trace) const;

  /// The handshake of a cycle.
  void start();
  /// The burst that is offered in this cycle, if there is one, and its acceptance.
  bool offers() const { return burst_valid_o; }
  Burst burst() const { return cutter_.burst(); }
  void accepted();
  /// A beat of the oldest accepted burst's data.
  void beat(const std::uint8_t* data, int bytes, bool last);
  /// After the beat of a cycle.
  void write_word();

 private:
  struct Transfer {
    std::vector<std::uint8_t> bytes;  ///< that have come
    std::int64_t expected = 0;        ///< bytes in all
    std::int64_t accepted = 0;        ///< bytes of the bursts accepted
    std::deque<std::int64_t> bursts;  ///< where each accepted burst that is not drained ends in the data
    LoadWords words;
  };
  void show_word(const Load& load);
  void offer() { burst_valid_o = cutter_.busy() && slots_taken_ < machine().config().memory.outstanding; }

  BurstCutter cutter_;            ///< of the newest command
  std::deque<Transfer> started_;  ///< as in_flight()
  std::vector<std::vector<std::uint8_t>> spare_;
  std::size_t receiving_ = 0;  ///< index in started_ of the command whose bursts come next
  std::int32_t slots_taken_ = 0;
  bool burst_valid_o = false, burst_ready_i = false, beat_valid_i = false;
  bool activation_write_o = false, weight_write_o = false, param_write_o = false;
  std::int32_t write_address_o = 0, arrived_q = 0;
  /// The word that is written last; empty without a trace. A param entry is two halves.
  std::vector<std::int16_t> activation_write_data_o, weight_write_data_o;
  std::vector<std::uint64_t> param_write_data_o;
};

}  // namespace systoliq::model::cycle
