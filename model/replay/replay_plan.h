// SPDX-License-Identifier: Apache-2.0
// A list of commands prepared for replay on a machine: of each command what its timing depends on, and nothing else. No
// data, no memory image. A plan stays valid while only memory.latency_cycles, memory.outstanding or the clock change.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "model/accounting/counters.h"
#include "model/config/accelerator_config.h"
#include "model/isa/command_error.h"
#include "model/isa/program.h"
#include "model/replay/burst_runs.h"
#include "model/timing/compute_timing.h"

namespace systoliq::model {

class CommandDecoder;  ///< model/isa/command_decoder.h

/// One command as the replay sees it.
struct PlannedCommand {
  Opcode opcode = Opcode::kHalt;
  bool refused = false;  ///< the memory refuses the burst after the last run
  std::uint16_t wait = 0, signal = 0;
  std::uint16_t stream_wait = 0;  ///< EXECUTE
  std::int32_t layer = 0;
  StallCause cause = StallCause::kOther;   ///< of a wait that its signal ends
  std::size_t first_run = 0, end_run = 0;  ///< LOAD, STORE: into ReplayPlan::runs()
  std::int64_t lead_words = 0;             ///< LOAD: BurstSummary::lead_words
  ExecuteTiming execute;                   ///< EXECUTE; POST: cycles as `stream`
};

class ReplayPlan final {
 public:
  static constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

  /// A whole program as the compiler emits it; its image need not be there. Memory holds all that it touches.
  ReplayPlan(const Program& program, const AcceleratorConfig& config);
  /// The commands as they lie in memory, of which some may be bad; the memory refuses what lies beyond it.
  ReplayPlan(const Program& program, const AcceleratorConfig& config, const std::vector<std::uint8_t>& memory);
  /// A part of a program, on a quiet machine: the run ends when the last command has ended, without HALT. A token that
  /// no command before its wait signals is there from cycle 0 on. `layers`: at least so many are counted.
  /// Throws CommandError for a bad command.
  static ReplayPlan part(const std::vector<Command>& commands, const AcceleratorConfig& config, std::size_t layers = 1,
                         std::int64_t command_address = 0);
  /// The same for commands that nobody has to judge: the compiler has just written them.
  static ReplayPlan unjudged_part(const std::vector<Command>& commands, const AcceleratorConfig& config,
                                  std::size_t layers);

  /// What may change without a new plan.
  void set_memory_latency(int cycles) { config_.memory.latency_cycles = cycles; }
  void set_outstanding(int bursts) { config_.memory.outstanding = bursts; }

  const AcceleratorConfig& config() const { return config_; }
  /// Up to the first bad one, or the first that lies outside of memory.
  const std::vector<PlannedCommand>& commands() const { return commands_; }
  const std::vector<BurstRun>& runs() const { return runs_; }
  /// Commands to be fetched, planned or not.
  std::int64_t count() const { return count_; }
  bool ends_without_halt() const { return part_; }
  /// Counters that no time decides, by layer.
  const std::vector<LayerCounters>& layers() const { return layers_; }
  const std::array<int, kSemaphores>& first_tokens() const { return first_tokens_; }
  /// The bursts that fetch command number `index`.
  void fetch_bursts(std::int64_t index, std::vector<Burst>* bursts) const;
  /// Beats of each of them; the pattern repeats.
  const std::vector<std::int32_t>& fetch_beats(std::int64_t index) const {
    return fetch_beats_[static_cast<std::size_t>(index) % fetch_beats_.size()];
  }
  /// The memory does not hold all bytes of command number `index`.
  bool fetch_refused(std::int64_t index) const { return index >= fetched_end_; }

  bool holds(const Burst& burst) const { return burst.address + burst.bytes <= memory_bytes_; }

  /// The command after the planned ones is bad: this is thrown when the run has ended after so many cycles.
  bool has_bad() const { return bad_.has_value(); }
  CommandError bad(std::int64_t cycles) const {
    return {bad_->what(), bad_->command(), {bad_->reason(), bad_->word()}, cycles};
  }
  /// The burst that the memory refuses to a command with `refused` set.
  Burst refused_burst(std::size_t index) const;

 private:
  struct Refused {
    std::size_t command = 0;
    Burst burst;
  };
  ReplayPlan(const AcceleratorConfig& config, std::int64_t command_address, std::int64_t count, std::size_t layers,
             std::int64_t memory_bytes);
  /// False where the decoder refuses the command.
  bool accepts(const CommandWords& words, CommandDecoder* decoder);
  void add(const Command& command);
  void find_first_tokens();
  LayerCounters& layer(std::int32_t index);

  AcceleratorConfig config_;
  std::int64_t command_address_, count_, memory_bytes_, fetched_end_;
  bool part_ = false;
  std::vector<PlannedCommand> commands_;
  std::vector<BurstRun> runs_;
  std::vector<LayerCounters> layers_;
  std::vector<std::vector<std::int32_t>> fetch_beats_;
  std::array<int, kSemaphores> first_tokens_{};
  std::optional<CommandError> bad_;
  std::vector<Refused> refused_;
};

}  // namespace systoliq::model
