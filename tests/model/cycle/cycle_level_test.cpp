// SPDX-License-Identifier: Apache-2.0
// Level cycle against the simulation of the timing rules and against level transaction: bits, cycles, every command's
// end, every counter.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rtl_cosim/stimuli/random_case.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "tb/compare/compiled_network.h"
#include "tb/data/dataset.h"
#include "tests/model/tlm/cycle_oracle.h"
#include "tests/model/tlm/random_program.h"

namespace systoliq::model::test {
namespace {

constexpr std::int64_t kLimit = 2'000'000;

/// All that needs no data.
void expect_same_counters(const LayerCounters& a, const LayerCounters& b) {
  visit_counters([&](const std::string& name, CounterSource source, auto get) {
    if (source == CounterSource::kData) return;
    EXPECT_EQ(get(a), get(b)) << name;
  });
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
  const stimuli::RandomCase made = stimuli::random_case(seed);
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

/// LeNet-5 with random weights, quantized on drawn digits, one image.
void compare_lenet5(Dataflow dataflow) {
  const tb::Dataset digits = tb::make_digits(4, 21);
  std::vector<FloatTensor> images;
  for (int i = 0; i < 4; ++i) images.push_back(tb::network_input(digits, i, {1, 1, 32, 32}));
  const Graph graph =
      sw_ref::parse_onnx(sw_ref::network_to_onnx("lenet5", sw_ref::random_parameters("lenet5", 8)), "lenet5");
  const QuantizedNetwork network = sw_ref::quantize(graph, images, {});
  AcceleratorConfig config;
  config.array.dataflow = dataflow;
  const tb::CompiledNetwork compiled(network, config);
  const IntTensor input = compiled.quantize_input(images[0]);
  const RunResult transaction = compiled.run(input, Level::kTransaction, true);
  const RunResult cycle = compiled.run(input, Level::kCycle, true);
  expect_same_time(cycle, transaction);
  expect_same_data(cycle, transaction);
  EXPECT_GT(cycle.cycles, 5000);
}

TEST(CycleLevel, Lenet5AsTransactionWeightStationary) { compare_lenet5(Dataflow::kWeightStationary); }
TEST(CycleLevel, Lenet5AsTransactionOutputStationary) { compare_lenet5(Dataflow::kOutputStationary); }

std::string error_of(const Program& program, const AcceleratorConfig& config) {
  try {
    run_program(program, config, Level::kCycle, program.image);
  } catch (const InternalError& error) {
    return error.what();
  }
  return "";
}

TEST(CycleLevel, WhatACommandMayNotDoEndsTheRunAndTheNextWorks) {
  const auto contains = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  const auto error_for = [](const auto& body, std::uint16_t wait = 0) {
    return error_of(ProgramBuilder(small_config()).add(body, wait).program(), small_config());
  };
  EXPECT_TRUE(contains(error_for(load_words(LoadTarget::kWeight, 1 << 20, 0, 4)), "memory refuses"));
  EXPECT_TRUE(contains(error_for(load_words(LoadTarget::kWeight, kDataBase, 1 << 20, 4)), "LOAD.buffer_address"));
  EXPECT_TRUE(contains(error_for(load_words(LoadTarget::kWeight, kDataBase, 0, 0)), "LOAD.row_records = 0"));
  EXPECT_TRUE(contains(error_for(store_words(0, 1 << 20, 4, 4)), "memory refuses"));
  EXPECT_TRUE(contains(error_for(store_words(0, -8, 4, 4)), "STORE.memory_address = -8"));
  EXPECT_TRUE(contains(error_for(Execute{}), "EXECUTE.input_blocks = 0"));
  const std::string deadlock = error_for(requantize(1, 1, 0), 0x20);
  EXPECT_TRUE(contains(deadlock, "deadlock")) << deadlock;
  EXPECT_TRUE(contains(deadlock, "POST command 0 waits for semaphore 5")) << deadlock;
  const Program endless = ProgramBuilder(small_config()).add(requantize(1, 1, 0)).program(false);
  EXPECT_TRUE(contains(error_of(endless, small_config()), "the commands end without HALT"));
  const ProgramBuilder works = ProgramBuilder(small_config()).add(requantize(1, 1, 0));
  EXPECT_EQ(works.run(Level::kCycle).cycles, works.run(Level::kTransaction).cycles);
}

/// The checks above can fail: a cycle of latency, or a weight, makes a difference.
TEST(CycleLevel, SeesADifference) {
  RandomProgram random(7);
  AcceleratorConfig config = random.config();
  const Program program = random.builder(config, 20).program();
  const std::int64_t cycles = run_program(program, config, Level::kTransaction, program.image).cycles;
  config.memory.latency_cycles += 1;
  EXPECT_NE(run_program(program, config, Level::kCycle, program.image).cycles, cycles);
}

}  // namespace
}  // namespace systoliq::model::test
