// SPDX-License-Identifier: Apache-2.0
// The RTL on a bus as a system may have it: memory and host that stall by chance, starts without a reset, a host that
// reads status and interrupt, commands that are none.
#include <gtest/gtest.h>

#include <iostream>
#include <optional>

#include "model/isa/csr.h"
#include "rtl_cosim/accelerator/accelerator_cosim.h"
#include "rtl_cosim/stimuli/random_case.h"
#include "tb/compare/compiled_network.h"
#include "tests/model/tlm/random_program.h"
#include "tests/rtl_cosim/accelerator/faulty_device.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

using model::Csr;
using Bytes = std::vector<std::uint8_t>;

constexpr std::int64_t kPatience = 3'000'000;

class Bus : public testing::TestWithParam<std::string> {
 protected:
  model::AcceleratorConfig config_ = model::read_config(SYSTOLIQ_SOURCE_DIR "/" + accelerator_build_config(GetParam()));
  /// Arbitrary bytes are no tables.
  bool has_tables_ = config_.weights.codec == model::WeightCodec::kCodebook;
};

std::uint32_t read(AcceleratorDevice& device, Csr csr) { return device.read_register(static_cast<std::uint32_t>(csr)); }

bool write(AcceleratorDevice& device, Csr csr, std::uint32_t value) {
  return device.write_register(static_cast<std::uint32_t>(csr), value);
}

void step_to_interrupt(AcceleratorDevice& device) {
  for (std::int64_t i = 0; i < kPatience; ++i) {
    if (device.step().interrupt) return;
  }
  FAIL() << "no interrupt";
}

void start(AcceleratorDevice& device, const model::Program& program, const Bytes& memory) {
  device.start(program.command_address, static_cast<std::uint32_t>(program.commands.size()), memory);
}

/// Mild, as a busy memory; heavy; and short waits all the time.
Stalls stalls_of(std::uint32_t seed) {
  constexpr std::array<std::array<int, 2>, 3> kKinds = {{{5, 40}, {30, 12}, {70, 2}}};
  const std::array<int, 2>& kind = kKinds[seed % 3];
  return {seed, kind[0], kind[1]};
}

/// Runs on a stalling bus to the interrupt of HALT, and compares all of memory.
void expect_model_data(const model::AcceleratorConfig& config, const model::Program& program, const Bytes& memory,
                       std::uint32_t seed) {
  const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config, false, stalls_of(seed));
  start(*device, program, memory);
  step_to_interrupt(*device);
  EXPECT_EQ(read(*device, Csr::kStatus), model::kStatusDone);
  const model::RunResult expected = model::run_program(program, config, model::Level::kTransaction, memory);
  EXPECT_GT(read(*device, Csr::kCyclesLow), expected.cycles);
  EXPECT_TRUE(device->memory() == expected.memory);
}

TEST_P(Bus, StallsChangeNoData) {
  if (!has_tables_) {
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
      SCOPED_TRACE("stalls of seed " + std::to_string(seed));
      const model::Program program = convolution(config_).program();
      expect_model_data(config_, program, program.image, seed);
    }
  }
}

TEST_P(Bus, StallsChangeNoNetwork) {
  int run = 0;
  for (std::uint32_t seed = 1; seed <= 40 && run < 10; ++seed) {
    SCOPED_TRACE("network and stalls of seed " + std::to_string(seed));
    config_.memory.latency_cycles = 1 + static_cast<int>(seed * 5 % 30);
    const stimuli::RandomCase random = stimuli::random_case(seed, config_);
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(random.network, config_);
    } catch (const InputError&) {
      continue;  // does not fit this machine
    }
    expect_model_data(config_, compiled->program(), compiled->memory(random.input), seed);
    ++run;
  }
  EXPECT_EQ(run, 10);
}

/// Commands as dense as they come, at any address, come to their end without a broken handshake. They share buffers
/// without semaphores, so that their data depend on the bus.
TEST_P(Bus, RandomProgramsEndOnAStallingBus) {
  if (has_tables_) GTEST_SKIP() << "arbitrary bytes are no tables";
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("program and stalls of seed " + std::to_string(seed));
    model::test::RandomProgram random(seed);
    config_.memory.latency_cycles = random.pick(1, 30);
    const model::Program program = random.builder(config_, random.pick(1, 40)).program();
    const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config_, false, stalls_of(seed));
    start(*device, program, program.image);
    step_to_interrupt(*device);
    EXPECT_EQ(read(*device, Csr::kStatus), model::kStatusDone);
  }
}

