// SPDX-License-Identifier: Apache-2.0
// The replay against the SystemC machine and the cycle-stepping simulation: every command's start and end and every
// counter, 0 cycles apart.
#include "model/replay/replay.h"

#include <gtest/gtest.h>

#include "model/isa/isa_table.h"
#include "rtl_cosim/stimuli/random_case.h"
#include "tests/model/tlm/cycle_oracle.h"
#include "tests/model/tlm/random_program.h"

namespace systoliq::model::test {
namespace {

/// All counters that need no data.
void expect_equal(const RunResult& found, const RunResult& expected) {
  ASSERT_EQ(found.command_end_cycle.size(), expected.command_end_cycle.size());
  for (std::size_t i = 0; i < found.command_end_cycle.size(); ++i) {
    ASSERT_EQ(found.command_end_cycle[i], expected.command_end_cycle[i]) << "command " << i;
  }
  ASSERT_EQ(found.cycles, expected.cycles);
  ASSERT_EQ(found.layers.size(), expected.layers.size());
  for (std::size_t i = 0; i < found.layers.size(); ++i) {
    visit_counters([&](const std::string& name, CounterSource source, auto get) {
      if (source == CounterSource::kData) return;
      ASSERT_EQ(get(found.layers[i]), get(expected.layers[i])) << "layer " << i << " " << name;
    });
  }
}

/// Memory ports from the narrowest to the widest, latencies from none to long ones, 1 to 256 bursts outstanding.
void draw_memory(RandomProgram* random, MemoryConfig* memory) {
  memory->bytes_per_cycle = 1 << random->pick(0, 7);
  memory->burst_bytes = memory->bytes_per_cycle << random->pick(0, 5);
  memory->latency_cycles = random->pick(0, 1) != 0 ? random->pick(1, 8) : random->pick(1, 300);
  memory->outstanding = random->pick(0, 2) != 0 ? random->pick(1, 8) : random->pick(1, 64);
}

TEST(Replay, RandomCommandsOnRandomMachines) {
  for (std::uint32_t seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram random(seed);
    AcceleratorConfig config = random.config();
    if (seed % 2 != 0) draw_memory(&random, &config.memory);
    if (seed % 3 == 0) config.array.dataflow = Dataflow::kOutputStationary;
    const Program program = random.builder(config, random.pick(1, 120)).program();
    const RunResult expected = run_timing_in_systemc(program, config, program.image);
    expect_equal(replay_commands(ReplayPlan(program, config)).run, expected);
    expect_equal(replay_commands(ReplayPlan(program, config, program.image)).run, expected);
    if (HasFatalFailure()) return;
  }
}

/// LOADs and STOREs of hundreds of bursts, one after the other or with short ones and EXECUTEs between.
ProgramBuilder long_transfers(RandomProgram* random, const AcceleratorConfig& config) {
  ProgramBuilder builder(config, 256 * 1024);
  builder.command_address() = 4 * random->pick(0, 100);
  const int commands = random->pick(1, 24);
  for (int i = 0; i < commands; ++i) {
    const int words = random->pick(0, 2) != 0 ? random->pick(200, 900) : random->pick(1, 20);
    const int kind = random->pick(0, 9);
    if (kind == 0) {
      builder.add(pointwise(random->pick(1, 300), 1, 1));
    } else if (kind < 3) {
      builder.add(store_words(0, 2 * kDataBase + random->pick(0, 300), words, config.activation_word_bytes()));
    } else {
      builder.add(load_words(static_cast<LoadTarget>(random->pick(0, 1)), kDataBase + random->pick(0, 300), 0, words));
    }
  }
  return builder;
}

TEST(Replay, LongTransfers) {
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram random(seed);
    AcceleratorConfig config = random.config();
    config.buffers.activation_kib = config.buffers.weight_kib = 64;
    draw_memory(&random, &config.memory);
    const Program program = long_transfers(&random, config).program();
    expect_equal(replay_commands(ReplayPlan(program, config)).run,
                 run_timing_in_systemc(program, config, program.image));
    if (HasFatalFailure()) return;
  }
}

TEST(Replay, StartsOfCommands) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram random(seed);
    AcceleratorConfig config = random.config();
    if (seed % 2 != 0) draw_memory(&random, &config.memory);
    const Program program = random.builder(config, random.pick(1, 40)).program();
    CycleOracle oracle(program, config);
    ASSERT_GT(oracle.run(2'000'000), 0);
    const ReplayResult found = replay_commands(ReplayPlan(program, config));
    ASSERT_EQ(found.command_start_cycle, oracle.command_start_cycle());
    ASSERT_EQ(found.run.command_end_cycle, oracle.command_end_cycle());
  }
}

