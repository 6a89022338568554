// SPDX-License-Identifier: Apache-2.0
// Runs a program on the SystemC machine: the one entry point that test benches need. The SystemC modules are in this folder.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/compiler/program.h"

namespace systoliq::model {

enum class Level { kFunctional, kTiming, kTransaction };
Level parse_level(const std::string& name);  ///< throws InputError; `cycle` is refused as not yet available

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
};

struct RunResult {
  std::int64_t cycles = 0;  ///< empty (0) at level functional
  std::vector<LayerCounters> layers;
  std::vector<std::int64_t> command_end_cycle;  ///< per command, completion time
  std::vector<std::uint8_t> memory;             ///< final contents (empty at level timing)
};

/// SystemC allows one elaboration a process, so the machine is elaborated at the first call and configured anew for each.
/// Memory starts as program.image with the inputs already packed in. Throws InputError, InternalError.
RunResult run_program(const Program& program, const AcceleratorConfig& config, Level level, std::vector<std::uint8_t> memory);

}  // namespace systoliq::model
