// SPDX-License-Identifier: Apache-2.0
// What comes out of the program: arrays as the network declares them, names that do no harm, output that arrives.
#include <algorithm>
#include <set>

#include "tb/data/dataset.h"
#include "tests/system/awkward_networks.h"
#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

class ProgramOutput : public ProgramTest {
 protected:
  /// The dictionary of a .npy file's header.
  std::string header(const std::string& file) const {
    const std::string bytes = read_file(path(file));
    return bytes.substr(10, bytes.find('\n') - 10);
  }
  void expect_header(const std::string& file, const std::string& type, const std::string& shape) const {
    const std::string found = header(file);
    EXPECT_NE(found.find("'descr': '" + type + "'"), std::string::npos) << file << ": " << found;
    EXPECT_NE(found.find("'shape': (" + shape + ",)"), std::string::npos) << file << ": " << found;
  }
  nlohmann::json map(const std::string& folder) const {
    return nlohmann::json::parse(read_file(path(folder + "/names.json")));
  }
  FloatTensor numbers(const std::string& file) const { return tb::read_npy(path(file)); }
};

TEST_F(ProgramOutput, FloatOutputsUnderTheirNameAndInTheirShape) {
  ASSERT_EQ(run("run lenet5 --images 3 --output out").status, 0);
  EXPECT_EQ(map("out"), nlohmann::json({{"logits", {"logits.npy", "logits.int.npy"}}}));
  EXPECT_EQ(files().size(), 4U) << "a folder and three files";
  expect_header("out/logits.npy", "<f4", "3,10");
  expect_header("out/logits.int.npy", "|i1", "3,10");
  const FloatTensor reals = numbers("out/logits.npy"), integers = numbers("out/logits.int.npy");
  const std::set<float> distinct(reals.data.begin(), reals.data.end());
  EXPECT_GT(distinct.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    for (std::size_t j = 0; j < 10; ++j) {
      EXPECT_EQ(reals.data[i] < reals.data[j], integers.data[i] < integers.data[j]);
    }
  }
}

TEST_F(ProgramOutput, UnsignedOutputsAreUnsigned) {
  write("net.onnx", uint8_network({"conv"}, false));
  FloatTensor x({2, 1, 4, 4});
  for (std::size_t i = 0; i < x.data.size(); ++i) x.data[i] = 0.5F * static_cast<float>(i) - 4.0F;
  tb::write_npy(path("x.npy"), x);
  const ProgramRun result = run("run net.onnx --input x.npy --output out");
  ASSERT_EQ(result.status, 0) << result.err;
  expect_header("out/y.npy", "|u1", "2,1,4,4");
  EXPECT_EQ(read_file(path("out/y.npy")), read_file(path("out/y.int.npy")));
  const FloatTensor y = numbers("out/y.npy");
  for (std::size_t i = 0; i < y.data.size(); ++i) EXPECT_EQ(y.data[i], 120.0F + static_cast<float>(i));
  write("real.onnx", uint8_network({"conv"}, true));
  ASSERT_EQ(run("run real.onnx --input x.npy --output real").status, 0);
  expect_header("real/y.npy", "<f4", "2,1,4,4");
  expect_header("real/y.int.npy", "|u1", "2,1,4,4");
  EXPECT_EQ(numbers("real/y.npy").data, x.data);
}

TEST_F(ProgramOutput, LayersOfAnyNameHaveFilesOfTheirOwn) {
  const std::vector<std::string> names = {"a/b", "a_b", "../../up", std::string("nul\0name", 8), "\xff", "=1+1"};
  write("net.onnx", uint8_network(names, true));
  const ProgramRun result = run("run net.onnx --dataset random --output out --all-layers --report report");
  ASSERT_EQ(result.status, 0) << result.err;
  const nlohmann::json found = map("out");
  EXPECT_EQ(found["a/b"], nlohmann::json({"a_b.npy", "a_b.int.npy"}));
  EXPECT_EQ(found["a_b"], nlohmann::json({"a_b_2.npy", "a_b_2.int.npy"}));
  EXPECT_EQ(found["../../up"], nlohmann::json({"_.._.._up.npy", "_.._.._up.int.npy"}));
  EXPECT_EQ(found[names[3]], nlohmann::json({"nul_name.npy", "nul_name.int.npy"}));
  EXPECT_EQ(found["\\xff"], nlohmann::json({"_.npy", "_.int.npy"}));
  EXPECT_EQ(found["=1+1"], nlohmann::json({"y.npy", "y.int.npy"})) << "the last layer makes the output";
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path("out"))) files.insert(entry.path().filename());
  EXPECT_EQ(files.size(), 13U);
  for (const auto& [name, list] : found.items()) {
    for (const auto& file : list) EXPECT_EQ(files.count(file.get<std::string>()), 1U) << name;
  }
}

