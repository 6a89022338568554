// SPDX-License-Identifier: Apache-2.0
// Level cycle against the simulation of the timing rules and against level transaction: bits, cycles, every command's
// end, every counter.
#include <gtest/gtest.h>

#include <functional>

#include "tests/model/hw/cycle_oracle.h"
#include "tests/model/hw/random_program.h"
#include "tests/support/random_case.h"

namespace systoliq::model::test {
namespace {

constexpr std::int64_t kLimit = 2'000'000;

void expect_same_counters(const LayerCounters& a, const LayerCounters& b) {
  for (std::size_t e = 0; e < kEngines; ++e) {
    EXPECT_EQ(a.engines[e].busy, b.engines[e].busy) << "engine " << e;
    EXPECT_EQ(a.engines[e].idle, b.engines[e].idle) << "engine " << e;
    EXPECT_EQ(a.engines[e].stall, b.engines[e].stall) << "engine " << e;
  }
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.macs, b.macs);
  EXPECT_EQ(a.macs_possible, b.macs_possible);
  EXPECT_EQ(a.memory_read_bytes, b.memory_read_bytes);
  EXPECT_EQ(a.memory_write_bytes, b.memory_write_bytes);
  EXPECT_EQ(a.memory_read_bursts, b.memory_read_bursts);
  EXPECT_EQ(a.memory_write_bursts, b.memory_write_bursts);
  EXPECT_EQ(a.sram_read_words, b.sram_read_words);
  EXPECT_EQ(a.sram_write_words, b.sram_write_words);
  EXPECT_EQ(a.ideal_cycles, b.ideal_cycles);
  EXPECT_EQ(a.edge_waste_cycles, b.edge_waste_cycles);
  EXPECT_EQ(a.fill_cycles, b.fill_cycles);
  EXPECT_EQ(a.drain_cycles, b.drain_cycles);
  EXPECT_EQ(a.own_fill_cycles, b.own_fill_cycles);
  EXPECT_EQ(a.own_stream_cycles, b.own_stream_cycles);
  EXPECT_EQ(a.own_drain_cycles, b.own_drain_cycles);
}

void expect_same_time(const RunResult& a, const RunResult& b) {
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.command_end_cycle, b.command_end_cycle);
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    SCOPED_TRACE("layer " + std::to_string(i));
    expect_same_counters(a.layers[i], b.layers[i]);
  }
}

void expect_same_data(const RunResult& a, const RunResult& b) {
  EXPECT_TRUE(a.memory == b.memory) << "memory differs";
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) EXPECT_EQ(a.tensors[i].data, b.tensors[i].data) << "tensor " << i;
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_EQ(a.layers[i].overflows, b.layers[i].overflows) << "layer " << i;
    EXPECT_EQ(a.layers[i].clamps, b.layers[i].clamps) << "layer " << i;
  }
}

void expect_as_oracle(std::uint32_t seed, int least, int most) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomProgram random(seed);
  AcceleratorConfig config = random.config();
  const ProgramBuilder builder = random.builder(config, random.pick(least, most));
  if (seed % 3 == 0) config.array.dataflow = Dataflow::kOutputStationary;
  const Program program = builder.program();
  CycleOracle oracle(program, config);
  const std::int64_t cycles = oracle.run(kLimit);
  ASSERT_GT(cycles, 0) << "the oracle does not end";
  const RunResult result = run_program(program, config, Level::kCycle, program.image);
  EXPECT_EQ(result.cycles, cycles);
  EXPECT_EQ(result.command_end_cycle, oracle.command_end_cycle());
  expect_same_time(result, run_program(program, config, Level::kTransaction, program.image));
}

TEST(CycleLevel, RandomShortProgramsAsTheOracle) {
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    expect_as_oracle(seed, 1, 12);
    if (HasFailure()) return;
  }
}

TEST(CycleLevel, RandomLongProgramsAsTheOracle) {
  for (std::uint32_t seed = 5001; seed <= 5025; ++seed) {
    expect_as_oracle(seed, 60, 150);
    if (HasFailure()) return;
  }
}

/// One random network on one random machine. Returns its cycles, or 0 if it cannot be compiled.
std::int64_t compare_network(std::uint64_t seed, std::int64_t most_cycles) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const systoliq::test::RandomCase made = systoliq::test::RandomCaseMaker(seed).make();
  Program program;
  try {
    program = compile(made.network, made.config);
  } catch (const InputError&) {
    return 0;
  }
  std::vector<std::uint8_t> memory = program.image;
  for (const TensorPlacement& placement : program.placements) {
    if (placement.tensor != made.network.inputs[0]) continue;
    pack_tensor(made.input, made.network.tensors[static_cast<std::size_t>(placement.tensor)].zero_point, placement,
                memory);
  }
  const RunResult transaction = run_program(program, made.config, Level::kTransaction, memory, true);
  if (transaction.cycles > most_cycles) return 0;
  const RunResult cycle = run_program(program, made.config, Level::kCycle, memory, true);
  expect_same_time(cycle, transaction);
  expect_same_data(cycle, transaction);
  return cycle.cycles;
}

TEST(CycleLevel, RandomNetworksAsTransaction) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    compared += compare_network(seed, 60'000) > 0 ? 1 : 0;
    if (HasFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
  EXPECT_GT(compared, 60);
}

}  // namespace
}  // namespace systoliq::model::test
