// SPDX-License-Identifier: Apache-2.0
// The columns of layers.csv, in order; run.json holds the same keys.
#pragma once

#include <functional>
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
  std::string name;
  std::function<Cell(const NetworkReport& report, std::size_t layer, const EnergyTable& energy)> cell;
};

/// Columns that are counters have the counter's name (model/accounting/counters.h).
const std::vector<Column>& layer_columns();

/// True where runs at that level count it.
bool has_counter(model::Level level, model::CounterSource source);

/// Cycles in which pixels stream through the array: EXECUTE's busy cycles without filling and draining.
std::int64_t stream_cycles(const LayerReport& layer);

/// MACs over the MACs that rows × cols PEs could do from the start of the layer's first command to the end of its last
/// one, in percent: at most 100.
double utilization_percent(const LayerReport& layer, const model::AcceleratorConfig& config);

}  // namespace systoliq::tb