TEST_F(ProgramOutput, NamesReachNobodyUnescaped) {
  write("net.onnx", uint8_network({"\x1b[2Jone", "two\xff", "=cmd|' /C calc'!A0"}, true));
  const ProgramRun table = run("run net.onnx --dataset random --report report");
  EXPECT_EQ(table.status, 0) << table.err;
  const ProgramRun json = run("run net.onnx --dataset random --json");
  EXPECT_EQ(json.status, 0) << json.err;
  for (const std::string& text :
       {table.out, table.err, json.out, run("compare net.onnx --dataset random").out, run("info net.onnx").out,
        read_file(path("report/layers.csv")), read_file(path("report/run.json"))}) {
    for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= ' ') << text;
    EXPECT_EQ(text.find('\xff'), std::string::npos) << text;
  }
  EXPECT_NE(table.out.find("\\x1b[2Jone"), std::string::npos) << table.out;
  EXPECT_NE(read_file(path("report/layers.csv")).find("\"'=cmd|"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(json.out)["layers"][1]["name"], "two\\xff");
  EXPECT_EQ(nlohmann::json::parse(json.out)["layers"][0]["name"], "\x1b[2Jone") << "JSON escapes it itself";
}

/// A full device and a reader that has gone, in every command.
TEST_F(ProgramOutput, OutputThatDoesNotArriveIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  ASSERT_EQ(run("compile lenet5 -o net").status, 0);
  for (const char* arguments :
       {"--help", "run --help", "--version", "run", "run --json", "compare --images 1", "info lenet5", "info --machine",
        "accuracy --images 5", "disassemble net/commands.bin", "compile lenet5 -o net", "quantize lenet5 -o q.onnx",
        "vectors lenet5 -o v --samples 1 --executes 1", "explain lenet5 conv2 3,4,5 --brief",
        "sensitivity lenet5 --images 2 --calibration-images 1 --tried 2"}) {
    const ProgramRun full = run_shell(std::string("'" SYSTOLIQ_PROGRAM "' ") + arguments + " > /dev/full");
    EXPECT_EQ(full.status, 2) << arguments;
    EXPECT_NE(full.err.find("standard output: cannot be written"), std::string::npos) << arguments << full.err;
    const ProgramRun closed = run_shell(std::string("'" SYSTOLIQ_PROGRAM "' ") + arguments + " >&-");
    EXPECT_EQ(closed.status, 2) << arguments;
    const ProgramRun gone = run_shell("{ sleep 0.1; '" SYSTOLIQ_PROGRAM "' " + std::string(arguments) +
                                      "; echo $? > status; } | true; cat status");
    EXPECT_EQ(gone.out, "2\n") << arguments;
    EXPECT_NE(gone.err.find("standard output: cannot be written"), std::string::npos) << arguments << gone.err;
  }
}

TEST_F(ProgramOutput, InterruptedRunsLeaveNoTemporaryFile) {
  const ProgramRun result = run_shell("'" SYSTOLIQ_PROGRAM
                                      "' run lenet5 --level cycle --images 100000 --trace run.vcd & pid=$!; "
                                      "for i in $(seq 600); do ls run.vcd.* > seen 2>&1 && break; sleep 0.1; done; "
                                      "kill -TERM $pid; wait $pid; echo $?");
  EXPECT_EQ(result.out, "143\n") << "ended by the signal";
  EXPECT_NE(result.err.find("systoliq: interrupted; no file is left"), std::string::npos) << result.err;
  EXPECT_NE(read_file(path("seen")).find("run.vcd."), std::string::npos);
  EXPECT_EQ(files(), std::vector<std::string>({"seen"}));
}

TEST_F(ProgramOutput, SpecialFilesAreWrittenDirectly) {
  const ProgramRun standard = run_shell("'" SYSTOLIQ_PROGRAM "' quantize lenet5 -o /dev/stdout | cat > piped");
  EXPECT_EQ(standard.status, 0) << standard.err;
  ASSERT_EQ(run("quantize lenet5 -o plain.onnx").status, 0);
  const std::string plain = read_file(path("plain.onnx"));
  EXPECT_EQ(read_file(path("piped")).substr(0, plain.size()), plain);
  const ProgramRun pipe = run_shell("mkfifo pipe; cat pipe > got & '" SYSTOLIQ_PROGRAM
                                    "' quantize lenet5 -o pipe; wait; test -p pipe && echo a pipe still");
  EXPECT_NE(pipe.out.find("a pipe still"), std::string::npos) << pipe.err;
  EXPECT_EQ(read_file(path("got")), plain);
}

TEST_F(ProgramOutput, PipesAreInputs) {
  const std::string model = SYSTOLIQ_SOURCE_DIR "/models/lenet5.onnx";
  ASSERT_EQ(run("quantize '" + model + "' -o file.onnx").status, 0);
  ASSERT_EQ(run("quantize /dev/stdin -o pipe.onnx < '" + model + "'").status, 0);
  const ProgramRun compared =
      run_shell("cat pipe.onnx | '" SYSTOLIQ_PROGRAM "' run /dev/stdin --output a && '" +
                std::string(SYSTOLIQ_PROGRAM) + "' run file.onnx --output b && cmp a/*.int.npy b/*.int.npy");
  EXPECT_EQ(compared.status, 0) << compared.err;
  EXPECT_EQ(run_shell("cat '" + model + "' | '" SYSTOLIQ_PROGRAM "' run pipe.onnx --float /dev/stdin").status, 0)
      << "its hash is that of the file";
  EXPECT_EQ(run("info --machine --config /dev/stdin < '" SYSTOLIQ_SOURCE_DIR "/configs/odd_5x3.toml'").out,
            run("info --machine --config '" SYSTOLIQ_SOURCE_DIR "/configs/odd_5x3.toml'").out);
}

}  // namespace
}  // namespace systoliq::test
