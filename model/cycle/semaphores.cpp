// SPDX-License-Identifier: Apache-2.0
// Counting, and the age of what is counted.
#include "model/hw/cycle/semaphores.h"

#include <algorithm>

#include "model/hw/semaphore_file.h"

namespace systoliq::model::cycle {
namespace {

constexpr int kNobody = -1;

}  // namespace

void Semaphores::clear() {
  non_zero_ = 0;
  count_.fill(0);
  consumer_.fill(kNobody);
  for (auto& tokens : tokens_) tokens.clear();
}

void Semaphores::declare(TraceSink& trace) const {
  trace.enter("u_semaphores");
  trace.add("non_zero_o", &non_zero_);
  for (std::size_t s = 0; s < kSemaphores; ++s) trace.add("count_q_" + std::to_string(s), &count_[s]);
  trace.leave();
}

Semaphores::Token Semaphores::take(std::uint16_t mask) {
  Token last = {-1, StallCause::kOther};
  for (std::size_t s = 0; mask >> s != 0; ++s) {
    if ((mask >> s & 1) == 0) continue;
    if (tokens_[s].front().time > last.time) last = tokens_[s].front();
    tokens_[s].pop_front();
    if (--count_[s] == 0) non_zero_ = static_cast<std::uint16_t>(non_zero_ & ~(1U << s));
  }
  return last;
}

void Semaphores::signal(std::uint16_t mask, StallCause cause, Engine producer, int command) {
  for (std::size_t s = 0; mask >> s != 0; ++s) {
    if ((mask >> s & 1) == 0) continue;
    if (count_[s] == kSemaphoreMax) {
      throw InternalError("semaphore " + std::to_string(s) + " would pass " + std::to_string(kSemaphoreMax) +
                          " in cycle " + std::to_string(machine_.cycle) + ": signalled by " + engine_name(producer) +
                          " command " + std::to_string(command));
    }
    ++count_[s];
    non_zero_ = static_cast<std::uint16_t>(non_zero_ | 1U << s);
    std::deque<Token>& tokens = tokens_[s];  // those of one cycle are ordered by cause
    auto place = tokens.end();
    while (place != tokens.begin() && (place - 1)->time == machine_.cycle && cause < (place - 1)->cause) --place;
    tokens.insert(place, {machine_.cycle, cause});
  }
}

void Semaphores::claim(std::uint16_t mask, Engine consumer, int command) {
  for (std::size_t s = 0; mask >> s != 0; ++s) {
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

std::string Semaphores::missing(std::uint16_t mask) const {
  std::string list;
  int zeros = 0;
  for (std::size_t s = 0; s < kSemaphores; ++s) {
    if ((mask >> s & 1) == 0 || count_[s] != 0) continue;
    list += (zeros++ != 0 ? ", " : "") + std::to_string(s);
  }
  return zeros == 0 ? "" : (zeros == 1 ? "semaphore " : "semaphores ") + list;
}

}  // namespace systoliq::model::cycle
