// SPDX-License-Identifier: Apache-2.0
// Options that are wrong, or that would have no effect, are refused before anything is read and quantized: the network
// of these commands does not exist, and no message speaks of it.
#include "tb/data/dataset.h"
#include "tests/system/awkward_networks.h"
#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

class ProgramOptions : public ProgramTest {
 protected:
  void expect_refused(const std::string& arguments, const std::vector<std::string>& fragments) {
    SCOPED_TRACE("systoliq " + arguments);
    const std::vector<std::string> before = files();
    const ProgramRun result = run(arguments);
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err.find("none.onnx: no such file"), std::string::npos) << "read before: " << result.err;
    for (const std::string& fragment : fragments) {
      EXPECT_NE(result.err.find(fragment), std::string::npos) << "'" << fragment << "' is missing in: " << result.err;
    }
    EXPECT_EQ(files(), before) << "the refused run left files";
  }
};

TEST_F(ProgramOptions, RefusedBeforeTheNetworkIsRead) {
  write("bad.toml", "[array]\nrows = 0\n");
  write("file", "");
  expect_refused("run none.onnx --level quick", {"quick"});
  expect_refused("run none.onnx --config bad.toml", {"bad.toml:2"});
  expect_refused("run none.onnx --energy bad.toml --json", {"bad.toml"});
  expect_refused("run none.onnx --report file/below", {"file/below", "no folder"});
  expect_refused("run none.onnx --output file/below", {"file/below", "no folder"});
  expect_refused("run none.onnx --level timing --output out", {"--output", "timing"});
  expect_refused("run none.onnx --level functional --cycle-breakdown", {"--cycle-breakdown"});
  expect_refused("run none.onnx --trace run.vcd", {"--trace", "--level cycle"});
  expect_refused("run none.onnx --level cycle --trace missing/run.vcd", {"missing/run.vcd"});
  expect_refused("run none.onnx --level cycle --trace run.vcd --trace-window 2:1", {"2:1"});
  expect_refused("run none.onnx --level cycle --trace run.vcd --trace-scope u_lode", {"u_lode", "u_load"});
  expect_refused("run none.onnx --preset pot_floor --power-of-two --scale-form divisor", {"divisor"});
  expect_refused("run none.onnx --activation-range percentile --percentile 40", {"percentile = 40"});
  expect_refused("compare none.onnx --config bad.toml", {"bad.toml:2"});
  expect_refused("compare none.onnx --level quick", {"quick"});
  expect_refused("accuracy none.onnx --level timing", {"timing"});
  expect_refused("accuracy none.onnx --config bad.toml", {"bad.toml:2"});
  expect_refused("accuracy none.onnx --dataset random", {"labels"});
  expect_refused("compile none.onnx -o out --config bad.toml", {"bad.toml:2"});
  expect_refused("compile none.onnx -o file/below", {"file/below"});
  expect_refused("quantize none.onnx -o missing/net.onnx", {"missing/net.onnx"});
  expect_refused("quantize none.onnx -o x.onnx --histograms missing/h.csv", {"missing/h.csv"});
  expect_refused("vectors none.onnx -o out --config bad.toml", {"bad.toml:2"});
  expect_refused("vectors none.onnx -o out --images 2", {"exactly one is accepted"});
  expect_refused("vectors none.onnx -o out --seed -1", {"--seed", "-1", "0 to 18446744073709551615"});
  expect_refused("sensitivity none.onnx -o missing/w.toml", {"missing/w.toml"});
  expect_refused("sensitivity none.onnx --weight-bits 2", {"2 bits already"});
  expect_refused("explain none.onnx conv2 0 --config bad.toml", {"bad.toml:2"});
}

TEST_F(ProgramOptions, WithoutEffect) {
  expect_refused("quantize none.onnx -o x.onnx --config m.toml", {"--config", "`systoliq quantize` has no use for it"});
  expect_refused("quantize none.onnx -o x.onnx --images 3", {"--images", "no use for it; accepted by: run, compare"});
  expect_refused("quantize none.onnx -o x.onnx --float f.onnx", {"--float"});
  expect_refused("compile none.onnx -o x --images 3", {"--images"});
  expect_refused("compile none.onnx -o x --float f.onnx", {"--float"});
  expect_refused("info none.onnx --images 3", {"--images"});
  expect_refused("info none.onnx --config m.toml", {"--config", "--machine"});
  expect_refused("info --machine none.onnx", {"network", "--machine"});
  expect_refused("info --machine --per-tensor", {"--per-tensor"});
  expect_refused("info m.toml --per-tensor", {"--per-tensor", "m.toml alone"});
  expect_refused("sensitivity none.onnx --config m.toml", {"--config"});
  expect_refused("vectors none.onnx -o x --float f.onnx", {"--float"});
  expect_refused("run none.onnx --labels l.npy", {"--labels"});
  expect_refused("run none.onnx --all-layers", {"--all-layers", "--output"});
  expect_refused("run none.onnx --energy e.toml", {"--energy", "--json or --report"});
  expect_refused("run none.onnx --images 3 --input x.npy", {"--images", "--input"});
  expect_refused("run none.onnx --float f.onnx --level timing", {"--float", "timing"});
  expect_refused("compare none.onnx --level timing", {"compare", "timing"});
  expect_refused("run none.onnx --input-layout nhwc", {"--input-layout", "--dataset arrays:DIR"});
  expect_refused("run none.onnx --sigmas 3", {"--sigmas", "--weight-range sigma"});
  expect_refused("run none.onnx --percentile 99 --weight-range mse", {"--percentile", "--activation-range percentile"});
  expect_refused("run none.onnx --bias-bits 8", {"--bias-bits", "own-scale"});
  expect_refused("run none.onnx --codebook-optimal", {"--codebook-optimal", "--codebook"});
  expect_refused("run none.onnx --codebook-seed 2", {"--codebook-seed", "--codebook"});
  write("recipe.toml", "title = \"t\"\ndata = \"digits\"\nnetwork = \"lenet5\"\n[[variant]]\nid = \"a\"\n");
  expect_refused("experiment recipe.toml -o out --threads 2", {"--threads", "trains nothing"});
}

