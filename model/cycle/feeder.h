// SPDX-License-Identifier: Apache-2.0
// Where an EXECUTE's passes and pixels lie in the activation buffer, and what stands in their place outside of the
// input. RTL: systoliq_feeder.sv.
#pragma once

#include <cstdint>

#include "model/cycle/machine.h"

namespace systoliq::model::cycle {

/// One tap and block of channels, and, output stationary, one group of pixels: groups run slowest, blocks fastest.
struct Pass {
  int group = 0, ky = 0, kx = 0, block = 0;
};

class Feeder final : public sc_core::sc_module {
 public:
  Feeder(const sc_core::sc_module_name& name, Machine& machine) : sc_module(name), machine_(machine) {}
  void start(const Execute& execute);
  void declare(TraceSink& trace) const;

  /// Moves on to the pass after it; false if there is none.
  bool next(Pass* pass) const;
  bool first_of_group(const Pass& pass) const { return pass.ky == 0 && pass.kx == 0 && pass.block == 0; }
  bool last_of_group(const Pass& pass) const;
  /// Lanes that the pass uses.
  int lanes(const Pass& pass) const { return pass.block + 1 == e_.input_blocks ? e_.last_block_lanes : rows_; }
  int pixels() const { return pixels_; }
  int groups() const { return groups_; }
  /// Pixels of a group (output stationary).
  int pixels_of(int group) const { return group + 1 < groups_ ? rows_ : pixels_ - group * rows_; }

  /// Before the first read() of a pass (output stationary: of its group's pixels).
  void begin(const Pass& pass);
  /// The next pixel's word, or nullptr where it is padding.
  const std::int16_t* read();
  std::int16_t pad_value() const { return static_cast<std::int16_t>(e_.pad_value); }
  /// At the beginning of a cycle.
  void rest() { activation_read_o = issue_o = false; }

 private:
  Machine& machine_;
  Execute e_;
  int rows_ = 1, pixels_ = 1, groups_ = 1;
  Pass pass_;
  int oy_ = 0, ox_ = 0;
  bool output_stationary_ = false;
  bool issue_o = false, activation_read_o = false;
  std::int32_t activation_read_address_o = 0, iy_q = 0, ix_q = 0;
};

}  // namespace systoliq::model::cycle
