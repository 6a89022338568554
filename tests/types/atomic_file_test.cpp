// SPDX-License-Identifier: Apache-2.0
// Output files: whole or not there, links followed, permissions kept, devices written directly.
#include "types/util/atomic_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>
#include <vector>

#include "types/error.h"

namespace systoliq {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  static std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  static mode_t permissions(const std::string& path) {
    struct stat found = {};
    EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777;
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.insert(entry.path().filename().string());
    return names;
  }
  static std::string refusal(const std::string& path) {
    try {
      write_file(path, "x");
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }

  using Names = std::set<std::string>;
  std::string folder_ = testing::TempDir() + "systoliq_atomic_file_" + std::to_string(getpid());
};

TEST_F(AtomicFileTest, AppearsWholeAtCommit) {
  {
    AtomicFile file(path("out"));
    file.write("first ");
    file.write("second");
    EXPECT_FALSE(fs::exists(path("out")));
    file.commit();
    EXPECT_EQ(read(path("out")), "first second");
  }
  EXPECT_EQ(files(), Names({"out"}));
}

TEST_F(AtomicFileTest, WithoutCommitLeavesWhatWasThere) {
  write_file(path("out"), "earlier");
  {
    AtomicFile file(path("out"));
    file.write("half");
    EXPECT_EQ(files().size(), 2U);
  }
  EXPECT_EQ(read(path("out")), "earlier");
  EXPECT_EQ(files(), Names({"out"}));
}

TEST_F(AtomicFileTest, KeepsPermissionsAndFollowsTheMaskForNewFiles) {
  const mode_t mask = umask(027);
  write_file(path("out"), "one");
  umask(mask);
  EXPECT_EQ(permissions(path("out")), 0640U);
  ASSERT_EQ(chmod(path("out").c_str(), 0604), 0);
  write_file(path("out"), "two");
  EXPECT_EQ(permissions(path("out")), 0604U);
  EXPECT_EQ(read(path("out")), "two");
}

TEST_F(AtomicFileTest, WritesThroughLinks) {
  fs::create_directories(path("folder"));
  write_file(path("folder/target"), "earlier");
  fs::create_symlink("folder/target", path("inner"));
  fs::create_symlink(path("inner"), path("outer"));
  write_file(path("outer"), "through");
  EXPECT_TRUE(fs::is_symlink(path("outer")) && fs::is_symlink(path("inner")));
  EXPECT_EQ(read(path("folder/target")), "through");
  fs::create_symlink("nothing_yet", path("dangling"));
  write_file(path("dangling"), "new");
  EXPECT_TRUE(fs::is_symlink(path("dangling")));
  EXPECT_EQ(read(path("nothing_yet")), "new");
}

/// The name of the temporary file cannot be guessed and hence not be taken by somebody's link.
TEST_F(AtomicFileTest, TemporaryNamesDiffer) {
  std::set<std::string> names;
  for (int i = 0; i < 20; ++i) {
    const AtomicFile file(path("out"));
    names.insert(file.temporary());
    EXPECT_EQ(fs::path(file.temporary()).parent_path(), fs::path(folder_)) << "renamed within one file system";
  }
  EXPECT_EQ(names.size(), 20U);
}

TEST_F(AtomicFileTest, DevicesAreWrittenDirectly) {
  write_file("/dev/null", "anything");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_NE(refusal("/dev/full").find("the disk may be full"), std::string::npos);
}

TEST_F(AtomicFileTest, PipesStayPipes) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  std::string found;
  std::thread reader([&] { found = read(path("pipe")); });
  write_file(path("pipe"), "through the pipe");
  reader.join();
  EXPECT_EQ(found, "through the pipe");
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
  EXPECT_EQ(files(), Names({"pipe"}));
}

/// What a process has open goes on being that file: /dev/stdout is a link to /proc/self/fd/1, and that to the file.
TEST_F(AtomicFileTest, OpenStreamsAreWrittenDirectly) {
  const int descriptor = open(path("log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ASSERT_GE(descriptor, 0);
  ASSERT_EQ(::write(descriptor, "before ", 7), 7);
  fs::create_symlink("/dev/fd/" + std::to_string(descriptor), path("link"));
  write_file("/proc/self/fd/" + std::to_string(descriptor), "one ");
  write_file("/dev/fd/" + std::to_string(descriptor), "two ");
  write_file(path("link"), "three ");
  ASSERT_EQ(::write(descriptor, "after", 5), 5);
  close(descriptor);
  EXPECT_EQ(read(path("log")), "before one two three after");
  EXPECT_EQ(files(), Names({"log", "link"}));
}

TEST_F(AtomicFileTest, ChecksOfPlacesMakeNothing) {
  const auto refused = [](void (*check)(const std::string&), const std::string& path) {
    try {
      check(path);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refused(check_writable_file, path("new")), "");
  EXPECT_EQ(refused(check_writable_file, "new"), "");
  EXPECT_EQ(refused(check_writable_file, "/dev/null"), "");
  EXPECT_EQ(refused(check_writable_folder, path("a/b/c")), "");
  EXPECT_EQ(refused(check_writable_folder, "a/b"), "");
  EXPECT_EQ(files(), Names({}));
  write_file(path("file"), "");
  EXPECT_NE(refused(check_writable_file, path("no/such/file")).find("is no folder"), std::string::npos);
  EXPECT_NE(refused(check_writable_file, folder_).find("it is a folder"), std::string::npos);
  EXPECT_NE(refused(check_writable_file, ""), "");
  EXPECT_NE(refused(check_writable_folder, ""), "");
  EXPECT_NE(refused(check_writable_folder, path("file/below")).find("file is no folder"), std::string::npos);
  EXPECT_NE(refused(check_writable_folder, path("file")), "");
  if (geteuid() == 0) return;  // root may write everywhere
  fs::create_directory(path("closed"));
  fs::permissions(path("closed"), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_NE(refused(check_writable_file, path("closed/file")), "");
  EXPECT_NE(refused(check_writable_folder, path("closed/below")), "");
}

TEST_F(AtomicFileTest, WhatCannotBeWrittenIsNamed) {
  for (const std::string& bad : {path("no/such/folder/out"), folder_, std::string()}) {
    const std::string message = refusal(bad);
    EXPECT_EQ(message.find(bad + ": cannot be written: "), 0U) << message;
  }
  EXPECT_NE(refusal(folder_).find("it is a folder"), std::string::npos);
  EXPECT_EQ(refusal(path("a") + '\0' + "b"), path("a\\x00b") + ": cannot be written: its name holds a NUL");
  fs::create_symlink("loop", path("loop"));
  EXPECT_NE(refusal(path("loop")), "");
  EXPECT_EQ(files(), Names({"loop"}));
}

TEST_F(AtomicFileTest, WritersAtOnceLeaveOneWholeFile) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([this, i] {
      const std::string contents(100000, static_cast<char>('a' + i));
      for (int repeat = 0; repeat < 10; ++repeat) write_file(path("out"), contents);
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string found = read(path("out"));
  ASSERT_EQ(found.size(), 100000U);
  EXPECT_EQ(found, std::string(found.size(), found[0]));
  EXPECT_EQ(files(), Names({"out"}));
}

}  // namespace
}  // namespace systoliq
