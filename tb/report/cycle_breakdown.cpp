// SPDX-License-Identifier: Apache-2.0
// The sums of cycle_breakdown.h.
#include "tb/report/cycle_breakdown.h"

#include "tb/report/align.h"
#include "types/util/index.h"
#include "types/util/names.h"

namespace systoliq::tb {
namespace {

using model::StallCause;

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

std::optional<std::int64_t> scale_sim_cycles(const QuantizedLayer& layer, const Shape& output,
                                             const model::ArrayConfig& array) {
  if (layer.op != LayerOp::kConvolution || layer.groups != 1) return std::nullopt;
  const Shape& weights = layer.weights.shape;
  const std::int64_t reduction = weights[1] * weights[2] * weights[3];
  const std::int64_t tiles = ceil_divide(reduction, array.rows) * ceil_divide(weights[0], array.cols);
  return tiles * (2 * std::int64_t{array.rows} + array.cols + output[2] * output[3] - 2) - 1;
}

CycleBreakdown break_down(const LayerReport& layer, const model::ArrayConfig& array) {
  const model::LayerCounters& counters = layer.counters;
  const model::EngineCycles& engine = nth(counters.engines, model::Engine::kExecute);
  const auto stall = [&](StallCause cause) { return nth(engine.stall, cause); };
  CycleBreakdown row;
  row.layer = layer.name;
  row.ideal = ceil_divide(layer.macs, std::int64_t{array.rows} * array.cols);
  row.tile_underutilization = counters.own_stream_cycles - row.ideal;
  row.fill_drain = counters.own_fill_cycles + counters.own_drain_cycles;
  row.overlap = engine.busy - counters.own_stream_cycles - row.fill_drain;
  row.weights = stall(StallCause::kWeights);
  row.memory = stall(StallCause::kMemory);
  row.post = stall(StallCause::kPost);
  row.other_waits = stall(StallCause::kAccumulators) + stall(StallCause::kOther);
  row.idle = engine.idle;
  row.cycles = counters.cycles;
  return row;
}

void add(const CycleBreakdown& row, CycleBreakdown* total) {
  total->ideal += row.ideal;
  total->tile_underutilization += row.tile_underutilization;
  total->fill_drain += row.fill_drain;
  total->overlap += row.overlap;
  total->weights += row.weights;
  total->memory += row.memory;
  total->post += row.post;
  total->other_waits += row.other_waits;
  total->idle += row.idle;
  total->cycles += row.cycles;
}

std::vector<std::string> cells(const CycleBreakdown& row) {
  std::vector<std::string> texts = {row.layer};
  for (const std::int64_t value : {row.ideal, row.tile_underutilization, row.fill_drain, row.overlap, row.weights,
                                   row.memory, row.post, row.other_waits, row.idle, row.cycles, row.residual()}) {
    texts.push_back(std::to_string(value));
  }
  texts.push_back(row.scale_sim ? std::to_string(*row.scale_sim) : "");
  return texts;
}

}  // namespace

std::vector<CycleBreakdown> cycle_breakdown(const NetworkReport& report, const QuantizedNetwork& network) {
  std::vector<CycleBreakdown> rows;
  CycleBreakdown total;
  total.layer = "total";
  auto layer = network.layers.begin();
  for (const LayerReport& each : report.layers) {
    if (each.on_host) continue;
    rows.push_back(break_down(each, report.config.array));
    rows.back().scale_sim = scale_sim_cycles(*layer++, each.output_shape, report.config.array);
    add(rows.back(), &total);
  }
  rows.push_back(total);
  return rows;
}

std::string to_cycle_table(const std::vector<CycleBreakdown>& rows) {
  Rows texts = {{"layer", "ideal", "tile underutilization", "fill+drain", "overlap", "weights", "memory", "post",
                 "other waits", "idle", "cycles", "residual", "SCALE-Sim ws"}};
  for (const CycleBreakdown& row : rows) texts.push_back(cells(row));
  return align(texts, 1);
}

std::string to_cycle_csv(const std::vector<CycleBreakdown>& rows) {
  std::string csv =
      "name,own_ideal_cycles,own_tile_underutilization_cycles,own_fill_drain_cycles,overlap_cycles,"
      "execute_stall_weights_cycles,execute_stall_memory_cycles,execute_stall_post_cycles,other_waits_cycles,"
      "execute_idle_cycles,cycles,residual_cycles,scale_sim_cycles\n";
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    std::vector<std::string> texts = cells(rows[i]);
    texts.front() = csv_quoted(texts.front());
    for (std::size_t column = 0; column < texts.size(); ++column) csv += (column == 0 ? "" : ",") + texts[column];
    csv += "\n";
  }
  return csv;
}

}  // namespace systoliq::tb
