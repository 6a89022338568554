// SPDX-License-Identifier: Apache-2.0
// A run that its caller cancels, at every level and at any moment: it ends, and the next one is as if it had never
// been.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <thread>

#include "model/run_program.h"
#include "rtl_cosim/stimuli/random_case.h"
#include "types/util/cancellation.h"

namespace systoliq::model::test {
namespace {

constexpr Level kLevels[] = {Level::kFunctional, Level::kTiming, Level::kTransaction, Level::kCycle};

struct Work {
  AcceleratorConfig config;
  Program program;

  RunResult run(Level level) const { return run_program(program, config, level, program.image); }
};

/// The first random network with at least so many commands that a machine accepts.
Work some_work(std::size_t commands) {
  for (std::uint64_t seed = 1;; ++seed) {
    const stimuli::RandomCase drawn = stimuli::random_case(seed);
    try {
      Program program = compile(drawn.network, drawn.config);
      if (program.commands.size() >= commands) return {drawn.config, std::move(program)};
    } catch (const InputError&) {
    }
  }
}

void expect_equal(const RunResult& found, const RunResult& expected) {
  EXPECT_EQ(found.cycles, expected.cycles);
  EXPECT_EQ(found.memory, expected.memory);
  EXPECT_EQ(found.command_end_cycle, expected.command_end_cycle);
  EXPECT_EQ(found.layers, expected.layers);
}

TEST(CanceledRun, EndsAtOnceWhereTheFlagIsSetBefore) {
  const Work work = some_work(50);
  const std::atomic<bool> set{true};
  for (const Level level : kLevels) {
    const RunResult expected = work.run(level);
    {
      const CancellationScope scope(set);
      EXPECT_THROW(work.run(level), Canceled) << static_cast<int>(level);
    }
    expect_equal(work.run(level), expected);
  }
}

/// True where it was canceled.
bool canceled_after(std::chrono::microseconds delay, const Work& work, Level level) {
  std::atomic<bool> flag{false};
  bool canceled = false;
  std::thread runner([&] {
    const CancellationScope scope(flag);
    try {
      work.run(level);
    } catch (const Canceled&) {
      canceled = true;
    }
  });
  std::this_thread::sleep_for(delay);
  flag = true;
  runner.join();
  return canceled;
}

TEST(CanceledRun, LeavesNothingBehindAtAnyMoment) {
  const Work work = some_work(200);
  for (const Level level : kLevels) {
    const auto start = std::chrono::steady_clock::now();
    const RunResult expected = work.run(level);
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    int canceled = 0;
    for (int attempt = 0; attempt < 200 && canceled < 8; ++attempt) {  // on a busy host the flag often comes too late
      canceled += canceled_after(took * (attempt % 8) / 8, work, level) ? 1 : 0;
      expect_equal(work.run(level), expected);
    }
    EXPECT_EQ(canceled, 8) << "level " << static_cast<int>(level) << " of " << took.count() << " us";
  }
}

}  // namespace
}  // namespace systoliq::model::test
