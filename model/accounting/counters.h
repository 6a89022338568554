// SPDX-License-Identifier: Apache-2.0
// What the machine counts, per layer and engine (docs/timing.md).
#pragma once

#include <array>
#include <cstdint>

namespace systoliq::model {

enum class StallCause { kMemory, kWeights, kAccumulators, kPost, kOther };
inline constexpr int kStallCauses = 5;
enum class Engine { kLoad, kExecute, kPost, kStore };
inline constexpr int kEngines = 4;

/// Exact attribution: busy + sum(stall) + idle = the cycles of the layer, for each engine.
struct EngineCycles {
  std::int64_t busy = 0, idle = 0;
  std::array<std::int64_t, kStallCauses> stall{};
};

struct LayerCounters {
  std::int64_t cycles = 0;  ///< end of the previous layer to the end of this one
  std::array<EngineCycles, kEngines> engines{};
  std::int64_t macs = 0, macs_possible = 0;  ///< macs: unmasked products; possible: rows * cols * execute busy cycles
  std::int64_t memory_read_bytes = 0, memory_write_bytes = 0, memory_read_bursts = 0, memory_write_bursts = 0;
  std::int64_t sram_read_words = 0, sram_write_words = 0;
  std::int64_t overflows = 0;  ///< accumulator saturations or wraps
  std::int64_t clamps = 0;     ///< outputs limited by the clamp
  // The array's busy cycles, split by the closed formula (docs/timing.md): they sum to its busy cycles.
  std::int64_t ideal_cycles = 0, edge_waste_cycles = 0, fill_cycles = 0, drain_cycles = 0;
  // What the layer's own EXECUTEs take by the closed formula, in whichever layer's cycles they run.
  std::int64_t own_fill_cycles = 0, own_stream_cycles = 0, own_drain_cycles = 0;
};

}  // namespace systoliq::model
