// SPDX-License-Identifier: Apache-2.0
// How each column of layers.csv is computed from a layer's report.
#include "tb/report/columns.h"

namespace systoliq::tb {
namespace {

using model::Level;
using model::StallCause;

Cell text(std::string value) { return {Cell::Kind::kText, std::move(value), 0, 0.0}; }
Cell integer(std::int64_t value) { return {Cell::Kind::kInteger, "", value, 0.0}; }
Cell real(double value) { return {Cell::Kind::kReal, "", 0, value}; }

bool has_time(const NetworkReport& report) { return report.level != Level::kFunctional; }
bool has_data(const NetworkReport& report) { return report.level != Level::kTiming; }

Cell timed(const NetworkReport& report, std::int64_t value) { return has_time(report) ? integer(value) : Cell{}; }

std::int64_t stall(const LayerReport& layer, StallCause cause) {
  return layer.counters.engines[static_cast<std::size_t>(model::Engine::kExecute)]
      .stall[static_cast<std::size_t>(cause)];
}

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

}  // namespace

ArrayCycles array_cycles(const LayerReport& layer) {
  const model::EngineCycles& engine = layer.counters.engines[static_cast<std::size_t>(model::Engine::kExecute)];
  ArrayCycles split;
  split.busy = engine.busy - layer.counters.fill_cycles - layer.counters.drain_cycles;
  split.memory = stall(layer, StallCause::kMemory);
  split.weights = stall(layer, StallCause::kWeights) + layer.counters.fill_cycles;
  split.post = stall(layer, StallCause::kPost) + stall(layer, StallCause::kAccumulators);
  split.other = stall(layer, StallCause::kOther) + engine.idle + layer.counters.drain_cycles;
  return split;
}

double utilization_percent(const LayerReport& layer, const model::AcceleratorConfig& config) {
  if (layer.counters.cycles == 0) return 0.0;
  const double possible = static_cast<double>(config.array.rows) * config.array.cols;
  return 100.0 * static_cast<double>(layer.macs) / (possible * static_cast<double>(layer.counters.cycles));
}

const std::vector<Column>& layer_columns() {
  static const std::vector<Column> kColumns = {
      SYSTOLIQ_COLUMN("index", integer(static_cast<std::int64_t>(index))),
      SYSTOLIQ_COLUMN("name", text(layer.name)),
      SYSTOLIQ_COLUMN("op", text(layer.op)),
      SYSTOLIQ_COLUMN("output_shape", text(to_string(layer.output_shape))),
      SYSTOLIQ_COLUMN("macs", integer(layer.macs)),
      SYSTOLIQ_COLUMN("cycles", timed(report, layer.counters.cycles)),
      SYSTOLIQ_COLUMN("utilization_percent",
                      has_time(report) ? real(utilization_percent(layer, report.config)) : Cell{}),
      SYSTOLIQ_COLUMN("busy_cycles", timed(report, array_cycles(layer).busy)),
      SYSTOLIQ_COLUMN("stall_memory_cycles", timed(report, array_cycles(layer).memory)),
      SYSTOLIQ_COLUMN("stall_weights_cycles", timed(report, array_cycles(layer).weights)),
      SYSTOLIQ_COLUMN("stall_post_cycles", timed(report, array_cycles(layer).post)),
      SYSTOLIQ_COLUMN("stall_other_cycles", timed(report, array_cycles(layer).other)),
      SYSTOLIQ_COLUMN("dram_read_bytes", integer(layer.counters.memory_read_bytes)),
      SYSTOLIQ_COLUMN("dram_write_bytes", integer(layer.counters.memory_write_bytes)),
      SYSTOLIQ_COLUMN("sram_read_words", integer(layer.counters.sram_read_words)),
      SYSTOLIQ_COLUMN("sram_write_words", integer(layer.counters.sram_write_words)),
      SYSTOLIQ_COLUMN("energy_nj", real(energy_nj(layer, report.config, energy))),
      SYSTOLIQ_COLUMN("mse", error(layer, &ErrorStatistics::mse)),
      SYSTOLIQ_COLUMN("sqnr_db", error(layer, &ErrorStatistics::sqnr_db)),
      SYSTOLIQ_COLUMN("max_abs_error", error(layer, &ErrorStatistics::max_abs_error)),
      SYSTOLIQ_COLUMN("cosine", error(layer, &ErrorStatistics::cosine)),
      SYSTOLIQ_COLUMN("mismatches", layer.mismatches ? integer(*layer.mismatches) : Cell{}),
      SYSTOLIQ_COLUMN("saturations", has_data(report) ? integer(layer.counters.overflows) : Cell{}),
  };
  return kColumns;
}

}  // namespace systoliq::tb
