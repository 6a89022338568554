// SPDX-License-Identifier: Apache-2.0
// Loading by plain structs: what is returned, what is remarked, what is refused.
#include "tb/workload/workload.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "sw_ref/quantizer/qdq/write_quantized.h"
#include "tb/workload/given_shapes.h"
#include "tb/workload/shipped_files.h"
#include "tb/workload/widths.h"
#include "tests/sw_ref/frontend/import_test_support.h"
#include "tests/tb/data/temporary_folder.h"
#include "types/error.h"
#include "types/util/atomic_file.h"

namespace systoliq::tb {
namespace {

std::string refusal(const WorkloadRequest& request) {
  try {
    load_workload(request);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Workload, EmptyRequestIsTheShippedNetworkOnOneDigit) {
  WorkloadRequest request;
  request.calibration_images = 2;
  const Workload workload = load_workload(request);
  EXPECT_EQ(workload.network.layers.size(), 7U);
  EXPECT_EQ(workload.calibration.size(), 2U);
  EXPECT_EQ(workload.images.size(), 1U);
  EXPECT_EQ(workload.labels.size(), 1U);
  EXPECT_EQ(workload.float_source, "lenet5");
  EXPECT_TRUE(workload.remarks.empty());
  EXPECT_EQ(workload.config.array.rows, 16);
}

/// 64 random images of a network whose file has a hundred bytes: refused before 4 GiB are taken.
TEST(Workload, RandomImagesHaveABudget) {
  const TemporaryFolder folder;
  WorkloadRequest request;
  request.network = folder / "big.onnx";
  write_file(request.network,
             test::model(test::node("Relu", {"x"}, "y") + test::input("x", {"1", "1", "4096", "4096"}) +
                         test::output("y", {"1", "1", "4096", "4096"})));
  EXPECT_EQ(refusal(request),
            "64 random images of shape [1, 1, 4096, 4096] take 4096 MiB; accepted: 1024 MiB, as with "
            "--calibration-images 16 (of a run: --images)");
}

TEST(Workload, SizesGivenForInputs) {
  const std::map<std::string, Shape> shapes = parse_shapes({"x=1,3,224,224", "a=b=7"});
  EXPECT_EQ(shapes.at("x"), (Shape{1, 3, 224, 224}));
  EXPECT_EQ(shapes.at("a=b"), (Shape{7}));
  for (const char* text : {"x", "=1", "x=", "x=1,", "x=1,,2", "x=0", "x=-1", "x=1.5", "x=9999999999"}) {
    EXPECT_THROW(parse_shapes({text}), InputError) << text;
  }
  EXPECT_THROW(parse_shapes({"x=1", "x=2"}), InputError);
  WorkloadRequest request;
  request.network = shipped("models/lenet5.onnx");
  request.shapes = {"nothing=1,1,32,32"};
  EXPECT_NE(refusal(request).find("--shape nothing: the network has no such input; accepted: 'input'"),
            std::string::npos)
      << refusal(request);
  request.shapes = {"input=1,1,32,32"};
  request.calibration_images = 1;
  EXPECT_EQ(load_workload(request).network.layers.size(), 7U);
}

TEST(Workload, ImagesOfACallerTakeThePlaceOfFiles) {
  WorkloadRequest request;
  request.calibration_images = 2;
  request.inputs = {"memory"};
  request.given_images = [](const InputForm& form) {
    EXPECT_EQ(form.shape, (Shape{1, 1, 32, 32}));
    return std::vector<FloatTensor>(3, FloatTensor(form.shape, 0.25F));
  };
  EXPECT_EQ(load_workload(request).images.size(), 3U);
  const Workload calibrated = load_network(request);
  EXPECT_EQ(calibrated.calibration.size(), 3U);
  const ImageSet set = read_images(request, calibrated);
  ASSERT_EQ(set.images.size(), 3U);
  EXPECT_EQ(set.images[0].data[0], 0.25F);
  EXPECT_TRUE(set.labels.empty());
}

TEST(Workload, ImagesOfADataSetForANetworkThatIsLoaded) {
  WorkloadRequest request;
  request.calibration_images = 2;
  const Workload network = load_network(request);
  request.images = 4;
  const ImageSet set = read_images(request, network);
  EXPECT_EQ(set.images.size(), 4U);
  EXPECT_EQ(set.labels, (std::vector<int>{0, 1, 2, 3}));
}

TEST(Workload, RandomWeightsAreRemarkedNotPrinted) {
  testing::internal::CaptureStderr();
  std::vector<std::string> remarks;
  load_graph("lenet5_1998", &remarks);
  load_graph("lenet5_1998", nullptr);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(remarks, (std::vector<std::string>{"network lenet5_1998: random weights, seed 1"}));
}

TEST(Workload, OptionsReachTheQuantizer) {
  WorkloadRequest request;
  request.calibration_images = 1;
  set_widths("conv2=4", &request.quantize);
  const Workload workload = load_network(request);
  EXPECT_EQ(workload.network.layers.at(0).weight_bits, 8);
  EXPECT_EQ(workload.network.layers.at(2).weight_bits, 4);
}

class QuantizedFile : public testing::Test {
 protected:
  void SetUp() override {
    WorkloadRequest request;
    request.calibration_images = 1;
    request.normalization = {{0.1307}, {0.3081}};
    write_file(path_, sw_ref::to_onnx_qdq(load_network(request).network));
    request_.network = path_;
  }
  TemporaryFolder folder_;
  const std::string path_ = folder_ / "q.onnx";
  WorkloadRequest request_;
};

/// Multipliers come from the scales, which stay.
TEST_F(QuantizedFile, TakesAnotherPreset) {
  const QuantizedNetwork before = load_network(request_).network;
  EXPECT_EQ(before.preset, Preset::kTfliteRef);
  request_.given_quantize_options = {"--preset"};
  request_.quantize.preset = Preset::kHalfEven;
  const Workload workload = load_network(request_);
  EXPECT_EQ(workload.network.preset, Preset::kHalfEven);
  EXPECT_EQ(workload.network.tensors[1].scale, before.tensors[1].scale);
  ASSERT_EQ(workload.remarks.size(), 1U);
  EXPECT_NE(workload.remarks[0].find("half_even: multipliers derived anew"), std::string::npos) << workload.remarks[0];
  EXPECT_NE(workload.remarks[0].find("tflite_ref"), std::string::npos) << workload.remarks[0];
  request_.quantize.preset = Preset::kPotFloor;
  request_.quantize.power_of_two = true;  // as the command line says with such a preset
  const std::string text = refusal(request_);
  EXPECT_NE(text.find("preset pot_floor: layer 'conv1'"), std::string::npos) << text;
  EXPECT_NE(text.find("not a power of two"), std::string::npos) << text;
}

TEST_F(QuantizedFile, OtherOptionsBad) {
  request_.given_quantize_options = {"--preset", "--calibration-images"};
  EXPECT_EQ(refusal(request_).rfind("--calibration-images: network ", 0), 0U) << refusal(request_);
  request_.given_quantize_options = {};
  request_.inputs = {"x.npy"};
  expect_refused([&] { load_network(request_); }, {"--input x.npy", "quantized already"});
}

TEST_F(QuantizedFile, DivisorsNeedAPresetThatTakesThem) {
  WorkloadRequest request;
  request.calibration_images = 1;
  request.quantize.preset = Preset::kFloor;
  request.quantize.scale_form = sw_ref::ScaleForm::kDivisor;
  write_file(path_, sw_ref::to_onnx_qdq(load_network(request).network));
  request_.given_quantize_options = {"--preset"};
  request_.quantize.preset = Preset::kHalfUp;
  EXPECT_EQ(load_network(request_).network.preset, Preset::kHalfUp);
  request_.quantize.preset = Preset::kOrtMlas;
  expect_refused([&] { load_network(request_); }, {"systoliq.divisor.", "half_up"});
}

/// A pixel of 0 is -mean / std, as the file remembers.
TEST_F(QuantizedFile, UsesItsNormalizationAgain) {
  const auto black = static_cast<float>(-0.1307 / 0.3081);
  EXPECT_EQ(load_workload(request_).images.at(0).data[0], black);
  request_.normalization = {{0.5}, {0.5}};
  EXPECT_EQ(load_workload(request_).images.at(0).data[0], -1.0F);
  request_.normalization = {};
  request_.inputs = {"x.npy"};
  request_.normalization = {{0.5}, {0.5}};
  EXPECT_NE(refusal(request_).find("--mean, --std: --input"), std::string::npos) << refusal(request_);
  request_.inputs = {};
  request_.normalization = {};
  request_.network = "";
  request_.calibration_images = 1;
  EXPECT_EQ(load_workload(request_).images.at(0).data[0], -1.0F);
  request_.dataset = "random";
  request_.normalization = {{0.5}, {0.5}};
  EXPECT_NE(refusal(request_).find("random images have no pixels"), std::string::npos) << refusal(request_);
}

TEST(Workload, Bad) {
  WorkloadRequest request;
  request.network = "nowhere.onnx";
  EXPECT_NE(refusal(request).find("nowhere.onnx: no such file, nor a built-in network"), std::string::npos)
      << refusal(request);
  request = {};
  request.float_network = "lenet5.onnx";
  EXPECT_NE(refusal(request).find("is float itself"), std::string::npos) << refusal(request);
  request = {};
  request.calibration_images = 1;
  request.config = "nowhere.toml";
  EXPECT_NE(refusal(request).find("nowhere.toml"), std::string::npos) << refusal(request);
}

}  // namespace
}  // namespace systoliq::tb
