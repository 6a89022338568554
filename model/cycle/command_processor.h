// SPDX-License-Identifier: Apache-2.0
// Fetch and decode, one command a cycle. RTL: systoliq_command_processor.sv.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "model/cycle/engine.h"
#include "model/isa/command_decoder.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model::cycle {

class CommandProcessorBlock final : public sc_core::sc_module {
 public:
  CommandProcessorBlock(const sc_core::sc_module_name& name, Machine& machine) : sc_module(name), machine_(machine) {}
  /// The host's start, taken in cycle 0.
  void start(std::int64_t command_address, std::size_t commands);
  void declare(TraceSink& trace) const;

  /// A burst is requested since an earlier cycle; and its acceptance.
  bool requests() {
    fetch_ready_i_ = false;
    return fetch_valid_o_ = request_q_ && raised_ < machine_.cycle;
  }
  Burst burst() const { return bursts_[burst_]; }
  void accepted();
  /// A beat of fetched data.
  void beat(const std::uint8_t* data, int bytes);

  /// Moves the oldest fetched command on, if it can go. `engines` in the order of Engine.
  void decode(const std::array<EngineBlock*, kEngines>& engines);
  /// Last of a cycle: requests the next burst.
  void request();

  /// HALT was decoded, or a bad command has ended the run: cycles of the run.
  bool halted() const { return cycles_ >= 0; }
  /// Throws CommandError where a bad command has ended the run.
  void rethrow() const;
  std::int64_t cycles() const { return cycles_; }
  /// True if neither fetch nor decode can go on without the engines.
  bool stuck() const {
    const bool waits = waits_for_space_ || waits_for_idle_ || (!head_ && !bad_.bad() && waiting_.empty());
    return !request_q_ && requested_ == fetched_ && waits && !decoded_now_;
  }
  std::string describe_wait() const;

 private:
  void cut();
  bool take_head();
  void wait_with_bad(const std::array<EngineBlock*, kEngines>& engines);

  Machine& machine_;
  std::int64_t command_address_ = 0, cycles_ = -1, raised_ = 0;
  std::int32_t commands_ = 0;   ///< of the program
  std::int32_t requested_ = 0;  ///< whose bursts have all been accepted
  std::int32_t fetched_ = 0;    ///< that have come
  std::int32_t decoded_ = 0;
  bool request_q_ = false, fetch_valid_o_ = false, fetch_ready_i_ = false, decoded_now_ = false,
       waits_for_space_ = false, waits_for_idle_ = false;
  std::vector<Burst> bursts_;  ///< of command `requested_`
  std::size_t burst_ = 0;
  std::size_t bytes_ = 0;  ///< of the command that is coming
  CommandWords coming_{};
  std::deque<CommandWords> waiting_;  ///< fetched, not decoded
  std::optional<Command> head_;       ///< the oldest, understood
  std::optional<CommandDecoder> decoder_;
  CommandWords bad_words_{};
  Verdict bad_;  ///< of the command that ends the run, once it is found
};

}  // namespace systoliq::model::cycle
