// SPDX-License-Identifier: Apache-2.0
// Lock-step of the RTL's compute core with the model: every accumulator word in the cycle in which it is written, the
// cycles of every command, and the whole accumulator buffer after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rtl_cosim/core/core_device.h"

namespace systoliq::rtl {

/// A command that differed and what it takes to run it again.
struct CoreFailure {
  model::Storage state;  ///< the model's before the command
  model::Command command;
  int ungranted = 0;        ///< cycles for which its semaphores were withheld
  std::int64_t cycles = 0;  ///< that it takes in the model, from its offer on
};

struct CoreReport {
  std::int64_t commands = 0, cycles = 0, words = 0, overflows = 0;
  std::int64_t mismatched_bits = 0;   ///< accumulator bits, of the first command that differs
  std::int64_t cycle_difference = 0;  ///< RTL - model, of that command: its end, else its first write that differs
  double seconds = 0;                 ///< in the RTL
  std::string divergence;             ///< the first one, several lines; empty if there is none
  std::optional<CoreFailure> failure;
};

/// The window of activations and the weights that an output pixel and column of the array take, pass by pass, as text.
std::string inputs_of_sum(model::Storage& state, const model::Execute& execute, int pixel, int column);

/// Runs one command on both sides, `state` being the model's; on a difference describes it in report->divergence.
void run_core_command(CoreDevice& device, model::Storage& state, const model::Command& command, int idle, int ungranted,
                      CoreReport* report);

/// Runs commands that follow one another as closely as the rules of time allow; `offers` say when each is there, its
/// stream's semaphores being withheld for as many cycles as `stream_granted` says from its start on.
void run_core_sequence(CoreDevice& device, model::Storage& state, std::vector<CoreOffer> offers, CoreReport* report);

/// `commands` random ones from `seed`, one after the other and in sequences, with buffers filled anew every 50; stops
/// at the first divergence.
CoreReport run_core_cosim(CoreDevice& device, std::uint32_t seed, int commands);

}  // namespace systoliq::rtl
