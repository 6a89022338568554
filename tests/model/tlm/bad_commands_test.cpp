// SPDX-License-Identifier: Apache-2.0
// Every field of every command at its ends, one beyond them and at the ends of 32 bits, alone and in pairs: each level
// says the same of it, the timed ones in the same cycle, and where it is legal the data are the same too.
#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <map>
#include <set>

#include "model/isa/command_decoder.h"
#include "rtl_cosim/stimuli/random_case.h"
#include "tests/model/tlm/legal_commands.h"

namespace systoliq::model::test {
namespace {

constexpr std::int64_t kLongRun = 15000;  ///< cycles, beyond which the clocked level is left out

/// How a run ended.
struct Outcome {
  std::string verdict;  ///< "fine", or command, reason and word, or what the machine ran into
  std::int64_t cycles = -1;
  RunResult result;
};

std::string first_words(const std::string& text) { return text.substr(0, text.find_first_of(" :")); }

Outcome outcome_of(const Program& program, const AcceleratorConfig& config, Level level) {
  Outcome outcome;
  try {
    outcome.result = run_program(program, config, level, program.image);
    outcome.verdict = "fine";
    outcome.cycles = outcome.result.cycles;
  } catch (const CommandError& error) {
    outcome.verdict = "command " + std::to_string(error.command()) + ", reason " +
                      std::to_string(static_cast<int>(error.reason())) + ", word " + std::to_string(error.word());
    outcome.cycles = error.cycles();
    EXPECT_EQ(std::string(error.what()).rfind("command " + std::to_string(error.command()) + ": ", 0), 0U);
  } catch (const InternalError& error) {
    outcome.verdict = first_words(error.what());  // "memory" that refuses an access, "deadlock"
  }
  return outcome;
}

/// Counts verdicts, to show that all kinds occur.
using Verdicts = std::map<std::string, int>;

struct Words {
  std::int64_t first, last;
};
Words words_of(std::int64_t address, std::int64_t rows, std::int64_t row_pitch, std::int64_t pixels,
               std::int64_t pixel_pitch, std::int64_t blocks) {
  const std::int64_t down = (rows - 1) * row_pitch;
  const std::int64_t across = (pixels - 1) * pixel_pitch;
  return {address + std::min<std::int64_t>(down, 0) + std::min<std::int64_t>(across, 0),
          address + std::max<std::int64_t>(down, 0) + std::max<std::int64_t>(across, 0) + blocks - 1};
}
bool meet(const Words& a, const Words& b) { return a.first <= b.last && b.first <= a.last; }

/// A POST that writes among the words that it reads: hardware reads some of them before and some after.
bool reads_what_it_writes(const CommandWords& words) {
  if (words[0] != static_cast<std::uint32_t>(Opcode::kPost)) return false;
  const Post p = std::get<Post>(decode(words).body);
  const auto op = static_cast<PostOp>(p.op);
  if (op == PostOp::kRequantize || op == PostOp::kFill) return false;
  const bool pools = op == PostOp::kMaxPool || op == PostOp::kAveragePool;
  const Words source = words_of(p.source_address, pools ? p.source_height : p.height, p.source_row_pitch,
                                pools ? p.source_width : p.width, p.source_pixel_pitch, p.blocks);
  const bool pixel = repeats_pixel(op);
  const Words source2 = words_of(p.source2_address, pixel ? 1 : p.height, p.source2_row_pitch, pixel ? 1 : p.width,
                                 p.source_pixel_pitch, p.blocks);
  const Words output =
      words_of(p.output_address, p.height, p.output_row_pitch, p.width, p.output_pixel_pitch, p.blocks);
  return meet(source, output) || ((adds(op) || multiplies(op)) && meet(source2, output));
}

/// A POST whose operation or preset the RTL and level cycle do not have: they say so, by its word.
bool is_beyond_rtl(const CommandWords& words) {
  const std::uint32_t op = words[kFirstFieldWord];
  const std::uint32_t preset = words[kFirstFieldWord + 1];
  const bool operation =
      op > static_cast<std::uint32_t>(kLastRtlPostOp) && op <= static_cast<std::uint32_t>(PostOp::kAddPixel);
  return words[0] == static_cast<std::uint32_t>(Opcode::kPost) &&
         (operation || (preset >= kRtlPresets && preset < kPresets.size()));
}

/// An EXECUTE that waits for what nobody signals: all levels say so.
bool waits_for_ever(const CommandWords& words) {
  const std::uint32_t mask = words[kFirstFieldWord + isa_table()[3].fields.size() - 1];
  return words[0] == static_cast<std::uint32_t>(Opcode::kExecute) && mask != 0;
}

void compare_levels(const Program& program, const AcceleratorConfig& config, bool with_data, Verdicts* verdicts,
                    const std::string& what, bool beyond_rtl = false, bool may_deadlock = false) {
  const Outcome functional = outcome_of(program, config, Level::kFunctional);
  const Outcome timing = outcome_of(program, config, Level::kTiming);
  ++(*verdicts)[functional.verdict.substr(functional.verdict.find(',') + 1)];
  ASSERT_EQ(functional.verdict, timing.verdict) << what;
  ASSERT_TRUE(functional.verdict == "fine" || functional.verdict == "memory" || functional.cycles == -1) << what;
  if (!may_deadlock) {
    ASSERT_NE(functional.verdict, "deadlock") << what;
  }
  if (timing.cycles > kLongRun) return;
  const Outcome transaction = outcome_of(program, config, Level::kTransaction);
  const Outcome cycle = outcome_of(program, config, Level::kCycle);
  ASSERT_EQ(functional.verdict, transaction.verdict) << what;
  ASSERT_EQ(timing.cycles, transaction.cycles) << what;
  if (with_data) {
    ASSERT_EQ(functional.result.memory, transaction.result.memory) << what;
  }
  if (beyond_rtl) {
    ASSERT_NE(cycle.verdict.find("reason 3, word "), std::string::npos) << what;
    return;
  }
  ASSERT_EQ(functional.verdict, cycle.verdict) << what;
  ASSERT_EQ(timing.cycles, cycle.cycles) << what;
  if (!with_data) return;
  ASSERT_EQ(functional.result.memory, cycle.result.memory) << what;
}

std::string name_of(const CommandWords& words, int word) {
  return word_name(static_cast<Opcode>(words[0] & 0xFF), word) + " = " +
         std::to_string(static_cast<std::int32_t>(words[static_cast<std::size_t>(word)]));
}

/// Values of a word: the ends of its range, one beyond, 0, 1, a million (beyond the memory) and the ends of 32 bits.
std::vector<std::uint32_t> values_of(Opcode opcode, int word, const AcceleratorConfig& config) {
  const std::vector<FieldSpec>& fields = isa_table()[static_cast<std::size_t>(opcode)].fields;
  const FieldSpec& field =
      word == kLayerWord ? layer_field() : fields.at(static_cast<std::size_t>(word - kFirstFieldWord));
  const std::int64_t low = field.lowest.value(config);
  const std::int64_t high = field.highest.value(config);
  std::set<std::uint32_t> values;
  for (const std::int64_t value : {low - 1, low, high, high + 1, std::int64_t{0}, std::int64_t{1},
                                   std::int64_t{1} << 20, std::int64_t{INT32_MIN}, std::int64_t{INT32_MAX}}) {
    values.insert(static_cast<std::uint32_t>(value));
  }
  return {values.begin(), values.end()};
}

int fields_of(const Body& body) { return static_cast<int>(isa_table()[body.index()].fields.size()); }

class EveryCommand : public ::testing::TestWithParam<std::size_t> {
 protected:
  const AcceleratorConfig config_ = small_machines()[GetParam()];
  const std::vector<Body> commands_ = legal_commands(config_);
  std::mt19937 random_{static_cast<std::uint32_t>(GetParam() + 1)};
  Verdicts verdicts_;

