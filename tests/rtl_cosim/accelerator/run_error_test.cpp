// SPDX-License-Identifier: Apache-2.0
// Errors that are not a bad command end a run at once: what the RTL's registers say of a semaphore that overflows and
// of a memory that refuses; and the first error is the one that is told.
#include <gtest/gtest.h>

#include "model/isa/csr.h"
#include "model/isa/isa_error.h"
#include "model/timing/memory_timing.h"
#include "rtl_cosim/accelerator/accelerator_device.h"
#include "tests/rtl_cosim/accelerator/faulty_device.h"

namespace systoliq::rtl {
namespace {

using model::Csr;
using model::ErrorReason;

class RunError : public testing::TestWithParam<std::string> {
 protected:
  static std::uint32_t read(AcceleratorDevice& device, Csr csr) {
    return device.read_register(static_cast<std::uint32_t>(csr));
  }
  /// Runs to the interrupt; the cycle in which it is seen.
  std::int64_t run(AcceleratorDevice& device, const model::Program& program) {
    device.start(program.command_address, static_cast<std::uint32_t>(program.commands.size()), program.image);
    EXPECT_EQ(read(device, Csr::kErrorCommand), 0);
    EXPECT_EQ(read(device, Csr::kErrorCode), 0);
    constexpr std::int64_t kPatience = 200'000;
    while (!device.step().interrupt) {
      if (device.cycle() > kPatience) ADD_FAILURE() << "no interrupt";
      if (device.cycle() > kPatience) break;
    }
    return device.cycle() - 1;
  }
  void expect_error(AcceleratorDevice& device, ErrorReason reason, std::uint32_t command) {
    EXPECT_EQ(read(device, Csr::kStatus), model::kStatusError);
    EXPECT_EQ(read(device, Csr::kErrorCode), static_cast<std::uint32_t>(reason));
    EXPECT_EQ(read(device, Csr::kErrorCommand), command);
    EXPECT_EQ(read(device, Csr::kCyclesLow), 0) << "of a run that did not come to its end";
  }

  model::AcceleratorConfig config_ = model::read_config(SYSTOLIQ_SOURCE_DIR "/" + accelerator_build_config(GetParam()));
};

TEST_P(RunError, ASemaphoreOverflows) {
  model::test::ProgramBuilder builder(config_);
  model::Post fill = model::test::requantize(1, 1, 0);
  fill.op = static_cast<std::int32_t>(model::PostOp::kFill);
  fill.clamp_min = fill.clamp_max = 0;
  for (int i = 0; i < model::kSemaphoreMax + 1; ++i) builder.add(fill, 0, 1U << 9);
  builder.add(model::Fence{});
  const model::Program program = builder.program();
  const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config_);
  run(*device, program);
  expect_error(*device, ErrorReason::kSemaphoreOverflow, model::kSemaphoreMax + 1);
}

TEST_P(RunError, TheMemoryRefusesARead) {
  const model::Program program = convolution(config_).program();
  Stalls refuses;
  refuses.read_error = 0;  // of the first command's fetch
  const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config_, false, refuses);
  run(*device, program);
  expect_error(*device, ErrorReason::kBusRead, 0);
}

TEST_P(RunError, TheMemoryRefusesAWrite) {
  const model::Program program = convolution(config_).program();
  Stalls refuses;
  refuses.write_error = 0;
  const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config_, false, refuses);
  run(*device, program);
  expect_error(*device, ErrorReason::kBusWrite, 6);  // HALT waits in the decoder
}

/// A bad command waits for a STORE whose last response is an error: the run ends with that, a cycle before the bad
/// command would have ended it.
TEST_P(RunError, TheMemoryRefusesAWriteWhileABadCommandWaits) {
  model::test::ProgramBuilder builder(config_);
  model::Store store = model::test::store_words(0, model::test::kDataBase, 200, config_.activation_word_bytes());
  model::fill_plain_words(&store, config_);
  model::Program program = builder.add(store).program();
  program.image[model::kCommandBytes + 1] = 1;  // HALT
  Stalls refuses;
  const std::unique_ptr<AcceleratorDevice> good = make_accelerator(config_, false, refuses);
  const std::int64_t ends = run(*good, program);
  EXPECT_EQ(read(*good, Csr::kErrorCode), static_cast<std::uint32_t>(ErrorReason::kReserved));
  EXPECT_EQ(read(*good, Csr::kErrorCommand), 1);
  EXPECT_EQ(read(*good, Csr::kCyclesLow), ends);
  refuses.write_error = static_cast<std::int64_t>(model::store_bursts(store, config_.memory).size()) - 1;
  const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config_, false, refuses);
  EXPECT_EQ(run(*device, program), ends - 1);
  expect_error(*device, ErrorReason::kBusWrite, 1);
}

INSTANTIATE_TEST_SUITE_P(Builds, RunError, testing::ValuesIn(accelerator_builds()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace systoliq::rtl
