// SPDX-License-Identifier: Apache-2.0
// Which dependencies become semaphores, that one token answers one dependency, and that no counter runs over.
#include "model/compiler/hazard_tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "compiler_networks.h"

namespace systoliq::model {
namespace {

enum EngineNumber { kLoadEngine, kExecuteEngine, kPostEngine, kStoreEngine };

/// Appends commands that do nothing but access.
class Sequence final {
 public:
  template <typename Body>
  const Command& add(std::initializer_list<Access> accesses) {
    Command command;
    command.body = Body{};
    commands_.push_back(command);
    tracker_.add(&commands_, accesses);
    return commands_.back();
  }
  std::vector<Command>& commands() { return commands_; }

 private:
  std::vector<Command> commands_;
  HazardTracker tracker_;
};

std::uint16_t bit(int producer, int consumer) {
  return static_cast<std::uint16_t>(1U << semaphore_of(producer, consumer));
}
Access reads(std::int64_t first, std::int64_t count) { return {Storage::kActivations, first, count, false}; }
Access writes(std::int64_t first, std::int64_t count) { return {Storage::kActivations, first, count, true}; }

TEST(HazardTracker, EveryPairOfEnginesHasItsOwnSemaphore) {
  std::map<int, int> uses;
  for (int producer = 0; producer < 4; ++producer) {
    for (int consumer = 0; consumer < 4; ++consumer) {
      if (producer == consumer) continue;
      const int semaphore = semaphore_of(producer, consumer);
      EXPECT_GE(semaphore, 0);
      EXPECT_LT(semaphore, kSemaphores);
      EXPECT_EQ(++uses[semaphore], 1) << producer << " → " << consumer;
    }
  }
}

TEST(HazardTracker, ReadAfterWrite) {
  Sequence s;
  s.add<Load>({writes(10, 5)});
  EXPECT_EQ(s.add<Execute>({reads(14, 3)}).wait, bit(kLoadEngine, kExecuteEngine));
  EXPECT_EQ(s.commands()[0].signal, bit(kLoadEngine, kExecuteEngine));
}

TEST(HazardTracker, WriteAfterRead) {
  Sequence s;
  s.add<Execute>({reads(0, 4)});
  EXPECT_EQ(s.add<Load>({writes(3, 1)}).wait, bit(kExecuteEngine, kLoadEngine));
}

TEST(HazardTracker, WriteAfterWrite) {
  Sequence s;
  s.add<Load>({writes(0, 4)});
  EXPECT_EQ(s.add<Post>({writes(0, 4)}).wait, bit(kLoadEngine, kPostEngine));
}

TEST(HazardTracker, NeighborsAndReadersDoNotMeet) {
  Sequence s;
  s.add<Load>({writes(0, 4)});
  EXPECT_EQ(s.add<Execute>({reads(4, 4)}).wait, 0) << "the next word";
  EXPECT_EQ(s.add<Store>({reads(4, 4)}).wait, 0) << "two readers";
  EXPECT_EQ(s.add<Post>({{Storage::kParams, 0, 4, true}}).wait, 0) << "another storage";
  EXPECT_EQ(s.add<Post>({reads(2, 0)}).wait, 0) << "an empty access";
}

TEST(HazardTracker, EngineWaitsNotForItself) {
  Sequence s;
  s.add<Post>({writes(0, 4)});
  EXPECT_EQ(s.add<Post>({reads(0, 4), writes(8, 4)}).wait, 0);
}

TEST(HazardTracker, OneTokenAnswersOneDependency) {
  Sequence s;
  s.add<Load>({writes(0, 4)});
  s.add<Load>({writes(4, 4)});
  EXPECT_EQ(s.add<Execute>({reads(0, 8)}).wait, bit(kLoadEngine, kExecuteEngine));
  EXPECT_EQ(s.commands()[0].signal, 0) << "the later LOAD answers for the earlier";
  EXPECT_NE(s.commands()[1].signal, 0);
  EXPECT_EQ(s.add<Execute>({reads(0, 8)}).wait, 0) << "known to be complete";
}

TEST(HazardTracker, WriterCoversWhatItOverwrites) {
  Sequence s;
  s.add<Load>({writes(0, 8)});
  s.add<Post>({writes(0, 8)});
  EXPECT_EQ(s.add<Store>({reads(0, 8)}).wait, bit(kPostEngine, kStoreEngine)) << "POST has itself waited for LOAD";
}

TEST(HazardTracker, PartOverwrittenStillWaitsForTheRest) {
  Sequence s;
  s.add<Load>({writes(0, 8)});
  s.add<Post>({writes(0, 4)});
  const std::uint16_t both = bit(kPostEngine, kStoreEngine) | bit(kLoadEngine, kStoreEngine);
  EXPECT_EQ(s.add<Store>({reads(0, 8)}).wait, both);
}

TEST(HazardTracker, FenceHasNoHazardsBad) {
  HazardTracker tracker;
  std::vector<Command> commands(1);
  commands[0].body = Fence{};
  EXPECT_THROW(tracker.add(&commands, {}), InternalError);
}

/// Tokens that are outstanding when producers run as far ahead as they can: all commands before the consumer completed.
std::map<int, int> most_tokens(const std::vector<Command>& commands) {
  std::map<int, int> tokens;
  std::map<int, int> most;
  // Producers are never slower: count a signal at once, a wait when the consumer's turn comes in program order.
  for (const Command& command : commands) {
    for (int s = 0; s < kSemaphores; ++s) {
      const auto* execute = std::get_if<Execute>(&command.body);
      tokens[s] -= (command.wait >> s & 1) + (execute != nullptr ? execute->stream_wait >> s & 1 : 0);
      EXPECT_GE(tokens[s], 0) << "program order would deadlock on semaphore " << s;
      if ((command.signal >> s & 1) != 0) most[s] = std::max(most[s], ++tokens[s]);
    }
  }
  for (const auto& [semaphore, left] : tokens) EXPECT_EQ(left, 0) << "semaphore " << semaphore << " keeps tokens";
  return most;
}

TEST(HazardTracker, DistantDependenciesAreJoined) {
  Sequence s;
  constexpr int kTiles = 1000;
  for (int i = 0; i < kTiles; ++i) s.add<Store>({{Storage::kMemory, i * 16, 16, true}});
  for (int i = 0; i < kTiles; ++i) s.add<Load>({{Storage::kMemory, i * 16, 16, false}});
  for (const auto& [semaphore, most] : most_tokens(s.commands())) {
    EXPECT_LE(most, 128) << semaphore;
  }
  EXPECT_NE(s.commands()[kTiles].wait, 0) << "the first reader must wait";
}

/// Every conflict between engines is ordered by the semaphores, whatever the engines' speeds: random programs, where
/// the completion that each wait guarantees is followed token by token.
TEST(HazardTracker, RandomConflictsAreOrdered) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto uniform = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    Sequence s;
    std::vector<Access> accesses;
    for (int i = 0; i < 300; ++i) {
      const Access access = {Storage::kActivations, uniform(0, 40), uniform(1, 12), uniform(0, 1) == 1};
      accesses.push_back(access);
      const int engine = uniform(0, 3);
      if (engine == 0) s.add<Load>({access});
      if (engine == 1) s.add<Execute>({access});
      if (engine == 2) s.add<Post>({access});
      if (engine == 3) s.add<Store>({access});
    }
    // known[e][p]: engine e knows that engine p's commands up to this index are complete; follows tokens in order.
    const std::vector<Command>& commands = s.commands();
    std::vector<std::vector<std::int64_t>> snapshot(commands.size());  // what is known once command i is complete
    std::vector<std::vector<std::int64_t>> known(4, std::vector<std::int64_t>(4, -1));
    std::map<int, std::vector<std::size_t>> signals;
    std::map<int, std::size_t> taken;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const auto engine = commands[i].body.index() - 2;
      for (int sem = 0; sem < kSemaphores; ++sem) {
        if ((commands[i].wait >> sem & 1) == 0) continue;
        ASSERT_LT(taken[sem], signals[sem].size());
        const std::size_t signaller = signals[sem][taken[sem]++];
        for (std::size_t p = 0; p < 4; ++p) known[engine][p] = std::max(known[engine][p], snapshot[signaller][p]);
      }
      for (std::size_t j = 0; j < i; ++j) {
        const auto other = commands[j].body.index() - 2;
        const bool overlap = accesses[i].first < accesses[j].first + accesses[j].count &&
                             accesses[j].first < accesses[i].first + accesses[i].count;
        if (other == engine || !overlap || (!accesses[i].write && !accesses[j].write)) continue;
        ASSERT_GE(known[engine][other], static_cast<std::int64_t>(j)) << "command " << i << " may overtake " << j;
      }
      known[engine][engine] = static_cast<std::int64_t>(i);
      snapshot[i] = known[engine];
      for (int sem = 0; sem < kSemaphores; ++sem) {
        if ((commands[i].signal >> sem & 1) != 0) signals[sem].push_back(i);
      }
    }
  }
}

/// More than 300 tiles through memory, twice: compiled, bounded, and run without a counter running over.
TEST(HazardTracker, HundredsOfTilesRun) {
  AcceleratorConfig config;
  config.array.rows = config.array.cols = 2;
  config.requant.lanes = 2;
  config.buffers.activation_kib = 1;
  config.buffers.weight_kib = 1;
  config.buffers.accumulator_words = 8;
  config.buffers.param_words = 16;
  config.memory.bytes_per_cycle = 4;
  const QuantizedNetwork network = test::NetworkBuilder({1, 2, 40, 40})
                                       .convolution(2, test::square(3, 1, 1))
                                       .convolution(2, test::square(1))
                                       .build();
  const Program program = compile(network, config);
  std::int64_t posts = 0;
  for (const Command& command : program.commands) posts += std::holds_alternative<Post>(command.body) ? 1 : 0;
  EXPECT_GT(posts, 300);
  for (const auto& [semaphore, most] : most_tokens(program.commands)) EXPECT_LE(most, kSemaphoreMax) << semaphore;
  test::expect_runs_like_reference(network, program, config, Level::kTransaction);
  test::expect_runs_like_reference(network, program, config, Level::kFunctional);
}

}  // namespace
}  // namespace systoliq::model
