// SPDX-License-Identifier: Apache-2.0
// quantize(): the integers it chooses, and that integer networks compute what the float networks do.
#include "sw_ref/quantizer/integer/quantize.h"

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::uint64_t kSeed = 23;

TEST(Quantize, LenetStaysCloseToFloat) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(8, kSeed);
  struct Case {
    const char* name;
    QuantizeOptions options;
    double least_db;
  };
  std::vector<Case> cases(6, {"minmax", {}, 15.0});
  cases[1] = {"unsigned", {}, 15.0};
  cases[1].options.unsigned_activations = true;
  cases[2] = {"mse", {}, 15.0};
  cases[2].options.activation_range = cases[2].options.weight_range = RangeMethod::kMse;
  cases[3] = {"percentile", {}, 15.0};
  cases[3].options.activation_range = RangeMethod::kPercentile;
  cases[4] = {"pot", {}, 10.0};
  cases[4].options.power_of_two = true;
  cases[4].options.preset = Preset::kPotHalfUp;
  cases[5] = {"per tensor, affine", {}, 15.0};
  cases[5].options.per_channel = cases[5].options.symmetric_weights = false;
  for (const Case& one : cases) {
    const double sqnr = sqnr_of_output(quantize(graph, images, one.options), graph, images);
    EXPECT_GT(sqnr, one.least_db) << one.name;
    std::cout << one.name << ": SQNR " << sqnr << " dB, seed " << kSeed << "\n";
  }
}

TEST(Quantize, OtherNetworksStayCloseToFloat) {
  for (const std::string name : {"fashion_mlp", "vgg_cifar"}) {
    const Graph graph = random_network(name, kSeed);
    const std::vector<FloatTensor> images = random_images(graph.values.at("input").shape, 2, 3);
    const double sqnr = sqnr_of_output(quantize(graph, images, {}), graph, images);
    EXPECT_GT(sqnr, 15.0) << name;
    std::cout << name << ": SQNR " << sqnr << " dB\n";
  }
}

TEST(Quantize, FewerBitsAreWorse) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(4, kSeed);
  double previous = 1000.0;
  for (const int bits : {8, 6, 4}) {
    QuantizeOptions options;
    options.weight_bits = options.activation_bits = bits;
    const double sqnr = sqnr_of_output(quantize(graph, images, options), graph, images);
    EXPECT_LT(sqnr, previous - 6.0) << bits;
    previous = sqnr;
  }
}

/// Conv with one input channel and known numbers.
Graph scalar_convolution(const std::vector<float>& weights, const std::vector<float>& bias) {
  const auto outputs = static_cast<std::int64_t>(weights.size());
  return small_graph({1, 1, 2}, [&](OnnxGraph& g) {
    g.add_floats("w", {outputs, 1, 1, 1}, weights);
    g.add_floats("b", {outputs}, bias);
    g.add_node("Conv", "conv", {"x", "w", "b"}, "y");
    g.add_output("y", {outputs, 1, 2});
  });
}

TEST(Quantize, IntegersByHand) {
  const Graph graph = scalar_convolution({0.5F, -2.0F}, {0.1F, -0.1F});
  const QuantizedNetwork network = quantize(graph, {FloatTensor({1, 1, 1, 2}, {-1.0F, 1.55F})}, {});
  const QuantizedTensor& x = network.tensors[0];
  EXPECT_EQ(x.scale, static_cast<float>(double{1.55F} + 1.0) / 255.0F);
  EXPECT_EQ(x.zero_point, -28);  // -128 + 1 / 0.01
  const QuantizedLayer& layer = network.layers.at(0);
  EXPECT_EQ(layer.weights.data, (std::vector<std::int32_t>{127, -127}));
  EXPECT_EQ(layer.weight_scales, (std::vector<float>{0.5F / 127.0F, 2.0F / 127.0F}));
  EXPECT_EQ(layer.bias, (std::vector<std::int64_t>{2540, -635}));  // 0.1 / (0.01 * 0.5 / 127), -0.1 / (0.01 * 2 / 127)
  EXPECT_EQ(layer.float_output, "y");
  EXPECT_EQ(layer.clamp_min, -128);
  EXPECT_EQ(layer.clamp_max, 127);
}

TEST(Quantize, ZeroFilterKeepsItsBias) {
  const Graph graph = scalar_convolution({0.0F, 1.0F}, {0.5F, 0.0F});
  const std::vector<FloatTensor> images = {FloatTensor({1, 1, 1, 2}, {-1.0F, 1.0F})};
  const QuantizedNetwork network = quantize(graph, images, {});
  EXPECT_EQ(network.layers[0].weights.data[0], 0);
  EXPECT_EQ(network.layers[0].weight_scales[0], network.layers[0].weight_scales[1]);
  EXPECT_GT(sqnr_of_output(network, graph, images), 40.0);
}

