// SPDX-License-Identifier: Apache-2.0
// One consumer for each semaphore; messages.
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

void SemaphoreConsumers::claim(std::uint16_t mask, Engine consumer, int command) {
  for (std::size_t s = 0; s < kSemaphores; ++s) {
    if ((mask >> s & 1) == 0) continue;
    const int engine = static_cast<int>(consumer);
    if (consumer_[s] != kNobody && consumer_[s] != engine) {
      throw InternalError("semaphore " + std::to_string(s) + ": awaited by " + engine_name(consumer) + " command " +
                          std::to_string(command) + ", but also by " + engine_name(static_cast<Engine>(consumer_[s])) +
                          "; a semaphore has one consuming engine");
    }
    consumer_[s] = engine;
  }
}

}  // namespace systoliq::model
