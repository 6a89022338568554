// SPDX-License-Identifier: Apache-2.0
// Words of commands at the ends of their ranges and beyond, alone and in pairs: RTL and model refuse the same ones, for
// the same reason, in the same cycle, with the same memory, and agree in all that the others do.
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "model/isa/command_error.h"
#include "model/isa/csr.h"
#include "rtl_cosim/accelerator/accelerator_cosim.h"
#include "tests/model/tlm/random_program.h"
#include "tests/rtl_cosim/accelerator/drawn_commands.h"

namespace systoliq::rtl {
namespace {

using model::ErrorReason;

constexpr std::int64_t kLongestRun = 20'000;  ///< cycles; legal values at the ends of their ranges may take millions

class BadCommand : public testing::TestWithParam<std::string> {
 protected:
  /// What became of the runs.
  struct Seen {
    std::map<ErrorReason, int> refused;
    int run = 0, left_out = 0;
  };

  /// Compares a run that ends within kLongestRun cycles and leaves neither memory nor a waiting command.
  void compare(const model::Program& program, bool data = true) {
    try {
      const model::RunResult expected = model::run_program(program, config_, model::Level::kTransaction, program.image);
      if (expected.cycles > kLongestRun) return void(++seen_.left_out);
      // A POST that writes where it reads from: the machine reads some words after it has written them.
      data =
          data && model::run_program(program, config_, model::Level::kCycle, program.image).memory == expected.memory;
    } catch (const model::CommandError& error) {
      ++seen_.refused[error.reason()];
    } catch (const InternalError&) {  // an address that this memory does not have, or a deadlock
      return void(++seen_.left_out);
    }
    ++seen_.run;
    const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config_);
    const AcceleratorReport report = run_accelerator_cosim(*device, program, config_, program.image, {data});
    ASSERT_FALSE(report.first_divergence) << report.first_divergence->text;
  }
  /// Of legal commands, whose runs are the long ones, only one in `legal_share_`.
  void compare(const model::Command& of, const DrawnWords& drawn) {
    const model::CommandWords words = with(encode(of), drawn);
    const bool waits = words[model::kSemaphoreWord] != 0;
    if (!waits && !model::CommandDecoder(config_, model::Operations::kRtl).check(words).bad() &&
        legal_++ % legal_share_ != 0)
      return;
    std::string text = disassemble(of);
    for (const auto& [word, value] : drawn) {
      text += ", word " + std::to_string(word) + " = " + std::to_string(static_cast<std::int32_t>(value));
    }
    SCOPED_TRACE(text);
    compare(program_around(config_, words));
  }
  void TearDown() override {
    std::cout << seen_.run << " compared, " << seen_.left_out << " left out; refused:";
    for (const auto& [reason, count] : seen_.refused) {
      std::cout << " reason " << static_cast<int>(reason) << ": " << count;
    }
    std::cout << "\n";
  }

