// SPDX-License-Identifier: Apache-2.0
// The commands as users run them: help, tables, files, the same integers through a written network, exact reports.
#include <algorithm>
#include <cmath>
#include <sstream>

#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCsvHeader =
    "index,name,op,output_shape,macs,cycles,latency_cycles,utilization_percent,stream_cycles,fill_cycles,drain_cycles,"
    "execute_stall_memory_cycles,execute_stall_weights_cycles,execute_stall_accumulators_cycles,"
    "execute_stall_post_cycles,execute_stall_other_cycles,execute_idle_cycles,memory_read_bytes,memory_write_bytes,"
    "sram_read_words,sram_write_words,energy_nj,mse,sqnr_db,max_abs_error,cosine,mismatches,overflows";

using Program = ProgramTest;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Fields of a CSV line; a quoted field may hold commas.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '"') {
      fields.back() += c;
    }
  }
  return fields;
}

TEST_F(Program, HelpOfEveryCommandHasAnExample) {
  for (const char* name : {"run", "compare", "accuracy", "compile", "disassemble", "info", "quantize"}) {
    const ProgramRun help = run(std::string(name) + " --help");
    EXPECT_EQ(help.status, 0) << name;
    EXPECT_NE(help.out.find(std::string("example: systoliq ") + name), std::string::npos) << help.out;
    EXPECT_NE(run("--help").out.find(name), std::string::npos);
  }
}

TEST_F(Program, RunAloneRunsTheBuiltInNetwork) {
  const ProgramRun result = run("run");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("conv1"), std::string::npos);
  EXPECT_NE(result.out.find("mismatches against the integer reference: 0"), std::string::npos) << result.out;
  EXPECT_TRUE(files().empty()) << "no file unless asked for";
}

TEST_F(Program, LayersCsvHasTheDocumentedColumnsAndSums) {
  ASSERT_EQ(run("run --report report").status, 0);
  const std::vector<std::string> lines = lines_of(read_file(path("report/layers.csv")));
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_EQ(lines[0], kCsvHeader);
  const std::vector<std::string> names = fields_of(lines[0]);
  const auto json = nlohmann::json::parse(read_file(path("report/run.json")));
  EXPECT_EQ(json.at("schema_version"), 3);
  ASSERT_EQ(json.at("layers").size(), 7U);
  std::int64_t cycles = 0, macs = 0;
  for (std::size_t i = 0; i < 7; ++i) {
    SCOPED_TRACE(lines[i + 1]);
    const std::vector<std::string> fields = fields_of(lines[i + 1]);
    ASSERT_EQ(fields.size(), names.size());
    const nlohmann::json& layer = json["layers"][i];
    for (std::size_t f = 0; f < names.size(); ++f) {
      ASSERT_TRUE(layer.contains(names[f])) << names[f];
      const nlohmann::json& value = layer[names[f]];
      if (value.is_string()) {
        EXPECT_EQ(value.get<std::string>(), fields[f]);
      } else if (value.is_number_integer()) {
        EXPECT_EQ(value.dump(), fields[f]);
      } else {
        EXPECT_NEAR(value.get<double>(), std::stod(fields[f]), 1e-6 * std::abs(value.get<double>())) << names[f];
      }
    }
    std::int64_t split = 0;
    for (const char* part :
         {"stream", "fill", "drain", "execute_stall_memory", "execute_stall_weights", "execute_stall_accumulators",
          "execute_stall_post", "execute_stall_other", "execute_idle"}) {
      split += layer[std::string(part) + "_cycles"].get<std::int64_t>();
    }
    EXPECT_EQ(split, layer["cycles"].get<std::int64_t>());
    EXPECT_EQ(layer["mismatches"], 0);
    cycles += layer["cycles"].get<std::int64_t>();
    macs += layer["macs"].get<std::int64_t>();
  }
  EXPECT_EQ(json["totals"]["cycles"].get<std::int64_t>(), cycles);
  EXPECT_EQ(json["totals"]["macs"].get<std::int64_t>(), macs);
  EXPECT_EQ(macs, 416520);
}

