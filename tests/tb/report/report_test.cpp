// SPDX-License-Identifier: Apache-2.0
// Reports from a report written by hand: columns, sums, what stays empty at which level, energy, and file writing.
#include "tb/report/report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tb/report/columns.h"
#include "tb/report/memory_rate.h"
#include "types/util/number_text.h"

namespace systoliq::tb {
namespace {

using model::Engine;
using model::Level;
using model::StallCause;

constexpr const char* kHeader =
    "index,name,op,output_shape,macs,cycles,latency_cycles,utilization_percent,stream_cycles,fill_cycles,drain_cycles,"
    "execute_stall_memory_cycles,execute_stall_weights_cycles,execute_stall_accumulators_cycles,"
    "execute_stall_post_cycles,execute_stall_other_cycles,execute_idle_cycles,memory_read_bytes,memory_write_bytes,"
    "sram_read_words,sram_write_words,energy_nj,mse,sqnr_db,max_abs_error,cosine,mismatches,overflows";

LayerReport convolution() {
  LayerReport layer;
  layer.name = "conv \"1\"";
  layer.op = "Conv";
  layer.output_shape = {1, 6, 2, 2};
  layer.macs = 12800;
  model::LayerCounters& c = layer.counters;
  c.cycles = 1000;
  auto& array = c.engines[static_cast<std::size_t>(Engine::kExecute)];
  array.busy = 400;
  array.idle = 100;
  array.stall[static_cast<std::size_t>(StallCause::kMemory)] = 200;
  array.stall[static_cast<std::size_t>(StallCause::kWeights)] = 150;
  array.stall[static_cast<std::size_t>(StallCause::kAccumulators)] = 30;
  array.stall[static_cast<std::size_t>(StallCause::kPost)] = 70;
  array.stall[static_cast<std::size_t>(StallCause::kOther)] = 50;
  c.latency_cycles = 1250;
  c.fill_cycles = 16;
  c.drain_cycles = 35;
  c.ideal_cycles = 50;
  c.tile_underutilization_cycles = 299;
  c.array_macs = 12800;
  c.memory_read_bytes = 8000;
  c.memory_write_bytes = 800;
  c.sram_read_words = 300;
  c.sram_write_words = 200;
  c.overflows = 9;
  return layer;
}

NetworkReport report_at(Level level) {
  NetworkReport report;
  report.network = "net";
  report.level = level;
  report.images = 1;
  report.layers = {convolution(), convolution()};
  report.layers[1].name = "pool";
  report.cycles = 2000;
  report.image_bytes = 123;
  if (level != Level::kTiming) {
    for (LayerReport& layer : report.layers) layer.mismatches = 0;
    report.layers[1].mismatches = 3;
    report.layers[1].first_mismatch = "channel 1 at 0, 1: expected 5, found 6";
    ErrorStatistics exact;
    exact.add(FloatTensor(Shape{1}, 1.0F), FloatTensor(Shape{1}, 1.0F));
    report.layers[0].accumulated = exact;
    ErrorStatistics off;
    off.add(FloatTensor(Shape{2}, std::vector<float>{1.0F, 0.0F}),
            FloatTensor(Shape{2}, std::vector<float>{2.0F, 0.0F}));
    report.layers[1].accumulated = off;
  }
  return report;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  bool quoted = false;
  parts.emplace_back();
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == separator && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

TEST(Csv, ColumnsAndValues) {
  const auto lines = split(to_csv(report_at(Level::kTransaction), EnergyTable{}), '\n');
  ASSERT_EQ(lines.size(), 4U);  // the last is empty
  EXPECT_EQ(lines[0], kHeader);
  const auto names = split(lines[0], ',');
  const auto cells = split(lines[1], ',');
  ASSERT_EQ(cells.size(), names.size());
  std::map<std::string, std::string> row;
  for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = cells[i];
  EXPECT_EQ(row["index"], "0");
  EXPECT_EQ(row["name"], "\"conv \"\"1\"\"\"");
  EXPECT_EQ(row["output_shape"], "\"[1, 6, 2, 2]\"");
  EXPECT_EQ(row["macs"], "12800");
  EXPECT_EQ(row["cycles"], "1000");
  EXPECT_EQ(row["latency_cycles"], "1250");
  EXPECT_EQ(row["utilization_percent"], "4");  // of the latency
  EXPECT_EQ(row["stream_cycles"], "349");
  EXPECT_EQ(row["fill_cycles"], "16");
  EXPECT_EQ(row["drain_cycles"], "35");
  EXPECT_EQ(row["execute_stall_memory_cycles"], "200");
  EXPECT_EQ(row["execute_stall_weights_cycles"], "150");
  EXPECT_EQ(row["execute_stall_accumulators_cycles"], "30");
  EXPECT_EQ(row["execute_stall_post_cycles"], "70");
  EXPECT_EQ(row["execute_stall_other_cycles"], "50");
  EXPECT_EQ(row["execute_idle_cycles"], "100");
  EXPECT_EQ(row["memory_read_bytes"], "8000");
  EXPECT_EQ(row["memory_write_bytes"], "800");
  EXPECT_EQ(row["mse"], "0");
  EXPECT_EQ(row["sqnr_db"], "") << "infinite, as the error of 0 says";
  EXPECT_EQ(row["mismatches"], "0");
  EXPECT_EQ(row["overflows"], "9");
}

TEST(Csv, SplitSumsToCycles) {
  const auto lines = split(to_csv(report_at(Level::kTransaction), EnergyTable{}), '\n');
  const auto names = split(lines[0], ',');
  const auto cells = split(lines[1], ',');
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    const bool part = name == "stream_cycles" || name == "fill_cycles" || name == "drain_cycles" ||
                      name.find("execute_stall_") == 0 || name == "execute_idle_cycles";
    if (part) sum += std::stoll(cells[i]);
  }
  EXPECT_EQ(sum, convolution().counters.cycles);
}

TEST(Csv, WhatALevelDoesNotProduceIsEmpty) {
  const auto cell = [](Level level, const std::string& column) {
    const auto lines = split(to_csv(report_at(level), EnergyTable{}), '\n');
    const auto names = split(lines[0], ',');
    const auto found = std::find(names.begin(), names.end(), column);
    return split(lines[2], ',')[static_cast<std::size_t>(found - names.begin())];  // the layer that is not exact
  };
  for (const char* column :
       {"cycles", "utilization_percent", "stream_cycles", "execute_stall_memory_cycles", "execute_idle_cycles"}) {
    EXPECT_EQ(cell(Level::kFunctional, column), "") << column;
    EXPECT_NE(cell(Level::kTiming, column), "") << column;
  }
  for (const char* column : {"mse", "sqnr_db", "cosine", "mismatches", "overflows"}) {
    EXPECT_EQ(cell(Level::kTiming, column), "") << column;
    EXPECT_NE(cell(Level::kFunctional, column), "") << column;
  }
  EXPECT_EQ(cell(Level::kTiming, "macs"), "12800");
}

TEST(Json, TotalsAndLayers) {
  const auto json = nlohmann::json::parse(to_json(report_at(Level::kTransaction), EnergyTable{}));
  EXPECT_EQ(json["schema_version"], 3);
  EXPECT_EQ(json["level"], "transaction");
  EXPECT_EQ(json["layers"].size(), 2U);
  EXPECT_TRUE(json["layers"][0]["sqnr_db"].is_null()) << "infinite, as the error of 0 says";
  EXPECT_EQ(json["layers"][0]["mse"], 0.0);
  EXPECT_EQ(json["layers"][1]["mismatches"], 3);
  EXPECT_EQ(json["totals"]["macs"], 25600);
  EXPECT_EQ(json["totals"]["cycles"], 2000);
  EXPECT_DOUBLE_EQ(json["totals"]["milliseconds"].get<double>(), 0.004);
  EXPECT_EQ(json["totals"]["mismatches"], 3);
  for (const std::string& name : split(kHeader, ',')) EXPECT_TRUE(json["layers"][0].contains(name)) << name;
  const auto timing = nlohmann::json::parse(to_json(report_at(Level::kTiming), EnergyTable{}));
  EXPECT_TRUE(timing["layers"][0]["mse"].is_null());
  EXPECT_FALSE(timing["totals"].contains("mismatches"));
  const auto functional = nlohmann::json::parse(to_json(report_at(Level::kFunctional), EnergyTable{}));
  EXPECT_FALSE(functional["totals"].contains("cycles"));
  EXPECT_EQ(json["layers"][0]["counters"]["memory_read_bytes"], 8000);
  EXPECT_EQ(json["layers"][0]["counters"]["execute_busy_cycles"], 400);
  EXPECT_FALSE(functional["layers"][0]["counters"].contains("execute_busy_cycles"));
  EXPECT_TRUE(functional["layers"][0]["counters"].contains("memory_read_bytes"));
  EXPECT_FALSE(timing["layers"][0]["counters"].contains("overflows"));
}

TEST(Table, NamesTheFirstMismatchAndWhatFloatMeans) {
  NetworkReport report = report_at(Level::kTransaction);
  report.float_source = "the float network net.onnx";
  const std::string table = to_table(report);
  EXPECT_NE(table.find("mismatches against the integer reference: 3"), std::string::npos) << table;
  EXPECT_NE(table.find("pool, channel 1 at 0, 1: expected 5, found 6"), std::string::npos) << table;
  EXPECT_NE(table.find("the float network net.onnx"), std::string::npos) << table;
  EXPECT_EQ(to_table(report_at(Level::kTiming)).find("mismatches against"), std::string::npos);
}

TEST(Energy, FollowsTheRule) {
  LayerReport layer = convolution();
  model::AcceleratorConfig config;
  EnergyTable table;
  // 12800 MACs of 0.2 + 0.1 pJ, 500 words of 128 bits, 1100 words of 64 bits of DRAM.
  config.buffers.activation_kib = 32;
  EXPECT_NEAR(energy_nj(layer, config, table), (12800 * 0.3 + 500 * 2 * 20.0 + 1100 * 1300.0) / 1000.0, 1e-9);
  config.buffers.activation_kib = 16;  // halfway between 8 and 32 KiB in the logarithm
  EXPECT_NEAR(energy_nj(layer, config, table), (12800 * 0.3 + 500 * 2 * std::sqrt(200.0) + 1100 * 1300.0) / 1000.0,
              1e-9);
  config.buffers.activation_kib = 4;
  const double small = energy_nj(layer, config, table);
  config.buffers.activation_kib = 8;
  EXPECT_EQ(energy_nj(layer, config, table), small);
  config.datatypes.weight_bits = 4;
  EXPECT_NEAR(small - energy_nj(layer, config, table), 12800 * 0.1 / 1000.0, 1e-9);
}

TEST(Energy, ShippedTableIsTheDefault) {
  const EnergyTable read = read_energy_table(std::string(SYSTOLIQ_SOURCE_DIR) + "/configs/energy/horowitz_45nm.toml");
  const EnergyTable built_in;
  EXPECT_EQ(read.add_8, built_in.add_8);
  EXPECT_EQ(read.add_32, built_in.add_32);
  EXPECT_EQ(read.multiply_8, built_in.multiply_8);
  EXPECT_EQ(read.multiply_32, built_in.multiply_32);
  EXPECT_EQ(read.sram_8_kib, built_in.sram_8_kib);
  EXPECT_EQ(read.sram_32_kib, built_in.sram_32_kib);
  EXPECT_EQ(read.sram_1024_kib, built_in.sram_1024_kib);
  EXPECT_EQ(read.dram_64, built_in.dram_64);
}

TEST(Energy, TableBad) {
  const std::string path = testing::TempDir() + "systoliq_energy_test.toml";
  for (const char* text :
       {"", "[arithmetic]\nadd_8_bit_pj = \"x\"", "[arithmetic]\nadd_8_bit_pj = -1.0", "[arith", "[%]"}) {
    std::ofstream(path) << text;
    EXPECT_THROW(read_energy_table(path), InputError) << text;
  }
  EXPECT_THROW(read_energy_table("/nonexistent/energy.toml"), InputError);
  EXPECT_THROW(read_energy_table(testing::TempDir()), InputError);
}

TEST(WriteFile, ReplacesWholeOrNotAtAll) {
  const std::string path = testing::TempDir() + "systoliq_write_test.txt";
  write_file(path, "first");
  write_file(path, "second");
  std::ifstream in(path);
  std::string text;
  std::getline(in, text);
  EXPECT_EQ(text, "second");
  EXPECT_FALSE(std::ifstream(path + ".part").good());
  EXPECT_THROW(write_file("/nonexistent/folder/file.txt", "x"), InputError);
}

TEST(Statistics, OfNothingButErrorAndOfNoNumbers) {
  const FloatTensor zero({2}, {0.0F, 0.0F}), one({2}, {1.0F, 1.0F}), nan({2}, {1.0F, std::nanf("")});
  ErrorStatistics error, none, undefined;
  error.add(one, zero);
  EXPECT_EQ(error.sqnr_db(), -std::numeric_limits<double>::infinity());
  EXPECT_FALSE(error.exact());
  none.add(zero, zero);
  EXPECT_TRUE(none.exact());
  EXPECT_EQ(none.sqnr_db(), std::numeric_limits<double>::infinity());
  undefined.add(nan, one);
  for (const double figure : {undefined.mse(), undefined.sqnr_db(), undefined.max_abs_error(), undefined.cosine()}) {
    EXPECT_TRUE(std::isnan(figure));
  }
  undefined.add(zero, one);
  EXPECT_TRUE(std::isnan(undefined.max_abs_error())) << "later images do not hide it";
}

/// The three figures that no number is: none of them is taken for another, and files hold none of them.
TEST(Statistics, FiguresThatAreNoNumbers) {
  NetworkReport report = report_at(Level::kTransaction);
  report.layers = {convolution(), convolution(), convolution()};
  const FloatTensor zero({1}, {0.0F}), one({1}, {1.0F}), nan({1}, {std::nanf("")});
  report.layers[0].accumulated.emplace().add(one, one);
  report.layers[1].accumulated.emplace().add(one, zero);
  report.layers[2].accumulated.emplace().add(nan, one);
  for (LayerReport& layer : report.layers) layer.isolated = layer.accumulated;
  for (const std::string& table : {to_table(report), to_error_table(report)}) {
    std::vector<std::string> lines;
    std::istringstream stream(table);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    EXPECT_NE(lines.at(2).find(" exact "), std::string::npos) << table;
    EXPECT_NE(lines.at(3).find(" -inf "), std::string::npos) << table;
    EXPECT_EQ(lines.at(3).find("exact"), std::string::npos) << table;
    EXPECT_NE(lines.at(4).find(" nan "), std::string::npos) << table;
    EXPECT_EQ(lines.at(4).find("inf"), std::string::npos) << table;
  }
  const nlohmann::json json = nlohmann::json::parse(to_json(report, EnergyTable{}));
  for (const nlohmann::json& layer : json["layers"]) EXPECT_TRUE(layer["sqnr_db"].is_null()) << layer;
  EXPECT_EQ(json["layers"][0]["mse"], 0.0);
  EXPECT_EQ(json["layers"][1]["mse"], 1.0);
  EXPECT_TRUE(json["layers"][2]["mse"].is_null());
  const std::string csv = to_csv(report, EnergyTable{});
  EXPECT_EQ(csv.find("inf"), std::string::npos) << csv;
  EXPECT_EQ(csv.find("nan"), std::string::npos) << csv;
}

TEST(Json, SaysWhatAnOverflowDoes) {
  NetworkReport report = report_at(Level::kTransaction);
  report.config.datatypes.overflow = Overflow::kWrap;
  EXPECT_EQ(nlohmann::json::parse(to_json(report, EnergyTable{}))["accumulator_overflow"], "wrap");
  report.config.datatypes.overflow = Overflow::kSaturate;
  EXPECT_EQ(nlohmann::json::parse(to_json(report, EnergyTable{}))["accumulator_overflow"], "saturate");
}

/// Names out of somebody's file.
TEST(Names, ReachTablesAndFilesEscaped) {
  NetworkReport report = report_at(Level::kTransaction);
  report.network = "\xff";
  report.layers[0].name = "=cmd|' /C calc'!A0";
  report.layers[1].name = "\x1b[2J\nlayer\xfe";
  report.layers[1].first_mismatch = "channel 0: expected 1, found 2";
  report.layers[1].mismatches = 1;
  report.float_source = "\x1b]0;title\x07";
  for (const std::string& text :
       {to_table(report), to_error_table(report), to_csv(report, EnergyTable{}), to_json(report, EnergyTable{})}) {
    for (const char c : text) {
      EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= ' ') << static_cast<int>(c) << " in\n" << text;
    }
    EXPECT_EQ(text.find('\xfe'), std::string::npos) << text;
  }
  EXPECT_NE(to_csv(report, EnergyTable{}).find("0,\"'=cmd|' /C calc'!A0\",\"Conv\""), std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(to_json(report, EnergyTable{}));
  EXPECT_EQ(json["network"], "\\xff");
  EXPECT_EQ(json["layers"][0]["name"], "=cmd|' /C calc'!A0") << "no spreadsheet reads it";
}

TEST(Csv, ReadsBackExactly) {
  NetworkReport report = report_at(Level::kTransaction);
  const FloatTensor a({3}, {0.1F, 0.2F, 0.7F}), b({3}, {0.3F, 0.5F, 0.11F});
  report.layers.resize(1);
  report.layers[0].accumulated.emplace().add(a, b);
  const std::string csv = to_csv(report, EnergyTable{});
  const std::string mse = number_text(report.layers[0].accumulated->mse());
  EXPECT_GT(mse.size(), 12U) << "more digits than streams print";
  EXPECT_NE(csv.find("," + mse + ","), std::string::npos) << csv;
}

TEST(Statistics, MatchTheirDefinition) {
  ErrorStatistics statistics;
  statistics.add(FloatTensor(Shape{2}, std::vector<float>{3.0F, 4.0F}),
                 FloatTensor(Shape{2}, std::vector<float>{4.0F, 3.0F}));
  EXPECT_DOUBLE_EQ(statistics.mse(), 1.0);
  EXPECT_DOUBLE_EQ(statistics.sqnr_db(), 10.0 * std::log10(12.5));
  EXPECT_DOUBLE_EQ(statistics.cosine(), 24.0 / 25.0);
  EXPECT_DOUBLE_EQ(statistics.max_abs_error(), 1.0);
  EXPECT_THROW(statistics.add(FloatTensor(Shape{1}), FloatTensor(Shape{2})), InternalError);
  EXPECT_EQ(ErrorStatistics{}.mse(), 0.0);
}

/// Five bursts of 16 beats cover a latency of 64; four give 1,024 bytes every 80 cycles.
TEST(MemoryRate, LatencyLimitsThePort) {
  model::MemoryConfig memory;
  EXPECT_DOUBLE_EQ(most_bytes_per_cycle(memory), 16.0);
  EXPECT_FALSE(is_latency_bound(memory));
  memory.outstanding = 4;
  EXPECT_DOUBLE_EQ(most_bytes_per_cycle(memory), 12.8);
  EXPECT_TRUE(is_latency_bound(memory));
}

TEST(MemoryRate, IsToldInTableAndJson) {
  NetworkReport report = report_at(Level::kTransaction);
  report.config.memory.outstanding = 4;
  const MemoryRate rate = memory_rate(report);
  EXPECT_DOUBLE_EQ(rate.read_per_cycle * static_cast<double>(report.cycles), static_cast<double>(rate.read_bytes));
  EXPECT_GT(rate.read_bytes, 0);
  const std::string told = "; latency-bound: memory.outstanding = 4 allows 12.8\n";
  EXPECT_NE(to_table(report).find(told), std::string::npos) << to_table(report);
  const auto totals = nlohmann::json::parse(to_json(report, EnergyTable()))["totals"];
  EXPECT_EQ(totals["memory_latency_bound"], true);
  EXPECT_DOUBLE_EQ(totals["memory_most_bytes_per_cycle"], 12.8);
  EXPECT_DOUBLE_EQ(totals["memory_read_bytes_per_cycle"], rate.read_per_cycle);
  EXPECT_EQ(to_table(report_at(Level::kFunctional)).find("bytes a cycle"), std::string::npos) << "no cycles, no rate";
}

}  // namespace
}  // namespace systoliq::tb
