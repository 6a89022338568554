// SPDX-License-Identifier: Apache-2.0
// What the replay keeps of the engines: queues, commands in flight, semaphores and address channels, in rings that are
// allocated once.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "model/accounting/counters.h"
#include "model/isa/command.h"

namespace systoliq::model::replay {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max() / 8;

/// The last `size` of a sequence of cycles; -1 stands for those before the first.
class CycleRing final {
 public:
  void reset(std::size_t size) {
    cycles_.assign(size, -1);
    next_ = 0;
  }
  std::int64_t oldest() const { return cycles_[next_]; }
  void push(std::int64_t cycle) {
    cycles_[next_] = cycle;
    next_ = next_ + 1 == cycles_.size() ? 0 : next_ + 1;
  }
  /// As if the sequence had gone on at the distance at which all lie, or by whole rings that repeat.
  void advance(std::int64_t cycles) {
    for (std::int64_t& cycle : cycles_) cycle += cycles;
  }

 private:
  std::vector<std::int64_t> cycles_;
  std::size_t next_ = 0;
};

/// An address channel with its data channel: one address a cycle, at most `outstanding` bursts in flight, beats in
/// order.
struct Port {
  CycleRing in_flight;  ///< cycles of completion
  std::int64_t last_accept = -1, last_beat = -1;

  void reset(int outstanding) {
    in_flight.reset(static_cast<std::size_t>(outstanding));
    last_accept = last_beat = -1;
  }
  std::int64_t next_accept(std::int64_t offer) const {
    return std::max({offer, last_accept + 1, in_flight.oldest() + 1});
  }
};

/// Bursts that repeat those `outstanding` before them, each so many cycles later, where the latency and not the bus
/// limits the port: they come in waves.
struct Waves {
  CycleRing accepts, writes;  ///< cycles of the address and of the next write, of the last `outstanding` bursts
  std::int64_t distance = 0, bursts = 0;

  void reset(std::size_t outstanding) {
    accepts.reset(outstanding);
    writes.reset(outstanding);
    bursts = 0;
  }
  /// A burst's distances in completion and draining from the one a wave before. True where its other two are alike.
  bool note(std::int64_t complete, std::int64_t drained, std::int64_t accept, std::int64_t write) {
    bursts = complete != drained ? 0 : (complete == distance ? bursts + 1 : 1);
    distance = complete;
    const bool alike = accept - accepts.oldest() == distance && write - writes.oldest() == distance;
    accepts.push(accept);
    writes.push(write);
    return alike;
  }
};

/// How many bursts in a row came `period` cycles after the one before, in each of their cycles.
struct Steadiness {
  std::int64_t period = 0, bursts = 0;

  void note(std::int64_t distance, bool alike) {
    bursts = alike && distance == period ? bursts + 1 : (alike ? 1 : 0);
    period = distance;
  }
};

struct Token {
  std::int64_t time = 0;
  StallCause cause = StallCause::kOther;
};

/// A semaphore's tokens in the order in which they are taken.
class TokenQueue final {
 public:
  void clear() {
    first_ = 0;
    count_ = 0;
  }
  int count() const { return count_; }
  const Token& front() const { return tokens_[first_]; }
  void pop() {
    ++first_;
    --count_;
  }
  /// Tokens come by time; those of one cycle are ordered by cause. There is a place for kSemaphoreMax.
  void insert(const Token& token) {
    auto place = static_cast<std::uint8_t>(first_ + count_++);
    for (int before = count_ - 1; before > 0; --before) {
      const Token& last = tokens_[static_cast<std::uint8_t>(place - 1)];
      if (last.time != token.time || last.cause <= token.cause) break;
      tokens_[place] = last;
      --place;
    }
    tokens_[place] = token;
  }

 private:
  static_assert(kSemaphoreMax < 256, "indices are bytes");
  std::array<Token, 256> tokens_{};
  std::uint8_t first_ = 0;
  int count_ = 0;
};

/// One engine: the commands in its queue, and those that have started and not ended.
struct EngineState {
  struct Queued {
    std::size_t index = 0;
    std::int64_t visible = 0;
  };
  struct InFlight {
    std::size_t index = 0;
    std::int64_t end = 0;
  };

  void reset(std::size_t in_flight) {
    queue_first = queue_size = 0;
    last_pop = -1;
    free_from = 0;
    flying.resize(in_flight);
    flying_first = flying_size = 0;
  }
  const Queued& head() const { return queue[queue_first]; }
  void enqueue(const Queued& command) { queue[(queue_first + queue_size++) % kQueueDepth] = command; }
  void dequeue(std::int64_t cycle) {
    queue_first = (queue_first + 1) % kQueueDepth;
    --queue_size;
    last_pop = cycle;
  }
  const InFlight& oldest() const { return flying[flying_first]; }
  void begin(const InFlight& command) {
    std::size_t place = flying_first + flying_size++;
    if (place >= flying.size()) place -= flying.size();
    flying[place] = command;
  }
  void end() {
    flying_first = flying_first + 1 == flying.size() ? 0 : flying_first + 1;
    --flying_size;
  }

  std::array<Queued, kQueueDepth> queue;
  std::size_t queue_first = 0, queue_size = 0;
  std::int64_t last_pop = -1, free_from = 0;
  std::vector<InFlight> flying;
  std::size_t flying_first = 0, flying_size = 0;
};

}  // namespace systoliq::model::replay
