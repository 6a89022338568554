// SPDX-License-Identifier: Apache-2.0
// Counting, and the age of what is counted.
#include "model/cycle/semaphores.h"

#include <algorithm>

namespace systoliq::model::cycle {

void Semaphores::clear() {
  non_zero_ = 0;
  count_.fill(0);
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
    if (count_[s] == kSemaphoreMax) refuse_signal(static_cast<int>(s), machine_.cycle, producer, command);
    ++count_[s];
    non_zero_ = static_cast<std::uint16_t>(non_zero_ | 1U << s);
    std::deque<Token>& tokens = tokens_[s];  // those of one cycle are ordered by cause
    auto place = tokens.end();
    while (place != tokens.begin() && (place - 1)->time == machine_.cycle && cause < (place - 1)->cause) --place;
    tokens.insert(place, {machine_.cycle, cause});
  }
}

}  // namespace systoliq::model::cycle
