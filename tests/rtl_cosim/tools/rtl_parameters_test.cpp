// SPDX-License-Identifier: Apache-2.0
// The program that turns a machine's configuration into parameters of the RTL: exactly what the model reads, or an
// error with file and line.
#include "model/config/rtl_parameters.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "model/config/config_keys.h"
#include "model/config/config_text.h"

namespace systoliq::model {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class RtlParametersProgram : public testing::Test {
 protected:
  RtlParametersProgram() { fs::create_directories(folder_); }
  ~RtlParametersProgram() override { fs::remove_all(folder_); }

  struct Result {
    int status = -1;
    std::string output;
  };
  static Result run(const std::string& arguments) {
    const fs::path program = fs::path(SYSTOLIQ_PROGRAM).parent_path() / "systoliq_rtl_parameters";
    FILE* pipe = popen((program.string() + " " + arguments + " 2>&1").c_str(), "r");
    Result result;
    if (pipe == nullptr) return result;
    char buffer[4096];
    for (std::size_t size = 0; (size = fread(buffer, 1, sizeof buffer, pipe)) > 0;) result.output.append(buffer, size);
    result.status = pclose(pipe) >> 8;
    return result;
  }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& text) const {
    std::ofstream(file("machine.toml")) << text;
    return file("machine.toml");
  }
  void expect_refused(const std::string& text, const std::string& message) const {
    const std::string path = write(text);
    const Result result = run(path);
    EXPECT_EQ(result.status, 2) << text << "\n" << result.output;
    EXPECT_NE(result.output.find(path + message), std::string::npos) << text << "\n" << result.output;
  }

  fs::path folder_ = fs::temp_directory_path() / ("systoliq_rtl_parameters_" + std::to_string(getpid()));
};

std::string arguments_of(const AcceleratorConfig& config) {
  std::string text;
  for (const RtlParameter& parameter : rtl_parameters(config)) text += verilator_argument(parameter) + "\n";
  return text;
}

TEST_F(RtlParametersProgram, GivesTheModelsValuesForEveryShippedMachine) {
  int machines = 0;
  for (const char* folder : {"/configs", "/rtl_cosim/matrix"}) {
    for (const auto& entry : fs::directory_iterator(std::string(SYSTOLIQ_SOURCE_DIR) + folder)) {
      if (entry.path().extension() != ".toml") continue;
      const AcceleratorConfig config = read_config(entry.path().string());
      const Result printed = run("'" + entry.path().string() + "'");
      EXPECT_EQ(printed.status, 0) << printed.output;
      EXPECT_EQ(printed.output, arguments_of(config)) << entry.path();
      const Result written = run("'" + entry.path().string() + "' --arguments " + file("a.args") + " --source " +
                                 file("a.cpp") + " --function text_of_a");
      EXPECT_EQ(written.status, 0) << written.output;
      EXPECT_EQ(read(file("a.args")), printed.output);
      const std::string source = read(file("a.cpp"));
      EXPECT_NE(source.find("const char* text_of_a()"), std::string::npos) << source;
      EXPECT_NE(source.find("R\"toml(" + canonical_text(config) + ")toml\""), std::string::npos) << source;
      ++machines;
    }
  }
  EXPECT_GT(machines, 15);
}

TEST_F(RtlParametersProgram, ReadsAllOfToml) {
  const Result result =
      run(write("# [a comment; with] brackets\n\narray.rows = 0x4 # [not 8]\n[ weights ]\n"
                "codec = 'codebook'\ncodebook_bits=+6\n[requant]\n\"lanes\"   =   1_2"));
  EXPECT_EQ(result.status, 0) << result.output;
  for (const char* line : {"-GRows=4\n", "-GCols=16\n", "-GDataflow=0\n", "-GCodebook=1'b1\n", "-GCodebookBits=6\n",
                           "-GLanes=12\n", "-GOutstanding=5\n", "-GActivationWords=32768\n"}) {
    EXPECT_NE(result.output.find(line), std::string::npos) << line << "in\n" << result.output;
  }
}

