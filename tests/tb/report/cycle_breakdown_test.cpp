// SPDX-License-Identifier: Apache-2.0
// The split of a layer's cycles: worked by hand, and without residual on random networks on random machines.
#include "tb/report/cycle_breakdown.h"

#include <gtest/gtest.h>

#include <iostream>

#include "rtl_cosim/stimuli/random_case.h"

namespace systoliq::tb {
namespace {

using model::Engine;
using model::StallCause;

QuantizedNetwork network_of_two() {
  QuantizedNetwork network;
  network.tensors = {{"x", {1, 1, 6, 6}, 1.0F, 0, 8, 0}, {"y", {1, 6, 2, 2}, 1.0F, 0, 8, 0}};
  QuantizedLayer layer;
  layer.weights = IntTensor(Shape{6, 1, 5, 5});
  layer.output = 1;
  network.layers = {layer, layer};
  network.layers[1].op = LayerOp::kMaxPool;
  return network;
}

/// A convolution of 400 busy cycles whose last 20 run in the cycles of the pooling that follows.
NetworkReport report_of_two() {
  NetworkReport report;
  report.level = model::Level::kTiming;
  report.layers.resize(2);
  LayerReport& convolution = report.layers[0];
  convolution.name = "conv \"1\"";
  convolution.output_shape = {1, 6, 2, 2};
  convolution.macs = 600;
  convolution.counters.cycles = 1000;
  convolution.counters.own_fill_cycles = 16;
  convolution.counters.own_stream_cycles = 349;
  convolution.counters.own_drain_cycles = 35;
  model::EngineCycles& array = convolution.counters.engines[static_cast<std::size_t>(Engine::kExecute)];
  array.busy = 380;
  array.idle = 120;
  array.stall[static_cast<std::size_t>(StallCause::kMemory)] = 200;
  array.stall[static_cast<std::size_t>(StallCause::kWeights)] = 150;
  array.stall[static_cast<std::size_t>(StallCause::kAccumulators)] = 30;
  array.stall[static_cast<std::size_t>(StallCause::kPost)] = 70;
  array.stall[static_cast<std::size_t>(StallCause::kOther)] = 50;
  LayerReport& pool = report.layers[1];
  pool.name = "pool";
  pool.output_shape = {1, 6, 1, 1};
  pool.counters.cycles = 100;
  pool.counters.engines[static_cast<std::size_t>(Engine::kExecute)].busy = 20;
  pool.counters.engines[static_cast<std::size_t>(Engine::kExecute)].idle = 80;
  return report;
}

TEST(CycleBreakdown, WorkedByHand) {
  const auto rows = cycle_breakdown(report_of_two(), network_of_two());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].ideal, 3);  // 600 / 256, rounded up
  EXPECT_EQ(rows[0].tile_underutilization, 346);
  EXPECT_EQ(rows[0].fill_drain, 51);
  EXPECT_EQ(rows[0].overlap, -20);
  EXPECT_EQ(rows[0].weights, 150);
  EXPECT_EQ(rows[0].memory, 200);
  EXPECT_EQ(rows[0].post, 70);
  EXPECT_EQ(rows[0].other_waits, 80);
  EXPECT_EQ(rows[0].idle, 120);
  EXPECT_EQ(rows[0].residual(), 0);
  EXPECT_EQ(rows[0].scale_sim, 2 * (32 + 16 + 4 - 2) - 1);  // 25 products: two tiles of 16 rows
  EXPECT_EQ(rows[1].overlap, 20);
  EXPECT_EQ(rows[1].idle, 80);
  EXPECT_EQ(rows[1].residual(), 0);
  EXPECT_FALSE(rows[1].scale_sim.has_value());
  EXPECT_EQ(rows[2].layer, "total");
  EXPECT_EQ(rows[2].overlap, 0);
  EXPECT_EQ(rows[2].cycles, 1100);
}

TEST(CycleBreakdown, ResidualShowsWhatIsNotAccountedFor) {
  NetworkReport report = report_of_two();
  report.layers[0].counters.cycles += 7;
  const auto rows = cycle_breakdown(report, network_of_two());
  EXPECT_EQ(rows[0].residual(), 7);
  EXPECT_EQ(rows[2].residual(), 7);
}

TEST(CycleBreakdown, GroupsHaveNoClosedForm) {
  QuantizedNetwork network = network_of_two();
  network.layers[0].groups = 2;
  EXPECT_FALSE(cycle_breakdown(report_of_two(), network)[0].scale_sim.has_value());
}

TEST(CycleBreakdown, CsvAndTable) {
  const auto rows = cycle_breakdown(report_of_two(), network_of_two());
  EXPECT_EQ(to_cycle_csv(rows),
            "name,own_ideal_cycles,own_tile_underutilization_cycles,own_fill_drain_cycles,overlap_cycles,"
            "execute_stall_weights_cycles,execute_stall_memory_cycles,execute_stall_post_cycles,other_waits_cycles,"
            "execute_idle_cycles,cycles,residual_cycles,scale_sim_cycles\n"
            "\"conv \"\"1\"\"\",3,346,51,-20,150,200,70,80,120,1000,0,99\n"
            "\"pool\",0,0,0,20,0,0,0,0,80,100,0,\n");
  const std::string table = to_cycle_table(rows);
  EXPECT_NE(table.find("SCALE-Sim ws\n-----"), std::string::npos) << table;
  EXPECT_NE(table.find("\ntotal "), std::string::npos) << table;
}

TEST(CycleBreakdown, RandomNetworksLeaveNoResidual) {
  int runs = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase random = stimuli::random_case(seed);
    if (random.config.datatypes.accumulator_bits > 32) continue;  // not with every multiplier
    BenchOptions options;
    options.level = model::Level::kTiming;
    const QuantizedTensor& input = random.network.tensors[static_cast<std::size_t>(random.network.inputs[0])];
    NetworkReport report;
    try {
      report = run_bench(random.network, nullptr, {FloatTensor(input.shape)}, random.config, options);
    } catch (const InputError&) {
      continue;  // a buffer too small for a tile
    }
    ++runs;
    const auto rows = cycle_breakdown(report, random.network);
    for (const CycleBreakdown& row : rows) {
      EXPECT_EQ(row.residual(), 0) << row.layer;
      for (const std::int64_t term :
           {row.ideal, row.tile_underutilization, row.fill_drain, row.weights, row.memory, row.post, row.idle}) {
        EXPECT_GE(term, 0) << row.layer;
      }
      EXPECT_EQ(row.other_waits, 0) << row.layer << ": EXECUTE of a compiled program waits for other engines alone";
    }
    EXPECT_LE(rows.back().overlap, 0);  // a cycle in which several EXECUTEs work is one cycle
    EXPECT_EQ(rows.back().cycles, report.cycles);
  }
  std::cout << runs << " networks of seeds 1 to 60\n";
  EXPECT_GE(runs, 20);
}

}  // namespace
}  // namespace systoliq::tb
