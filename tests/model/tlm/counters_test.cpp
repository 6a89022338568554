// SPDX-License-Identifier: Apache-2.0
// The counters: their sums, their causes, equality of the levels, and runs that follow one another in a process.
#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "model/timing/compute_timing.h"
#include "tests/model/tlm/random_program.h"

namespace systoliq::model::test {
namespace {

std::int64_t stalls(const EngineCycles& engine) {
  return std::accumulate(engine.stall.begin(), engine.stall.end(), std::int64_t{0});
}

const EngineCycles& engine(const LayerCounters& layer, Engine which) {
  return layer.engines[static_cast<std::size_t>(which)];
}

std::int64_t stall(const LayerCounters& layer, Engine which, StallCause cause) {
  return engine(layer, which).stall[static_cast<std::size_t>(cause)];
}

/// All that needs no data.
void expect_equal(const LayerCounters& a, const LayerCounters& b) {
  visit_counters([&](const std::string& name, CounterSource source, auto get) {
    if (source == CounterSource::kData) return;
    EXPECT_EQ(get(a), get(b)) << name;
  });
}

void expect_equal(const RunResult& a, const RunResult& b) {
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.command_end_cycle, b.command_end_cycle);
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) expect_equal(a.layers[i], b.layers[i]);
}

TEST(Counters, LevelsAgreeAndEveryCycleIsCountedOnce) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram random(seed);
    const AcceleratorConfig config = random.config();
    const Program program = random.builder(config, 40).program();
    const RunResult timing = run_program(program, config, Level::kTiming, program.image);
    expect_equal(timing, run_program(program, config, Level::kTransaction, program.image));
    std::int64_t total = 0;
    for (const LayerCounters& layer : timing.layers) {
      total += layer.cycles;
      for (const EngineCycles& cycles : layer.engines) {
        EXPECT_EQ(cycles.busy + stalls(cycles) + cycles.idle, layer.cycles);
        EXPECT_GE(cycles.idle, 0);
      }
      EXPECT_EQ(layer.ideal_cycles + layer.tile_underutilization_cycles + layer.fill_cycles + layer.drain_cycles,
                engine(layer, Engine::kExecute).busy);
      EXPECT_EQ(layer.array_macs_possible,
                engine(layer, Engine::kExecute).busy * config.array.rows * config.array.cols);
    }
    EXPECT_EQ(total, timing.cycles);
  }
}

TEST(Counters, StallsNameTheEngineThatWasAwaited) {
  AcceleratorConfig config = small_config();
  config.buffers.activation_kib = 4;
  config.buffers.accumulator_words = 1024;
  ProgramBuilder builder(config);
  builder.add(requantize(1000, 4, 0), 0, 0b1);
  builder.config().buffers.accumulator_words = 2048;
  builder.add(pointwise(4, 4, 4), 0b1, 0b10);
  builder.add(store_words(0, kDataBase, 4, 4), 0b10, 0);
  const RunResult result = builder.run(Level::kTiming);
  const LayerCounters& layer = result.layers[0];
  const std::int64_t execute_cycles = execute_timing(pointwise(4, 4, 4), config).total();
  const std::int64_t execute_start = result.command_end_cycle[1] - execute_cycles;
  EXPECT_EQ(execute_start, result.command_end_cycle[0]);
  // EXECUTE is decoded in 81 (single_command_test.cpp), visible in 82, and waits for POST alone.
  EXPECT_EQ(stall(layer, Engine::kExecute, StallCause::kPost), execute_start - 82);
  EXPECT_EQ(stalls(engine(layer, Engine::kExecute)), execute_start - 82);
  EXPECT_EQ(stalls(engine(layer, Engine::kStore)), stall(layer, Engine::kStore, StallCause::kAccumulators));
  EXPECT_GT(stall(layer, Engine::kStore, StallCause::kAccumulators), execute_cycles);
  EXPECT_EQ(engine(layer, Engine::kLoad).idle, result.cycles);
}

