// SPDX-License-Identifier: Apache-2.0
// Programs that are interrupted while they write.
#include "types/util/interruption.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "types/util/atomic_file.h"

namespace systoliq {
namespace {

namespace fs = std::filesystem;

struct Ended {
  int signal = 0;
  std::string said;
};

class InterruptionTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.insert(entry.path().filename().string());
    return names;
  }

  /// A process that does `work`, which ends in the signal.
  static Ended run(const std::function<void()>& work) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      dup2(ends[1], STDERR_FILENO);
      clean_up_when_interrupted();
      work();
      _exit(99);
    }
    close(ends[1]);
    Ended ended;
    char text[4096];
    for (ssize_t count = 0; (count = read(ends[0], text, sizeof text)) > 0;) {
      ended.said.append(text, static_cast<std::size_t>(count));
    }
    close(ends[0]);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
    return ended;
  }

  std::string folder_ = testing::TempDir() + "systoliq_interruption_" + std::to_string(getpid());
};

TEST_F(InterruptionTest, TemporaryFilesGoAndWholeOnesAreNamed) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Ended ended = run([&] {
      write_file(path("whole"), "1");
      write_file(path("with\x1b[2J"), "1");
      AtomicFile first(path("first")), second(path("second"));
      first.write("half");
      raise(signal);
    });
    EXPECT_EQ(ended.signal, signal);
    EXPECT_EQ(ended.said, "\nsystoliq: interrupted; written before: " + path("whole") + ", " + path("with\\x1b[2J") +
                              "; nothing else is left\n");
    EXPECT_EQ(files(), std::set<std::string>({"whole", "with\x1b[2J"}));
  }
}

TEST_F(InterruptionTest, NothingWrittenIsSaid) {
  const Ended ended = run([&] {
    const AtomicFile file(path("file"));
    { const AtomicFile given_up(path("other")); }
    write_file(path("removed"), "1");
    fs::remove(path("removed"));
    note_removed(path("removed"));
    raise(SIGTERM);
  });
  EXPECT_EQ(ended.signal, SIGTERM);
  EXPECT_EQ(ended.said, "\nsystoliq: interrupted; no file is left\n");
  EXPECT_TRUE(files().empty());
}

TEST_F(InterruptionTest, ManyFilesFitInOneMessage) {
  const Ended ended = run([&] {
    for (int i = 0; i < 100; ++i) write_file(path("file" + std::to_string(i)), "1");
    for (int i = 0; i < 100; ++i) AtomicFile(path("file" + std::to_string(i))).write("half");
    const AtomicFile last(path("last"));
    raise(SIGINT);
  });
  EXPECT_NE(ended.said.find(path("file7") + " and others; nothing else is left"), std::string::npos) << ended.said;
  EXPECT_EQ(files().size(), 100U);
}

TEST_F(InterruptionTest, IgnoredSignalsStayIgnored) {
  const Ended ended = run([&] {
    signal(SIGHUP, SIG_IGN);
    clean_up_when_interrupted();
    raise(SIGHUP);
  });
  EXPECT_EQ(ended.signal, -99) << "went on";
  EXPECT_EQ(ended.said, "");
}

TEST_F(InterruptionTest, ChildrenGetTheSignal) {
  const Ended ended = run([&] {
    const pid_t child = fork();
    if (child == 0) {
      signal(SIGTERM, SIG_DFL);
      sleep(60);
      _exit(0);
    }
    pass_signals_to(child);
    raise(SIGTERM);
  });
  EXPECT_EQ(ended.signal, SIGTERM);  // run() read to the end of standard error, which the child held open
}

}  // namespace
}  // namespace systoliq
