// SPDX-License-Identifier: Apache-2.0
// Queues, semaphores, FENCE, what is reported when a program cannot end, and that the machine works on afterwards.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "model/isa/command_error.h"
#include "model/timing/compute_timing.h"
#include "tests/model/tlm/random_program.h"

namespace systoliq::model::test {
namespace {

/// The text of the InternalError that a run must end with.
std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const InternalError& error) {
    return error.what();
  }
  return "no InternalError";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A program whose result is known; the machine must still run it after a failure.
void expect_machine_works() {
  RandomProgram random(99);
  const AcceleratorConfig config = random.config();
  const Program program = random.builder(config, 30).program();
  const RunResult timing = run_program(program, config, Level::kTiming, program.image);
  const RunResult transaction = run_program(program, config, Level::kTransaction, program.image);
  EXPECT_EQ(timing.command_end_cycle, transaction.command_end_cycle);
  EXPECT_EQ(timing.cycles, transaction.cycles);
}

TEST(Deadlock, NamesEngineCommandAndSemaphore) {
  for (const Level level : {Level::kTiming, Level::kTransaction}) {
    ProgramBuilder builder(small_config());
    builder.add(load_words(LoadTarget::kWeight, kDataBase, 0, 4), 0, 1);
    builder.add(pointwise(5, 4, 4), 0b1001, 0);
    const std::string error = error_of([&] { builder.run(level); });
    EXPECT_TRUE(contains(error, "deadlock")) << error;
    EXPECT_TRUE(contains(error, "EXECUTE command 1 waits for semaphore 3")) << error;
    EXPECT_TRUE(contains(error, "command 2 (FENCE or HALT)")) << error;
    EXPECT_FALSE(contains(error, "semaphore 0")) << error;
    expect_machine_works();
  }
}

TEST(Decoder, RefusesShiftsThatNoAdderHas) {
  const struct {
    Preset preset;
    std::int32_t shift;
    const char* accepted;
  } kCases[] = {{Preset::kTfliteRef, -65, "−64"},
                {Preset::kTfliteRef, 64, "63"},
                {Preset::kTfliteSingle, 32, "presets that round once"},
                {Preset::kOrtMlas, -1, "`ort_mlas`, `xnn_fp32`: 0"}};
  for (const Level level : {Level::kTiming, Level::kTransaction, Level::kCycle}) {
    for (const auto& each : kCases) {
      for (std::int32_t Post::*field : {&Post::shift, &Post::shift2, &Post::shift3}) {
        ProgramBuilder builder(small_config());
        Post post = requantize(1, 4, 0);
        post.op = static_cast<std::int32_t>(PostOp::kAdd);
        post.preset = static_cast<std::int32_t>(each.preset);
        post.*field = each.shift;
        builder.add(post);
        const std::string error = error_of([&] { builder.run(level); });
        EXPECT_TRUE(contains(error, "command 0: POST.shift")) << error;
        EXPECT_TRUE(contains(error, " = " + std::to_string(each.shift) + "; accepted: ")) << error;
        EXPECT_TRUE(contains(error, each.accepted) || each.shift < -64 || each.shift > 63) << error;
      }
    }
  }
  expect_machine_works();
}

TEST(Deadlock, NamesEveryBlockedEngineAndAFullQueue) {
  ProgramBuilder builder(small_config());
  builder.add(requantize(3, 4, 0), 0b110, 0);
  for (int i = 0; i < kQueueDepth + 1; ++i) builder.add(store_words(0, kDataBase, 3, 4), 0b1000, 0b10);
  const std::string error = error_of([&] { builder.run(); });
  EXPECT_TRUE(contains(error, "POST command 0 waits for semaphores 1, 2")) << error;
  EXPECT_TRUE(contains(error, "STORE command 1 waits for semaphore 3")) << error;
  EXPECT_TRUE(contains(error, "command 9 waits for a place in its engine's queue")) << error;
  expect_machine_works();
}

TEST(Deadlock, CommandsWithoutHalt) {
  ProgramBuilder builder(small_config());
  builder.add(Fence{});
  const std::string error = error_of([&] { builder.run(Level::kTransaction, false); });
  EXPECT_TRUE(contains(error, "end without HALT")) << error;
  expect_machine_works();
}

TEST(Semaphore, PassingTheMaximumIsAnError) {
  const auto build = [](int signals) {
    ProgramBuilder builder(small_config(), 256 * 1024);
    for (int i = 0; i < signals; ++i) builder.add(requantize(1, 1, 0), 0, 0b100);
    return builder.run(Level::kTiming);
  };
  EXPECT_GT(build(kSemaphoreMax).cycles, 0);
  const std::string error = error_of([&] { build(kSemaphoreMax + 1); });
  EXPECT_TRUE(contains(error, "semaphore 2 would pass 255")) << error;
  EXPECT_TRUE(contains(error, "POST command 255")) << error;
  expect_machine_works();
}

TEST(Semaphore, SecondConsumerIsAnError) {
  ProgramBuilder builder(small_config());
  builder.add(requantize(1, 1, 0), 0, 0b1);
  builder.add(pointwise(1, 1, 1), 0b1, 0b1);
  builder.add(store_words(0, kDataBase, 1, 4), 0b1, 0);
  const std::string error = error_of([&] { builder.run(); });
  EXPECT_TRUE(contains(error, "semaphore 0: awaited by STORE command 2, but also by EXECUTE")) << error;
  expect_machine_works();
}

TEST(Semaphore, IsTakenInTheCycleInWhichItArrives) {
  ProgramBuilder builder(small_config());
  builder.add(requantize(60, 4, 0), 0, 0b1);  // outlasts the fetch of the next command
  builder.add(pointwise(5, 4, 4), 0b1, 0);
  const RunResult result = builder.run();
  EXPECT_EQ(result.command_end_cycle[1] - result.command_end_cycle[0],
            execute_timing(pointwise(5, 4, 4), small_config()).total());
}

TEST(Semaphore, CountsSoThatTokensAreNotLost) {
  ProgramBuilder builder(small_config());
  for (int i = 0; i < 3; ++i) builder.add(requantize(1, 1, 0), 0, 0b1);
  for (int i = 0; i < 3; ++i) builder.add(pointwise(40, 4, 4), 0b1, 0);
  const RunResult result = builder.run();
  const std::int64_t each = execute_timing(pointwise(40, 4, 4), small_config()).stream;  // the others fill meanwhile
  EXPECT_EQ(result.command_end_cycle[4] - result.command_end_cycle[3], each);
  EXPECT_EQ(result.command_end_cycle[5] - result.command_end_cycle[4], each);
}

TEST(Queue, FullQueueHoldsTheDecoder) {
  // Ten POST of 5000 pixels: the first starts, eight fill the queue, the tenth waits in the decoder, and a LOAD
  // behind it as long.
  ProgramBuilder builder(small_config());
  builder.config().buffers.accumulator_words = 8192;
  builder.config().buffers.activation_kib = 64;
  for (int i = 0; i < 10; ++i) builder.add(requantize(5000, 4, 0));
  builder.add(load_words(LoadTarget::kActivation, kDataBase, 0, 1));
  const RunResult result = builder.run(Level::kTiming);
  // The first POST ends at e; then the second starts and leaves the queue, the tenth is decoded in e + 1, the LOAD
  // in e + 2 (long since fetched), starts in e + 3, its word comes 10 cycles later and ends one further.
  EXPECT_EQ(result.command_end_cycle[10], result.command_end_cycle[0] + 3 + 10 + 1);
}

TEST(Queue, LoadsWithoutBurstsHoldEntriesOfTheWriter) {
  // 2 bursts outstanding: 3 LOADs may be between start and end. Twelve of 800 words of padding: three start, eight fill
  // the queue, the twelfth waits in the decoder and POST behind it, all fetched within 45 + 12 * 36 cycles.
  AcceleratorConfig config = small_config();
  config.buffers.activation_kib = 4;
  ProgramBuilder builder(config);
  Load padding = load_words(LoadTarget::kActivation, kDataBase, 0, 40);
  padding.rows = 20;
  padding.pack_kernel_width = padding.pack_channels = 1;
  padding.pack_stride = padding.pack_row_stride = padding.pack_width = padding.pack_height = 1;
  padding.pack_pad_top = padding.rows;
  for (int i = 0; i < 12; ++i) builder.add(padding);
  builder.add(requantize(1, 1, 0));
  for (const Level level : {Level::kTiming, Level::kTransaction}) {
    const RunResult result = builder.run(level);
    EXPECT_EQ(result.command_end_cycle[0], 46 + 800);
    EXPECT_EQ(result.command_end_cycle[1], 46 + 1600);
    // The fourth starts when the first ends and leaves its place to the twelfth a cycle later; POST is decoded in the
    // next, starts one further, and takes 1 pixel and 8 cycles.
    EXPECT_EQ(result.command_end_cycle[12], result.command_end_cycle[0] + 3 + 1 + 8);
  }
}

TEST(Fence, HoldsWhatFollowsUntilEverythingHasEnded) {
  ProgramBuilder builder(AcceleratorConfig{});
  builder.add(pointwise(1000, 16, 16));
  builder.add(Fence{});
  builder.add(requantize(1, 1, 0));
  const RunResult result = builder.run();
  EXPECT_EQ(result.command_end_cycle[1], result.command_end_cycle[0] + 1);
  // Decoded the cycle after FENCE, started one later; 1 pixel and 8 cycles.
  EXPECT_EQ(result.command_end_cycle[2], result.command_end_cycle[1] + 1 + 1 + 8);
}

TEST(Errors, WhatACommandMayNotDoEndsTheRun) {
  const auto error_for = [](const auto& body, Level level) {
    return error_of([&] { ProgramBuilder(small_config()).add(body).run(level); });
  };
  EXPECT_TRUE(contains(error_for(load_words(LoadTarget::kWeight, 1 << 20, 0, 4), Level::kTiming), "memory refuses"));
  EXPECT_TRUE(contains(error_for(load_words(LoadTarget::kWeight, kDataBase, 1 << 20, 4), Level::kTransaction),
                       "LOAD.buffer_address = 1048576; accepted: 0 to 255"));
  EXPECT_TRUE(contains(error_for(load_words(LoadTarget::kWeight, kDataBase, 0, 0), Level::kTiming),
                       "LOAD.row_records = 0; accepted: 1 to 256"));
  EXPECT_TRUE(contains(error_for(store_words(0, 1 << 20, 4, 4), Level::kTransaction), "memory refuses"));
  EXPECT_TRUE(contains(error_for(store_words(0, -8, 4, 4), Level::kTransaction), "STORE.memory_address = -8"));
  EXPECT_TRUE(contains(error_for(Execute{}, Level::kTiming), "EXECUTE.input_blocks = 0; accepted: 1 to 256"));
  expect_machine_works();
}

TEST(Errors, UnknownOpcode) {
  ProgramBuilder builder(small_config());
  builder.add(Fence{});
  Program program = builder.program();
  program.image[0] = 77;
  const std::string error = error_of([&] { run_program(program, small_config(), Level::kTiming, program.image); });
  EXPECT_TRUE(contains(error, "unknown opcode 77")) << error;
  expect_machine_works();
}

/// Cycles of a run that a bad command ends.
std::int64_t cycles_of_error(const ProgramBuilder& builder, Level level) {
  try {
    builder.run(level);
  } catch (const CommandError& error) {
    return error.cycles();
  }
  return -1;
}

constexpr Level kTimedLevels[] = {Level::kTiming, Level::kTransaction, Level::kCycle};

TEST(BadCommand, AloneEndsTheRunAsHaltDoes) {
  for (const Level level : kTimedLevels) {
    const std::int64_t halt = ProgramBuilder(small_config()).run(level).cycles;
    EXPECT_EQ(cycles_of_error(ProgramBuilder(small_config()).add(Execute{}), level), halt);
  }
}

TEST(BadCommand, WaitsForWhatHasStarted) {
  for (const Level level : kTimedLevels) {
    const std::int64_t end = ProgramBuilder(small_config()).add(pointwise(64, 4, 4)).run(level).command_end_cycle[0];
    ProgramBuilder builder(small_config());
    builder.add(pointwise(64, 4, 4));
    builder.add(pointwise(64, 4, 4), 0b10);  // awaits what never comes: dropped
    builder.add(Execute{});
    ASSERT_GT(end, 60);
    EXPECT_EQ(cycles_of_error(builder, level), end + 1);
  }
}

TEST(BadCommand, DropsWhatIsQueuedInTheNextCycle) {
  for (const Level level : kTimedLevels) {
    const std::int64_t halt = ProgramBuilder(small_config()).add(Fence{}).run(level).cycles;
    ProgramBuilder builder(small_config());
    builder.add(pointwise(1, 1, 1), 0b10);
    builder.add(Execute{});
    EXPECT_EQ(cycles_of_error(builder, level), halt + 1);
  }
}

/// Nine commands fill a queue and the decoder; the bad one behind them is not at the head before one of them starts.
TEST(BadCommand, IsFoundBehindAFullQueueOnlyWhenItIsTheHead) {
  for (const Level level : kTimedLevels) {
    ProgramBuilder builder(small_config());
    for (int i = 0; i < kQueueDepth + 1; ++i) builder.add(pointwise(1, 1, 1), 0b10);
    builder.add(Execute{});
    const std::string error = error_of([&] { builder.run(level); });
    EXPECT_TRUE(contains(error, "deadlock")) << error;
  }
  ProgramBuilder builder(small_config());
  for (int i = 0; i < kQueueDepth; ++i) builder.add(pointwise(1, 1, 1), 0b10);
  builder.add(Execute{});  // the queue has no place for it, and it needs none
  for (const Level level : kTimedLevels) EXPECT_GT(cycles_of_error(builder, level), 0);
  expect_machine_works();
}

TEST(Level, NamesAreParsed) {
  EXPECT_EQ(parse_level("functional"), Level::kFunctional);
  EXPECT_EQ(parse_level("timing"), Level::kTiming);
  EXPECT_EQ(parse_level("transaction"), Level::kTransaction);
  EXPECT_EQ(parse_level("cycle"), Level::kCycle);
  EXPECT_THROW(parse_level("fast"), InputError);
}

}  // namespace
}  // namespace systoliq::model::test
