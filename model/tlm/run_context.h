// SPDX-License-Identifier: Apache-2.0
// What the blocks of one accelerator share during a run: level, configuration, storage, time in cycles, counters, and
// the first failure. A cycle is a period of clock.mhz, rounded to SystemC's time resolution; cycle 0 begins at the
// start of the run.
//
// Order within one instant: commands end (commit, signal) in the first delta cycle of an instant, since only a timed
// wait leads there; commands start in a later one. Requests of command fetch enter the read channel half a cycle later,
// after every LOAD address of that cycle. So nothing depends on the order in which SystemC runs processes.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <systemc>
#include <vector>

#include "model/accounting/run_accounts.h"
#include "model/functional/probe_recorder.h"
#include "model/functional/storage.h"
#include "model/isa/isa_error.h"
#include "model/tlm/write_log.h"

namespace systoliq::model {

class RunContext final {
 public:
  /// Sizes and clears storage and counters for the next run, of at least one layer. Throws InputError where a cycle is
  /// too short for SystemC's time resolution.
  void configure(const AcceleratorConfig& config, Level level, std::size_t layers);
  const AcceleratorConfig& config() const { return state.config; }
  /// False at level timing: then only commands travel.
  bool carries_data() const { return level_ == Level::kTransaction; }

  /// Cycle 0 is now.
  void start_clock() {
    base_ = sc_core::sc_time_stamp();
    last_active_ = kNever;
    error_ = ErrorReason::kNone;
  }
  std::int64_t now() const { return to_cycles(sc_core::sc_time_stamp()); }
  /// The first cycle boundary at or after `time`.
  std::int64_t ceil_cycle(const sc_core::sc_time& time) const;
  /// `cycles` as a duration, and the time from this moment to the beginning of a cycle (0 if it has passed).
  sc_core::sc_time duration(std::int64_t cycles) const;
  sc_core::sc_time half_cycle() const { return sc_core::sc_time::from_value(cycle_.value() / 2); }
  sc_core::sc_time until(std::int64_t cycle) const;
  void wait_until(std::int64_t cycle) const;
  /// Returns in the second half of a cycle, or now if that has begun.
  void wait_until_second_half(std::int64_t cycle) const;

  LayerCounters& layer(std::int32_t index) { return accounts.layer(index); }
  Activity& activity(Engine engine) { return accounts.activity(engine); }

  /// Command `index` ends now.
  void ended(int index);
  /// Returns in the first cycle in which every dispatched command has ended, at the latest in cycle `last`.
  void wait_until_idle(std::int64_t last = kNever);

  /// The decoder has found a bad command in this cycle, the last in which a command starts or a fetch is offered.
  void stop() { last_active_ = now(); }
  bool may_start() const { return now() <= last_active_; }
  /// A fetch requested in a cycle is offered from the next one on.
  bool may_fetch(std::int64_t requested) const { return requested < last_active_; }
  /// For an engine's thread that may not go on: sleeps until it is reset.
  void park() const {
    for (;;) sc_core::wait(never_);
  }

  /// Spawns a block's thread. An error that leaves its loop becomes the run's failure; the thread then sleeps until it
  /// is reset.
  void spawn_thread(const char* name, std::function<void()> loop);
  /// Spawns a method that runs at every notification of `trigger`.
  static void spawn_method(const char* name, const sc_core::sc_event& trigger, std::function<void()> method);
  std::exception_ptr failure() const { return failure_; }
  /// To be called before something other than a bad command is thrown: the reason, for the register error_code.
  void note_error(ErrorReason reason) { error_ = reason; }
  ErrorReason noted_error() const { return error_; }
  const sc_core::sc_event& failed_event() const { return failed_; }

  /// Unwinds every thread and lets it begin anew; to be called from a SystemC process.
  void reset_threads();

  Storage state;
  RunAccounts accounts;
  int filling = 0;       ///< EXECUTEs that have started and whose stream has not begun: dropped like queued ones
  WriteLog writes;       ///< told of every command that has written a buffer
  ProbeRecorder probes;  ///< told of every POST that has written

 private:
  std::int64_t to_cycles(const sc_core::sc_time& time) const;
  void guard(const std::function<void()>& loop);

  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  Level level_ = Level::kTransaction;
  std::int64_t last_active_ = kNever;
  ErrorReason error_ = ErrorReason::kNone;
  sc_core::sc_time cycle_{1, sc_core::SC_NS};
  sc_core::sc_time base_;
  bool idle_awaited_ = false;
  std::exception_ptr failure_;
  std::vector<sc_core::sc_process_handle> threads_;
  sc_core::sc_event idle_, failed_, never_;
};

}  // namespace systoliq::model
