// SPDX-License-Identifier: Apache-2.0
// Whole files, pipes and what is neither; integers of TOML that no integer type holds.
#include "types/util/input_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "types/error.h"
#include "types/util/atomic_file.h"
#include "types/util/toml_table.h"

namespace systoliq {
namespace {

namespace fs = std::filesystem;

class InputFileTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  static std::string refusal(const std::string& path, std::int64_t largest = INT64_MAX) {
    try {
      read_input(path, "a thing", largest);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  std::string folder_ = testing::TempDir() + "systoliq_input_file_" + std::to_string(getpid());
};

TEST_F(InputFileTest, WholeFiles) {
  const std::string bytes = std::string("a\0b\n\xff", 5) + std::string(3'000'000, 'x');
  write_file(path("file"), bytes);
  EXPECT_EQ(read_input(path("file"), "a thing"), bytes);
  write_file(path("file"), "other");
  EXPECT_EQ(read_input(path("file"), "a thing"), "other") << "a file is read anew";
  write_file(path("file"), "");
  EXPECT_EQ(read_input(path("file"), "a thing"), "");
}

TEST_F(InputFileTest, PipesAreReadOnceAndKept) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  const std::string bytes(200'000, 'y');
  std::thread writer([&] { write_file(path("pipe"), bytes); });
  const std::string first = read_input(path("pipe"), "a thing");
  writer.join();
  EXPECT_EQ(first, bytes);
  EXPECT_EQ(read_input(path("pipe"), "a thing"), bytes) << "the pipe is empty, what was read is kept";
}

TEST_F(InputFileTest, Bad) {
  EXPECT_EQ(refusal(path("none")), path("none") + ": cannot be read (No such file or directory); a thing is needed");
  EXPECT_EQ(refusal(folder_), folder_ + ": cannot be read (it is a folder); a thing is needed");
  EXPECT_NE(refusal(path("a") + '\0' + "b"), "");
  write_file(path("file"), "12345");
  EXPECT_EQ(refusal(path("file"), 5), "");
  EXPECT_NE(refusal(path("file"), 4).find("more than 4 bytes"), std::string::npos);
}

std::string toml_refusal(const std::string& line) {
  try {
    const toml::table parsed = parse_toml("# one\n" + line + "\nreal = 99999999999999999999\n", "x.toml");
    TomlTable root(parsed, "x.toml");
    double real = 0.0;
    root.read("real", &real);
    EXPECT_EQ(real, 1e20);
    int value = 0;
    root.read_integer("key", &value, 1, 256);
    return "accepted " + std::to_string(value);
  } catch (const InputError& error) {
    return error.what();
  }
}

/// Whatever integer a file holds, the message gives the key's range.
TEST(TomlIntegers, BeyondAnyTypeAreOutOfTheKeysRange) {
  EXPECT_EQ(toml_refusal("key = 256"), "accepted 256");
  EXPECT_EQ(toml_refusal("key = 257"), "x.toml:2: key = 257 is out of range; accepted: 1 to 256");
  EXPECT_EQ(toml_refusal("key = 18446744073709551617"),
            "x.toml:2: key = 18446744073709551616 is out of range; accepted: 1 to 256");
  EXPECT_EQ(toml_refusal("key=-100_000_000_000_000_000_000 # comment 5"),
            "x.toml:2: key = -1e+20 is out of range; accepted: 1 to 256");
  EXPECT_EQ(toml_refusal("key = 2.5"), "x.toml:2: key must be an integer; accepted: 1 to 256");
  EXPECT_NE(toml_refusal("key = 0xFFFFFFFFFFFFFFFFFF").find("x.toml:2: not TOML"), std::string::npos);
}

}  // namespace
}  // namespace systoliq
