// SPDX-License-Identifier: Apache-2.0
// House rules that a compiler does not see: who may include whom, license lines, include guards.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace systoliq {
namespace {

namespace fs = std::filesystem;

/// Folder -> what its files may include besides themselves, types/ and the standard library. A name ending in '/' is a
/// folder of this project with all it holds, in "/*" one without the folders in it, any other is the start of an
/// include from outside.
const std::map<std::string, std::set<std::string>>& rules() {
  static const std::map<std::string, std::set<std::string>> kRules = {
      {"types", {}},
      {"types/util", {"toml++", "nlohmann"}},
      {"sw_ref/frontend/graph", {}},
      {"sw_ref/frontend/onnx", {"sw_ref/frontend/graph/", "onnx/", "google/protobuf"}},
      {"sw_ref/frontend/tflite", {"sw_ref/frontend/graph/", "flatbuffers/"}},
      {"sw_ref/float", {"sw_ref/frontend/graph/", "dnnl", "omp.h"}},
      {"sw_ref/quantizer", {}},
      {"sw_ref/quantizer/fusion", {"sw_ref/quantizer/*", "sw_ref/frontend/graph/"}},
      {"sw_ref/quantizer/onnx",
       {"sw_ref/quantizer/*", "sw_ref/quantizer/fusion/", "sw_ref/frontend/graph/", "sw_ref/frontend/onnx/", "onnx/"}},
      {"sw_ref/quantizer/calibration",
       {"sw_ref/quantizer/*", "sw_ref/quantizer/fusion/", "sw_ref/quantizer/onnx/", "sw_ref/float/"}},
      {"sw_ref/quantizer/integer",
       {"sw_ref/quantizer/*", "sw_ref/quantizer/fusion/", "sw_ref/quantizer/onnx/", "sw_ref/quantizer/calibration/",
        "sw_ref/float/", "sw_ref/reference/"}},
      {"sw_ref/quantizer/qdq/forms", {"sw_ref/quantizer/fusion/", "sw_ref/frontend/graph/"}},
      {"sw_ref/quantizer/qdq",
       {"sw_ref/quantizer/*", "sw_ref/quantizer/qdq/forms/", "sw_ref/quantizer/fusion/", "sw_ref/quantizer/onnx/",
        "sw_ref/quantizer/calibration/", "sw_ref/quantizer/integer/", "sw_ref/frontend/graph/", "onnx/"}},
      {"sw_ref/quantizer/tflite",
       {"sw_ref/quantizer/*", "sw_ref/quantizer/integer/", "sw_ref/quantizer/qdq/", "sw_ref/frontend/tflite/",
        "sw_ref/reference/"}},
      {"sw_ref/networks", {"onnx/"}},
      {"sw_ref/reference", {}},
      {"sw_ref/training", {"sw_ref/networks/", "sw_ref/quantizer/", "torch/", "ATen/", "toml++"}},
      {"model/config", {}},
      {"model/isa", {"model/config/"}},
      {"model/arith", {"model/arith/simd/", "immintrin.h"}},
      {"model/arith/simd", {"model/arith/*", "immintrin.h"}},
      {"model/timing", {"model/config/", "model/isa/"}},
      {"model/accounting", {"model/config/", "model/isa/", "model/timing/"}},
      {"model/replay", {"model/config/", "model/isa/", "model/timing/", "model/accounting/"}},
      {"model/compiler", {"model/config/", "model/isa/", "model/arith/", "model/timing/", "model/replay/"}},
      {"model/functional", {"model/config/", "model/isa/", "model/arith/", "model/timing/", "model/accounting/"}},
      {"model/tlm",
       {"model/config/", "model/isa/", "model/timing/", "model/accounting/", "model/functional/", "systemc", "tlm",
        "sysc/", "spdlog"}},
      {"model/cycle",
       {"model/config/", "model/isa/", "model/arith/", "model/timing/", "model/accounting/", "model/functional/",
        "systemc"}},
      {"model",
       {"model/config/", "model/isa/", "model/accounting/", "model/replay/", "model/functional/", "model/tlm/",
        "model/cycle/", "systemc"}},
      {"model/sc_main", {}},
      {"traces", {"model/"}},
      {"tb/data", {"zlib.h", "png.h", "jpeglib.h"}},
      {"tb/compare", {"sw_ref/float/", "sw_ref/quantizer/", "sw_ref/reference/", "model/"}},
      {"tb/explain", {"sw_ref/reference/", "tb/compare/", "tb/report/", "model/", "nlohmann"}},
      {"tb/report", {"tb/compare/", "model/", "nlohmann"}},
      {"tb/against", {"sw_ref/quantizer/", "tb/data/", "tb/report/", "nlohmann"}},
      {"tb/experiment",
       {"sw_ref/float/", "sw_ref/quantizer/", "sw_ref/reference/", "model/", "tb/compare/", "tb/report/", "nlohmann"}},
      {"rtl_cosim/stimuli", {"model/config/"}},
      {"rtl_cosim/tools", {"model/config/"}},
      {"rtl_cosim/core", {"model/", "verilated", "core_"}},
      {"rtl_cosim/unit", {"model/", "verilated", "requantize_", "post_", "cell_", "check_", "rtl_cosim/core/"}},
      {"rtl_cosim/accelerator", {"model/", "verilated", "accelerator_", "rtl_cosim/core/"}},
      {"rtl_cosim/waves",
       {"model/", "traces/", "verilated", "rtl_cosim/core/", "rtl_cosim/unit/", "rtl_cosim/accelerator/"}},
      {"rtl_cosim/vectors", {"model/", "nlohmann"}},
      {"rtl_cosim/mutation",
       {"model/", "verilated", "Vfault_", "Vmutant_", "rtl_cosim/core/", "rtl_cosim/unit/", "sys/"}},
      {"rtl_cosim/blocks", {"model/", "verilated", "V", "CLI/", "rtl_cosim/core/", "rtl_cosim/unit/"}},
      {"rtl_cosim/matrix", {"model/", "sw_ref/", "rtl_cosim/stimuli/", "rtl_cosim/accelerator/", "verilated", "CLI/"}},
      {"rtl_cosim/dpi", {"model/", "verilated", "V"}},
      {"tb/workload", {"tb/data/", "model/config/", "sw_ref/frontend/", "sw_ref/networks/", "sw_ref/quantizer/"}},
      {"tb/cli/common", {"tb/workload/", "sw_ref/networks/", "sw_ref/quantizer/", "CLI/"}},
      {"tb/cli/explain", {"tb/cli/common/", "tb/compare/", "tb/explain/", "model/", "CLI/"}},
      {"tb/cli",
       {"tb/cli/common/", "tb/cli/explain/", "tb/data/", "tb/compare/", "tb/against/", "tb/explain/", "tb/report/",
        "tb/workload/", "tb/experiment/", "traces/", "model/", "sw_ref/", "rtl_cosim/vectors/", "CLI/", "nlohmann"}},
      {"python", {"tb/", "model/", "sw_ref/", "nanobind/"}},
      {"tb/cli/train", {"tb/cli/common/", "tb/data/", "sw_ref/", "CLI/", "nlohmann"}},
      {"tb/cli/cosim",
       {"tb/cli/common/", "tb/cli/explain/", "tb/compare/", "tb/workload/", "model/", "traces/", "rtl_cosim/", "CLI/",
        "nlohmann"}},
  };
  return kRules;
}

bool starts_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

/// Headers of the standard library and of POSIX have no folder, no dot, or are named here.
bool is_standard(const std::string& include) {
  static const std::set<std::string> kPosix = {"fcntl.h",     "spawn.h",    "unistd.h",    "signal.h",
                                               "sys/ioctl.h", "sys/stat.h", "sys/types.h", "sys/wait.h"};
  return kPosix.count(include) != 0 || include.find_first_of("/.") == std::string::npos;
}

/// The rule that this include breaks, or nothing.
std::string broken_rule(const std::string& folder, const std::string& include) {
  const auto rule = rules().find(folder);
  if (rule == rules().end()) return "folder '" + folder + "' has no rule";
  static const std::set<std::string> kOutside = {"systemc",
                                                 "tlm"};  // standard-looking, but not of the standard library
  if (is_standard(include) && kOutside.count(include) == 0) return "";
  if (starts_with(include, "types/") || starts_with(include, folder + "/")) return "";
  for (const std::string& allowed : rule->second) {
    if (allowed.back() == '*') {  // the files of a folder, not those of the folders in it
      const std::string start = allowed.substr(0, allowed.size() - 1);
      if (starts_with(include, start) && include.find('/', start.size()) == std::string::npos) return "";
    } else if (starts_with(include, allowed)) {
      return "";
    }
  }
  return folder + " must not include " + include;
}

std::vector<std::string> includes_of(const std::string& text) {
  static const std::regex kInclude("^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"]+)[>\"]");
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, kInclude)) found.push_back(match[1]);
  }
  return found;
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

