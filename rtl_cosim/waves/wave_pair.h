// SPDX-License-Identifier: Apache-2.0
// RTL and model side by side, cycle by cycle: the signals that both have are compared, and the waveforms of both are
// written with the same names.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rtl_cosim/core/device_trace.h"
#include "rtl_cosim/waves/command_follower.h"
#include "rtl_cosim/waves/common_signals.h"
#include "traces/cycle_trace.h"

namespace systoliq::rtl {

struct WaveOptions {
  std::string folder;                      ///< made if need be; gets rtl.vcd, model.vcd and a .gtkw of each
  std::vector<traces::TraceScope> scopes;  ///< as traces::TraceOptions
  /// Without a fixed window: this many cycles before and after the first cycle in which a signal differs, or, if none
  /// does, around the cycle in which the co-simulation saw a difference.
  std::int64_t around = 100;
  bool fixed = false;          ///< write `window` instead
  traces::TraceWindow window;  ///< in the model's cycles
};

struct SignalDifference {
  std::string signal;
  std::uint64_t model = 0, rtl = 0;
};

struct WaveReport {
  std::string rtl_path, model_path;              ///< of the .vcd files; empty: none written
  std::string reason;                            ///< why none is
  std::int64_t first_cycle = 0, last_cycle = 0;  ///< shown
  std::int64_t differing_cycle = -1;             ///< first one looked at in which a signal differs; -1: none
  std::vector<SignalDifference> differing;       ///< in that cycle, in the model's order
  std::size_t signals = 0;                       ///< compared in every cycle
  std::int64_t cycles = 0;                       ///< compared

  /// Lines of text: the files, and what differed first.
  std::string text() const;
};

/// Both sides report each cycle once, in any order; a cycle is over when both have. The model's side is the TraceSink,
/// the RTL's the DeviceTrace, which must have got its header before the model declares its variables.
class WavePair final : public model::TraceSink, public DeviceTrace {
 public:
  /// Signals are compared from cycle `from` on. `seen` is the cycle in which the co-simulation saw a difference, or -1.
  /// Throws InputError if the folder or a file in it cannot be written.
  WavePair(WaveOptions options, const model::AcceleratorConfig& config, std::int64_t from, std::int64_t seen);
  ~WavePair() override;

  /// Called in every cycle that the model has shown, before it is over; for an RTL that is driven from here.
  void on_model_cycle(std::function<void(std::int64_t)> call) { model_shown_ = std::move(call); }

  bool enter(const std::string& block) override;
  void leave() override;
  void add_variable(const Variable& variable) override;
  void begin(const model::Program& program) override;
  void command_started(int command, std::int32_t layer, std::int64_t cycle) override;
  void command_ended(int command, std::int32_t layer, std::int64_t cycle) override;
  void latch() override;
  void sample(std::int64_t cycle) override;

  void feed(std::string_view vcd) override { reader_.feed(vcd); }
  bool wants(std::int64_t cycle) override { return !enough_ && cycle >= from_; }
  void shown(std::int64_t cycle) override;

  /// All that is to be shown has been seen.
  bool enough() const { return enough_; }
  /// Writes the files. Throws InputError if one cannot be written or a fixed window was never reached.
  WaveReport finish();

 private:
  struct Side;
  using Values = std::vector<std::uint64_t>;
  struct Cycle {
    std::int64_t number = -1;
    Values model, rtl;
  };

  std::uint64_t rtl_value(const CommonSignal& signal);
  std::uint64_t model_value(const CommonSignal& signal) const;
  void close_cycle();
  void compare();
  void write(const Cycle& cycle);
  void check_scopes() const;
  bool counts(std::size_t signal) const;

  WaveOptions options_;
  model::AcceleratorConfig config_;
  std::int64_t from_, seen_;
  std::function<void(std::int64_t)> model_shown_;
  traces::VcdReader reader_;
  std::map<std::string, CommandFollower> followers_;  ///< of the engines, by the name of their block
  std::vector<std::string> blocks_;
  std::vector<ModelVariable> variables_;
  std::vector<CommonSignal> signals_;
  std::vector<bool> registers_;
  std::vector<std::int64_t> starts_, ends_;  ///< of the model's commands, -1: not yet
  Values latched_;
  Cycle now_;
  bool model_done_ = false, rtl_done_ = false, rtl_began_ = false, enough_ = false;
  std::deque<Cycle> past_;  ///< of a window that is not fixed
  std::int64_t end_ = -1;   ///< last cycle to be shown
  std::unique_ptr<Side> model_side_, rtl_side_;
  WaveReport report_;
};

}  // namespace systoliq::rtl
