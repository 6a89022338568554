// SPDX-License-Identifier: Apache-2.0
// Files that ship are found from the program that runs, or where SYSTOLIQ_HOME says.
#include "tb/workload/shipped_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace systoliq::tb {
namespace {

TEST(ShippedFiles, LieBesideTheProgram) {
  unsetenv("SYSTOLIQ_HOME");
  const std::filesystem::path network = shipped("models/lenet5.onnx");
  EXPECT_TRUE(std::filesystem::is_regular_file(network)) << network;
  const std::filesystem::path build = std::filesystem::path(SYSTOLIQ_PROGRAM).parent_path().parent_path();
  EXPECT_EQ(network, build / "share/systoliq/models/lenet5.onnx");
}

TEST(ShippedFiles, EnvironmentNamesAnotherFolder) {
  setenv("SYSTOLIQ_HOME", "/somewhere/else", 1);
  EXPECT_EQ(shipped("configs/default.toml"), "/somewhere/else/configs/default.toml");
  unsetenv("SYSTOLIQ_HOME");
}

TEST(ShippedFiles, ACallerNamesItsOwnFolder) {
  set_shipped_folder("/its/own");
  EXPECT_EQ(shipped("configs/default.toml"), "/its/own/configs/default.toml");
  setenv("SYSTOLIQ_HOME", "/somewhere/else", 1);
  EXPECT_EQ(shipped("configs/default.toml"), "/somewhere/else/configs/default.toml");
  unsetenv("SYSTOLIQ_HOME");
  set_shipped_folder("");
}

}  // namespace
}  // namespace systoliq::tb