/// Commands from the middle of a program, with the tokens that the commands before them would have given.
TEST(Replay, PartsOfPrograms) {
  int with_tokens = 0;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram random(seed);
    AcceleratorConfig config = random.config();
    if (seed % 2 != 0) draw_memory(&random, &config.memory);
    Program part = random.builder(config, random.pick(10, 80)).program(false);
    part.commands.erase(part.commands.begin(), part.commands.begin() + random.pick(0, 9));
    const ReplayPlan plan = ReplayPlan::part(part.commands, config, 4, part.command_address);
    CycleOracle oracle(part, config);
    for (std::size_t s = 0; s < kSemaphores; ++s) {
      with_tokens += plan.first_tokens()[s];
      for (int i = 0; i < plan.first_tokens()[s]; ++i) oracle.give(s);
    }
    const ReplayResult found = replay_commands(plan);
    ASSERT_EQ(oracle.run(found.run.cycles + 10), -1);  // no HALT ends it
    ASSERT_EQ(found.command_start_cycle, oracle.command_start_cycle());
    ASSERT_EQ(found.run.command_end_cycle, oracle.command_end_cycle());
    const std::vector<std::int64_t>& ends = oracle.command_end_cycle();
    ASSERT_EQ(found.run.cycles, *std::max_element(ends.begin(), ends.end()));
    ASSERT_EQ(found.run.layers.size(), 4U);
  }
  EXPECT_GT(with_tokens, 100);
}

TEST(Replay, PartsRefuseWhatTheDecoderRefuses) {
  EXPECT_THROW(ReplayPlan::part({Command{0, 0, 0, Execute{}}}, small_config()), CommandError);
  EXPECT_THROW(ReplayPlan::part({Command{0, 0, 0, Halt{}}}, small_config()), InternalError);
  EXPECT_EQ(replay_commands(ReplayPlan::part({}, small_config())).run.cycles, 0);
}

/// The same plan again, and with other latencies and more bursts in flight.
TEST(Replay, APlanIsKept) {
  Replayer replayer;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram random(seed);
    AcceleratorConfig config = random.config();
    const Program program = random.builder(config, random.pick(1, 60)).program();
    ReplayPlan plan(program, config);
    for (int i = 0; i < 3; ++i) {
      config.memory.latency_cycles = random.pick(1, 200);
      config.memory.outstanding = random.pick(1, 12);
      plan.set_memory_latency(config.memory.latency_cycles);
      plan.set_outstanding(config.memory.outstanding);
      const RunResult expected = run_timing_in_systemc(program, config, program.image);
      for (int again = 0; again < 2; ++again) expect_equal(replayer.run(plan).run, expected);
      if (HasFatalFailure()) return;
      ASSERT_EQ(replayer.cycles(plan), expected.cycles);
    }
  }
}

/// How a run ends.
template <typename Run>
std::string ending(const Run& run) {
  try {
    return "fine, " + std::to_string(run().cycles);
  } catch (const CommandError& error) {
    std::string text = std::string(error.what()) + " in " + std::to_string(error.cycles()) + " cycles:";
    for (const std::int64_t end : error.done().command_end_cycle) text += " " + std::to_string(end);
    return text;
  } catch (const InternalError& error) {
    const std::string text = error.what();
    return text.substr(0, text.rfind(": TLM"));  // the replay knows no answer of a bus
  }
}

/// Bad commands, waits for nothing, addresses outside of memory: the same words and cycles.
TEST(Replay, EndsAsTheMachineDoes) {
  int bad = 0, deadlocks = 0, refused = 0;
  for (std::uint32_t seed = 1; seed <= 600; ++seed) {
    RandomProgram random(seed);
    const AcceleratorConfig config = random.config();
    ProgramBuilder builder = random.builder(config, random.pick(1, 40));
    Program program = builder.program(seed % 9 != 0);
    const std::size_t at = static_cast<std::size_t>(random.pick(0, static_cast<int>(program.commands.size()) - 1));
    CommandWords words = encode(program.commands[at]);
    if (seed % 3 == 0) words[kSemaphoreWord] ^= 1U << random.pick(0, 31);
    if (seed % 3 == 1)
      words[static_cast<std::size_t>(random.pick(0, 12))] = static_cast<std::uint32_t>(random.pick(-9, 99));
    if (seed % 3 == 2) words[kFirstFieldWord + 1] += static_cast<std::uint32_t>(random.pick(0, 1 << 20));
    std::memcpy(&program.image.at(static_cast<std::size_t>(program.command_address) + at * kCommandBytes), words.data(),
                kCommandBytes);
    const std::string expected = ending([&] { return run_timing_in_systemc(program, config, program.image); });
    ASSERT_EQ(ending([&] { return run_program(program, config, Level::kTiming, program.image); }), expected)
        << "seed " << seed;
    bad += expected.find(" in ") != std::string::npos ? 1 : 0;
    deadlocks += expected.rfind("deadlock", 0) == 0 ? 1 : 0;
    refused += expected.rfind("memory refuses", 0) == 0 ? 1 : 0;
  }
  EXPECT_GT(bad, 50);
  EXPECT_GT(deadlocks, 10);
  EXPECT_GT(refused, 10);
}

TEST(Replay, CompiledNetworksOnRandomMachines) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase made = stimuli::random_case(seed);
    if (seed % 2 != 0) {
      RandomProgram random(static_cast<std::uint32_t>(seed));
      draw_memory(&random, &made.config.memory);
    }
    Program program;
    try {
      program = compile(made.network, made.config);
    } catch (const InputError&) {
      continue;  // does not fit the machine
    }
    const RunResult found = replay_commands(ReplayPlan(program, made.config)).run;
    expect_equal(found, run_timing_in_systemc(program, made.config, program.image));
    if (seed % 4 == 0) expect_equal(found, run_program(program, made.config, Level::kTransaction, program.image));
    if (HasFatalFailure()) return;
    ++compared;
  }
  EXPECT_GT(compared, 60);
}

}  // namespace
}  // namespace systoliq::model::test
