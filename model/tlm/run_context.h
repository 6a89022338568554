// SPDX-License-Identifier: Apache-2.0
// What the blocks of one accelerator share during a run: level, configuration, storage, time in cycles, counters, and
// the first failure. One cycle is one nanosecond of sc_time, counted from the start of the run.
//
// Order within one instant: commands end (commit, signal) in the first delta cycle of an instant, since only a timed
// wait leads there; commands start in a later one. Requests of command fetch enter the read channel half a cycle later,
// after every LOAD address of that cycle. So nothing depends on the order in which SystemC runs processes.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <systemc>
#include <vector>

#include "model/hw/accelerator.h"
#include "model/hw/machine_state.h"
#include "model/hw/probe_recorder.h"
#include "model/hw/write_log.h"
#include "model/timing/activity.h"

namespace systoliq::model {

class RunContext final {
 public:
  /// Sizes and clears storage and counters for the next run, of at least one layer.
  void configure(const AcceleratorConfig& config, Level level, std::size_t layers);
  const AcceleratorConfig& config() const { return state.config; }
  /// False at level timing: then only commands travel.
  bool carries_data() const { return level_ == Level::kTransaction; }

  /// Cycle 0 is now.
  void start_clock() { base_ = sc_core::sc_time_stamp(); }
  std::int64_t now() const { return to_cycles(sc_core::sc_time_stamp()); }
  /// The first cycle boundary at or after `time`.
  std::int64_t ceil_cycle(const sc_core::sc_time& time) const;
  /// `cycles` as a duration, and the time from this moment to the beginning of a cycle (0 if it has passed).
  sc_core::sc_time duration(std::int64_t cycles) const;
  sc_core::sc_time until(std::int64_t cycle) const;
  void wait_until(std::int64_t cycle) const;

  /// Counters of a layer; the list grows as layers appear. Throws InternalError on a negative or absurd index.
  LayerCounters& layer(std::int32_t index);
  Activity& activity(Engine engine) { return activities_[static_cast<std::size_t>(engine)]; }

  /// Books a command when it goes to an engine (returns its index in the command stream) and when it ends there, now.
  int dispatched(std::int32_t layer);
  void ended(int index);
  /// Books a FENCE or HALT: one cycle in the decoder, from now.
  void executed_by_decoder(std::int32_t layer);
  /// Returns in the first cycle in which every dispatched command has ended.
  void wait_until_idle();

  /// Spawns a block's thread. An error that leaves its loop becomes the run's failure; the thread then sleeps until it
  /// is reset.
  void spawn_thread(const char* name, std::function<void()> loop);
  /// Spawns a method that runs at every notification of `trigger`.
  static void spawn_method(const char* name, const sc_core::sc_event& trigger, std::function<void()> method);
  std::exception_ptr failure() const { return failure_; }
  const sc_core::sc_event& failed_event() const { return failed_; }

  /// Unwinds every thread and lets it begin anew; to be called from a SystemC process.
  void reset_threads();

  /// Layers' ends, attribution of every engine's time and the array's possible MACs, for a run of `total` cycles.
  void finish(std::int64_t total, RunResult* result);

  MachineState state;
  WriteLog writes;       ///< told of every command that has written a buffer
  ProbeRecorder probes;  ///< told of every POST that has written

 private:
  std::int64_t to_cycles(const sc_core::sc_time& time) const;
  void guard(const std::function<void()>& loop);
  std::vector<std::int64_t> layer_ends(std::int64_t total) const;

  Level level_ = Level::kTransaction;
  sc_core::sc_time cycle_{1, sc_core::SC_NS};
  sc_core::sc_time base_;
  std::vector<LayerCounters> layers_;
  std::array<Activity, kEngines> activities_;
  std::vector<std::int64_t> command_end_cycle_, engine_end_of_layer_;
  std::vector<std::int32_t> command_layer_;
  int in_flight_ = 0;
  bool idle_awaited_ = false;
  std::exception_ptr failure_;
  std::vector<sc_core::sc_process_handle> threads_;
  sc_core::sc_event idle_, failed_, never_;
};

}  // namespace systoliq::model
