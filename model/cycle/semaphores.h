// SPDX-License-Identifier: Apache-2.0
// Sixteen counters, the only synchronization between the engines. RTL: systoliq_semaphores.sv.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "model/accounting/semaphore_rules.h"
#include "model/cycle/machine.h"

namespace systoliq::model::cycle {

class Semaphores final : public sc_core::sc_module {
 public:
  /// Each unit of a counter remembers when it came and what it means to have waited for it.
  struct Token {
    std::int64_t time = 0;
    StallCause cause = StallCause::kOther;
  };

  Semaphores(const sc_core::sc_module_name& name, Machine& machine) : sc_module(name), machine_(machine) {}
  void clear();
  void declare(TraceSink& trace) const;

  /// Every counter of the mask is non-zero.
  bool granted(std::uint16_t mask) const { return (mask & ~non_zero_) == 0; }
  /// Takes one of each; the mask must be granted. Returns the newest.
  Token take(std::uint16_t mask);
  /// Adds one to each, visible in this cycle. Throws InternalError above the maximum.
  void signal(std::uint16_t mask, StallCause cause, Engine producer, int command);
  /// "semaphore 3" or "semaphores 3, 5": those of the mask that are 0.
  std::string missing(std::uint16_t mask) const {
    return semaphore_list(static_cast<std::uint16_t>(mask & ~non_zero_));
  }

 private:
  Machine& machine_;
  std::uint16_t non_zero_ = 0;
  std::array<std::uint8_t, kSemaphores> count_{};
  std::array<std::deque<Token>, kSemaphores> tokens_;
};

}  // namespace systoliq::model::cycle