/// The data set that is not there would be read to calibrate.
TEST_F(ProgramOptions, LayersAreLookedForBeforeCalibration) {
  expect_refused("run lenet5 --dataset mnist:none --level cycle --trace run.vcd --trace-window layer:conv9",
                 {"no layer 'conv9'", "did you mean conv1", "fc2"});
  expect_refused("explain lenet5 conv9 0 --dataset mnist:none", {"no layer 'conv9'"});
  expect_refused("explain lenet5 relu1 0,0,0 --dataset mnist:none", {"none/train-images"});
}

TEST_F(ProgramOptions, OfAQuantizedNetworkWithoutEffect) {
  write("net.onnx", uint8_network({"conv"}, true));
  tb::write_npy(path("x.npy"), FloatTensor({1, 1, 4, 4}));
  expect_refused("run net.onnx --dataset random --input x.npy", {"--dataset", "no effect"});
  expect_refused("quantize net.onnx -o x.onnx --dataset random", {"--dataset", "no effect"});
  expect_refused("run net.onnx --mean 0.5 --input x.npy", {"--mean", "no effect"});
  expect_refused("compile net.onnx -o out --mean 0.5", {"--mean", "quantized already"});
  expect_refused("info net.onnx --std 0.5", {"--std", "quantized already"});
}

TEST_F(ProgramOptions, ExperimentsCheckAllVariantsFirst) {
  write("recipe.toml",
        "title = \"t\"\ndata = \"digits\"\nnetwork = \"none.onnx\"\n[[variant]]\nid = \"a\"\n"
        "[[variant]]\nid = \"b\"\noptions = \"--wieght-bits 4\"\n");
  expect_refused("experiment recipe.toml -o out", {"--wieght-bits", "did you mean --weight-bits?"});
}

TEST_F(ProgramOptions, WhatIsMisspelledIsSuggested) {
  expect_refused("rnu", {"'rnu' is no command; did you mean run?"});
  expect_refused("run --imges 3", {"--imges", "did you mean --images?"});
  expect_refused("quantize lenet5 --ouptut x.onnx", {"did you mean --output?"});
  expect_refused("run lenet5 more", {"'more'"});
  expect_refused("run lenet6", {"did you mean lenet5?", "fashion_mlp", "resnet18"});
  expect_refused("run --sigmas x --weight-range sigma", {"--sigmas = x", "a number"});
}

/// Two scales that six digits do not tell apart.
TEST_F(ProgramOptions, FiguresThatDifferLookDifferent) {
  const auto byte = static_cast<std::int8_t>(static_cast<unsigned char>(128));
  write("net.onnx",
        model(node("QuantizeLinear", {"x", "s", "z"}, "q") + node("DequantizeLinear", {"q", "t", "z"}, "d") +
              node("Relu", {"d"}, "r") + node("QuantizeLinear", {"r", "s", "z"}, "y") +
              input("x", {"1", "1", "4", "4"}) + output("y", {"1", "1", "4", "4"}, kUint8) +
              floats("s", {}, {0.0003F}) + floats("t", {}, {0.00030000003F}) + int8s("z", {}, {byte}, kUint8)));
  const ProgramRun result = run("info net.onnx");
  EXPECT_EQ(result.status, 2) << result.out;
  EXPECT_NE(result.err.find("0.00030000004 "), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(" 0.0003 "), std::string::npos) << result.err;
}

/// The float network has the names of the quantized one, and other shapes.
TEST_F(ProgramOptions, FloatNetworkOfAnotherShape) {
  write("net.onnx", uint8_network({"conv"}, true));
  write("float.onnx",
        model(node("Relu", {"x"}, "y") + input("x", {"1", "1", "5", "5"}) + output("y", {"1", "1", "5", "5"})));
  for (const char* command : {"run", "compare"}) {
    expect_refused(std::string(command) + " net.onnx --dataset random --float float.onnx",
                   {"--float float.onnx", "[1, 1, 5, 5]", "[1, 1, 4, 4]"});
  }
}

/// More images than the 1,000 that were once the default.
TEST_F(ProgramOptions, AccuracyTakesTheWholeTestPart) {
  const auto idx = [](unsigned char kind, const std::vector<int>& dimensions, std::size_t bytes) {
    std::string text = {0, 0, 8, static_cast<char>(kind)};
    for (const int d : dimensions) {
      for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(d >> shift & 0xFF);
    }
    return text + std::string(bytes, '\0');
  };
  constexpr int kImages = 1005;
  for (const char* part : {"train", "t10k"}) {
    write(std::string(part) + "-images-idx3-ubyte", idx(3, {kImages, 28, 28}, kImages * 28 * 28));
    write(std::string(part) + "-labels-idx1-ubyte", idx(1, {kImages}, kImages));
  }
  const nlohmann::json all = run_json("accuracy fashion_mlp --dataset fashion:. --calibration-images 2");
  EXPECT_EQ(all["images"], kImages);
  EXPECT_EQ(run_json("accuracy fashion_mlp --dataset fashion:. --calibration-images 2 --images 7")["images"], 7);
}

}  // namespace
}  // namespace systoliq::test