/// HALT, at once or after a convolution, and commands after it.
model::Program halt_in_the_middle(const model::AcceleratorConfig& config, bool works) {
  model::test::ProgramBuilder builder = works ? convolution(config) : model::test::ProgramBuilder(config);
  builder.add(model::Halt{});
  for (int i = 0; i < 12; ++i) builder.add(model::Fence{});
  return builder.program();
}

/// Fetches that a HALT leaves behind, on the bus and behind it, end as they began, and the next start waits for them.
TEST_P(Bus, HaltBeforeTheLastCommand) {
  if (has_tables_) GTEST_SKIP() << "arbitrary bytes are no tables";
  for (std::uint32_t seed = 0; seed <= 60; ++seed) {
    SCOPED_TRACE("stalls of seed " + std::to_string(seed));
    const bool works = seed % 2 == 0;
    const model::Program program = halt_in_the_middle(config_, works);
    const auto device = make_accelerator(config_, false, seed == 0 ? Stalls{} : stalls_of(seed));
    start(*device, program, program.image);
    step_to_interrupt(*device);
    const Bytes first = device->memory();
    const std::uint32_t cycles = read(*device, Csr::kCyclesLow);
    EXPECT_EQ(first != program.image, works) << "something was stored";
    ASSERT_TRUE(write(*device, Csr::kInterrupt, 1));
    device->restart(program.command_address, static_cast<std::uint32_t>(program.commands.size()), program.image);
    step_to_interrupt(*device);
    EXPECT_EQ(read(*device, Csr::kStatus), model::kStatusDone);
    EXPECT_TRUE(device->memory() == first);
    if (seed == 0) {
      EXPECT_EQ(read(*device, Csr::kCyclesLow), cycles);
    }
  }
}

/// A machine that has run something else before, and is started again without a reset.
class RestartedDevice final : public AcceleratorDevice {
 public:
  explicit RestartedDevice(std::unique_ptr<AcceleratorDevice> device) : device_(std::move(device)) {}
  const std::string& name() const override { return device_->name(); }
  void start(std::int64_t address, std::uint32_t count, Bytes memory) override { restart(address, count, memory); }
  void restart(std::int64_t address, std::uint32_t count, Bytes memory) override {
    device_->restart(address, count, std::move(memory));
  }
  std::int64_t cycle() const override { return device_->cycle(); }
  AcceleratorEvents step() override { return device_->step(); }
  model::Storage& state() override { return device_->state(); }
  Bytes& memory() override { return device_->memory(); }
  void trace(DeviceTrace* trace) override { device_->trace(trace); }
  std::uint32_t read_register(std::uint32_t offset) override { return device_->read_register(offset); }
  bool write_register(std::uint32_t offset, std::uint32_t value) override {
    return device_->write_register(offset, value);
  }

 private:
  std::unique_ptr<AcceleratorDevice> device_;
};

TEST_P(Bus, AStartWithoutAResetAgreesInBitsAndCycles) {
  int run = 0;
  std::unique_ptr<AcceleratorDevice> device;
  for (std::uint32_t seed = 1; seed <= 40 && run < 5; ++seed) {
    SCOPED_TRACE("networks up to seed " + std::to_string(seed));
    const stimuli::RandomCase random = stimuli::random_case(seed, config_);
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(random.network, config_);
    } catch (const InputError&) {
      continue;
    }
    const Bytes memory = compiled->memory(random.input);
    if (!device) {
      std::unique_ptr<AcceleratorDevice> first = make_accelerator(config_);
      start(*first, compiled->program(), memory);
      step_to_interrupt(*first);
      device = std::make_unique<RestartedDevice>(std::move(first));
    }
    for (int again = 0; again < 2; ++again) {
      ASSERT_TRUE(write(*device, Csr::kInterrupt, 1));
      const AcceleratorReport report = run_accelerator_cosim(*device, compiled->program(), config_, memory);
      ASSERT_FALSE(report.first_divergence) << report.first_divergence->text;
      EXPECT_EQ(report.cycle_difference, 0);
    }
    ++run;
  }
  EXPECT_EQ(run, 5);
}

