// SPDX-License-Identifier: Apache-2.0
// Where a layer's cycles go: its own work by the closed formula, work of its neighbors that overlaps, and waiting.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tb/compare/bench.h"

namespace systoliq::tb {

/// In cycles; the terms sum to `cycles`:
///   ideal         = ceil(MACs of the network's layer / (rows * cols))
///   tile_underutilization = cycles in which the layer's own EXECUTEs stream, less ideal: lanes, columns and pixels
///                   that the tile does not fill, passes shorter than the next weights take, outputs computed twice
///   fill_drain    = the layer's own EXECUTEs before their first and after their last pixel
///   overlap       = EXECUTE's busy cycles in this layer's, less the layer's own fill, stream and drain: EXECUTEs that
///                   run into one another count once, and layers overlap; at most 0 over a network
///   weights, memory, post, idle = EXECUTE waiting by cause, or without a command (docs/timing.md)
///   other_waits   = EXECUTE waiting for accumulators or for no known cause; no compiled program does
struct CycleBreakdown {
  std::string layer;
  std::int64_t ideal = 0, tile_underutilization = 0, fill_drain = 0, overlap = 0;
  std::int64_t weights = 0, memory = 0, post = 0, other_waits = 0, idle = 0;
  std::int64_t cycles = 0;
  /// SCALE-Sim's closed form for weight stationary, ceil(K/R) * ceil(N/C) * (2R + C + P - 2) - 1; K reduction length, N
  /// output channels, P output pixels. Not for grouped convolutions nor for layers without the array.
  std::optional<std::int64_t> scale_sim;

  std::int64_t residual() const {
    return cycles -
           (ideal + tile_underutilization + fill_drain + overlap + weights + memory + post + other_waits + idle);
  }
};

/// One a layer, then their sum, named "total".
std::vector<CycleBreakdown> cycle_breakdown(const NetworkReport& report, const QuantizedNetwork& network);

/// The table for people.
std::string to_cycle_table(const std::vector<CycleBreakdown>& rows);
/// The same as CSV, without the total.
std::string to_cycle_csv(const std::vector<CycleBreakdown>& rows);

}  // namespace systoliq::tb
