// SPDX-License-Identifier: Apache-2.0
// `systoliq cosim` as a user runs it: the built-in LeNet-5, one image, on the default machine.
#include <chrono>

#include "tests/support/dump.h"
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

TEST_F(Cosim, WritesAWindowOfBothSides) {
  const nlohmann::json report = run_json("cosim --trace " + path("waves") + " --trace-window 5000:5029");
  EXPECT_EQ(report["mismatched_bits"], 0);
  const nlohmann::json& waves = report["waveforms"];
  EXPECT_EQ(waves["first_cycle"], 5000);
  EXPECT_EQ(waves["last_cycle"], 5029);
  EXPECT_EQ(waves["differing_cycle"], -1) << waves;
  const Dump rtl(waves["rtl"], 5010);
  const Dump model(waves["model"], 5010);
  EXPECT_EQ(rtl.names(), model.names());
  EXPECT_EQ(rtl.value("systoliq_accelerator.u_execute.command_index"),
            model.value("systoliq_accelerator.u_execute.command_index"));
}

TEST_F(Cosim, RefusesTracesThatItCannotWriteBad) {
  for (const char* arguments :
       {"--window 5", "--trace waves --scope unit --trace-window 1:2", "--trace waves --scope core --trace-window 1:2",
        "--trace waves --window 5 --trace-window 1:2", "--trace waves --trace-window 5"}) {
    const ProgramRun result = run(std::string("cosim ") + arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_NE(result.err.find("accepted"), std::string::npos) << arguments << ": " << result.err;
  }
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
