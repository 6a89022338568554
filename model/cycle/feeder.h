// SPDX-License-Identifier: Apache-2.0
// Where an EXECUTE's passes and pixels lie in the activation buffer, and what stands in their place outside of the
// input. RTL: systoliq_feeder.sv.
#pragma once

#include <cstdint>

#include "model/cycle/machine.h"
#include "model/cycle/walk.h"

namespace systoliq::model::cycle {

class Feeder final : public sc_core::sc_module {
 public:
  Feeder(const sc_core::sc_module_name& name, Machine& machine) : sc_module(name), machine_(machine) {}
  /// Pixels of this walk are read from now on.
  void start(const Walk& walk) { walk_ = walk; }
  void declare(TraceSink& trace) const;

  /// Before the first read() of a pass (output stationary: of its group's pixels).
  void begin(const Pass& pass);
  /// The next pixel's word, or nullptr where it is padding.
  const std::int16_t* read();
  std::int16_t pad_value() const { return static_cast<std::int16_t>(walk_.execute().pad_value); }
  /// At the beginning of a cycle.
  void rest() { activation_read_o = issue_o = false; }

 private:
  Machine& machine_;
  Walk walk_;
  Pass pass_;
  int oy_ = 0, ox_ = 0;
  bool issue_o = false, activation_read_o = false;
  std::int32_t activation_read_address_o = 0, iy_q = 0, ix_q = 0;
};

}  // namespace systoliq::model::cycle
