// SPDX-License-Identifier: Apache-2.0
// The 16 semaphores that couple the engines. Each keeps its tokens in order of arrival with the cause that a wait for
// them is attributed to. A semaphore has one consuming engine.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "model/accounting/semaphore_rules.h"
#include "model/tlm/run_context.h"

namespace systoliq::model {

class SemaphoreFile final {
 public:
  struct Token {
    std::int64_t time = 0;  ///< first cycle in which it can be taken
    StallCause cause = StallCause::kOther;
  };

  explicit SemaphoreFile(RunContext& context) : context_(context) { clear(); }
  void clear();

  /// `consumer` will wait on the semaphores of the mask.
  void claim(std::uint16_t mask, Engine consumer) { consumers_.claim(mask, consumer); }
  /// Adds a token to each semaphore of `mask`; the waiting engine may start in this instant. Throws InternalError when
  /// a counter would pass kSemaphoreMax.
  void signal(std::uint16_t mask, StallCause cause, Engine producer, int command);
  /// Returns when every semaphore of `mask` holds a token, having taken one of each: the last to have arrived (of
  /// equals the one of the lowest semaphore).
  Token take(std::uint16_t mask, Engine consumer);
  /// The empty semaphores of `mask`, "semaphore 3" or "semaphores 3, 5"; empty when there are none.
  std::string missing(std::uint16_t mask) const;

 private:
  int first_empty(std::uint16_t mask) const;

  static constexpr int kNobody = -1;
  RunContext& context_;
  std::array<std::deque<Token>, kSemaphores> tokens_;
  SemaphoreConsumers consumers_;
  std::array<bool, kSemaphores> awaited_{};
  std::array<sc_core::sc_event, kEngines> arrived_;
};

}  // namespace systoliq::model
