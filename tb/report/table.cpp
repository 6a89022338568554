// SPDX-License-Identifier: Apache-2.0
// The tables that people read on a terminal.
#include <algorithm>
#include <cstdio>

#include "tb/report/align.h"
#include "tb/report/columns.h"
#include "tb/report/memory_rate.h"
#include "tb/report/report.h"
#include "types/util/index.h"
#include "types/util/names.h"

namespace systoliq::tb {
namespace {

std::string number(double value, const char* format) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string sqnr(const ErrorStatistics& statistics, const char* format) {
  return statistics.exact() ? "exact" : number(statistics.sqnr_db(), format);
}

std::string count(std::int64_t value) { return std::to_string(value); }

std::string kib(std::int64_t bytes) { return number(static_cast<double>(bytes) / 1024.0, "%.1f"); }

std::vector<std::string> table_row(const LayerReport& layer, const NetworkReport& report) {
  const bool timed = report.level != model::Level::kFunctional;
  const model::LayerCounters& counters = layer.counters;
  const model::EngineCycles& array = nth(counters.engines, model::Engine::kExecute);
  const auto stall = [&](model::StallCause cause) { return nth(array.stall, cause); };
  std::vector<std::string> row = {layer.name, layer.op, to_string(layer.output_shape), count(layer.macs)};
  for (const std::int64_t cycles : {counters.cycles, counters.latency_cycles, stream_cycles(layer),
                                    counters.fill_cycles, counters.drain_cycles, stall(model::StallCause::kMemory),
                                    stall(model::StallCause::kWeights), stall(model::StallCause::kPost), array.idle}) {
    row.push_back(timed ? count(cycles) : "");
  }
  row.insert(row.begin() + 6, timed ? number(utilization_percent(layer, report.config), "%.1f") : "");
  row.push_back(kib(counters.memory_read_bytes));
  row.push_back(kib(counters.memory_write_bytes));
  row.push_back(layer.accumulated ? number(layer.accumulated->mse(), "%.3g") : "");
  row.push_back(layer.accumulated ? sqnr(*layer.accumulated, "%.1f") : "");
  row.push_back(layer.accumulated ? number(layer.accumulated->max_abs_error(), "%.3g") : "");
  row.push_back(layer.mismatches ? count(*layer.mismatches) : "");
  return row;
}

std::string summary(const NetworkReport& report) {
  std::int64_t macs = 0;
  std::int64_t mismatches = 0;
  std::int64_t on_host = 0;
  std::string first;
  for (const LayerReport& layer : report.layers) {
    on_host += layer.on_host ? 1 : 0;
    macs += layer.macs;
    mismatches += layer.mismatches.value_or(0);
    if (first.empty() && !layer.first_mismatch.empty()) first = layer.name + ", " + layer.first_mismatch;
  }
  std::string out = "total: " + count(macs) + " MACs";
  if (report.level != model::Level::kFunctional) {
    const double possible = static_cast<double>(report.config.array.rows) * report.config.array.cols;
    out += ", " + count(report.cycles) +
           " cycles = " + number(static_cast<double>(report.cycles) / (report.config.clock_mhz * 1e3), "%.3f") +
           " ms at " + count(report.config.clock_mhz) + " MHz, utilization " +
           number(100.0 * static_cast<double>(macs) /
                      (possible * static_cast<double>(std::max<std::int64_t>(report.cycles, 1))),
                  "%.1f") +
           " %";
    if (report.images > 1) out += ", " + count(report.cycles * report.images) + " cycles for all images";
  }
  if (on_host > 0) out += ", " + count(on_host) + (on_host == 1 ? " layer" : " layers") + " ran on the host";
  if (report.level != model::Level::kFunctional) out += "\n" + memory_text(report);
  if (report.level != model::Level::kTiming) {
    out += "\nmismatches against the integer reference: " + count(mismatches) + " over " + count(report.images) +
           (report.images == 1 ? " image" : " images");
  }
  if (!first.empty()) out += "\nfirst mismatch: " + shown(first);
  return out + "\n";
}

}  // namespace

std::string to_table(const NetworkReport& report) {
  Rows rows = {{"layer",    "op",        "output", "MACs",    "cycles",    "latency",   "util %",
                "stream",   "fill",      "drain",  "memory",  "weights",   "post",      "idle",
                "read KiB", "write KiB", "MSE",    "SQNR dB", "max error", "mismatches"}};
  for (const LayerReport& layer : report.layers) rows.push_back(table_row(layer, report));
  std::string out = align(rows, 3) + summary(report);
  if (report.level != model::Level::kTiming) out += "float: " + shown(report.float_source) + "\n";
  return out;
}

std::string to_error_table(const NetworkReport& report) {
  Rows rows = {{"layer", "op", "isolated MSE", "SQNR dB", "max error", "cosine", "accumulated MSE", "SQNR dB",
                "max error", "cosine", "mismatches"}};
  for (const LayerReport& layer : report.layers) {
    std::vector<std::string> row = {layer.name, layer.op};
    for (const auto& statistics : {layer.isolated, layer.accumulated}) {
      row.push_back(statistics ? number(statistics->mse(), "%.4g") : "");
      row.push_back(statistics ? sqnr(*statistics, "%.2f") : "");
      row.push_back(statistics ? number(statistics->max_abs_error(), "%.4g") : "");
      row.push_back(statistics ? number(statistics->cosine(), "%.6f") : "");
    }
    row.push_back(layer.mismatches ? count(*layer.mismatches) : "");
    rows.push_back(row);
  }
  return align(rows, 2) + summary(report);
}

}  // namespace systoliq::tb
