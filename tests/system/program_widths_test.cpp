// SPDX-License-Identifier: Apache-2.0
// Options of the quantizer that differ by layer, and the sensitivity command, as a user gives them.
#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

class ProgramWidths : public ProgramTest {};

TEST_F(ProgramWidths, SensitivityProposesATableThatWidthsReads) {
  const nlohmann::json json = run_json(
      "sensitivity lenet5 --images 20 --calibration-images 8 --tried 2,4 --target-drop 10 -o widths.toml "
      "--csv all.csv");
  ASSERT_EQ(json["layers"].size(), 5U);
  EXPECT_EQ(json["layers"][0]["widths"].size(), 2U);
  EXPECT_LE(json["top1"].get<double>() - json["proposal"]["top1"].get<double>(), 10.0);
  EXPECT_LT(json["proposal"]["bits"], json["proposal"]["bits_before"]);
  EXPECT_NE(read_file(path("all.csv")).find("conv3,48000,2,"), std::string::npos);
  const ProgramRun quantized = run("quantize lenet5 --widths widths.toml --calibration-images 8 -o mixed.onnx");
  ASSERT_EQ(quantized.status, 0) << quantized.err;
  const ProgramRun ran = run("run mixed.onnx --images 2");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("mismatches against the integer reference: 0 over 2 images"), std::string::npos) << ran.out;
}

TEST_F(ProgramWidths, OnTheCommandLine) {
  const ProgramRun ran = run("run lenet5 --widths conv1=6/5,conv2=4,fc1=/6 --calibration-images 8 --images 2");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("mismatches against the integer reference: 0 over 2 images"), std::string::npos) << ran.out;
}

TEST_F(ProgramWidths, Refusals) {
  write("wrong.toml", "[weight_bits]\nconv1 = 9\n");
  write("unknown.toml", "[bits]\nconv1 = 4\n");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"conv1", "'conv1' is no file and has no '='"},
      {"conv1=9", "'9' bits"},
      {"conv1=4,conv1=5", "'conv1' is named twice"},
      {"conv7=4", "no layer with weights has this name"},
      {"wrong.toml", "wrong.toml:2: weight_bits of 'conv1' is no integer from 2 to 8"},
      {"unknown.toml", "unknown.toml:1: 'bits' is not known"}};
  for (const auto& [widths, message] : cases) {
    const ProgramRun refused = run("quantize lenet5 --calibration-images 1 -o x.onnx --widths " + widths);
    EXPECT_EQ(refused.status, 2) << widths;
    EXPECT_NE(refused.err.find(message), std::string::npos) << widths << ": " << refused.err;
  }
}

TEST_F(ProgramWidths, FormsOfScalesAndBiases) {
  const ProgramRun quantized =
      run("quantize lenet5 --calibration-images 8 -o e2.onnx --preset floor --per-tensor --scale-form divisor "
          "--bias-form own-scale");
  ASSERT_EQ(quantized.status, 0) << quantized.err;
  const ProgramRun ran = run("run e2.onnx --images 2");
  EXPECT_NE(ran.out.find("mismatches against the integer reference: 0 over 2 images"), std::string::npos) << ran.out;
  const ProgramRun corrected = run("quantize lenet5 --calibration-images 8 -o c.onnx --equalize --bias-correction");
  EXPECT_EQ(corrected.status, 0) << corrected.err;
  EXPECT_NE(corrected.out.find("equalized: conv1 -> conv2"), std::string::npos) << corrected.out;
  EXPECT_NE(corrected.out.find("with corrected biases"), std::string::npos) << corrected.out;
  // Compared with the original, whose tensors have to be equalized likewise.
  const ProgramRun compared = run("compare c.onnx --float '" SYSTOLIQ_SOURCE_DIR "/models/lenet5.onnx' --images 2");
  EXPECT_EQ(compared.status, 0) << compared.err;
}

}  // namespace
}  // namespace systoliq::test
