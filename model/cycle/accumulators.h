// SPDX-License-Identifier: Apache-2.0
// The adders behind the array: a word of sums that leaves it is added to its word of the accumulator buffer, or, output
// stationary, written there as it is. RTL: systoliq_accumulators.sv.
//
// A word's accumulators are asked for in the cycle in which its sums leave the array, added in the next and written in
// the one after; output stationary, a word is written in the next.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "model/cycle/machine.h"

namespace systoliq::model::cycle {

class Accumulators final : public sc_core::sc_module {
 public:
  Accumulators(const sc_core::sc_module_name& name, Machine& machine) : sc_module(name), machine_(machine) {}
  void configure();
  /// The stream of a command begins; its sums follow those of the commands before.
  void begin(const Execute& execute, std::vector<std::int64_t> bias, LayerCounters* counts);
  void declare(TraceSink& trace) const;

  /// The command has ended.
  void rest() { accumulator_write_o = false; }

  /// What leaves the array in this cycle.
  struct Leaving {
    bool valid = false, pass_last = false, command_last = false;
  };
  /// One clock. Returns true when a command's last word is written.
  bool step(const Leaving& leaving, const std::int64_t* sums);

 private:
  struct Context {
    std::int32_t address = 0;
    bool from_bias = false;
    std::vector<std::int64_t> bias;
    LayerCounters* counts = nullptr;
  };
  void leave(const Leaving& leaving, const std::int64_t* sums);
  void add();

  Machine& machine_;
  int cols_ = 1, bits_ = 32;
  bool saturate_ = false, output_stationary_ = false;
  std::deque<Context> commands_;     ///< whose sums have not all left
  bool fresh_q = true;               ///< the next sums are the first of a command
  std::vector<std::int64_t> bias_q;  ///< of the sums that are being added
  LayerCounters *add_counts_ = nullptr, *write_counts_ = nullptr;
  std::int32_t address_q = 0, add_address_q = 0, write_address_q = 0;
  bool from_bias_q = false;
  bool add_q = false, add_last_q = false, add_bias_q = false, write_q = false, write_last_q = false;
  bool accumulator_read_o = false, accumulator_write_o = false, valid_i = false;
  std::int32_t accumulator_read_address_o = 0, accumulator_write_address_o = 0;
  std::vector<std::int64_t> add_sums_q, write_data_q;
};

}  // namespace systoliq::model::cycle
