// SPDX-License-Identifier: Apache-2.0
// The whole RTL against the model: random programs for time, random networks for time and data.
#include "rtl_cosim/accelerator/accelerator_cosim.h"

#include <gtest/gtest.h>

#include <iostream>
#include <utility>

#include "tb/compare/compiled_network.h"
#include "tests/model/hw/random_program.h"
#include "tests/support/random_case.h"

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
    const test::RandomCase random = test::RandomCaseMaker(seed).make(config);
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

/// An RTL that finds one bit of memory flipped.
class FaultyDevice final : public AcceleratorDevice {
 public:
  FaultyDevice(std::unique_ptr<AcceleratorDevice> device, std::size_t flipped_byte)
      : device_(std::move(device)), flipped_byte_(flipped_byte) {}
  const std::string& name() const override { return device_->name(); }
  void start(std::int64_t address, std::uint32_t count, std::vector<std::uint8_t> memory) override {
    memory.at(flipped_byte_) ^= 4;
    device_->start(address, count, std::move(memory));
  }
  std::int64_t cycle() const override { return device_->cycle(); }
  AcceleratorEvents step() override { return device_->step(); }
  model::MachineState& state() override { return device_->state(); }
  std::vector<std::uint8_t>& memory() override { return device_->memory(); }
  std::uint32_t read_register(std::uint32_t offset) override { return device_->read_register(offset); }

 private:
  std::unique_ptr<AcceleratorDevice> device_;
  std::size_t flipped_byte_;
};

/// LOAD of params, weights and activations, EXECUTE, POST and STORE, coupled by semaphores.
model::test::ProgramBuilder convolution(const model::AcceleratorConfig& config) {
  using model::test::kDataBase;
  model::test::ProgramBuilder builder(config);
  const int lanes = config.array.rows;
  const int columns = config.array.cols;
  for (int i = 0; i < 4096; ++i) builder.memory()[kDataBase + 4096 + i] = static_cast<std::uint8_t>(i * 37 + i / 256);
  for (int c = 0; c < columns; ++c) builder.put_param(kDataBase + 16 * c, {100 * c, 1, -2});
  builder.add(model::test::load_words(model::LoadTarget::kParam, kDataBase, 0, 1));
  builder.add(model::test::load_words(model::LoadTarget::kWeight, kDataBase + 4096, 0, lanes));
  builder.add(model::test::load_words(model::LoadTarget::kActivation, kDataBase + 6000, 0, 6), 0, 1);
  builder.add(model::test::pointwise(6, lanes, columns), 1, 2);
  const int blocks = (columns + config.array.rows - 1) / config.array.rows;
  model::Post post = model::test::requantise(6, columns, 10);
  post.output_pixel_pitch = blocks;
  post.clamp_max = (1 << (config.datatypes.activation_bits - 1)) - 1;
  post.clamp_min = -post.clamp_max - 1;
  builder.add(post, 2, 4);
  builder.add(model::test::store_words(10, 2 * kDataBase - 4096, 6 * blocks, config.activation_word_bytes()), 4);
  return builder;
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
  config.buffers.param_words += 1;
  EXPECT_THROW(make_accelerator(config), InputError);
}

INSTANTIATE_TEST_SUITE_P(Builds, AcceleratorCosim, testing::ValuesIn(accelerator_builds()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace systoliq::rtl
