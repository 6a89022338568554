// SPDX-License-Identifier: Apache-2.0
// The replay itself: events in the order of time. Within a cycle commands end first, then commands start and one is
// decoded, then LOAD's address is accepted, then a fetch requested in that cycle enters the read channel. What happens
// in the same cycle and has the same place in it does not depend on one another.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "model/accounting/run_accounts.h"
#include "model/accounting/semaphore_rules.h"
#include "model/replay/engine_state.h"
#include "model/replay/replay.h"
#include "model/timing/execute_flow.h"

namespace systoliq::model {

class Replayer::Machine final {
 public:
  const ReplayResult& run(const ReplayPlan& plan);
  std::int64_t cycles(const ReplayPlan& plan);

 private:
  using EngineState = replay::EngineState;

  /// One of each kind may be due; ends and starts are those of an engine, kStream takes the tokens of an EXECUTE's
  /// stream_wait.
  enum Event : std::size_t {
    kEnd = 0,
    kStart = kEngines,
    kStream = 2 * kEngines,
    kDecode,
    kLoadAddress,
    kFetch,
    kEvents
  };
  static constexpr std::int64_t kPhases = 4;
  static constexpr std::int64_t phase_of(std::size_t event) {
    return event < kStart ? 0 : (event <= kDecode ? 1 : (event == kLoadAddress ? 2 : 3));
  }
  void schedule(std::size_t event, std::int64_t cycle) { due_[event] = cycle * kPhases + phase_of(event); }
  void unschedule(std::size_t event) { due_[event] = replay::kNever * kPhases; }
  std::int64_t due(std::size_t event) const { return due_[event] / kPhases; }
  bool scheduled(std::size_t event) const { return due(event) < replay::kNever; }

  /// The LOAD whose addresses are being accepted.
  struct Request {
    bool active = false;
    std::size_t index = 0;
    std::size_t run = 0, end_run = 0;
    std::int32_t accepted = 0;  ///< bursts of the run
    std::int64_t start = 0, first_write = 0, next_write = 0, end = 0;
  };
  enum class Waiting { kNothing, kIdle, kSpace };

  void reset(const ReplayPlan& plan);
  std::int64_t go(const ReplayPlan& plan);
  void step(std::size_t event, std::int64_t cycle);
  bool all_done() const;

  // command_stream.cpp: fetch and decode
  void request_fetch(std::int64_t cycle);
  void fetch(std::int64_t raised);
  void schedule_decode(std::int64_t from);
  void decode(std::int64_t cycle);
  void take_in_decoder(const PlannedCommand& next, std::int64_t cycle);
  bool enqueue(const PlannedCommand& next, std::int64_t cycle);
  void decoded(std::int64_t cycle);
  std::int64_t earliest_fetch() const;
  std::string describe_decoder() const;

  // memory_engines.cpp: LOAD and STORE
  void start_load(std::size_t index, std::int64_t cycle);
  void reschedule_load();
  void accept_load_addresses();
  /// What is known of the bursts that follow one of a run.
  struct Following {
    std::int64_t bursts = 0, cycles = 0;  ///< so many of them repeat the state so many cycles later; 0: not known
  };
  Following accept_read(const BurstRun& burst, std::int64_t accept);
  void skip_alike(const BurstRun& run, const Following& following, std::int64_t last);
  void finish_load();
  void start_store(std::size_t index, std::int64_t cycle);
  void accept_writes(const BurstRun& run);
  [[noreturn]] void refuse_burst(const Burst& burst) const;

  // machine.cpp: start and end of a command
  void schedule_start(std::size_t engine);
  void schedule_end(std::size_t engine);
  void start(std::size_t engine, std::int64_t cycle);
  void schedule_stream();
  void begin_stream(std::int64_t cycle);
  void start_post(std::size_t index, std::int64_t cycle);
  void end(std::size_t engine, std::int64_t cycle);
  void signal(std::uint16_t mask, const replay::Token& token, std::size_t engine, std::size_t index);
  replay::Token take(std::uint16_t mask);
  std::int64_t there(std::uint16_t mask) const;
  [[noreturn]] void end_by_bad_command();
  [[noreturn]] void report_deadlock() const;

  const PlannedCommand& command(std::size_t index) const { return plan_->commands()[index]; }
  EngineState& state(Engine engine) { return engines_[static_cast<std::size_t>(engine)]; }

  const ReplayPlan* plan_ = nullptr;
  MemoryConfig memory_;
  std::array<std::int64_t, kEvents> due_{};
  std::array<EngineState, kEngines> engines_;
  std::array<replay::TokenQueue, kSemaphores> tokens_;
  ExecuteFlow flow_;
  /// The EXECUTE that has started and whose stream has not begun.
  struct Filling {
    bool active = false;
    std::size_t index = 0;
    std::int64_t visible = 0, start = 0;
    StallCause cause = StallCause::kOther;
  };
  Filling filling_;
  bool accounted_ = true;  ///< activity is recorded
  RunAccounts accounts_;
  ReplayResult result_;

  // Fetch and decode.
  std::size_t requested_ = 0, fetch_burst_ = 0;  ///< commands requested wholly, bursts of the next one
  std::int64_t last_request_ = 0;                ///< cycle in which the newest fetch address is accepted
  std::array<std::int64_t, 8> decodable_{};      ///< first cycle, of commands fetched and not decoded
  std::size_t decoded_ = 0;
  std::int64_t next_decode_ = 0;
  Waiting waiting_ = Waiting::kNothing;
  std::size_t awaited_engine_ = 0;
  std::int64_t total_ = -1;                ///< cycles, once HALT is taken
  std::int64_t stopped_ = replay::kNever;  ///< the cycle in which a bad command was found
  std::int64_t last_end_ = 0;              ///< of the commands that have ended

  // The memory port, LOAD's slots and its writer's queue, STORE's slots.
  replay::Port read_, write_;
  replay::CycleRing drained_, load_ends_, sent_;
  Request request_;
  std::int64_t last_load_end_ = 0, last_drained_ = 0, next_read_ = 0;
  replay::Steadiness reads_;  ///< of LOADs, without a fetch between them
  replay::Waves waves_;       ///< likewise
};

}  // namespace systoliq::model
