// SPDX-License-Identifier: Apache-2.0
// Counting, waiting and the order of tokens.
// In RTL: systoliq_semaphores.sv (rtl_cosim/rtl/).
#include "model/tlm/semaphore_file.h"

#include <algorithm>

namespace systoliq::model {

void SemaphoreFile::clear() {
  for (auto& tokens : tokens_) tokens.clear();
  consumers_.clear();
  awaited_.fill(false);
}

void SemaphoreFile::signal(std::uint16_t mask, StallCause cause, Engine producer, int command) {
  const Token token = {context_.now(), cause};
  const auto earlier = [](const Token& a, const Token& b) {
    return a.time != b.time ? a.time < b.time : a.cause < b.cause;
  };
  for (std::size_t s = 0; s < kSemaphores; ++s) {
    if ((mask >> s & 1) == 0) continue;
    std::deque<Token>& tokens = tokens_[s];
    if (tokens.size() == kSemaphoreMax) {
      context_.note_error(ErrorReason::kSemaphoreOverflow);
      refuse_signal(static_cast<int>(s), token.time, producer, command);
    }
    // Tokens of one instant are ordered by cause, so that the order of processes does not show.
    tokens.insert(std::upper_bound(tokens.begin(), tokens.end(), token, earlier), token);
    if (awaited_[s])
      arrived_[static_cast<std::size_t>(consumers_.of(static_cast<int>(s)))].notify(sc_core::SC_ZERO_TIME);
    awaited_[s] = false;
  }
}

int SemaphoreFile::first_empty(std::uint16_t mask) const {
  for (std::size_t s = 0; mask >> s != 0; ++s) {
    if ((mask >> s & 1) != 0 && tokens_[s].empty()) return static_cast<int>(s);
  }
  return kNobody;
}

SemaphoreFile::Token SemaphoreFile::take(std::uint16_t mask, Engine consumer) {
  for (int empty = first_empty(mask); empty != kNobody; empty = first_empty(mask)) {
    awaited_[static_cast<std::size_t>(empty)] = true;
    sc_core::wait(arrived_[static_cast<std::size_t>(consumer)]);
  }
  Token last = {-1, StallCause::kOther};
  for (std::size_t s = 0; mask >> s != 0; ++s) {
    if ((mask >> s & 1) == 0) continue;
    if (tokens_[s].front().time > last.time) last = tokens_[s].front();
    tokens_[s].pop_front();
  }
  return last;
}

std::string SemaphoreFile::missing(std::uint16_t mask) const {
  std::uint16_t empty = 0;
  for (std::size_t s = 0; s < kSemaphores; ++s) {
    if (tokens_[s].empty()) empty = static_cast<std::uint16_t>(empty | 1U << s);
  }
  return semaphore_list(mask & empty);
}

}  // namespace systoliq::model
