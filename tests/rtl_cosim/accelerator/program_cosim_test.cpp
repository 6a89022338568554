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

/// Nothing differs in these runs: refused before, or not at all.
TEST_F(Cosim, RefusesTracesBeforeTheRunBad) {
  write("file", "x");
  const std::string with = "cosim --config " SYSTOLIQ_SOURCE_DIR "/configs/small_4x4.toml ";
  const auto expect_refused = [&](const std::string& arguments, const std::vector<std::string>& said) {
    const ProgramRun result = run(with + arguments);
    EXPECT_EQ(result.status, 2) << arguments << "\n" << result.err;
    EXPECT_EQ(result.out.find("image 0"), std::string::npos) << result.out;
    for (const std::string& text : said)
      EXPECT_NE(result.err.find(text), std::string::npos) << text << ": " << result.err;
  };
  expect_refused("--trace file/waves", {"file/waves", "folder"});
  expect_refused("--trace ''", {"--trace"});
  expect_refused("--trace waves --window -1", {"--window", "-1"});
  expect_refused("--trace waves --trace-window ''", {"--trace-window"});
  expect_refused("--trace waves --trace-scope u_lode", {"u_lode", "u_load"});
  expect_refused("--trace waves --trace-scope u_read_port", {"u_read_port", "only the model", "u_load"});
  expect_refused("--trace waves --trace-window layer:conv9", {"layer:conv9", "conv1", "numbers, 0 to 6"});
  expect_refused("--trace waves --trace-window command:99999", {"command:99999", "commands 0 to"});
  for (const auto& [scope, block] : {std::pair{"core", "u_feeder"}, std::pair{"unit", "u_post"}}) {
    const ProgramRun result = run(std::string("cosim --trace waves --trace-scope u_read_port --scope ") + scope);
    EXPECT_EQ(result.status, 2) << scope;
    EXPECT_TRUE(result.out.empty()) << result.out;
    EXPECT_NE(result.err.find(block), std::string::npos) << result.err;
  }
  const std::string waves = path("waves");
  const bool empty = !std::filesystem::exists(waves) || std::filesystem::is_empty(waves);
  EXPECT_TRUE(empty) << "files are left";
}

TEST_F(Cosim, AWindowBehindTheRunSaysHowLongItWasBad) {
  const ProgramRun result =
      run("cosim --config " SYSTOLIQ_SOURCE_DIR "/configs/small_4x4.toml --trace waves --trace-window 999999:1000000");
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_NE(result.err.find("999999:1000000"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("the run ended with cycle 9"), std::string::npos) << result.err;
  EXPECT_TRUE(std::filesystem::is_empty(path("waves"))) << "files are left";
}

TEST_F(Cosim, RefusesScopesAndMachinesThatItHasNotBad) {
  const ProgramRun scope = run("cosim --scope chip");
  EXPECT_EQ(scope.status, 2);
  EXPECT_NE(scope.err.find("accepted: unit, core, accelerator"), std::string::npos) << scope.err;
  write("odd.toml", "[array]\nrows = 13\n");
  const ProgramRun machine = run("cosim --config odd.toml");
  EXPECT_EQ(machine.status, 2);
  EXPECT_NE(machine.err.find("SYSTOLIQ_ACCELERATOR_CONFIGS"), std::string::npos) << machine.err;
  EXPECT_NE(machine.err.find("odd.toml: no RTL"), std::string::npos) << machine.err;
  EXPECT_NE(machine.err.find("array.rows = 13 instead of "), std::string::npos) << machine.err;
}

}  // namespace
}  // namespace systoliq::test
