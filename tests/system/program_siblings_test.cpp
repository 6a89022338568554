// SPDX-License-Identifier: Apache-2.0
// `systoliq train` and `systoliq cosim`, which programs beside `systoliq` carry out: absent, replaced by a script that
// shows what it was given, and the real ones where they are built.
#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

namespace fs = std::filesystem;

class ProgramSiblings : public ProgramTest {
 protected:
  /// Runs a copy of `systoliq` that lies in the test's folder, hence alone unless a test adds programs.
  ProgramRun run_copy(const std::string& arguments) const {
    const fs::path copy = path("systoliq");
    if (!fs::exists(copy)) fs::copy_file(SYSTOLIQ_PROGRAM, copy);
    return run_program(copy.string(), arguments);
  }

  /// A program of that name beside the copy: prints its arguments, a line each, and ends with exit status 7.
  void write_script(const std::string& name) const {
    write(name, "#!/bin/sh\nfor argument; do echo \"[$argument]\"; done\nexit 7\n");
    fs::permissions(path(name), fs::perms::owner_all);
  }
};

TEST_F(ProgramSiblings, HelpListsThem) {
  const ProgramRun help = run_copy("--help");
  EXPECT_EQ(help.status, 0);
  for (const char* command : {"\n  train ", "\n  cosim "}) EXPECT_NE(help.out.find(command), std::string::npos);
}

TEST_F(ProgramSiblings, AbsentProgramIsNamedWithWhatBuildsItBad) {
  for (const std::string command : {"train", "cosim"}) {
    for (const char* rest : {"", " --help", " lenet5"}) {
      const ProgramRun result = run_copy(command + rest);
      EXPECT_EQ(result.status, 2);
      EXPECT_EQ(result.out, "");
      EXPECT_NE(result.err.find(path("systoliq-" + command)), std::string::npos) << result.err;
      EXPECT_NE(result.err.find("`./dev build " + command + "`"), std::string::npos) << result.err;
    }
  }
}

TEST_F(ProgramSiblings, ExperimentThatMustTrainSaysWhatIsAbsentBad) {
  const ProgramRun result = run_copy("experiment '" SYSTOLIQ_SOURCE_DIR "/configs/experiments/builtin/e1.toml' -o out");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("`./dev build train`"), std::string::npos) << result.err;
}

TEST_F(ProgramSiblings, EveryArgumentAndTheStatusArePassedOn) {
  write_script("systoliq-cosim");
  const ProgramRun result = run_copy("cosim --help '' 'two words' -- --json '*'");
  EXPECT_EQ(result.status, 7) << result.err;
  const std::size_t line = result.out.find('\n');
  EXPECT_EQ(result.out.compare(0, 13, "[--called-by="), 0) << result.out;
  EXPECT_EQ(result.out.substr(line + 1), "[--help]\n[]\n[two words]\n[--]\n[--json]\n[*]\n");
}

TEST_F(ProgramSiblings, ExplainHandsOverOnlyForTheRtl) {
  write_script("systoliq-cosim");
  const ProgramRun result = run_copy("explain lenet5 conv1 '0,0,0' --json --rtl");
  EXPECT_EQ(result.status, 7) << result.err;
  const std::size_t line = result.out.find('\n');
  EXPECT_EQ(result.out.compare(0, 13, "[--called-by="), 0) << result.out;
  EXPECT_EQ(result.out.substr(line + 1), "[--command=explain]\n[lenet5]\n[conv1]\n[0,0,0]\n[--json]\n[--rtl]\n");
  EXPECT_EQ(run_copy("explain lenet5 conv1 x --rtl").status, 2) << "refused before it is handed over";
  EXPECT_EQ(run_copy("explain lenet5 conv1 0,0,0").status, 0);
}

TEST_F(ProgramSiblings, ExplainWithoutTheRtlsProgramBad) {
  const ProgramRun result = run_copy("explain lenet5 conv1 0,0,0 --rtl");
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("`./dev build cosim`"), std::string::npos) << result.err;
}

TEST_F(ProgramSiblings, ExperimentPassesOnWhatTrainingNeeds) {
  write_script("systoliq-train");
  const ProgramRun result =
      run_copy("experiment '" SYSTOLIQ_SOURCE_DIR "/configs/experiments/builtin/e1.toml' --threads 3 -o out");
  EXPECT_EQ(result.status, 3) << "a status that no training has: " << result.err;
  EXPECT_EQ(result.out, "") << "what training prints is no table";
  for (const char* word : {"[--data]\n[digits]\n", "[--output]\n[out/", "[--threads]\n[3]\n"}) {
    EXPECT_NE(result.err.find(word), std::string::npos) << word << " in\n" << result.err;
  }
}

TEST_F(ProgramSiblings, FileThatIsNoProgramBad) {
  write("systoliq-train", "not a program");
  const ProgramRun result = run_copy("train");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("cannot be started"), std::string::npos) << result.err;
}

TEST_F(ProgramSiblings, RealOnesAnswerUnderTheirCommandsName) {
  int built = 0;
  for (const std::string command : {"train", "cosim"}) {
    if (std::string(SYSTOLIQ_BUILT_PROGRAMS).find(" systoliq-" + command + " ") == std::string::npos) continue;
    ++built;
    const ProgramRun help = run(command + " --help");
    EXPECT_EQ(help.status, 0) << help.err;
    EXPECT_NE(help.out.find("Usage: systoliq " + command + " [OPTIONS]"), std::string::npos) << help.out;
    EXPECT_EQ(run(command + " --no-such-option").status, 2);
  }
  if (built == 0) GTEST_SKIP() << "neither systoliq-train nor systoliq-cosim is built";
}

}  // namespace
}  // namespace systoliq::test
