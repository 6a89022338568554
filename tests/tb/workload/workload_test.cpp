// SPDX-License-Identifier: Apache-2.0
// Loading by plain structs: what is returned, what is remarked, what is refused.
#include "tb/workload/workload.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tb/workload/widths.h"
#include "types/error.h"

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