  void TearDown() override {
    for (const auto& [verdict, count] : verdicts_) std::cout << count << " × " << verdict << "\n";
  }
};

TEST_P(EveryCommand, IsLegal) {
  for (const Body& body : commands_) {
    for (const bool fenced : {false, true}) {
      const Surrounded it = surround(body, config_, fenced, &random_);
      ASSERT_NO_FATAL_FAILURE(
          compare_levels(it.program, config_, fenced, &verdicts_, disassemble(Command{0, 0, 0, body})));
    }
  }
  EXPECT_EQ(verdicts_.size(), 1U);
  EXPECT_GT(verdicts_["fine"], 0);
}

TEST_P(EveryCommand, WithOneFieldAtItsEnds) {
  for (const Body& body : commands_) {
    for (int word = kLayerWord; word < kFirstFieldWord + fields_of(body); ++word) {
      for (const std::uint32_t value : values_of(static_cast<Opcode>(body.index()), word, config_)) {
        const bool fenced = random_() % 2 == 0;
        Surrounded it = surround(body, config_, fenced, &random_);
        CommandWords words = it.words();
        words[static_cast<std::size_t>(word)] = value;
        it.put(words);
        ASSERT_NO_FATAL_FAILURE(compare_levels(it.program, config_, fenced && !reads_what_it_writes(words), &verdicts_,
                                               name_of(words, word) + " in " + disassemble(Command{0, 0, 0, body}),
                                               is_beyond_rtl(words), waits_for_ever(words)));
      }
    }
  }
  EXPECT_GT(verdicts_["fine"], 100);
  EXPECT_GT(verdicts_["memory"], 1);
}

TEST_P(EveryCommand, WithTwoFieldsAtTheirEnds) {
  constexpr int kPairs = 1200;
  for (int i = 0; i < kPairs; ++i) {
    const Body& body = commands_[random_() % commands_.size()];
    const bool fenced = random_() % 2 == 0;
    Surrounded it = surround(body, config_, fenced, &random_);
    CommandWords words = it.words();
    std::string what = disassemble(Command{0, 0, 0, body});
    for (int k = 0; k < 2; ++k) {
      const int word = kFirstFieldWord + static_cast<int>(random_() % static_cast<unsigned>(fields_of(body)));
      const auto values = values_of(static_cast<Opcode>(body.index()), word, config_);
      words[static_cast<std::size_t>(word)] = values[random_() % values.size()];
      what += ", " + name_of(words, word);
    }
    it.put(words);
    ASSERT_NO_FATAL_FAILURE(compare_levels(it.program, config_, fenced && !reads_what_it_writes(words), &verdicts_,
                                           what, is_beyond_rtl(words), waits_for_ever(words)));
  }
}

TEST_P(EveryCommand, WithOpcodesReservedWordsAndSemaphores) {
  for (const Body& body : commands_) {
    const Surrounded legal = surround(body, config_, false, &random_);
    const auto expect = [&](const std::function<void(CommandWords*)>& spoil, const std::string& reason) {
      Surrounded it = legal;
      CommandWords words = it.words();
      spoil(&words);
      it.put(words);
      const std::string what = disassemble(Command{0, 0, 0, body}) + ": " + reason;
      compare_levels(it.program, config_, false, &verdicts_, what);
      EXPECT_EQ(outcome_of(it.program, config_, Level::kTiming).verdict,
                "command " + std::to_string(it.place) + ", " + reason);
    };
    expect([](CommandWords* w) { (*w)[0] = 6; }, "reason 1, word 0");
    expect([](CommandWords* w) { (*w)[0] |= 255; }, "reason 1, word 0");
    expect([](CommandWords* w) { (*w)[0] |= 1U << 31; }, "reason 2, word 0");
    expect([](CommandWords* w) { (*w)[63] = 1; }, "reason 2, word 63");
    expect([](CommandWords* w) { (*w)[0] = 1, (*w)[1] = 1; }, "reason 2, word 1");
    const int last = kFirstFieldWord + fields_of(body);
    expect([last](CommandWords* w) { (*w)[static_cast<std::size_t>(last)] = 7; },
           "reason 2, word " + std::to_string(last));
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, EveryCommand, ::testing::Values(0U, 1U, 2U));

/// What the compiler emits is legal, and stays comparable when it is spoilt.
TEST(CompiledCommands, WithFieldsAtTheirEnds) {
  constexpr int kNetworks = 12, kFaults = 25;
  Verdicts verdicts;
  for (std::uint64_t seed = 1; seed <= kNetworks; ++seed) {
    const stimuli::RandomCase made = stimuli::random_case(seed);
    Program program;
    try {
      program = compile(made.network, made.config);
    } catch (const InputError&) {
      continue;  // does not fit the machine
    }
    std::mt19937 random(static_cast<std::uint32_t>(seed));
    for (int fault = 0; fault < kFaults; ++fault) {
      const std::size_t at = random() % (program.commands.size() - 1);
      const Command& command = program.commands[at];
      if (fields_of(command.body) == 0) continue;
      Program faulty = program;
      CommandWords words = encode(command);
      const int word = kFirstFieldWord + static_cast<int>(random() % static_cast<unsigned>(fields_of(command.body)));
      const auto values = values_of(static_cast<Opcode>(command.body.index()), word, made.config);
      words[static_cast<std::size_t>(word)] = values[random() % values.size()];
      std::memcpy(faulty.image.data() + program.command_address + static_cast<std::ptrdiff_t>(at * kCommandBytes),
                  words.data(), kCommandBytes);
      const std::string what =
          "seed " + std::to_string(seed) + " command " + std::to_string(at) + " " + name_of(words, word);
      ASSERT_NO_FATAL_FAILURE(
          compare_levels(faulty, made.config, false, &verdicts, what, is_beyond_rtl(words), waits_for_ever(words)));
    }
  }
  EXPECT_GT(verdicts["fine"], 10);
  EXPECT_GT(verdicts.size(), 10U);
}

}  // namespace
}  // namespace systoliq::model::test
