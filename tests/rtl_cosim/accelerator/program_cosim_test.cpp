// SPDX-License-Identifier: Apache-2.0
// `systoliq cosim` as a user runs it: the built-in LeNet-5, one image, on the default machine.
#include <chrono>

#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

using Cosim = ProgramTest;

TEST_F(Cosim, LeNet5AgreesInEveryBitAndCycle) {
  const auto begin = std::chrono::steady_clock::now();
  const nlohmann::json report = run_json("cosim --scope accelerator");
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(report["scope"], "accelerator");
  EXPECT_GT(report["checks"], 150'000);
  EXPECT_EQ(report["mismatched_bits"], 0);
  EXPECT_EQ(report["cycle_difference"], 0);
  EXPECT_TRUE(report["first_divergence"].is_null()) << report["first_divergence"];
  EXPECT_LT(seconds.count(), 10);
}

TEST_F(Cosim, ShowsTheLayersAsText) {
  const ProgramRun result = run("cosim");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("conv1"), std::string::npos);
  EXPECT_NE(result.out.find("0 bits and 0 cycles differ"), std::string::npos);
}

TEST_F(Cosim, RefusesScopesAndMachinesThatItHasNotBad) {
  const ProgramRun scope = run("cosim --scope chip");
  EXPECT_EQ(scope.status, 2);
  EXPECT_NE(scope.err.find("accepted: unit, core, accelerator"), std::string::npos) << scope.err;
  write("odd.toml", "[array]\nrows = 13\n");
  const ProgramRun machine = run("cosim --config odd.toml");
  EXPECT_EQ(machine.status, 2);
  EXPECT_NE(machine.err.find("SYSTOLIQ_ACCELERATOR_CONFIGS"), std::string::npos) << machine.err;
}

}  // namespace
}  // namespace systoliq::test