TEST_P(Bus, RegistersOfARun) {
  if (has_tables_) GTEST_SKIP() << "arbitrary bytes are no tables";
  const model::Program program = convolution(config_).program();
  const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config_);
  start(*device, program, program.image);
  EXPECT_EQ(read(*device, Csr::kStatus), model::kStatusBusy);
  EXPECT_EQ(read(*device, Csr::kInterrupt), 0);
  EXPECT_EQ(read(*device, Csr::kCommandCount), program.commands.size());
  EXPECT_FALSE(write(*device, Csr::kControl, 1)) << "a start while busy";
  step_to_interrupt(*device);
  EXPECT_EQ(read(*device, Csr::kStatus), model::kStatusDone);
  EXPECT_EQ(read(*device, Csr::kInterrupt), 1);
  EXPECT_EQ(read(*device, Csr::kCommandCount), 0);
  EXPECT_EQ(read(*device, Csr::kCyclesLow),
            model::run_program(program, config_, model::Level::kTransaction, program.image).cycles);
  EXPECT_EQ(read(*device, Csr::kCyclesHigh), 0);
  EXPECT_TRUE(write(*device, Csr::kInterrupt, 0)) << "changes nothing";
  EXPECT_EQ(read(*device, Csr::kInterrupt), 1);
  EXPECT_TRUE(write(*device, Csr::kInterrupt, 1));
  EXPECT_EQ(read(*device, Csr::kInterrupt), 0);
  EXPECT_FALSE(device->step().interrupt);
  EXPECT_EQ(read(*device, Csr::kStatus), model::kStatusDone);
  EXPECT_EQ(read(*device, Csr::kControl), 0);
  EXPECT_FALSE(write(*device, Csr::kStatus, 0)) << "read only";
  EXPECT_FALSE(write(*device, Csr::kCyclesLow, 0)) << "read only";
  EXPECT_FALSE(write(*device, Csr::kControl, 2));
  EXPECT_FALSE(device->write_register(model::kCsrBytes, 0)) << "no register";
  EXPECT_THROW(device->read_register(model::kCsrBytes), InternalError) << "no register";
  EXPECT_THROW(device->read_register(1), InternalError) << "unaligned";
}

/// Word 0 or 1 of a command, and what is wrong with it.
struct WrongWord {
  std::size_t command, word;
  std::uint32_t value;
};

TEST_P(Bus, ACommandThatIsNoneIsAnErrorUntilAReset) {
  if (has_tables_) GTEST_SKIP() << "arbitrary bytes are no tables";
  const model::Program program = convolution(config_).program();
  const std::size_t last = program.commands.size() - 1;
  std::uint32_t seed = 0;
  for (const WrongWord wrong : {WrongWord{0, 0, 6}, WrongWord{1, 0, 77}, WrongWord{last, 0, 0x100},
                                WrongWord{last, 1, 1}, WrongWord{2, 63, 1}, WrongWord{3, 63, 1}}) {
    SCOPED_TRACE("command " + std::to_string(wrong.command) + ", word " + std::to_string(wrong.word));
    const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config_, false, stalls_of(++seed));
    Bytes memory = program.image;
    std::memcpy(&memory[wrong.command * model::kCommandBytes + 4 * wrong.word], &wrong.value, 4);
    start(*device, program, memory);
    step_to_interrupt(*device);
    for (int i = 0; i < 500; ++i) device->step();  // what is under way comes to its end
    EXPECT_EQ(read(*device, Csr::kStatus), model::kStatusError);
    EXPECT_EQ(read(*device, Csr::kInterrupt), 1);
    EXPECT_FALSE(write(*device, Csr::kControl, 1)) << "a start after an error";
    EXPECT_TRUE(write(*device, Csr::kInterrupt, 1));
    EXPECT_EQ(read(*device, Csr::kInterrupt), 0);
    EXPECT_EQ(read(*device, Csr::kStatus), model::kStatusError);
    start(*device, program, program.image);  // with a reset
    step_to_interrupt(*device);
    EXPECT_EQ(read(*device, Csr::kStatus), model::kStatusDone);
  }
}

TEST_P(Bus, AnErrorStatusIsADivergence) {
  const model::Program program = convolution(config_).program();
  FaultyDevice device(make_accelerator(config_), static_cast<std::size_t>(program.command_address));  // LOAD becomes 6
  const AcceleratorReport report = run_accelerator_cosim(device, program, config_, program.image);
  ASSERT_TRUE(report.first_divergence);
  EXPECT_EQ(report.first_divergence->command, 0);
  EXPECT_NE(report.first_divergence->text.find("an error in its status"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Builds, Bus, testing::ValuesIn(accelerator_builds()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace systoliq::rtl