TEST(Quantize, TinyWeightsGiveWayToTheBias) {
  const Graph graph = scalar_convolution({1e-12F, 1.0F}, {0.5F, 0.0F});
  const std::vector<FloatTensor> images = {FloatTensor({1, 1, 1, 2}, {-1.0F, 1.0F})};
  for (const bool power_of_two : {false, true}) {
    QuantizeOptions options;
    options.power_of_two = power_of_two;
    const QuantizedNetwork network = quantize(graph, images, options);
    EXPECT_LE(network.layers[0].bias[0], std::int64_t{1} << 30);
    EXPECT_GT(network.layers[0].bias[0], std::int64_t{1} << 28);
    EXPECT_GT(sqnr_of_output(network, graph, images), 35.0);
  }
}

TEST(Quantize, ZeroIsAlwaysAnInteger) {
  const Graph graph = scalar_convolution({1.0F}, {3.0F});
  const QuantizedNetwork network = quantize(graph, {FloatTensor({1, 1, 1, 2}, {2.0F, 2.5F})}, {});
  for (const QuantizedTensor& tensor : network.tensors) {
    EXPECT_EQ(tensor.zero_point, -128) << tensor.name;  // all values are positive, yet 0 is in the range
    EXPECT_EQ(dequantize_tensor(IntTensor({1}, tensor.zero_point), tensor).data[0], 0.0F);
  }
}

TEST(Quantize, SigmaAndPercentileCutOutliers) {
  FloatTensor image({1, 1, 1, 2}, {0.0F, 100.0F});
  std::vector<FloatTensor> images(999, FloatTensor({1, 1, 1, 2}, {-1.0F, 1.0F}));
  images.push_back(image);
  const Graph graph = scalar_convolution({1.0F}, {0.0F});
  QuantizeOptions options;
  const float whole = quantize(graph, images, options).tensors[0].scale;
  EXPECT_FLOAT_EQ(whole, 101.0F / 255.0F);
  options.activation_range = RangeMethod::kSigma;
  const float sigma = quantize(graph, images, options).tensors[0].scale;
  // Mean 0.05, deviation sqrt((1998 + 10^4) / 2000 - 0.05^2) = 2.449; the lower end is the minimum seen.
  EXPECT_NEAR(sigma, (0.05F + 3.0F * 2.449F + 1.0F) / 255.0F, 1e-4F);
  options.activation_range = RangeMethod::kPercentile;
  options.percentile = 99.8;
  EXPECT_NEAR(quantize(graph, images, options).tensors[0].scale, 2.0F / 255.0F, 0.1F / 255.0F);
}

TEST(Quantize, PowerOfTwoScales) {
  QuantizeOptions options;
  options.power_of_two = true;
  options.preset = Preset::kPotFloor;
  const QuantizedNetwork network = quantize(random_network("lenet5", kSeed), digit_images(1, kSeed), options);
  int exponent = 0;
  for (const QuantizedTensor& tensor : network.tensors) EXPECT_EQ(std::frexp(tensor.scale, &exponent), 0.5F);
  for (const QuantizedLayer& layer : network.layers) {
    for (const float scale : layer.weight_scales) EXPECT_EQ(std::frexp(scale, &exponent), 0.5F);
  }
}

TEST(Quantize, BadOptionsBad) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(1, kSeed);
  QuantizeOptions options;
  options.weight_bits = 9;
  expect_refused([&] { quantize(graph, images, options); }, {"weight_bits = 9", "2 to 8"});
  options = {};
  options.symmetric_weights = false;
  expect_refused([&] { quantize(graph, images, options); }, {"affine weights per tensor"});
  options = {};
  options.preset = Preset::kPotFloor;
  expect_refused([&] { quantize(graph, images, options); }, {"pot_floor", "power_of_two"});
  expect_refused([&] { quantize(graph, {}, {}); }, {"no image"});
  expect_refused([&] { quantize(graph, {FloatTensor({1, 1, 28, 28})}, {}); }, {"[1, 1, 28, 28]", "[1, 1, 32, 32]"});
  FloatTensor broken = images[0];
  broken.data[3] = NAN;
  expect_refused([&] { quantize(graph, {broken}, {}); }, {"not finite"});
}

}  // namespace
}  // namespace systoliq::sw_ref
