// SPDX-License-Identifier: Apache-2.0
// The machine against a simulation of the same rules that steps one cycle at a time.
#include <gtest/gtest.h>

#include "tests/model/tlm/cycle_oracle.h"
#include "tests/model/tlm/random_program.h"

namespace systoliq::model::test {
namespace {

constexpr std::int64_t kLimit = 2'000'000;

/// From the start of a layer's first command to the end of its last one.
void expect_same_latencies(const RunResult& result, const Program& program, const CycleOracle& oracle) {
  std::vector<std::int64_t> first(result.layers.size(), -1), last(result.layers.size(), 0);
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const Command& command = program.commands[i];
    if (command.body.index() < static_cast<std::size_t>(Opcode::kLoad)) continue;
    const auto layer = static_cast<std::size_t>(command.layer);
    const std::int64_t start = oracle.command_start_cycle()[i];
    first[layer] = first[layer] < 0 ? start : std::min(first[layer], start);
    last[layer] = std::max(last[layer], oracle.command_end_cycle()[i]);
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(result.layers[i].latency_cycles, first[i] < 0 ? 0 : last[i] - first[i]) << "layer " << i;
  }
}

/// A cycle in which EXECUTEs do several things counts once: stream, else fill, else drain.
void expect_same_parts(const RunResult& result, const CycleOracle& oracle) {
  std::vector<std::int64_t> cycles, stream, fill, drain;
  for (const LayerCounters& layer : result.layers) {
    cycles.push_back(layer.cycles);
    stream.push_back(layer.ideal_cycles + layer.tile_underutilization_cycles);
    fill.push_back(layer.fill_cycles);
    drain.push_back(layer.drain_cycles);
  }
  EXPECT_EQ(stream, oracle.part_cycles(CycleOracle::Part::kStream, cycles));
  EXPECT_EQ(fill, oracle.part_cycles(CycleOracle::Part::kFill, cycles));
  EXPECT_EQ(drain, oracle.part_cycles(CycleOracle::Part::kDrain, cycles));
}

void expect_same_layers(const RunResult& result, const CycleOracle& oracle) {
  const auto layers = oracle.attribution(result.layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (std::size_t e = 0; e < kEngines; ++e) {
      const EngineCycles& model = result.layers[i].engines[e];
      EXPECT_EQ(model.busy, layers[i][e].busy) << "layer " << i << " engine " << e;
      EXPECT_EQ(model.idle, layers[i][e].idle) << "layer " << i << " engine " << e;
      EXPECT_EQ(model.stall, layers[i][e].stall) << "layer " << i << " engine " << e;
    }
  }
}

/// Cycles, every command's end and every engine's attribution.
void expect_same(const ProgramBuilder& builder, const AcceleratorConfig& config) {
  const Program program = builder.program();
  CycleOracle oracle(program, config);
  const std::int64_t cycles = oracle.run(kLimit);
  ASSERT_GT(cycles, 0) << "the oracle does not end";
  for (const Level level : {Level::kTiming, Level::kTransaction}) {
    const RunResult result = run_program(program, config, level, program.image);
    EXPECT_EQ(result.cycles, cycles);
    EXPECT_EQ(result.command_end_cycle, oracle.command_end_cycle());
    expect_same_layers(result, oracle);
    expect_same_latencies(result, program, oracle);
    expect_same_parts(result, oracle);
  }
}

TEST(CycleOracle, RandomShortPrograms) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram random(seed);
    const AcceleratorConfig config = random.config();
    expect_same(random.builder(config, random.pick(1, 12)), config);
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

TEST(CycleOracle, RandomLongPrograms) {
  for (std::uint32_t seed = 1001; seed <= 1040; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram random(seed);
    const AcceleratorConfig config = random.config();
    expect_same(random.builder(config, random.pick(60, 150)), config);
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

TEST(CycleOracle, SeesACycleOfDifference) {
  RandomProgram random(7);
  AcceleratorConfig config = random.config();
  const Program program = random.builder(config, 20).program();
  const std::int64_t model = run_program(program, config, Level::kTiming, program.image).cycles;
  config.memory.latency_cycles += 1;
  CycleOracle oracle(program, config);
  EXPECT_NE(oracle.run(kLimit), model);
}

}  // namespace
}  // namespace systoliq::model::test
