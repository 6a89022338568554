// SPDX-License-Identifier: Apache-2.0
// `systoliq run --level cycle` and its waveforms, as a user asks for them.
#include <gtest/gtest.h>

#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

class ProgramTrace : public ProgramTest {
 protected:
  void expect_refused(const std::string& arguments, const std::vector<std::string>& said) const {
    const ProgramRun result = run(arguments);
    EXPECT_EQ(result.status, 2) << arguments << "\n" << result.err;
    for (const std::string& text : said) EXPECT_NE(result.err.find(text), std::string::npos) << result.err;
  }
};

TEST_F(ProgramTrace, LevelCycleIsAsTransaction) {
  nlohmann::json cycle = run_json("run lenet5 --level cycle");
  nlohmann::json transaction = run_json("run lenet5 --level transaction");
  EXPECT_EQ(cycle["level"], "cycle");
  cycle.erase("level");
  transaction.erase("level");
  EXPECT_EQ(cycle, transaction);
}

TEST_F(ProgramTrace, DocumentedCommandsWriteBothFiles) {
  for (const char* options : {"", " --trace-scope u_array --trace-window layer:conv2",
                              " --trace-scope pe_0_0 --trace-scope u_feeder --trace-window 2000:2999"}) {
    const ProgramRun result = run(std::string("run lenet5 --level cycle --trace run.vcd") + options);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(read_file(path("run.vcd")).find("$enddefinitions $end"), std::string::npos) << options;
    EXPECT_NE(read_file(path("run.gtkw")).find("systoliq_accelerator."), std::string::npos) << options;
    std::filesystem::remove(path("run.vcd"));
  }
}

TEST_F(ProgramTrace, OptionsBad) {
  expect_refused("run --trace run.vcd", {"--trace", "--level cycle"});
  expect_refused("run --level cycle --trace run.fst", {"run.fst", ".vcd"});
  expect_refused("run --level cycle --trace missing/run.vcd", {"missing/run.vcd"});
  expect_refused("run --level cycle --trace-window 1:2", {"--trace FILE.vcd"});
  expect_refused("run --level cycle --trace run.vcd --trace-window 2:1", {"2:1", "layer:NAME"});
  expect_refused("run --level cycle --trace run.vcd --trace-window layer:conv9", {"conv9", "conv1"});
  expect_refused("run --level cycle --trace run.vcd --trace-scope u_lode", {"u_lode", "u_load"});
}

}  // namespace
}  // namespace systoliq::test