  model::AcceleratorConfig config_ = model::read_config(SYSTOLIQ_SOURCE_DIR "/" + accelerator_build_config(GetParam()));
  Seen seen_;
  int legal_ = 0, legal_share_ = config_.array.rows * config_.array.cols > 64 ? 30 : 6;
};

TEST_P(BadCommand, EveryWordAtItsEndsAndBeyond) {
  for (const model::Command& each : drawable_commands(config_)) {
    const model::CommandWords words = encode(each);
    compare(each, {});
    for (const int word : words_of(words)) {
      for (const std::uint32_t value : values_of(config_, words, word)) {
        compare(each, {{word, value}});
        if (HasFatalFailure()) return;
      }
    }
  }
  for (const ErrorReason reason : {ErrorReason::kUnknownOpcode, ErrorReason::kReserved, ErrorReason::kRange,
                                   ErrorReason::kRule, ErrorReason::kSemaphore}) {
    EXPECT_GT(seen_.refused[reason], 5) << "reason " << static_cast<int>(reason);
  }
}

TEST_P(BadCommand, PairsOfWords) {
  std::mt19937 random(1);
  const auto one_of = [&random](const auto& list) { return list[random() % list.size()]; };
  const std::vector<model::Command> commands = drawable_commands(config_);
  for (int i = 0; i < 1000; ++i) {
    const model::Command& each = commands[random() % commands.size()];
    const model::CommandWords words = encode(each);
    DrawnWords drawn;
    for (int j = 0; j < 2; ++j) {
      const int word = one_of(words_of(words));
      drawn.emplace_back(word, one_of(values_of(config_, words, word)));
    }
    compare(each, drawn);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(seen_.refused[ErrorReason::kRule], 20);
}

/// Windows that begin before a source that has no pixel, and end behind it.
TEST_P(BadCommand, NoWindowWithoutASource) {
  for (const model::Command& each : drawable_commands(config_)) {
    const auto* post = std::get_if<model::Post>(&each.body);
    if (post == nullptr || post->op != static_cast<std::int32_t>(model::PostOp::kAveragePool)) continue;
    const auto word = [](const char* name) { return model::field_word(model::Opcode::kPost, name); };
    compare(each, {{word("source_height"), 0}, {word("height"), 1}, {word("pad_top"), 1}});
    compare(each, {{word("source_width"), 0}, {word("width"), 1}, {word("pad_left"), 1}});
  }
  EXPECT_EQ(seen_.refused[ErrorReason::kRule], 2);
}

/// Whatever is started, queued or on the bus when the bad command is found. Such programs share buffers without
/// semaphores, so that only their time is compared.
TEST_P(BadCommand, AnywhereInAProgram) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    model::test::RandomProgram random(seed);
    config_.memory.latency_cycles = random.pick(0, 1) != 0 ? random.pick(1, 4) : random.pick(5, 80);
    model::Program program = random.builder(config_, random.pick(1, 60)).program();
    const auto commands = static_cast<int>(program.commands.size());
    const int bad = random.pick(0, commands - 1);
    const int word = random.pick(0, 2) == 0 ? 1 : random.pick(0, 63);
    const std::uint32_t value = word == 1 ? 1U << random.pick(0, 15) : 0x8000'0000;
    const std::int64_t place = program.command_address + std::int64_t{bad} * model::kCommandBytes + 4 * word;
    std::uint32_t before = 0;
    std::memcpy(&before, &program.image[static_cast<std::size_t>(place)], 4);
    const std::uint32_t after = before ^ value;
    std::memcpy(&program.image[static_cast<std::size_t>(place)], &after, 4);
    compare(program, false);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(seen_.refused.size(), 2U);
}

/// Convolutions in a row, coupled by semaphores: the data of what has started are compared too.
TEST_P(BadCommand, StartedCommandsFinishAndQueuedOnesAreDropped) {
  model::test::ProgramBuilder builder = convolution(config_);
  const std::vector<model::Command> once = builder.program(false).commands;
  model::Program program = builder.program();
  program.commands.pop_back();
  for (int again = 0; again < 3; ++again) program.commands.insert(program.commands.end(), once.begin(), once.end());
  program.commands.push_back({});
  std::int64_t cycles = 0;
  for (std::size_t bad = 0; bad < program.commands.size(); ++bad) {
    for (std::size_t i = 0; i < program.commands.size(); ++i) {
      model::CommandWords words = encode(program.commands[i]);
      if (i == bad) words.back() = 1;
      std::memcpy(&program.image[i * model::kCommandBytes], words.data(), model::kCommandBytes);
    }
    SCOPED_TRACE("command " + std::to_string(bad));
    const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config_);
    const AcceleratorReport report = run_accelerator_cosim(*device, program, config_, program.image);
    ASSERT_FALSE(report.first_divergence) << report.first_divergence->text;
    EXPECT_EQ(report.bad_command, static_cast<std::int64_t>(bad));
    EXPECT_EQ(report.error_code, 63U << 8 | static_cast<std::uint32_t>(ErrorReason::kReserved));
    EXPECT_LT(report.commands, static_cast<std::int64_t>(bad) + 1);
    cycles = std::max(cycles, report.cycles);
    ++seen_.run;
  }
  EXPECT_GT(cycles, 500);
}

/// An RTL that says something else of the error.
class LyingDevice final : public FaultyDevice {
 public:
  LyingDevice(std::unique_ptr<AcceleratorDevice> device, model::Csr about)
      : FaultyDevice(std::move(device), std::nullopt), about_(about) {}
  std::uint32_t read_register(std::uint32_t offset) override {
    return FaultyDevice::read_register(offset) ^ (offset == static_cast<std::uint32_t>(about_) ? 1U : 0U);
  }

 private:
  model::Csr about_;
};

TEST_P(BadCommand, AnotherErrorIsADivergence) {
  using model::Csr;
  const model::CommandWords bad = with(model::encode({0, 0, 0, model::Fence{}}), {{5, 7}});
  const model::Program program = program_around(config_, bad);
  const std::map<Csr, std::string> told = {{Csr::kStatus, "register of status"},
                                           {Csr::kCyclesLow, "register of cycles"},
                                           {Csr::kCyclesHigh, "register of cycles, high word"},
                                           {Csr::kErrorCommand, "register of the bad command"},
                                           {Csr::kErrorCode, "register of the error"}};
  for (const auto& [csr, text] : told) {
    LyingDevice device(make_accelerator(config_), csr);
    const AcceleratorReport report = run_accelerator_cosim(device, program, config_, program.image);
    ASSERT_TRUE(report.first_divergence) << text;
    EXPECT_NE(report.first_divergence->text.find(text), std::string::npos) << report.first_divergence->text;
    EXPECT_EQ(report.bad_command, -1);
  }
}

TEST_P(BadCommand, ACommandThatOnlyTheModelRefusesIsADivergence) {
  const model::CommandWords bad = with(model::encode({0, 0, 0, model::Fence{}}), {{5, 4}});
  const model::Program program = program_around(config_, bad);
  constexpr std::size_t kIndex = 1;
  FaultyDevice device(make_accelerator(config_), kIndex * model::kCommandBytes + std::size_t{4 * 5});  // 4 becomes 0
  const AcceleratorReport report = run_accelerator_cosim(device, program, config_, program.image);
  ASSERT_TRUE(report.first_divergence);
  EXPECT_NE(report.first_divergence->text.find("that the RTL was not given"), std::string::npos)
      << report.first_divergence->text;
}

INSTANTIATE_TEST_SUITE_P(Builds, BadCommand, testing::ValuesIn(accelerator_builds()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace systoliq::rtl
