// SPDX-License-Identifier: Apache-2.0
// From the counters of all layers and the port's parameters.
#include "tb/report/memory_rate.h"

#include <algorithm>
#include <cstdio>

namespace systoliq::tb {
namespace {

std::string rate(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", bytes);
  return text;
}

}  // namespace

MemoryRate memory_rate(const NetworkReport& report) {
  MemoryRate result;
  for (const LayerReport& layer : report.layers) {
    result.read_bytes += layer.counters.memory_read_bytes;
    result.write_bytes += layer.counters.memory_write_bytes;
  }
  if (report.cycles == 0) return result;
  result.read_per_cycle = static_cast<double>(result.read_bytes) / static_cast<double>(report.cycles);
  result.write_per_cycle = static_cast<double>(result.write_bytes) / static_cast<double>(report.cycles);
  return result;
}

double most_bytes_per_cycle(const model::MemoryConfig& memory) {
  const int beats = memory.burst_bytes / memory.bytes_per_cycle;
  const double in_flight = static_cast<double>(memory.outstanding) * memory.burst_bytes;
  return std::min<double>(memory.bytes_per_cycle, in_flight / (memory.latency_cycles + beats));
}

bool is_latency_bound(const model::MemoryConfig& memory) {
  return most_bytes_per_cycle(memory) < memory.bytes_per_cycle;
}

std::string memory_text(const NetworkReport& report) {
  const MemoryRate measured = memory_rate(report);
  const model::MemoryConfig& memory = report.config.memory;
  std::string text = "memory: " + rate(measured.read_per_cycle) + " bytes a cycle read, " +
                     rate(measured.write_per_cycle) + " written, of " + std::to_string(memory.bytes_per_cycle);
  if (!is_latency_bound(memory)) return text;
  return text + "; latency-bound: memory.outstanding = " + std::to_string(memory.outstanding) + " allows " +
         rate(most_bytes_per_cycle(memory));
}

}  // namespace systoliq::tb