TEST(Counters, TheLastTokenGivesTheCause) {
  const auto stalls_of = [](LoadTarget last) {
    ProgramBuilder builder(small_config());
    const LoadTarget first = last == LoadTarget::kWeight ? LoadTarget::kActivation : LoadTarget::kWeight;
    builder.add(load_words(first, kDataBase, 0, 20), 0, 0b1);
    builder.add(load_words(last, kDataBase, 0, 20), 0, 0b10);
    builder.add(pointwise(4, 4, 4), 0b11, 0);
    return builder.run().layers[0];
  };
  const LayerCounters weights = stalls_of(LoadTarget::kWeight);
  EXPECT_GT(stall(weights, Engine::kExecute, StallCause::kWeights), 0);
  EXPECT_EQ(stall(weights, Engine::kExecute, StallCause::kMemory), 0);
  const LayerCounters memory = stalls_of(LoadTarget::kActivation);
  EXPECT_GT(stall(memory, Engine::kExecute, StallCause::kMemory), 0);
  EXPECT_EQ(stall(memory, Engine::kExecute, StallCause::kWeights), 0);
}

TEST(Counters, LayersEndWithTheirLastCommand) {
  ProgramBuilder builder(small_config());
  builder.layer_names() = {"a", "b", "c"};
  builder.config().buffers.accumulator_words = 512;
  builder.config().buffers.activation_kib = 4;
  builder.add(requantize(300, 4, 0), 0, 0b1, 0);
  builder.add(pointwise(4, 4, 4), 0, 0, 1);  // ends before layer 0 does: layer 1 has no cycles of its own
  builder.add(requantize(5, 4, 0), 0, 0, 2);
  const RunResult result = builder.run();
  EXPECT_EQ(result.layers[0].cycles, result.command_end_cycle[0]);
  EXPECT_EQ(result.layers[1].cycles, 0);
  EXPECT_EQ(result.layers[2].cycles, result.cycles - result.command_end_cycle[0]);
  EXPECT_EQ(engine(result.layers[0], Engine::kExecute).busy,
            execute_timing(pointwise(4, 4, 4), small_config()).total());
  EXPECT_EQ(result.layers[1].array_macs, 4 * 4 * 4);
}

TEST(Counters, BytesAndBursts) {
  ProgramBuilder builder(small_config());
  builder.add(load_words(LoadTarget::kActivation, kDataBase + 60, 0, 33), 0, 0b1);  // 132 bytes: 4 + 64 + 64
  builder.add(store_words(0, kDataBase, 17, 4), 0b1, 0);                            // 68 bytes: 64 + 4
  const LayerCounters layer = builder.run().layers[0];
  EXPECT_EQ(layer.memory_read_bytes, 132);
  EXPECT_EQ(layer.memory_read_bursts, 3);
  EXPECT_EQ(layer.memory_write_bytes, 68);
  EXPECT_EQ(layer.memory_write_bursts, 2);
  EXPECT_EQ(layer.sram_write_words, 33);
  EXPECT_EQ(layer.sram_read_words, 17);
}

TEST(Repetition, ARunDoesNotDependOnTheRunsBeforeIt) {
  RandomProgram random(11);
  const AcceleratorConfig config = random.config();
  const Program program = random.builder(config, 50).program();
  const RunResult first = run_program(program, config, Level::kTransaction, program.image);
  for (std::uint32_t seed = 500; seed < 510; ++seed) {
    RandomProgram other(seed);
    const AcceleratorConfig other_config = other.config();
    const Program between = other.builder(other_config, 30).program();
    run_program(between, other_config, seed % 2 != 0 ? Level::kTiming : Level::kTransaction, between.image);
    const RunResult again = run_program(program, config, Level::kTransaction, program.image);
    expect_equal(again, first);
    EXPECT_EQ(again.memory, first.memory);
  }
}

TEST(Repetition, AnyThreadMayRunPrograms) {
  RandomProgram random(12);
  const AcceleratorConfig config = random.config();
  const Program program = random.builder(config, 30).program();
  const RunResult first = run_program(program, config, Level::kTransaction, program.image);
  std::vector<RunResult> results(4);
  std::vector<std::thread> threads;
  for (RunResult& result : results) {
    threads.emplace_back([&] { result = run_program(program, config, Level::kTransaction, program.image); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const RunResult& result : results) expect_equal(result, first);
}

}  // namespace
}  // namespace systoliq::model::test
