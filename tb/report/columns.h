// SPDX-License-Identifier: Apache-2.0
// The columns of layers.csv, in order; run.json holds the same keys.
#pragma once

#include <string>
#include <vector>

#include "tb/report/report.h"

namespace systoliq::tb {

/// One cell: text, an exact count, a real number, or nothing.
struct Cell {
  enum class Kind { kEmpty, kText, kInteger, kReal } kind = Kind::kEmpty;
  std::string text;
  std::int64_t integer = 0;
  double real = 0.0;
};

struct Column {
  const char* name;
  Cell (*cell)(const NetworkReport& report, std::size_t layer, const EnergyTable& energy);
};

const std::vector<Column>& layer_columns();

/// Cycles of the layer, split as the array sees them; they sum to counters.cycles. Stalls waiting for accumulators
/// belong to the post-processing that must free them; fill counts as weights, drain and idle as other.
struct ArrayCycles {
  std::int64_t busy = 0, memory = 0, weights = 0, post = 0, other = 0;
};
ArrayCycles array_cycles(const LayerReport& layer);

/// MACs over the MACs that rows × cols PEs could do in the layer's cycles, in percent.
double utilization_percent(const LayerReport& layer, const model::AcceleratorConfig& config);

}  // namespace systoliq::tb
