// SPDX-License-Identifier: Apache-2.0
// How CMake reads a machine's configuration for the parameters of its RTL: exactly, or not at all.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace systoliq::rtl {
namespace {

class RtlToml : public testing::Test {
 protected:
  ~RtlToml() override { std::filesystem::remove(path_); }

  struct Result {
    bool good = false;
    std::string output;
  };
  Result read(const std::string& text) const {
    std::ofstream(path_) << text;
    return read_file(path_);
  }
  static Result read_file(const std::string& path) {
    const std::string script = SYSTOLIQ_SOURCE_DIR "/rtl_cosim/accelerator/systoliq_toml.cmake";
    FILE* pipe = popen(("cmake -DCONFIG='" + path + "' -P '" + script + "' 2>&1").c_str(), "r");
    Result result;
    if (pipe == nullptr) return result;
    char buffer[4096];
    for (std::size_t size = 0; (size = fread(buffer, 1, sizeof buffer, pipe)) > 0;) result.output.append(buffer, size);
    result.good = pclose(pipe) == 0;
    return result;
  }
  void expect_refused(const std::string& text, const std::string& place) const {
    const Result result = read(text);
    EXPECT_FALSE(result.good) << text;
    EXPECT_NE(result.output.find(path_ + place), std::string::npos) << text << "\n" << result.output;
  }

  std::string path_ = (std::filesystem::temp_directory_path() / ("rtl_" + std::to_string(getpid()) + ".toml")).string();
};

TEST_F(RtlToml, ReadsWhatTheModelReads) {
  if (std::system("command -v cmake >/dev/null") != 0) GTEST_SKIP() << "cmake is not in the PATH";
  const Result result = read(
      "# [a comment; with] brackets\n\n[ array ] # rows\n  rows = 4 # [not 8]\n\tcols=1_6\r\n[weights]\n"
      "codec = \"codebook\"\ncodebook_bits=+6\n[requant]\nlanes   =   3");
  EXPECT_TRUE(result.good) << result.output;
  for (const char* line : {"array.rows 4\n", "array.cols 16\n", "array.dataflow default\n", "weights.codec codebook\n",
                           "weights.codebook_bits 6\n", "requant.lanes 3\n", "memory.outstanding default\n"}) {
    EXPECT_NE(result.output.find(line), std::string::npos) << line << "in\n" << result.output;
  }
}

TEST_F(RtlToml, RefusesWhatItWouldTakeForADefault) {
  if (std::system("command -v cmake >/dev/null") != 0) GTEST_SKIP() << "cmake is not in the PATH";
  expect_refused("array.rows = 4\n", ":1:");
  expect_refused("[array]\n\nrows = 0x10\n", ":3:");
  expect_refused("array = { rows = 4 }\n", ":1:");
  expect_refused("[array]\nrows = 4.0\n", ":2:");
  expect_refused("[array]\n\"rows\" = 4\n", ":2:");
  expect_refused("[[array]]\nrows = 4\n", ":1:");
  expect_refused("[array]\nrow = 4\n", ":2: unknown key 'array.row'");
  expect_refused("rows = 4\n", ":1: unknown key '.rows'");
  expect_refused("[array]\nrows = 4\nrows = 5\n", ":3: array.rows stands twice");
  expect_refused("[array]\nrows = 4\n[array]\n", ":3: [array] stands twice");
  EXPECT_FALSE(read_file(path_ + ".none").good);
}

}  // namespace
}  // namespace systoliq::rtl
