// SPDX-License-Identifier: Apache-2.0
// layers.csv and run.json from the list of columns.
#include "tb/report/report.h"

#include <nlohmann/json.hpp>

#include "tb/report/columns.h"
#include "tb/report/memory_rate.h"
#include "types/util/json_text.h"
#include "types/util/names.h"
#include "types/util/number_text.h"

namespace systoliq::tb {
namespace {

std::string csv_text(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::kText:
      return csv_quoted(cell.text);
    case Cell::Kind::kInteger:
      return std::to_string(cell.integer);
    case Cell::Kind::kReal:
      return csv_number(cell.real);
    case Cell::Kind::kEmpty:
      break;
  }
  return "";
}

nlohmann::ordered_json json_value(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::kText:
      return cell.text;
    case Cell::Kind::kInteger:
      return cell.integer;
    case Cell::Kind::kReal:
      return cell.real;
    case Cell::Kind::kEmpty:
      break;
  }
  return nullptr;
}

const char* level_name(model::Level level) {
  constexpr const char* kNames[] = {"functional", "timing", "transaction", "cycle"};
  return kNames[static_cast<int>(level)];
}

}  // namespace

std::string to_csv(const NetworkReport& report, const EnergyTable& energy) {
  std::string csv;
  for (const Column& column : layer_columns()) csv += (csv.empty() ? "" : ",") + std::string(column.name);
  csv += "\n";
  for (std::size_t layer = 0; layer < report.layers.size(); ++layer) {
    std::string row;
    for (const Column& column : layer_columns()) {
      row += (row.empty() ? "" : ",") + csv_text(column.cell(report, layer, energy));
    }
    csv += row + "\n";
  }
  return csv;
}

std::string to_json(const NetworkReport& report, const EnergyTable& energy) {
  nlohmann::ordered_json json;
  json["schema_version"] = 3;
  json["network"] = report.network;
  json["float_network"] = report.float_source;
  json["level"] = level_name(report.level);
  json["images"] = report.images;
  json["array"] = {{"rows", report.config.array.rows}, {"cols", report.config.array.cols}};
  json["clock_mhz"] = report.config.clock_mhz;
  json["accumulator_overflow"] = report.config.datatypes.overflow == Overflow::kWrap ? "wrap" : "saturate";
  std::int64_t macs = 0;
  std::int64_t mismatches = 0;
  std::int64_t on_host = 0;
  double total_energy = 0.0;
  for (std::size_t layer = 0; layer < report.layers.size(); ++layer) {
    nlohmann::ordered_json row;
    for (const Column& column : layer_columns()) row[column.name] = json_value(column.cell(report, layer, energy));
    model::visit_counters([&](const std::string& name, model::CounterSource source, auto get) {
      if (has_counter(report.level, source)) row["counters"][name] = get(report.layers[layer].counters);
    });
    json["layers"].push_back(row);
    on_host += report.layers[layer].on_host ? 1 : 0;
    macs += report.layers[layer].macs;
    mismatches += report.layers[layer].mismatches.value_or(0);
    total_energy += energy_nj(report.layers[layer], report.config, energy);
  }
  nlohmann::ordered_json totals;
  totals["macs"] = macs;
  if (report.level != model::Level::kFunctional) {
    totals["cycles"] = report.cycles;
    const MemoryRate rate = memory_rate(report);
    totals["memory_read_bytes_per_cycle"] = rate.read_per_cycle;
    totals["memory_write_bytes_per_cycle"] = rate.write_per_cycle;
    totals["memory_most_bytes_per_cycle"] = most_bytes_per_cycle(report.config.memory);
    totals["memory_latency_bound"] = is_latency_bound(report.config.memory);
    totals["milliseconds"] = static_cast<double>(report.cycles) / (report.config.clock_mhz * 1e3);
  }
  if (report.level != model::Level::kTiming) totals["mismatches"] = mismatches;
  if (on_host > 0) totals["layers_on_host"] = on_host;
  totals["energy_nj"] = total_energy;
  totals["memory_image_bytes"] = report.image_bytes;
  json["totals"] = totals;
  return json_text(json);
}

}  // namespace systoliq::tb
