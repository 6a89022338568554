// SPDX-License-Identifier: Apache-2.0
// A user's own arrays on the command line: calibration, layouts, presets of quantized files.
#include "tb/data/dataset.h"
#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

class ProgramInputs : public ProgramTest {
 protected:
  void expect_refused(const std::string& arguments, const std::vector<std::string>& fragments) {
    SCOPED_TRACE("systoliq " + arguments);
    const ProgramRun result = run(arguments);
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_EQ(result.out, "");
    for (const std::string& fragment : fragments) EXPECT_NE(result.err.find(fragment), std::string::npos) << result.err;
  }
};

TEST_F(ProgramInputs, QuantizeCalibratesOnThem) {
  FloatTensor images(Shape{2, 1, 32, 32}, 0.5F);
  images.data[3] = -4.0F;
  tb::write_npy(path("x.npy"), images);
  ASSERT_EQ(run("quantize lenet5 --input x.npy -o q.onnx").status, 0);
  ASSERT_EQ(run("quantize lenet5 -o other.onnx").status, 0);
  EXPECT_NE(read_file(path("q.onnx")), read_file(path("other.onnx")));
  const ProgramRun result = run("run other.onnx --input x.npy");
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("reach from -4 to 0.5"), std::string::npos) << result.err;
  EXPECT_EQ(run("run q.onnx --input x.npy").err, "");
  expect_refused("quantize q.onnx --input x.npy -o z.onnx", {"--input x.npy", "quantized already"});
}

TEST_F(ProgramInputs, LayoutIsAsked) {
  tb::write_npy(path("hwc.npy"), FloatTensor(Shape{1, 32, 32, 3}));
  expect_refused("run vgg_cifar --level timing --input hwc.npy", {"hwc.npy", "--input-layout nhwc"});
  EXPECT_EQ(run("run vgg_cifar --level timing --input hwc.npy --input-layout nhwc").status, 0);
  expect_refused("run lenet5 --input hwc.npy --input-layout nchw", {"--input-layout", "network"});
}

TEST_F(ProgramInputs, PresetOfAQuantizedFile) {
  ASSERT_EQ(run("quantize lenet5 -o q.onnx").status, 0);
  const ProgramRun result = run("run q.onnx --preset half_even");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("preset half_even: multipliers derived anew from the file's scales"), std::string::npos);
  ASSERT_EQ(run("quantize q.onnx --preset floor -o floor.onnx").status, 0);
  EXPECT_NE(run("info floor.onnx").out.find("preset floor"), std::string::npos);
  expect_refused("run q.onnx --calibration-images 3", {"--calibration-images", "quantized already"});
}

TEST_F(ProgramInputs, NormalizationIsRemembered) {
  ASSERT_EQ(run("quantize lenet5 --mean 0.1307 --std 0.3081 -o q.onnx").status, 0);
  EXPECT_NE(read_file(path("q.onnx")).find("mean 0.1307 std 0.3081"), std::string::npos);
  EXPECT_EQ(run("run q.onnx").err, "");
  expect_refused("quantize lenet5 --mean 0.1,0.2 -o z.onnx", {"mean has 2 values", "1 channels"});
  expect_refused("quantize lenet5 --std 0 -o z.onnx", {"std 0", "above 0"});
}

}  // namespace
}  // namespace systoliq::test
