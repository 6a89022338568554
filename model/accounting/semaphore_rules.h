// SPDX-License-Identifier: Apache-2.0
// Rules that every level's semaphores keep, and the words in which a broken rule or a wait is told.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "model/accounting/counters.h"
#include "model/isa/command.h"

namespace systoliq::model {

/// "LOAD", "EXECUTE", "POST", "STORE".
const char* engine_name(Engine engine);

/// "semaphore 3" or "semaphores 3, 5"; empty for none. Bit s of the mask stands for semaphore s.
std::string semaphore_list(std::uint16_t mask);

/// Throws InternalError: a counter at kSemaphoreMax is signaled once more.
[[noreturn]] void refuse_signal(int semaphore, std::int64_t cycle, Engine producer, int command);

/// Which engine waits on each semaphore: there is at most one.
class SemaphoreConsumers final {
 public:
  SemaphoreConsumers() { clear(); }
  void clear() { consumer_.fill(kNobody); }
  /// `consumer` waits on every semaphore of the mask; the decoder has checked that no other engine does.
  void claim(std::uint16_t mask, Engine consumer);
  /// Whoever claimed the semaphore.
  Engine of(int semaphore) const { return static_cast<Engine>(consumer_[static_cast<std::size_t>(semaphore)]); }

 private:
  static constexpr int kNobody = -1;
  std::array<int, kSemaphores> consumer_{};
};

}  // namespace systoliq::model
