// SPDX-License-Identifier: Apache-2.0
// Semaphores broken on purpose: a wait that is dropped gives wrong results, a signal that is removed a deadlock that
// the machine explains.
#include <iostream>
#include <map>
#include <string>
#include <utility>

#include "tests/system/faulty_program.h"

namespace systoliq::test {
namespace {

using model::Level;
using model::Program;

using BrokenSemaphores = FaultInjection;

constexpr const char* kEngineNames[] = {"LOAD", "EXECUTE", "POST", "STORE"};

/// Takes a semaphore from what a command waits for, at its start or, `late`, before its stream; false: it does not.
bool drop_wait(int semaphore, bool late, model::Command* command) {
  const int bit = 1 << semaphore;
  auto* execute = std::get_if<model::Execute>(&command->body);
  if (late && (execute == nullptr || (execute->stream_wait & bit) == 0)) return false;
  if (late) execute->stream_wait &= ~bit;
  if (late || (command->wait & bit) == 0) return late;
  command->wait = static_cast<std::uint16_t>(command->wait & ~bit);
  return true;
}

/// Every wait of every command is dropped in turn. Not each of them shows in the data (the awaited command may have
/// ended long before), yet each kind of hazard must have one that does.
TEST_F(BrokenSemaphores, DroppedWaits) {
  ASSERT_EQ(mismatches(program_, Level::kTransaction), 0);
  std::map<std::pair<int, int>, std::pair<int, int>> found;  // producer, consumer: waits dropped, faults seen
  for (std::size_t i = 0; i < program_.commands.size(); ++i) {
    const int consumer = static_cast<int>(program_.commands[i].body.index()) - 2;
    for (int producer = 0; producer < 4 && consumer >= 0; ++producer) {
      if (producer == consumer) continue;
      for (const bool late : {false, true}) {
        Program faulty = program_;
        if (!drop_wait(model::semaphore_of(producer, consumer), late, &faulty.commands[i])) continue;
        write_commands(&faulty);
        auto& [dropped, seen] = found[{producer, consumer}];
        ++dropped;
        seen += mismatches(faulty, Level::kTransaction) > 0 ? 1 : 0;
      }
    }
  }
  for (const auto& [pair, counts] : found) {
    std::cout << kEngineNames[pair.second] << " waits for " << kEngineNames[pair.first] << ": " << counts.first
              << " dropped one at a time, " << counts.second << " wrong results\n";
  }
  // Reads before writes, and writes before reads.
  const std::pair<int, int> hazards[] = {{0, 1}, {1, 2}, {2, 3}, {2, 1}, {1, 0}};
  for (const auto& pair : hazards) {
    EXPECT_GT(found[pair].second, 0) << kEngineNames[pair.second] << " for " << kEngineNames[pair.first];
  }
}

/// Weights are double buffered: a LOAD that ran ahead of EXECUTE would overwrite what is still needed.
TEST_F(BrokenSemaphores, LoadsThatNeverWaitForTheArray) {
  ASSERT_EQ(mismatches(program_, Level::kTransaction), 0);
  const auto bit = static_cast<std::uint16_t>(1U << model::semaphore_of(1, 0));
  Program faulty = program_;
  for (model::Command& command : faulty.commands) command.wait = static_cast<std::uint16_t>(command.wait & ~bit);
  write_commands(&faulty);
  EXPECT_GT(mismatches(faulty, Level::kTransaction), 0);
}

/// Without its signal the consumer waits for ever; the machine says for which semaphore.
TEST_F(BrokenSemaphores, RemovedSignalIsADeadlock) {
  for (const Level level : {Level::kFunctional, Level::kTiming, Level::kTransaction}) {
    for (int semaphore = 0; semaphore < 12; ++semaphore) {
      const auto bit = static_cast<std::uint16_t>(1U << semaphore);
      Program faulty = program_;
      bool removed = false;
      for (model::Command& command : faulty.commands) {
        removed = removed || (command.signal & bit) != 0;
        command.signal = static_cast<std::uint16_t>(command.signal & ~bit);
      }
      if (!removed) continue;
      write_commands(&faulty);
      try {
        model::run_program(faulty, faulty_machine(), level, faulty.image);
        ADD_FAILURE() << "semaphore " << semaphore << " is never signaled, yet the program ended";
      } catch (const InternalError& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("deadlock"), std::string::npos) << text;
        EXPECT_NE(text.find("semaphore " + std::to_string(semaphore)), std::string::npos) << text;
      }
    }
    // The machine has recovered.
    if (level != Level::kTiming) {
      EXPECT_EQ(mismatches(program_, level), 0);
    }
  }
}

}  // namespace
}  // namespace systoliq::test
