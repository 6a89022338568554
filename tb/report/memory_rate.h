// SPDX-License-Identifier: Apache-2.0
// How much of the memory port's width a run used, and how much of it the port's latency allows.
#pragma once

#include <cstdint>
#include <string>

#include "tb/report/report.h"

namespace systoliq::tb {

/// Bytes over a run's cycles, reads and writes.
struct MemoryRate {
  std::int64_t read_bytes = 0, write_bytes = 0;
  double read_per_cycle = 0.0, write_per_cycle = 0.0;
};
MemoryRate memory_rate(const NetworkReport& report);

/// The most bytes a cycle that `outstanding` bursts in flight allow in each direction. A burst of B beats takes L + B
/// cycles from its address to its last beat, so N of them give min(bytes_per_cycle, N · burst_bytes / (L + B)).
double most_bytes_per_cycle(const model::MemoryConfig& memory);

/// True where latency, not width, limits the port.
bool is_latency_bound(const model::MemoryConfig& memory);

/// "memory: 8.2 bytes a cycle read, 0.1 written, of 16", with the limit where the port is latency-bound.
std::string memory_text(const NetworkReport& report);

}  // namespace systoliq::tb
