// SPDX-License-Identifier: Apache-2.0
// The whole RTL against the model: random programs for time, random networks for time and data.
#include "rtl_cosim/accelerator/accelerator_cosim.h"

#include <gtest/gtest.h>

#include <iostream>
#include <utility>

#include "rtl_cosim/stimuli/random_case.h"
#include "tb/compare/compiled_network.h"
#include "tests/model/tlm/random_program.h"
#include "tests/rtl_cosim/accelerator/faulty_device.h"

namespace systoliq::rtl {
namespace {

model::AcceleratorConfig config_of(const std::string& build) {
  return model::read_config(SYSTOLIQ_SOURCE_DIR "/" + accelerator_build_config(build));
}

class AcceleratorCosim : public testing::TestWithParam<std::string> {};

/// Programs whose data are arbitrary bytes break the rule that a table's entries fit the operand.
bool has_tables(const model::AcceleratorConfig& config) {
  return config.weights.codec == model::WeightCodec::kCodebook;
}

/// Commands as dense as they come: queues fill, LOADs and STOREs follow one another, semaphores pile up. What they
/// compute is of no interest, since they share buffers without semaphores.
TEST_P(AcceleratorCosim, RandomProgramsAgreeInEveryCycle) {
  model::AcceleratorConfig config = config_of(GetParam());
  if (has_tables(config)) GTEST_SKIP() << "arbitrary bytes are no tables";
  std::int64_t commands = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    model::test::RandomProgram random(seed);
    config.memory.latency_cycles = random.pick(0, 1) != 0 ? random.pick(1, 4) : random.pick(5, 80);
    const model::Program program = random.builder(config, random.pick(1, 60)).program();
    const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config);
    const AcceleratorReport report = run_accelerator_cosim(*device, program, config, program.image, {false});
    ASSERT_FALSE(report.first_divergence) << report.first_divergence->text;
    commands += report.commands;
  }
  EXPECT_GT(commands, 800);
}

TEST_P(AcceleratorCosim, RandomNetworksAgreeInBitsAndCycles) {
  model::AcceleratorConfig config = config_of(GetParam());
  int run = 0;
  std::int64_t checks = 0;
  std::int64_t cycles = 0;
  double seconds = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    config.memory.latency_cycles = 1 + static_cast<int>(seed * 7 % 65);
    const stimuli::RandomCase random = stimuli::random_case(seed, config);
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(random.network, config);
    } catch (const InputError&) {
      continue;  // does not fit this machine
    }
    const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config);
    const AcceleratorReport report =
        run_accelerator_cosim(*device, compiled->program(), config, compiled->memory(random.input));
    ASSERT_FALSE(report.first_divergence) << report.first_divergence->text;
    EXPECT_EQ(report.mismatched_bits, 0);
    EXPECT_EQ(report.cycle_difference, 0);
    checks += report.checks;
    cycles += report.cycles;
    seconds += report.seconds;
    ++run;
  }
  EXPECT_GE(run, 15);
  std::cout << run << " networks, " << checks << " checks, " << cycles << " cycles, "
            << static_cast<double>(cycles) / seconds << " cycles/s\n";
}

TEST_P(AcceleratorCosim, SeesAFlippedBit) {
  const model::AcceleratorConfig config = config_of(GetParam());
  if (has_tables(config)) GTEST_SKIP() << "arbitrary bytes are no tables";
  const model::Program program = convolution(config).program();
  const auto run = [&](std::size_t byte) {
    FaultyDevice device(make_accelerator(config), byte);
    return run_accelerator_cosim(device, program, config, program.image);
  };
  const AcceleratorReport unread = run(100'000);  // found when memory as a whole is compared
  ASSERT_TRUE(unread.first_divergence);
  EXPECT_EQ(unread.first_divergence->command, -1);
  EXPECT_EQ(unread.commands, static_cast<std::int64_t>(program.commands.size()));
  const auto data = static_cast<std::size_t>(model::test::kDataBase);
  for (const std::size_t byte : {data, data + 4, data + 4096, data + 6000}) {
    const AcceleratorReport report = run(byte);
    ASSERT_TRUE(report.first_divergence) << "byte " << byte;
    EXPECT_EQ(report.mismatched_bits, 1);
    EXPECT_EQ(report.cycle_difference, 0);
    EXPECT_EQ(report.first_divergence->command, byte < data + 4096 ? 0 : byte < data + 6000 ? 1 : 2);
  }
}

TEST_P(AcceleratorCosim, AFailedAssertionOfTheRtlIsADivergence) {
  const model::AcceleratorConfig config = config_of(GetParam());
  if (has_tables(config)) GTEST_SKIP() << "arbitrary bytes are no tables";
  const model::Program program = convolution(config).program();
  Stalls wrong;
  wrong.wrong_last = 0;
  const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config, false, wrong);
  const std::unique_ptr<AcceleratorDevice> other = make_accelerator(config);  // to which it must not report
  for (int run = 0; run < 2; ++run) {  // the second one, whose first beat is as it should be, is not blamed
    const AcceleratorReport report = run_accelerator_cosim(*device, program, config, program.image);
    ASSERT_EQ(report.first_divergence.has_value(), run == 0);
    if (run == 1) continue;
    EXPECT_EQ(report.first_divergence->command, 0);
    EXPECT_EQ(report.commands, 0);
    EXPECT_NE(report.first_divergence->text.find("an assertion of the RTL failed in cycle"), std::string::npos)
        << report.first_divergence->text;
  }
  const AcceleratorReport untouched = run_accelerator_cosim(*other, program, config, program.image);
  EXPECT_FALSE(untouched.first_divergence);
}

