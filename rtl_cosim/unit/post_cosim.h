// SPDX-License-Identifier: Apache-2.0
// Co-simulation of the POST engine with compute_post(), commit_post() and post_cycles().
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rtl_cosim/unit/post_unit.h"
#include "types/preset.h"

namespace systoliq::rtl {

/// A command that differed and what it takes to run it again.
struct PostFailure {
  model::Storage state;  ///< the model's before the command
  model::Command command;
  PostRunOptions options;   ///< its waiting cycles and noise
  std::int64_t cycles = 0;  ///< that it takes in the model, from its offer on
};

struct PostReport {
  std::int64_t commands = 0, cycles = 0, words = 0;
  std::int64_t mismatched_bits = 0, cycle_difference = 0;  ///< of the first command that differs; RTL - model
  std::string mismatch;                                    ///< empty: same words and same cycles in every command
  std::optional<PostFailure> failure;
};

/// Random commands of one operation and preset, one after the other; after each the whole activation buffer, the cycles
/// and the semaphores signaled are compared. Stops at the first difference.
/// Without exact_cycles an engine may take as long as it likes.
PostReport cosim_post(PostUnit& unit, model::PostOp op, Preset preset, std::int64_t commands, std::uint64_t seed,
                      bool exact_cycles = true);

/// The same for averages of one window of about `taps` taps, which fill sums and counts to their high bits.
PostReport cosim_large_windows(PostUnit& unit, Preset preset, int taps, std::int64_t commands, std::uint64_t seed);

}  // namespace systoliq::rtl
