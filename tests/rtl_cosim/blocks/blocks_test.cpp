// SPDX-License-Identifier: Apache-2.0
// The programs of systoliq_add_cosim(): a block written differently is found equal, and its variant with a wrong tie is
// found different, with the vector, and leaves a waveform.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace systoliq {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = 0;
  std::string output;
};

Outcome run(const std::string& program, const std::string& arguments) {
  const std::string command = (fs::path(SYSTOLIQ_PROGRAM).parent_path() / program).string() + " " + arguments + " 2>&1";
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {-1, "cannot run " + command};
  std::array<char, 4096> part{};
  while (fgets(part.data(), static_cast<int>(part.size()), pipe) != nullptr) outcome.output += part.data();
  const int status = pclose(pipe);
  outcome.status = status >= 0 && (status & 0x7F) == 0 ? (status >> 8) & 0xFF : -1;
  return outcome;
}

TEST(CosimOfABlock, PipelinedUnitEqualsModelInEveryPreset) {
  const Outcome outcome = run("cosim_pipelined_requantize", "--vectors 60000 --seed 5");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  int equal = 0;
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) equal += line.find("equal") != std::string::npos ? 1 : 0;
  EXPECT_EQ(equal, 9) << outcome.output;
}

TEST(CosimOfABlock, WrongTieIsNamedAndDrawn) {
  const fs::path trace = fs::temp_directory_path() / ("systoliq_tie_bug_" + std::to_string(getpid()) + ".vcd");
  const Outcome outcome = run("cosim_pipelined_requantize_tie_bug", "--trace " + trace.string());
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_NE(outcome.output.find("DIFFERENT"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("preset half_even, accumulator"), std::string::npos) << outcome.output;
  std::ifstream file(trace);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find("accumulator_i"), std::string::npos);
  EXPECT_NE(text.str().find("result_o"), std::string::npos);
  fs::remove(trace);
}

TEST(CosimOfABlock, WaveformsThatCannotBeWrittenAreRefusedBeforeTheRun) {
  for (const char* path : {"/proc/x.vcd", "/no/such/folder/x.vcd", "/tmp", "''"}) {
    const Outcome outcome =
        run("cosim_pipelined_requantize_tie_bug", std::string("--preset half_even --trace ") + path);
    EXPECT_EQ(outcome.status, 2) << path << "\n" << outcome.output;
    EXPECT_NE(outcome.output.find("--trace"), std::string::npos) << outcome.output;
    EXPECT_EQ(outcome.output.find("vectors"), std::string::npos) << outcome.output;
  }
  const Outcome untraced = run("cosim_pipelined_requantize", "--vectors 100 --trace /tmp/systoliq_never.vcd");
  EXPECT_EQ(untraced.status, 2) << untraced.output;
  EXPECT_NE(untraced.output.find("built without waveforms"), std::string::npos) << untraced.output;
  EXPECT_FALSE(fs::exists("/tmp/systoliq_never.vcd"));
}

/// What docs/cosim_your_block.md shows is what the programs print.
TEST(CosimOfABlock, DocumentShowsTheOutput) {
  std::ifstream file(fs::path(SYSTOLIQ_SOURCE_DIR) / "docs/cosim_your_block.md");
  std::stringstream document;
  document << file.rdbuf();
  const std::string equal = run("cosim_pipelined_requantize", "").output;
  EXPECT_NE(document.str().find("$ build/bin/cosim_pipelined_requantize\n" + equal), std::string::npos) << equal;
  const std::string different = run("cosim_pipelined_requantize_tie_bug", "--preset half_even").output;
  EXPECT_NE(document.str().find("--preset half_even --trace tie.vcd\n" + different), std::string::npos) << different;
}

TEST(CosimOfABlock, EnginesEqualModel) {
  const Outcome post = run("cosim_post_2x2", "--commands 20 --exact-cycles");
  EXPECT_EQ(post.status, 0) << post.output;
  EXPECT_NE(post.output.find("average_pool  ort_mlas"), std::string::npos) << post.output;
  for (const char* cycles : {"", " --exact-cycles"}) {
    const Outcome core = run("cosim_core_2x2", std::string("--commands 100") + cycles);
    EXPECT_EQ(core.status, 0) << core.output;
    EXPECT_NE(core.output.find("100 commands"), std::string::npos) << core.output;
  }
}

TEST(CosimOfABlock, ComparingNothingIsRefused) {
  for (const char* count : {"0", "-3"}) {
    for (const auto& [program, option] :
         {std::pair{"cosim_pipelined_requantize", "--vectors "}, std::pair{"cosim_post_2x2", "--commands "},
          std::pair{"cosim_core_2x2", "--commands "}}) {
      const Outcome outcome = run(program, std::string(option) + count);
      EXPECT_EQ(outcome.status, 2) << program;
      EXPECT_NE(outcome.output.find("not in range 1 to "), std::string::npos) << outcome.output;
    }
  }
}

TEST(CosimOfABlock, UnknownPresetIsRefused) {
  const Outcome outcome = run("cosim_pipelined_requantize", "--preset rounded");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.output.find("unknown requantization preset 'rounded'"), std::string::npos) << outcome.output;
}

}  // namespace
}  // namespace systoliq
