// SPDX-License-Identifier: Apache-2.0
// LOAD and STORE of the RTL against the model, in every lane, byte and cycle: records of every form, elements of every
// width, from any bit on.
#include <gtest/gtest.h>

#include "rtl_cosim/accelerator/accelerator_cosim.h"
#include "tests/model/tlm/random_program.h"

namespace systoliq::rtl {
namespace {

class Records : public testing::TestWithParam<std::string> {};

TEST_P(Records, RandomLoadsAndStoresAgreeInBitsAndCycles) {
  model::AcceleratorConfig config = model::read_config(SYSTOLIQ_SOURCE_DIR "/" + accelerator_build_config(GetParam()));
  std::int64_t checks = 0;
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    model::test::RandomProgram random(1000 + seed);
    config.memory.latency_cycles = random.pick(1, 20);
    const model::Program program = random.copies(config, 30).program();
    const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config);
    const AcceleratorReport report = run_accelerator_cosim(*device, program, config, program.image);
    ASSERT_FALSE(report.first_divergence) << report.first_divergence->text;
    ASSERT_EQ(report.mismatched_bits, 0);
    ASSERT_EQ(report.cycle_difference, 0);
    checks += report.checks;
  }
  EXPECT_GT(checks, 30 * 256 * 1024);
}

INSTANTIATE_TEST_SUITE_P(Builds, Records, testing::ValuesIn(accelerator_builds()),
                         [](const auto& build) { return build.param; });

}  // namespace
}  // namespace systoliq::rtl
