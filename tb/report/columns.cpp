// SPDX-License-Identifier: Apache-2.0
// How each column of layers.csv is computed from a layer's report.
#include "tb/report/columns.h"

namespace systoliq::tb {
namespace {

using model::Level;

Cell text(std::string value) { return {Cell::Kind::kText, std::move(value), 0, 0.0}; }
Cell integer(std::int64_t value) { return {Cell::Kind::kInteger, "", value, 0.0}; }
Cell real(double value) { return {Cell::Kind::kReal, "", 0, value}; }

bool has_time(const NetworkReport& report) { return has_counter(report.level, model::CounterSource::kTime); }

Cell error(const LayerReport& layer, double (ErrorStatistics::*figure)() const) {
  return layer.accumulated ? real(((*layer.accumulated).*figure)()) : Cell{};
}

#define SYSTOLIQ_COLUMN(name, value)                                                              \
  {                                                                                               \
    name, [](const NetworkReport& report, std::size_t index, const EnergyTable& energy) -> Cell { \
      const LayerReport& layer = report.layers[index];                                            \
      static_cast<void>(layer), static_cast<void>(energy);                                        \
      return value;                                                                               \
    }                                                                                             \
  }

/// The column of the counter of that name.
Column counter(const char* wanted) {
  Column column;
  model::visit_counters([&](const std::string& name, model::CounterSource source, auto get) {
    if (name != wanted) return;
    column = {name, [source, get](const NetworkReport& report, std::size_t layer, const EnergyTable&) {
                return has_counter(report.level, source) ? integer(get(report.layers[layer].counters)) : Cell{};
              }};
  });
  check(column.cell != nullptr, "no counter has the name of a column");
  return column;
}

}  // namespace

bool has_counter(Level level, model::CounterSource source) {
  switch (source) {
    case model::CounterSource::kTime:
      return level != Level::kFunctional;
    case model::CounterSource::kData:
      return level != Level::kTiming;
    case model::CounterSource::kCommand:
      break;
  }
  return true;
}

std::int64_t stream_cycles(const LayerReport& layer) {
  return layer.counters.ideal_cycles + layer.counters.tile_underutilization_cycles;
}

double utilization_percent(const LayerReport& layer, const model::AcceleratorConfig& config) {
  if (layer.counters.latency_cycles == 0) return 0.0;
  const double possible = static_cast<double>(config.array.rows) * config.array.cols;
  return 100.0 * static_cast<double>(layer.macs) / (possible * static_cast<double>(layer.counters.latency_cycles));
}

const std::vector<Column>& layer_columns() {
  static const std::vector<Column> kColumns = {
      SYSTOLIQ_COLUMN("index", integer(static_cast<std::int64_t>(index))),
      SYSTOLIQ_COLUMN("name", text(layer.name)),
      SYSTOLIQ_COLUMN("op", text(layer.op)),
      SYSTOLIQ_COLUMN("output_shape", text(to_string(layer.output_shape))),
      SYSTOLIQ_COLUMN("macs", integer(layer.macs)),
      counter("cycles"),
      counter("latency_cycles"),
      SYSTOLIQ_COLUMN("utilization_percent",
                      has_time(report) ? real(utilization_percent(layer, report.config)) : Cell{}),
      SYSTOLIQ_COLUMN("stream_cycles", has_time(report) ? integer(stream_cycles(layer)) : Cell{}),
      counter("fill_cycles"),
      counter("drain_cycles"),
      counter("execute_stall_memory_cycles"),
      counter("execute_stall_weights_cycles"),
      counter("execute_stall_accumulators_cycles"),
      counter("execute_stall_post_cycles"),
      counter("execute_stall_other_cycles"),
      counter("execute_idle_cycles"),
      counter("memory_read_bytes"),
      counter("memory_write_bytes"),
      counter("sram_read_words"),
      counter("sram_write_words"),
      SYSTOLIQ_COLUMN("energy_nj", real(energy_nj(layer, report.config, energy))),
      SYSTOLIQ_COLUMN("mse", error(layer, &ErrorStatistics::mse)),
      SYSTOLIQ_COLUMN("sqnr_db", error(layer, &ErrorStatistics::sqnr_db)),
      SYSTOLIQ_COLUMN("max_abs_error", error(layer, &ErrorStatistics::max_abs_error)),
      SYSTOLIQ_COLUMN("cosine", error(layer, &ErrorStatistics::cosine)),
      SYSTOLIQ_COLUMN("mismatches", layer.mismatches ? integer(*layer.mismatches) : Cell{}),
      counter("overflows"),
  };
  return kColumns;
}

}  // namespace systoliq::tb