/// A column that a level does not produce is empty, never 0.
TEST_F(Program, LevelsLeaveColumnsEmpty) {
  ASSERT_EQ(run("run --level timing --report timing").status, 0);
  ASSERT_EQ(run("run --level functional --report functional").status, 0);
  ASSERT_EQ(run("run --level transaction --report transaction").status, 0);
  const auto row = [&](const char* level) {
    return fields_of(lines_of(read_file(path(std::string(level) + "/layers.csv"))).at(1));
  };
  const std::vector<std::string> names = fields_of(kCsvHeader);
  const auto column = [&](const char* name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  for (const char* name : {"mse", "sqnr_db", "max_abs_error", "cosine", "mismatches", "overflows"}) {
    EXPECT_EQ(row("timing").at(column(name)), "") << name;
    EXPECT_EQ(row("functional").at(column(name)), row("transaction").at(column(name))) << name;
    EXPECT_NE(row("functional").at(column(name)), "") << name;
  }
  for (const char* name : {"cycles", "latency_cycles", "utilization_percent", "stream_cycles",
                           "execute_stall_memory_cycles", "execute_idle_cycles"}) {
    EXPECT_EQ(row("functional").at(column(name)), "") << name;
    EXPECT_EQ(row("timing").at(column(name)), row("transaction").at(column(name))) << name;
    EXPECT_NE(row("timing").at(column(name)), "") << name;
  }
}

/// quantize writes ONNX; running that file yields the integers that running the float network does.
TEST_F(Program, QuantizedFileGivesTheSameIntegers) {
  for (const char* options : {"", "--weight-bits 4 --activation-bits 6", "--per-tensor --unsigned-activations"}) {
    SCOPED_TRACE(options);
    ASSERT_EQ(run(std::string("quantize lenet5 -o net.q.onnx ") + options).status, 0);
    ASSERT_EQ(run(std::string("run lenet5 --output direct --all-layers ") + options).status, 0);
    const ProgramRun again = run("run net.q.onnx --dataset digits --output read --all-layers");
    ASSERT_EQ(again.status, 0) << again.err;
    int compared = 0;
    for (const auto& entry : fs::directory_iterator(path("direct"))) {
      const std::string name = entry.path().filename().string();
      EXPECT_EQ(read_file(path("direct/" + name)), read_file(path("read/" + name))) << name;
      ++compared;
    }
    EXPECT_GE(compared, 8);
  }
}

TEST_F(Program, CompileAndDisassemble) {
  ASSERT_EQ(run("compile lenet5 -o net").status, 0);
  const std::string commands = read_file(path("net/commands.bin"));
  const ProgramRun listing = run("disassemble net/commands.bin");
  EXPECT_EQ(listing.status, 0) << listing.err;
  EXPECT_EQ(listing.out, read_file(path("net/commands.txt")));
  EXPECT_EQ(lines_of(listing.out).size(), commands.size() / 256);
  EXPECT_NE(read_file(path("net/memory.bin")).find(commands), std::string::npos) << "the machine fetches them there";
  for (const char* opcode : {"LOAD", "EXECUTE", "POST", "STORE", "HALT"}) {
    EXPECT_NE(listing.out.find(opcode), std::string::npos) << opcode;
  }
}

TEST_F(Program, InfoOfNetworkAndConfiguration) {
  const ProgramRun network = run("info lenet5");
  EXPECT_EQ(network.status, 0) << network.err;
  EXPECT_NE(network.out.find("416520 MACs, 61470 weights"), std::string::npos) << network.out;
  const ProgramRun config = run("info '" SYSTOLIQ_SOURCE_DIR "/configs/default.toml'");
  EXPECT_EQ(config.status, 0) << config.err;
  EXPECT_NE(config.out.find("16 × 16"), std::string::npos) << config.out;
}

/// What is printed of a machine is a configuration file of that machine.
TEST_F(Program, InfoOfMachineIsAConfigurationFile) {
  const ProgramRun standard = run("info --machine");
  EXPECT_EQ(standard.status, 0) << standard.err;
  EXPECT_EQ(standard.out, read_file(SYSTOLIQ_SOURCE_DIR "/configs/default.toml"));
  const ProgramRun odd = run("info --machine --config '" SYSTOLIQ_SOURCE_DIR "/configs/odd_5x3.toml'");
  EXPECT_EQ(odd.status, 0) << odd.err;
  EXPECT_NE(odd.out.find("rows = 5 "), std::string::npos);
  write("odd.toml", odd.out);
  EXPECT_EQ(run("info --machine --config '" + path("odd.toml") + "'").out, odd.out);
}

TEST_F(Program, CompareGivesIsolatedAndAccumulatedErrors) {
  const ProgramRun result = run("compare lenet5 --images 4");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("isolated"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("accumulated"), std::string::npos) << result.out;
  const nlohmann::json json = run_json("compare lenet5 --images 2");
  EXPECT_EQ(json.at("layers").size(), 7U);
}

/// Symmetric activations, since narrow accumulators have no room for the zero points folded into the biases;
/// activations of 4 bits and weights of 2, which fit every machine shipped.
TEST_F(Program, EveryShippedConfigurationRuns) {
  int configurations = 0;
  for (const auto& entry : fs::directory_iterator(SYSTOLIQ_SOURCE_DIR "/configs")) {
    if (entry.path().extension() != ".toml") continue;
    const ProgramRun result = run("run lenet5 --symmetric-activations --activation-bits 4 --weight-bits 2 --config '" +
                                  entry.path().string() + "'");
    EXPECT_EQ(result.status, 0) << entry.path() << ": " << result.err;
    EXPECT_NE(result.out.find("reference: 0 "), std::string::npos) << result.out;
    ++configurations;
  }
  EXPECT_GE(configurations, 4);
}

}  // namespace
}  // namespace systoliq::test
