// SPDX-License-Identifier: Apache-2.0
// `systoliq vectors`: what it writes, and its test benches on the project's RTL under Icarus Verilog, which must pass
// on golden results and fail on corrupted ones.
#include "rtl_cosim/vectors/vectors.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "model/arith/requantize.h"
#include "model/run_program.h"
#include "rtl_cosim/stimuli/random_case.h"
#include "rtl_cosim/vectors/hex_text.h"
#include "rtl_cosim/vectors/sample.h"
#include "rtl_cosim/vectors/unit_vectors.h"
#include "tb/compare/compiled_network.h"

namespace systoliq::rtl {
namespace {

namespace fs = std::filesystem;

const std::string kRoot = SYSTOLIQ_SOURCE_DIR;

struct ShellRun {
  int status = -1;
  std::string output;  ///< both streams
};

ShellRun run_shell(const std::string& command) {
  ShellRun run;
  FILE* pipe = popen(("{ " + command + "; } 2>&1").c_str(), "r");
  if (pipe == nullptr) return run;
  char buffer[4096];
  for (std::size_t size = 0; (size = fread(buffer, 1, sizeof buffer, pipe)) > 0;) run.output.append(buffer, size);
  const int status = pclose(pipe);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

std::string read_file(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class VectorsTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  /// True after recording why Icarus cannot run here.
  static bool lacks_simulator() {
    return std::system("command -v iverilog >/dev/null && command -v yosys >/dev/null") != 0;
  }

  /// `systoliq vectors ARGUMENTS -o v` in the test's folder.
  void write(const std::string& arguments) const {
    const ShellRun run = run_shell("cd '" + folder_ + "' && SYSTOLIQ_HOME='" + kRoot +
                                   "' '" SYSTOLIQ_PROGRAM "' vectors " + arguments + " -o v");
    ASSERT_EQ(run.status, 0) << run.output;
  }
  /// Runs a bench on the project's RTL.
  ShellRun simulate(const std::string& scope) const {
    return run_shell("SYSTOLIQ_NETLISTS='" + path("") + "' bash '" + path("v/simulate.sh") + "' '" + kRoot +
                     "/rtl_cosim/rtl' " + scope);
  }
  void expect_pass(const std::string& scope) const {
    const ShellRun run = simulate(scope);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_NE(run.output.find("PASS: "), std::string::npos) << run.output;
    std::cout << run.output;
  }
  void expect_fail(const std::string& scope) const {
    const ShellRun run = simulate(scope);
    EXPECT_NE(run.status, 0) << run.output;
    EXPECT_NE(run.output.find("FAIL: "), std::string::npos) << run.output;
    EXPECT_EQ(run.output.find("PASS: "), std::string::npos) << run.output;
  }

  /// Adds 1 to the last digit of a line; both are counted from 0.
  void corrupt(const std::string& name, std::size_t line) const {
    std::string text = read_file(path(name));
    std::size_t end = text.find('\n');
    for (std::size_t i = 0; i < line && end != std::string::npos; ++i) end = text.find('\n', end + 1);
    ASSERT_NE(end, std::string::npos) << name;
    text[end - 1] = text[end - 1] == '0' ? '1' : '0';
    std::ofstream(path(name)) << text;
  }
  std::size_t lines(const std::string& name) const {
    const std::string text = read_file(path(name));
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }

 private:
  std::string folder_ = (fs::temp_directory_path() / ("systoliq_vectors_" + std::to_string(getpid()))).string();
};

#define SKIP_WITHOUT_SIMULATOR() \
  if (lacks_simulator()) GTEST_SKIP() << "Icarus Verilog (iverilog) or yosys is not installed"

constexpr const char* kSmall =
    "lenet5 --config " SYSTOLIQ_SOURCE_DIR "/configs/small_4x4.toml --samples 40 --executes 1";

TEST_F(VectorsTest, BenchesPassOnTheProjectsRtl) {
  SKIP_WITHOUT_SIMULATOR();
  write(kSmall);
  expect_pass("unit");
  expect_pass("core");
}

TEST_F(VectorsTest, BenchesPassOnOtherMachinesAndPresets) {
  SKIP_WITHOUT_SIMULATOR();
  write("lenet5 --config " + kRoot + "/configs/odd_5x3.toml --activation-bits 4 --weight-bits 2 --samples 40 " +
        "--executes 1 --preset half_even");
  expect_pass("unit");
  expect_pass("core");
  write("fashion_mlp --config " + kRoot + "/configs/small_4x4.toml --samples 40 --executes 1 --preset ort_mlas");
  expect_pass("unit");
  write("lenet5 --config " + kRoot + "/configs/small_4x4.toml --samples 40 --executes 1 --preset pot_half_up");
  expect_pass("unit");
}

TEST_F(VectorsTest, CoreBenchPassesOutputStationaryWithCodebooks) {
  SKIP_WITHOUT_SIMULATOR();
  std::ofstream(path("os.toml")) << "[array]\nrows = 4\ncols = 3\ndataflow = \"os\"\n[datatypes]\nweight_bits = 4\n"
                                    "[weights]\ncodec = \"codebook\"\n[requant]\nlanes = 1\n"
                                    "[buffers]\nactivation_kib = 16\nweight_kib = 4\n";
  write("lenet5 --config os.toml --weight-bits 4 --samples 1 --executes 1");
  expect_pass("core");
}

TEST_F(VectorsTest, CorruptedGoldenOutputFails) {
  SKIP_WITHOUT_SIMULATOR();
  write(kSmall);
  corrupt("v/unit/requantize.hex", lines("v/unit/requantize.hex") - 1);
  expect_fail("unit");
}

TEST_F(VectorsTest, CorruptedAccumulatorCyclesAndActivationFail) {
  SKIP_WITHOUT_SIMULATOR();
  write(kSmall);
  const std::string expected = read_file(path("v/core/case0001/expected.hex"));
  corrupt("v/core/case0001/expected.hex", 1);
  expect_fail("core");
  std::ofstream(path("v/core/case0001/expected.hex")) << expected;
  const std::string cases = read_file(path("v/core/cases.hex"));
  ASSERT_GT(cases.size(), 33U);
  std::string wrong = cases;
  wrong[15] = wrong[15] == '0' ? '1' : '0';  // the lowest digit of the first case's cycles
  std::ofstream(path("v/core/cases.hex")) << wrong;
  expect_fail("core");
  std::ofstream(path("v/core/cases.hex")) << cases;
  fs::resize_file(path("v/core/case0000/activations.hex"), 5);  // all but the first address: the words are unknown
  expect_fail("core");
}

/// Files that give less than the bench needs, and folders that are none.
TEST_F(VectorsTest, MissingEmptyAndTruncatedFilesFail) {
  SKIP_WITHOUT_SIMULATOR();
  write(kSmall);
  const auto expect_refused = [&](const std::string& scope, const std::string& name) {
    SCOPED_TRACE(name);
    const std::string whole = read_file(path("v/" + name));
    const std::size_t half = whole.find('\n', whole.size() / 2) + 1;
    for (const char* state : {"missing", "empty", "truncated"}) {
      SCOPED_TRACE(state);
      if (state[0] == 'm') fs::remove(path("v/" + name));
      if (state[0] == 'e') std::ofstream(path("v/" + name)) << "";
      if (state[0] == 't') std::ofstream(path("v/" + name)) << whole.substr(0, half);
      expect_fail(scope);
    }
    std::ofstream(path("v/" + name)) << whole;
  };
  expect_refused("unit", "unit/requantize.hex");
  expect_refused("core", "core/cases.hex");
  for (const char* name : {"command", "activations", "weights", "params", "accumulators", "expected"}) {
    const std::string file = std::string("core/case0000/") + name + ".hex";
    if (lines("v/" + file) > 2) {
      expect_refused("core", file);
    } else {  // one word at its address
      fs::rename(path("v/" + file), path("kept"));
      expect_fail("core");
      fs::rename(path("kept"), path("v/" + file));
    }
  }
  std::string unknown = read_file(path("v/unit/requantize.hex"));
  unknown[unknown.size() - 2] = 'x';
  std::ofstream(path("v/unit/requantize.hex")) << unknown;
  expect_fail("unit");
}

TEST_F(VectorsTest, SimulateSaysWhatItWants) {
  SKIP_WITHOUT_SIMULATOR();
  write(kSmall);
  const auto expect_refused = [&](const std::string& arguments, const std::string& reason) {
    const ShellRun run = run_shell("bash '" + path("v/simulate.sh") + "' " + arguments);
    EXPECT_EQ(run.status, 2) << run.output;
    EXPECT_NE(run.output.find(reason), std::string::npos) << run.output;
  };
  expect_refused("'" + kRoot + "' unit", "accepted: the project's rtl_cosim/rtl");
  expect_refused("'" + kRoot + "/rtl_cosim/rtl' chip", "unit|core|accelerator");
  expect_refused("'" + kRoot + "/rtl_cosim/rtl' unit vcs", "[iverilog|verilator]");
  fs::remove(path("v/index.json"));
  expect_refused("'" + kRoot + "/rtl_cosim/rtl' unit", "not a whole folder of vectors");
}

TEST_F(VectorsTest, CasesOfAnEarlierRunAreRemoved) {
  write("lenet5 --config " + kRoot + "/configs/small_4x4.toml --samples 4 --executes 2");
  ASSERT_TRUE(fs::exists(path("v/core/case0007")));
  std::ofstream(path("v/core/case0006/notes.txt")) << "mine";
  write("lenet5 --config " + kRoot + "/configs/small_4x4.toml --samples 4 --executes 1");
  const nlohmann::json index = nlohmann::json::parse(read_file(path("v/index.json")));
  ASSERT_EQ(index["core"]["list"].size(), 5U);
  EXPECT_TRUE(fs::exists(path("v/core/case0004/expected.hex")));
  EXPECT_FALSE(fs::exists(path("v/core/case0005")));
  EXPECT_FALSE(fs::exists(path("v/core/case0007")));
  EXPECT_TRUE(fs::exists(path("v/core/case0006/notes.txt"))) << "what is not ours stays";
  EXPECT_FALSE(fs::exists(path("v/core/case0006/expected.hex")));
}

/// A random network of few cycles on a 4 x 4 machine, since the whole accelerator takes Icarus long.
struct TinyRun {
  model::AcceleratorConfig config;
  stimuli::RandomCase random;
  std::optional<tb::CompiledNetwork> compiled;
  std::uint64_t seed = 0;
};

void find_tiny_run(std::int64_t most_cycles, TinyRun* tiny) {
  tiny->config = model::read_config(kRoot + "/configs/small_4x4.toml");
  tiny->config.memory.bytes_per_cycle = 16;
  tiny->config.memory.latency_cycles = 7;
  for (tiny->seed = 1; tiny->seed < 500; ++tiny->seed) {
    tiny->random = stimuli::random_case(tiny->seed, tiny->config);
    try {
      tiny->compiled.emplace(tiny->random.network, tiny->config);
    } catch (const InputError&) {
      continue;  // does not fit this machine
    }
    const auto run = tiny->compiled->run(tiny->random.input, model::Level::kTiming, false);
    if (run.cycles < most_cycles && tiny->random.network.layers.size() > 1) return;
  }
  FAIL() << "no random network is small enough";
}

TEST_F(VectorsTest, AcceleratorBenchPassesAndFails) {
  SKIP_WITHOUT_SIMULATOR();
  TinyRun tiny;
  ASSERT_NO_FATAL_FAILURE(find_tiny_run(1500, &tiny));
  std::cout << "random network of seed " << tiny.seed << "\n";
  VectorOptions options;
  options.bench_folder = kRoot + "/rtl_cosim/vectors/bench";
  const std::vector<std::uint8_t> memory = tiny.compiled->memory(tiny.random.input);
  write_vectors(path("v"), {tiny.random.network, tiny.compiled->program(), tiny.config, memory}, options);
  expect_pass("accelerator");
  for (const char* name : {"expected_memory.hex", "commands.hex"}) {
    SCOPED_TRACE(name);
    fs::rename(path(std::string("v/accelerator/") + name), path("kept"));
    expect_fail("accelerator");
    fs::rename(path("kept"), path(std::string("v/accelerator/") + name));
  }
  corrupt("v/accelerator/layer_words.hex", 0);
  corrupt("v/accelerator/commands.hex", 1);
  const ShellRun run = simulate("accelerator");
  EXPECT_NE(run.status, 0) << run.output;
  EXPECT_NE(run.output.find("FAIL: accelerator"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("activation word"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("expected to end at cycle"), std::string::npos) << run.output;
}

TEST_F(VectorsTest, SameSeedSameFilesOtherSeedOtherSample) {
  write(kSmall);
  const std::string unit = read_file(path("v/unit/requantize.hex"));
  const std::string index = read_file(path("v/index.json"));
  write(kSmall);
  EXPECT_EQ(read_file(path("v/unit/requantize.hex")), unit);
  EXPECT_EQ(read_file(path("v/index.json")), index);
  write(std::string(kSmall) + " --seed 2");
  EXPECT_NE(read_file(path("v/unit/requantize.hex")), unit);
  for (const auto& entry : fs::recursive_directory_iterator(path("v"))) {
    EXPECT_NE(entry.path().extension(), ".part") << entry.path();
  }
}

TEST_F(VectorsTest, IndexNamesEveryFile) {
  write(kSmall);
  const nlohmann::json index = nlohmann::json::parse(read_file(path("v/index.json")));
  EXPECT_EQ(index["schema_version"], 1);
  EXPECT_EQ(index["preset"], "tflite_ref");
  EXPECT_EQ(lines("v/unit/requantize.hex"), index["unit"]["vectors"].get<std::size_t>());
  std::size_t counted = 0;
  for (const auto& range : index["unit"]["ranges"]) {
    EXPECT_EQ(range["first"].get<std::size_t>(), counted);
    counted += range["count"].get<std::size_t>();
    const int count = range["count"].get<int>();
    EXPECT_TRUE(range["kind"] == "corners" || (range["kind"] == "sample" && count <= 40)) << range;
  }
  EXPECT_EQ(counted, lines("v/unit/requantize.hex"));
  EXPECT_EQ(index["core"]["list"].size(), 5U) << "LeNet-5 has five layers with weights";
  for (const auto& each : index["core"]["list"]) {
    EXPECT_TRUE(fs::exists(path("v/" + each["folder"].get<std::string>() + "/expected.hex")));
  }
  EXPECT_EQ(lines("v/accelerator/commands.hex"), index["accelerator"]["command_count"].get<std::size_t>());
  EXPECT_EQ(index["accelerator"]["tensors"].size(), 7U);
  for (const auto& tensor : index["accelerator"]["tensors"]) {
    std::size_t count = 1;
    for (const auto& dimension : tensor["shape"]) count *= dimension.get<std::size_t>();
    EXPECT_EQ(lines("v/" + tensor["file"].get<std::string>()), count);
  }
}

TEST_F(VectorsTest, RefusesMoreThanOneImageAndAFolderThatCannotBe) {
  const std::string start = "SYSTOLIQ_HOME='" + kRoot + "' '" SYSTOLIQ_PROGRAM "' vectors lenet5 ";
  const ShellRun images = run_shell(start + "--images 2 -o '" + path("v") + "'");
  EXPECT_EQ(images.status, 2) << images.output;
  EXPECT_NE(images.output.find("exactly one is accepted"), std::string::npos) << images.output;
  std::ofstream(path("file")) << "x";
  const ShellRun folder = run_shell(start + "-o '" + path("file/v") + "'");
  EXPECT_EQ(folder.status, 2) << folder.output;
  EXPECT_NE(folder.output.find("file/v"), std::string::npos) << folder.output;
}

/// Commands shown in docs/vectors.md, in a folder that has the project's folders.
TEST_F(VectorsTest, DocumentedCommandsRun) {
  SKIP_WITHOUT_SIMULATOR();
  for (const char* name : {"models", "configs", "rtl_cosim"})
    fs::create_directory_symlink(kRoot + "/" + name, path(name));
  std::istringstream document(read_file(kRoot + "/docs/vectors.md"));
  int count = 0;
  for (std::string line; std::getline(document, line);) {
    if (line.compare(0, 6, "    $ ") != 0) continue;
    std::string command = line.substr(6);
    if (command.compare(0, 9, "systoliq ") == 0) command = "'" SYSTOLIQ_PROGRAM "' " + command.substr(9);
    const ShellRun run = run_shell("cd '" + path("") + "' && " + command);
    EXPECT_EQ(run.status, 0) << line << "\n" << run.output;
    ++count;
  }
  EXPECT_EQ(count, 3);
}

/// Every key of the index and every file of a case is explained.
TEST_F(VectorsTest, DocumentExplainsEveryKey) {
  write(kSmall);
  const std::string document = read_file(kRoot + "/docs/vectors.md");
  const auto explained = [&](const std::string& name) {
    EXPECT_NE(document.find("`" + name + "`"), std::string::npos) << name;
  };
  const nlohmann::json index = nlohmann::json::parse(read_file(path("v/index.json")));
  for (const auto& [key, value] : index.items()) {
    explained(key);
    if (key == "machine" || !value.is_object()) continue;
    for (const auto& [inner, list] : value.items()) {
      explained(inner);
      if (!list.is_array()) continue;
      for (const auto& field : list.front().items()) explained(field.key());
    }
  }
  for (const auto& entry : fs::directory_iterator(path("v/core/case0000"))) explained(entry.path().filename().string());
}

TEST(HexWord, DigitsStandHighestFirst) {
  EXPECT_EQ(HexWord().add(-1, 4).add(5, 8).text(), "05f");
  EXPECT_EQ(HexWord().add(1, 1).add(0, 1).add(3, 3).text(), "0d");
  EXPECT_EQ(HexWord().add(-2, 64).text(), "fffffffffffffffe");
}

TEST(SparseHex, AddressStandsWhereAGapIs) {
  SparseHex hex;
  for (const int address : {7, 8, 26}) hex.add(address, HexWord().add(address, 8));
  EXPECT_EQ(hex.text(), "@7\n07\n08\n@1a\n1a\n");
}

TEST(Reservoir, EveryItemIsAsLikely) {
  constexpr std::uint64_t kRuns = 4000;
  int chosen[10] = {};
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    Reservoir<int> reservoir(3, seed);
    for (int item = 0; item < 10; ++item) reservoir.offer(item);
    ASSERT_EQ(reservoir.items().size(), 3U);
    for (const int item : reservoir.items()) ++chosen[item];
  }
  for (const int count : chosen) EXPECT_NEAR(count, 1200, 150);  // five standard deviations
}

/// The corners hold, for a scale of the run, the last accumulator that the lower clamp swallows and the first it
/// leaves.
TEST_F(VectorsTest, CornersStandAtTheClamps) {
  TinyRun tiny;
  ASSERT_NO_FATAL_FAILURE(find_tiny_run(100000, &tiny));
  const std::vector<std::uint8_t> memory = tiny.compiled->memory(tiny.random.input);
  const UnitVectors all =
      make_unit_vectors({tiny.random.network, tiny.compiled->program(), tiny.config, memory}, VectorOptions());
  std::size_t corner_ranges = 0;
  for (const UnitRange& range : all.ranges) {
    if (!range.corners) continue;
    ++corner_ranges;
    bool low = false;
    bool high = false;
    for (std::int64_t i = range.first; i < range.first + range.count; ++i) {
      const UnitVector& v = all.vectors[static_cast<std::size_t>(i)];
      low = low || v.output == v.clamp_min;
      high = high || v.output == v.clamp_max;
      EXPECT_EQ(v.scaled, model::requantize(v.preset, v.accumulator, v.multiplier, v.shift));
    }
    EXPECT_TRUE(low && high) << "layer " << range.layer << ", seed " << tiny.seed;
  }
  EXPECT_GT(corner_ranges, 0U);
}

}  // namespace
}  // namespace systoliq::rtl