/// Every key that is a parameter changes its argument, and no other key changes any.
TEST_F(RtlParametersProgram, EveryKeyIsOnTheCommandLine) {
  const std::string standard = arguments_of({});
  for (const ConfigKey& key : config_keys()) {
    std::int64_t value = key.takes_names() ? 1 : key.low;
    if (key.path() == "memory.burst_bytes") value = 512;
    AcceleratorConfig config;
    if (value == key.get(config)) ++value;
    const std::string text = value_text(key, value);
    const std::string word = key.takes_names() ? text.substr(1, text.size() - 2) : text;
    const Result result = run(key.path() + "=" + word + (key.path() == "array.cols" ? " requant.lanes=1" : ""));
    EXPECT_EQ(result.status, 0) << result.output;
    const bool size = std::string(key.section) == "buffers";
    const bool decides = key.path() == "memory.latency_cycles";  // outstanding bursts cover it
    EXPECT_EQ(result.output != standard, key.rtl_parameter != nullptr || size || decides) << key.path() << "\n"
                                                                                          << result.output;
    if (key.rtl_parameter == nullptr) continue;
    const std::string bit = key.rtl_type == ConfigKey::RtlType::kBit ? "1'b" : "";
    const std::string argument = std::string("-G") + key.rtl_parameter + "=" + bit + std::to_string(value) + "\n";
    EXPECT_NE(result.output.find(argument), std::string::npos) << argument << "in\n" << result.output;
  }
}

TEST_F(RtlParametersProgram, RefusesABadFileByFileAndLine) {
  expect_refused("[array]\n\nrows = 0\n", ":3: array.rows = 0 is out of range; accepted: 1 to 256");
  expect_refused("[array]\nrows = 4.0\n", ":2: array.rows must be an integer; accepted: 1 to 256");
  expect_refused("[[array]]\nrows = 4\n", ":1: array must be a table");
  expect_refused("[array]\nrow = 4\n", ":2: array.row is not known; did you mean 'rows'?");
  expect_refused("rows = 4\n", ":1: rows is not known");
  expect_refused("[array]\nrows = 4\nrows = 5\n", ":3: ");
  expect_refused("[array]\nrows = 4\n[array]\n", ":3: ");
  expect_refused("[array]\ncols = 4\n[requant]\nlanes = 5\n", ":4: requant.lanes = 5 is out of range");
  const Result missing = run(file("none.toml"));
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.output.find(file("none.toml") + ": cannot be read"), std::string::npos) << missing.output;
  EXPECT_FALSE(fs::exists(file("none.args")));
}

TEST_F(RtlParametersProgram, RefusesWrongUse) {
  for (const auto& [arguments, message] : std::initializer_list<std::pair<std::string, std::string>>{
           {"--only Rows", "either a file or keys are needed"},
           {"array.rows=4 --only Rows,Colums", "--only: names an unknown parameter; accepted: Rows Cols"},
           {"array.rows=4 --arguments", "--arguments: its value is missing"},
           {"array.rows=4 --out x", "--out: unknown"},
           {"array.rows=four", "array.rows must be an integer"},
           {"array.rows=4 --source " + file("x.cpp"), "--source and --function go together"},
           {"array.rows=4 --arguments " + file("no/such/x"), "cannot be written"},
           {"a.toml b.toml", "accepted: one"}}) {
    const Result result = run(arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_NE(result.output.find(message), std::string::npos) << arguments << "\n" << result.output;
  }
}

TEST_F(RtlParametersProgram, SelectsAndKeepsFilesThatAreTheSame) {
  EXPECT_EQ(run("array.rows=4 array.dataflow=os --only Dataflow,Rows").output, "-GRows=4\n-GDataflow=1\n");
  const std::string command = "array.rows=4 --arguments " + file("b.args");
  EXPECT_EQ(run(command).status, 0);
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(file("b.args"), old);
  EXPECT_EQ(run(command).status, 0);
  EXPECT_EQ(fs::last_write_time(file("b.args")), old);
  EXPECT_EQ(run("array.rows=5 --arguments " + file("b.args")).status, 0);
  EXPECT_NE(fs::last_write_time(file("b.args")), old);
}

}  // namespace
}  // namespace systoliq::model
