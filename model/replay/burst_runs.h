// SPDX-License-Identifier: Apache-2.0
// The bursts of one LOAD or STORE as the replay needs them: how many beats each takes and how many words pass with it.
// Addresses are gone; equal bursts that follow one another are counted.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/config/accelerator_config.h"
#include "model/isa/command.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model {

/// `count` bursts alike. A LOAD's burst, first beat in cycle f, lets `words` words be written: the cycle n of the next
/// write becomes max(n + words, f + lag). A STORE's burst needs `words` words to be read before; its lag is 0.
struct BurstRun {
  std::int32_t count = 0, beats = 0, words = 0, lag = 0;
};

/// What a command's bursts amount to.
struct BurstSummary {
  BurstTotals totals;
  std::int64_t lead_words = 0;   ///< a LOAD's words that need no byte and come before any that does
  std::optional<Burst> refused;  ///< the first burst that leaves the memory; the runs end before it
};

/// Appends the runs of a command for a memory of so many bytes.
BurstSummary append_runs(const Load& load, const MemoryConfig& memory, std::int64_t memory_bytes,
                         std::vector<BurstRun>* runs);
BurstSummary append_runs(const Store& store, const AcceleratorConfig& config, std::int64_t memory_bytes,
                         std::vector<BurstRun>* runs);

}  // namespace systoliq::model