/// What the lock-step says of a device that breaks its protocol.
TEST_P(AcceleratorCosim, AnUnrulyRtlIsADivergenceWithItsPlace) {
  using Fault = UnrulyDevice::Fault;
  const model::AcceleratorConfig config = config_of(GetParam());
  if (has_tables(config)) GTEST_SKIP() << "arbitrary bytes are no tables";
  const model::Program program = convolution(config).program();
  const auto told = [&](Fault fault) {
    UnrulyDevice device(make_accelerator(config), fault);
    const AcceleratorReport report = run_accelerator_cosim(device, program, config, program.image);
    return report.first_divergence.value_or(Divergence());
  };
  const auto expect_told = [&](Fault fault, std::int64_t command, const std::string& start, const std::string& what) {
    const Divergence divergence = told(fault);
    EXPECT_EQ(divergence.command, command) << divergence.text;
    EXPECT_EQ(divergence.text.rfind(start, 0), 0U) << divergence.text;
    EXPECT_NE(divergence.text.find(what), std::string::npos) << divergence.text;
  };
  expect_told(Fault::kStart, -1, "before the first command", "a register write is refused");
  expect_told(Fault::kUnknownEnd, 4, "layer 0 'layer', command 4", "the end of an EXECUTE that the RTL was not given");
  expect_told(Fault::kEndAfterAll, 6, "layer 0 'layer', command 6", "the end of a LOAD that the RTL was not given");
  expect_told(Fault::kNoEnd, 5, "layer 0 'layer', command 5", "not ended before HALT");
  expect_told(Fault::kRegister, -1, "after the last command", "a register read is refused");
  EXPECT_EQ(told(Fault::kStart).cycle, 0);
}

TEST_P(AcceleratorCosim, SeesACycleOfDifference) {
  model::AcceleratorConfig config = config_of(GetParam());
  const model::Program program = convolution(config).program();
  const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config);
  config.memory.latency_cycles += 1;
  const AcceleratorReport report = run_accelerator_cosim(*device, program, config, program.image);
  ASSERT_TRUE(report.first_divergence);
  EXPECT_EQ(report.first_divergence->command, 0);
  EXPECT_LT(report.cycle_difference, 0);
  EXPECT_EQ(report.first_divergence->layer, "layer");
}

TEST(AcceleratorBuilds, RefusesAMachineThatWasNotBuilt) {
  model::AcceleratorConfig config = config_of(accelerator_builds().front());
  EXPECT_TRUE(has_accelerator_build(config));
  config.memory.latency_cycles += 7;
  EXPECT_TRUE(has_accelerator_build(config)) << "latency is no parameter of the RTL";
  config.buffers.param_words = config.param_words() + 1;
  config.array.dataflow = Dataflow::kOutputStationary;
  try {
    make_accelerator(config, false, {}, "mine.toml");
    FAIL() << "is made";
  } catch (const InputError& error) {
    const std::string text = error.what();
    const int words = config.param_words();
    EXPECT_EQ(text.rfind("mine.toml: no RTL was built with these parameters; the nearest build, " +
                             accelerator_build_config(accelerator_builds().front()) + ", differs: ",
                         0),
              0U)
        << text;
    EXPECT_NE(text.find("array.dataflow = \"os\" instead of \"ws\", param_words = " + std::to_string(words) +
                        " instead of " + std::to_string(words - 1) + "; accepted: "),
              std::string::npos)
        << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Builds, AcceleratorCosim, testing::ValuesIn(accelerator_builds()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace systoliq::rtl