const fs::path kRoot = SYSTOLIQ_SOURCE_DIR;

/// All C++ files below the given folders, relative to the root.
std::vector<fs::path> sources(const std::vector<std::string>& folders) {
  std::vector<fs::path> found;
  for (const std::string& folder : folders) {
    if (!fs::exists(kRoot / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      const std::string extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp") found.push_back(fs::relative(entry.path(), kRoot));
    }
  }
  return found;
}

TEST(Layers, IncludesFollowTheRules) {
  const std::vector<fs::path> files = sources({"types", "sw_ref", "model", "rtl_cosim", "traces", "tb", "python"});
  EXPECT_GT(files.size(), 50U) << "the walk found too little";
  for (const fs::path& file : files) {
    const std::string folder = file.parent_path().generic_string();
    for (const std::string& include : includes_of(read(kRoot / file))) {
      EXPECT_EQ(broken_rule(folder, include), "") << file;
    }
  }
}

/// Every dependency between our own folders points to a folder that does not point back.
TEST(Layers, RulesHaveNoCycle) {
  std::set<std::string> settled;
  for (bool progress = true; progress;) {
    progress = false;
    for (const auto& [folder, allowed] : rules()) {
      if (settled.count(folder) != 0) continue;
      const bool ready =
          std::all_of(rules().begin(), rules().end(), [&, &self = folder, &list = allowed](const auto& other) {
            const bool needed = std::any_of(list.begin(), list.end(), [&](const std::string& name) {
              return name.back() == '/' && starts_with(other.first + "/", name);
            });
            return !needed || other.first == self || settled.count(other.first) != 0;
          });
      if (ready) progress = settled.insert(folder).second;
    }
  }
  for (const auto& [folder, allowed] : rules()) EXPECT_EQ(settled.count(folder), 1U) << folder << " is part of a cycle";
}

TEST(Layers, CheckerCanFail) {
  EXPECT_NE(broken_rule("sw_ref/reference", "model/arith/requantize.h"), "");
  EXPECT_NE(broken_rule("sw_ref/reference", "sw_ref/frontend/graph/attributes.h"), "");
  EXPECT_NE(broken_rule("sw_ref/frontend/onnx", "tb/data/dataset.h"), "");
  EXPECT_NE(broken_rule("model/arith", "sw_ref/reference/requantization.h"), "");
  EXPECT_NE(broken_rule("model/tlm", "sw_ref/reference/reference.h"), "");
  EXPECT_NE(broken_rule("model/tlm", "tb/compare/bench.h"), "");
  EXPECT_NE(broken_rule("model/timing", "systemc"), "");
  EXPECT_NE(broken_rule("model/replay", "systemc"), "");
  EXPECT_NE(broken_rule("model/replay", "model/functional/storage.h"), "");
  EXPECT_NE(broken_rule("model/compiler", "systemc.h"), "");
  EXPECT_NE(broken_rule("model/compiler", "tlm"), "");
  EXPECT_NE(broken_rule("model/config", "sysc/kernel/sc_module.h"), "");
  EXPECT_NE(broken_rule("types", "model/isa/command.h"), "");
  EXPECT_NE(broken_rule("sw_ref/reference", "onnx/onnx_pb.h"), "");
  EXPECT_NE(broken_rule("rtl_cosim/matrix", "tb/compare/compiled_network.h"), "");
  EXPECT_NE(broken_rule("rtl_cosim/stimuli", "tests/support/dump.h"), "");
  EXPECT_NE(broken_rule("tb/workload", "CLI/CLI.hpp"), "");
  EXPECT_NE(broken_rule("tb/workload", "tb/cli/common/program.h"), "");
  EXPECT_NE(broken_rule("tb/cli", "torch/torch.h"), "");
  EXPECT_NE(broken_rule("tb/cli", "rtl_cosim/core/core_cosim.h"), "");
  EXPECT_NE(broken_rule("nowhere", "vector"), "");
  EXPECT_EQ(broken_rule("model/tlm", "systemc"), "");
  EXPECT_EQ(broken_rule("types", "vector"), "");
  EXPECT_EQ(broken_rule("tb/cli", "model/config/accelerator_config.h"), "");
}

TEST(Layers, ReaderOfIncludesSeesEveryForm) {
  const std::string text = "#include <systemc>\n  #  include \"a/b.h\"\n// #include <no>\nint x;  // include \"c\"\n";
  EXPECT_EQ(includes_of(text), (std::vector<std::string>{"systemc", "a/b.h"}));
}

TEST(House, EveryFileStartsWithItsLicenseAndPurpose) {
  for (const fs::path& file :
       sources({"types", "sw_ref", "model", "rtl_cosim", "traces", "tb", "python", "tests", "bench", "examples"})) {
    const std::string text = read(kRoot / file);
    EXPECT_TRUE(starts_with(text, "// SPDX-License-Identifier: Apache-2.0\n// ")) << file;
    const bool guarded = text.find("\n#pragma once\n") != std::string::npos;
    EXPECT_EQ(guarded, file.extension() == ".h") << file;
  }
}

TEST(House, LibrariesNeverExitOrAssert) {
  static const std::regex kForbidden("(^|[^_a-zA-Z:>.])(assert|exit|abort)\\(");
  for (const fs::path& file : sources({"types", "sw_ref", "model", "rtl_cosim", "traces", "tb", "python"})) {
    const std::string text = read(kRoot / file);
    EXPECT_FALSE(std::regex_search(text, kForbidden)) << file;
  }
  EXPECT_TRUE(std::regex_search("  assert(x);", kForbidden));
  EXPECT_FALSE(std::regex_search("  static_assert(x);", kForbidden));
}

/// Else a program that begins with its own sc_main() cannot link them.
TEST(House, NoLibraryDefinesScMain) {
  static const std::regex kDefinition("\\bsc_main\\(.*\\) *\\{");
  for (const fs::path& file : sources({"types", "sw_ref", "model", "rtl_cosim", "traces", "tb"})) {
    const bool defines = std::regex_search(read(kRoot / file), kDefinition);
    EXPECT_EQ(defines, file == "model/sc_main/sc_main.cpp") << file;
  }
}

}  // namespace
}  // namespace systoliq
