// SPDX-License-Identifier: Apache-2.0
// Runs the built program as a user does: a command line, in a folder of its own, with what it printed and its status.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq::test {

struct ProgramRun {
  int status = -1;
  std::string out, err;
};

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(SYSTOLIQ_PROGRAM)) GTEST_SKIP() << SYSTOLIQ_PROGRAM << " is not built";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  /// Runs `systoliq ARGUMENTS` in the test's folder.
  ProgramRun run(const std::string& arguments) const { return run_program(SYSTOLIQ_PROGRAM, arguments); }

  /// Runs a line of the shell there, which may call SYSTOLIQ_PROGRAM.
  ProgramRun run_shell(const std::string& line) const {
    write(".line", line);
    return run_program("/bin/sh", ".line");
  }

  /// Likewise of another program.
  ProgramRun run_program(const std::string& program, const std::string& arguments) const {
    const std::string command = "cd '" + folder_ + "' && SYSTOLIQ_HOME='" SYSTOLIQ_SOURCE_DIR "' '" + program + "' " +
                                arguments + " >.out 2>.err";
    const int status = std::system(command.c_str());
    ProgramRun result;
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result.out = read_file(path(".out"));
    result.err = read_file(path(".err"));
    return result;
  }

  /// Runs with --json, which must succeed.
  nlohmann::json run_json(const std::string& arguments) const {
    const ProgramRun result = run(arguments + " --json");
    EXPECT_EQ(result.status, 0) << result.err;
    return nlohmann::json::parse(result.out, nullptr, false);
  }

  void write(const std::string& name, const std::string& contents) const {
    std::ofstream(path(name), std::ios::binary) << contents;
  }

  /// What a run left in the folder, without what this class itself writes there.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (name != ".out" && name != ".err" && name != ".line") names.push_back(name);
    }
    return names;
  }

 private:
  std::string folder_ =
      (std::filesystem::temp_directory_path() / ("systoliq_test_" + std::to_string(getpid()))).string();
};

}  // namespace systoliq::test
