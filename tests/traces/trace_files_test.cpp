// SPDX-License-Identifier: Apache-2.0
// A trace's files are whole or not there: until the end it has another name, and what was there before stays.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "model/isa/program.h"
#include "traces/cycle_trace.h"
#include "types/error.h"

namespace systoliq::traces {
namespace {

namespace fs = std::filesystem;

class TraceFiles : public testing::Test {
 protected:
  TraceFiles() { fs::create_directories(folder_); }
  ~TraceFiles() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string read(const std::string& name) const {
    std::ifstream file(path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(folder_), fs::directory_iterator()); }

  /// A run of three cycles with one wire in block u_load.
  void run(const TraceOptions& options) {
    CycleTrace trace(options);
    trace.enter("systoliq_accelerator");
    trace.enter("u_load");
    trace.add_variable({"busy", &busy_, 1, 1});
    trace.leave();
    trace.leave();
    model::Program program;
    program.layer_names = {"conv", "dense"};
    program.commands.resize(2);
    trace.begin(program);
    for (int cycle = 1; cycle <= 3; ++cycle) trace.sample(cycle);
    trace.finish();
  }
  std::string refusal(const TraceOptions& options) {
    try {
      run(options);
    } catch (const InputError& error) {
      return error.what();
    }
    return "none";
  }

  fs::path folder_ = fs::temp_directory_path() / ("systoliq_trace_files_" + std::to_string(getpid()));
  std::uint8_t busy_ = 1;
};

TEST_F(TraceFiles, AWholeRunLeavesTwoFiles) {
  run({path("run.vcd"), {}, {}});
  EXPECT_EQ(files(), 2);
  EXPECT_NE(read("run.vcd").find("$enddefinitions $end"), std::string::npos);
  EXPECT_NE(read("run.gtkw").find("u_load.busy"), std::string::npos);
}

TEST_F(TraceFiles, WhatIsRefusedLeavesWhatWasThere) {
  std::ofstream(path("run.vcd")) << "earlier";
  EXPECT_NE(refusal({path("run.vcd"), {parse_scope("u_lode")}, {}}).find("accepted: systoliq_accelerator, u_load"),
            std::string::npos);
  const std::string layer = refusal({path("run.vcd"), {}, parse_window("layer:pool")});
  EXPECT_NE(layer.find("'layer:pool'"), std::string::npos) << layer;
  EXPECT_NE(layer.find("accepted: conv, dense, or their numbers, 0 to 1"), std::string::npos) << layer;
  const std::string behind = refusal({path("run.vcd"), {}, parse_window("4:9")});
  EXPECT_NE(behind.find("'4:9': the run ended with cycle 3,"), std::string::npos) << behind;
  EXPECT_EQ(files(), 1) << "a part is left";
  EXPECT_EQ(read("run.vcd"), "earlier");
}

TEST_F(TraceFiles, FoldersAreNoFiles) {
  fs::create_directory(path("run.vcd"));
  EXPECT_NE(refusal({path("run.vcd"), {}, {}}).find("it is a folder"), std::string::npos);
  EXPECT_EQ(files(), 1);
}

/// A device is written directly, so that one that takes nothing stands for a full disk.
TEST_F(TraceFiles, AFullDiskLeavesNothing) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  fs::create_symlink("/dev/full", path("run.vcd"));
  EXPECT_NE(refusal({path("run.vcd"), {}, {}}).find("the disk may be full"), std::string::npos);
  EXPECT_EQ(files(), 1) << "the link alone";
  fs::remove(path("run.vcd"));
  fs::create_symlink("/dev/full", path("run.gtkw"));
  EXPECT_NE(refusal({path("run.vcd"), {}, {}}).find("run.gtkw"), std::string::npos);
  EXPECT_EQ(files(), 1) << "the link alone";
}

}  // namespace
}  // namespace systoliq::traces
