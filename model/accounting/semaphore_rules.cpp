// SPDX-License-Identifier: Apache-2.0
// Consumers and messages.
#include "model/accounting/semaphore_rules.h"

#include "types/error.h"

namespace systoliq::model {

const char* engine_name(Engine engine) {
  constexpr std::array<const char*, kEngines> kNames = {"LOAD", "EXECUTE", "POST", "STORE"};
  return kNames[static_cast<std::size_t>(engine)];
}

std::string semaphore_list(std::uint16_t mask) {
  std::string list;
  int count = 0;
  for (int s = 0; s < kSemaphores; ++s) {
    if ((mask >> s & 1) == 0) continue;
    list += (count++ != 0 ? ", " : "") + std::to_string(s);
  }
  return count == 0 ? "" : (count == 1 ? "semaphore " : "semaphores ") + list;
}

void refuse_signal(int semaphore, std::int64_t cycle, Engine producer, int command) {
  throw InternalError("semaphore " + std::to_string(semaphore) + " would pass " + std::to_string(kSemaphoreMax) +
                      " in cycle " + std::to_string(cycle) + ": signaled by " + engine_name(producer) + " command " +
                      std::to_string(command));
}

void SemaphoreConsumers::claim(std::uint16_t mask, Engine consumer) {
  for (std::size_t s = 0; s < kSemaphores; ++s) {
    if ((mask >> s & 1) != 0) consumer_[s] = static_cast<int>(consumer);
  }
}

}  // namespace systoliq::model
