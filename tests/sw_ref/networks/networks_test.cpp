// SPDX-License-Identifier: Apache-2.0
// The built-in networks: parameter counts, models that ONNX accepts and whose shapes it infers, and refused parameters.
#include "sw_ref/networks/networks.h"

#include <gtest/gtest.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <cmath>

#include "sw_ref/networks/layers.h"

namespace systoliq::sw_ref {
namespace {

std::int64_t count_elements(const std::string& network) {
  std::int64_t count = 0;
  for (const auto& parameter : network_parameters(network)) count += element_count(parameter.second);
  return count;
}

onnx::ModelProto build(const std::string& network) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(network_to_onnx(network, random_parameters(network, 7), {{"seed", "7"}})));
  return model;
}

const onnx::TypeProto_Tensor* find_type(const onnx::GraphProto& graph, const std::string& name) {
  for (const auto& value : graph.value_info()) {
    if (value.name() == name) return &value.type().tensor_type();
  }
  for (const auto& value : graph.output()) {
    if (value.name() == name) return &value.type().tensor_type();
  }
  return nullptr;
}

/// Dimensions after the batch, as ONNX infers them.
Shape inferred(const std::string& network, const std::string& tensor) {
  onnx::ModelProto model = build(network);
  onnx::shape_inference::InferShapes(model);
  const onnx::TypeProto_Tensor* type = find_type(model.graph(), tensor);
  if (type == nullptr) return {};
  Shape shape;
  for (int i = 1; i < type->shape().dim_size(); ++i) shape.push_back(type->shape().dim(i).dim_value());
  return shape;
}

TEST(Networks, ParameterCounts) {
  EXPECT_EQ(count_elements("lenet5"), 61470);
  EXPECT_EQ(count_elements("lenet5_1998"), 61470 + 6 + 16 + 120 + 84 + 10);
  EXPECT_EQ(count_elements("fashion_mlp"), 784 * 120 + 120 + 120 * 84 + 84 + 84 * 10 + 10);
  // Published count of ResNet-18 is 11,689,512 learned values; running mean and variance of 4,800 channels come on top.
  EXPECT_EQ(count_elements("resnet18"), 11689512 + 2 * 4800);
  const std::int64_t convolutions = 9 * (3 * 64 + 64 * 192 + 192 * 384 + 384 * 256 + 256 * 256);
  const std::int64_t batch_norms = 4 * (64 + 192 + 384 + 256 + 256);
  EXPECT_EQ(count_elements("vgg_cifar"),
            convolutions + batch_norms + (4096 * 256 + 256) + (256 * 128 + 128) + (128 * 10 + 10));
  // Published: 9.2 million parameters, 35.2 MiB in float.
  const std::int64_t vgg9 = count_elements("vgg9");
  EXPECT_EQ(vgg9, 9 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 256 + 256 * 512 + 3 * 512 * 512) +
                      4 * (64 + 128 + 2 * 256 + 4 * 512) + 512 * 10 + 10);
  EXPECT_NEAR(static_cast<double>(vgg9) * 4 / 1048576, 35.2, 0.05);
  EXPECT_NEAR(static_cast<double>(count_elements("vgg9_half")) / static_cast<double>(vgg9), 0.25, 0.001);
}

TEST(Networks, CheckerAcceptsEveryNetwork) {
  for (const std::string& name : network_names()) {
    SCOPED_TRACE(name);
    const onnx::ModelProto model = build(name);
    EXPECT_NO_THROW(onnx::checker::check_model(model));
    EXPECT_EQ(model.opset_import(0).version(), 13);
    EXPECT_EQ(model.graph().input(0).name(), "input");
    EXPECT_EQ(model.graph().output(0).name(), name == "lenet5_1998" ? "probabilities" : "logits");
    ASSERT_EQ(model.metadata_props_size(), 1);
    EXPECT_EQ(model.metadata_props(0).key(), "seed");
  }
}

TEST(Networks, InferredShapes) {
  EXPECT_EQ(inferred("lenet5", "pool1"), (Shape{6, 14, 14}));
  EXPECT_EQ(inferred("lenet5", "conv3"), (Shape{120, 1, 1}));
  EXPECT_EQ(inferred("lenet5", "flatten"), (Shape{120}));
  EXPECT_EQ(inferred("lenet5_1998", "pool2"), (Shape{16, 5, 5}));
  EXPECT_EQ(inferred("lenet5_1998", "probabilities"), (Shape{10}));
  EXPECT_EQ(inferred("fashion_mlp", "flatten"), (Shape{784}));
  EXPECT_EQ(inferred("vgg_cifar", "pool1"), (Shape{64, 16, 16}));
  EXPECT_EQ(inferred("vgg_cifar", "pool5"), (Shape{256, 4, 4}));
  EXPECT_EQ(inferred("resnet18", "pool1"), (Shape{64, 56, 56}));
  EXPECT_EQ(inferred("resnet18", "layer4.1.relu2"), (Shape{512, 7, 7}));
  EXPECT_EQ(inferred("resnet18", "logits"), (Shape{1000}));
}

TEST(Networks, RandomParametersFollowTheSeed) {
  const auto first = random_parameters("vgg_cifar", 3);
  EXPECT_EQ(first.at("conv2.weight").data, random_parameters("vgg_cifar", 3).at("conv2.weight").data);
  EXPECT_NE(first.at("conv2.weight").data, random_parameters("vgg_cifar", 4).at("conv2.weight").data);
  double squares = 0.0;
  const std::vector<float>& weights = first.at("conv2.weight").data;
  for (const float weight : weights) squares += static_cast<double>(weight) * weight;
  EXPECT_NEAR(squares / static_cast<double>(weights.size()), 2.0 / (64 * 9), 0.03 * 2.0 / (64 * 9));
  for (const float bias : first.at("fc1.bias").data) EXPECT_EQ(bias, 0.0F);
  for (const float scale : first.at("bn1.weight").data) EXPECT_TRUE(scale >= 0.5F && scale <= 1.5F) << scale;
  for (const float variance : first.at("bn1.running_var").data) EXPECT_TRUE(variance >= 0.5F) << variance;
  for (const float mean : first.at("bn1.running_mean").data) EXPECT_LE(std::abs(mean), 0.1F);
}

void expect_refused(const std::string& network, const std::map<std::string, FloatTensor>& parameters,
                    const std::string& fragment) {
  try {
    network_to_onnx(network, parameters);
    ADD_FAILURE() << "accepted, though it should name " << fragment;
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find(fragment), std::string::npos) << error.what();
  }
}

TEST(Networks, BadParametersBad) {
  auto parameters = random_parameters("lenet5", 1);
  expect_refused("lenet6", parameters, "lenet5, lenet5_1998, fashion_mlp");
  auto missing = parameters;
  missing.erase("conv2.weight");
  expect_refused("lenet5", missing, "conv2.weight");
  auto wrong_shape = parameters;
  wrong_shape["fc1.weight"] = FloatTensor(Shape{120, 84});
  expect_refused("lenet5", wrong_shape, "[84, 120]");
  auto unknown = parameters;
  unknown["fc1.bias"] = FloatTensor(Shape{84});
  expect_refused("lenet5", unknown, "fc1.bias");
}

}  // namespace
}  // namespace systoliq::sw_ref
