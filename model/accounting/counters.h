// SPDX-License-Identifier: Apache-2.0
// What the machine counts, per layer and engine (docs/timing.md), and one visitor over all of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

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

/// A new member gets its line in visit_counters() below.
struct LayerCounters {
  std::int64_t cycles = 0;          ///< end of the previous layer to the end of this one
  std::int64_t latency_cycles = 0;  ///< start of its first command to the end of its last one
  std::array<EngineCycles, kEngines> engines{};
  /// Unmasked products of the array, which may be more than the network's; and rows * cols * EXECUTE's busy cycles.
  std::int64_t array_macs = 0, array_macs_possible = 0;
  std::int64_t memory_read_bytes = 0, memory_write_bytes = 0, memory_read_bursts = 0, memory_write_bursts = 0;
  std::int64_t sram_read_words = 0, sram_write_words = 0;
  std::int64_t overflows = 0;  ///< accumulator values that were saturated or wrapped, as the configuration says
  std::int64_t clamps = 0;     ///< outputs limited by the clamp
  // EXECUTE's busy cycles, split by the closed formula (docs/timing.md): they sum to its busy cycles.
  std::int64_t ideal_cycles = 0, tile_underutilization_cycles = 0, fill_cycles = 0, drain_cycles = 0;
  // What the layer's own EXECUTEs take by the closed formula, in whichever layer's cycles they run.
  std::int64_t own_fill_cycles = 0, own_stream_cycles = 0, own_drain_cycles = 0;
};

/// Where a counter's value comes from, hence which levels have it.
enum class CounterSource {
  kTime,     ///< the division of the run's cycles; not at level functional
  kCommand,  ///< the fields of the layer's commands; at every level
  kData      ///< the values that are computed; not at level timing
};

namespace counter_detail {

template <typename Visit>
void visit_engine(std::size_t e, const Visit& visit) {
  constexpr std::array<const char*, kEngines> kEngineNames = {"load", "execute", "post", "store"};
  constexpr std::array<const char*, kStallCauses> kCauses = {"memory", "weights", "accumulators", "post", "other"};
  const std::string engine = kEngineNames[e];
  visit(
      engine + "_busy_cycles", CounterSource::kTime, [e](auto& c) -> auto& { return c.engines[e].busy; });
  for (std::size_t s = 0; s < kStallCauses; ++s) {
    visit(
        engine + "_stall_" + kCauses[s] + "_cycles", CounterSource::kTime,
        [ e, s ](auto& c) -> auto& { return c.engines[e].stall[s]; });
  }
  visit(
      engine + "_idle_cycles", CounterSource::kTime, [e](auto& c) -> auto& { return c.engines[e].idle; });
}

}  // namespace counter_detail

/// Calls visit(name, source, get) for every counter, where get(counters) is a reference to that counter in any
/// LayerCounters. Sums, comparisons, reports and tests all go through here.
template <typename Visit>
void visit_counters(const Visit& visit) {
#define SYSTOLIQ_COUNTER(name, source) \
  visit(                               \
      std::string(#name), CounterSource::source, [](auto& c) -> auto& { return c.name; })
  SYSTOLIQ_COUNTER(cycles, kTime);
  SYSTOLIQ_COUNTER(latency_cycles, kTime);
  for (std::size_t e = 0; e < kEngines; ++e) counter_detail::visit_engine(e, visit);
  SYSTOLIQ_COUNTER(array_macs, kCommand);
  SYSTOLIQ_COUNTER(array_macs_possible, kTime);
  SYSTOLIQ_COUNTER(memory_read_bytes, kCommand);
  SYSTOLIQ_COUNTER(memory_write_bytes, kCommand);
  SYSTOLIQ_COUNTER(memory_read_bursts, kCommand);
  SYSTOLIQ_COUNTER(memory_write_bursts, kCommand);
  SYSTOLIQ_COUNTER(sram_read_words, kCommand);
  SYSTOLIQ_COUNTER(sram_write_words, kCommand);
  SYSTOLIQ_COUNTER(overflows, kData);
  SYSTOLIQ_COUNTER(clamps, kData);
  SYSTOLIQ_COUNTER(ideal_cycles, kTime);
  SYSTOLIQ_COUNTER(tile_underutilization_cycles, kTime);
  SYSTOLIQ_COUNTER(fill_cycles, kTime);
  SYSTOLIQ_COUNTER(drain_cycles, kTime);
  SYSTOLIQ_COUNTER(own_fill_cycles, kCommand);
  SYSTOLIQ_COUNTER(own_stream_cycles, kCommand);
  SYSTOLIQ_COUNTER(own_drain_cycles, kCommand);
#undef SYSTOLIQ_COUNTER
}

/// Adds every counter.
inline LayerCounters& operator+=(LayerCounters& sum, const LayerCounters& more) {
  visit_counters([&](const std::string&, CounterSource, auto get) { get(sum) += get(more); });
  return sum;
}

inline bool operator==(const LayerCounters& a, const LayerCounters& b) {
  bool equal = true;
  visit_counters([&](const std::string&, CounterSource, auto get) { equal = equal && get(a) == get(b); });
  return equal;
}
inline bool operator!=(const LayerCounters& a, const LayerCounters& b) { return !(a == b); }

}  // namespace systoliq::model
