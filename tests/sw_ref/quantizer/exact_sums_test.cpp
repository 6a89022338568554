// SPDX-License-Identifier: Apache-2.0
// ConvInteger and MatMulInteger with biases in float behind: the integers of the file, whatever the bias.
#include <gtest/gtest.h>

#include "forms_helpers.h"
#include "sw_ref/quantizer/integer/network_values.h"
#include "sw_ref/quantizer/qdq/forms/biased_product.h"

namespace systoliq::sw_ref::forms_test {
namespace {

constexpr float kScaleX = 0.01F, kScaleW = 0.02F;

struct Product {
  std::string op = "ConvInteger";
  std::string attributes;
  std::string weights;  ///< "w" and its zero point "w.z"
  std::string bias;
  std::string factor = "factor";
  std::string behind = node("Relu", {"s"}, "r");
  float scale = 0.03F;
};

std::string with_scaling(const Product& p) {
  return quantized_input() + node(p.op, {"xq", "w", "x.z", "w.z"}, "acc", p.attributes) +
         node("Cast", {"acc"}, "f", test::int_attribute("to", test::kFloat)) + node("Mul", {"f", p.factor}, "m") +
         node("Add", {"m", "bias"}, "s") + p.behind + node("QuantizeLinear", {"r", "o.s", "o.z"}, "q") +
         dequantized("q", "o") + parameters("o", p.scale, -128) + p.weights + p.bias +
         floats("factor", {}, {kScaleX * kScaleW}) +
         floats("factors", {1, 3, 1, 1}, {kScaleX * kScaleW, kScaleX * 0.015F, kScaleX * 0.03F});
}

std::string drawn_weights(const std::vector<std::int64_t>& shape, std::uint32_t seed, std::int8_t zero = 2) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  return int8s("w", shape, drawn(count, seed)) + int8s("w.z", {}, {zero});
}

Product convolution(const std::vector<std::int64_t>& kernel, const std::vector<std::int64_t>& pads) {
  Product p;
  p.weights = drawn_weights({3, 4, kernel[0], kernel[1]}, 5);
  p.bias = floats("bias", {3, 1, 1}, {0.30003F, -0.20007F, 0.10011F});
  p.attributes = test::ints_attribute("pads", pads);
  return p;
}

std::vector<float> outputs_of(const QuantizedNetwork& network, const FloatTensor& image) {
  return real_output(network, reference_values(network, HostParts(network), image, AccumulationOrder{}), 0).data;
}

/// Every output of the reference and the host is the file's own, at once and when the written network is read again.
void expect_file_outputs(const Graph& graph) {
  const QuantizedNetwork network = read_quantized(graph);
  const QuantizedNetwork again = read_quantized(parse_onnx(to_onnx_qdq(network), "again"));
  std::set<float> seen;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    const FloatTensor image = random_tensor(graph.values.at("x").shape, seed, 1.0F);
    const std::vector<float> expected = run_float(graph, {{"x", image}}).at("y").data;
    EXPECT_EQ(outputs_of(network, image), expected) << "seed " << seed;
    EXPECT_EQ(outputs_of(again, image), expected) << "read again, seed " << seed;
    seen.insert(expected.begin(), expected.end());
  }
  EXPECT_GT(seen.size(), 20U) << "the outputs hardly vary";
}

std::size_t convolutions_of(const QuantizedNetwork& network) {
  std::size_t count = 0;
  for (const QuantizedLayer& layer : network.layers) count += layer.op == LayerOp::kConvolution ? 1 : 0;
  return count;
}

TEST(ExactSums, FollowAConvolution) {
  for (const char* factor : {"factor", "factors"}) {
    Product p = convolution({1, 1}, {0, 0, 0, 0});
    p.factor = factor;
    expect_file_outputs(parse(with_scaling(p), kImage));
    p = convolution({3, 3}, {1, 1, 1, 1});
    p.factor = factor;
    const Graph graph = parse(with_scaling(p), kImage);
    EXPECT_EQ(convolutions_of(read_quantized(graph)), 2U);
    EXPECT_TRUE(read_quantized(graph).notes.empty());
    expect_file_outputs(graph);
  }
}

TEST(ExactSums, OfAWindowThatIsNotSquare) {
  expect_file_outputs(parse(with_scaling(convolution({3, 1}, {2, 0, 0, 0})), kImage));
}

TEST(ExactSums, BehindAMaximumAndAClip) {
  Product p = convolution({3, 3}, {1, 1, 1, 1});
  p.behind = node("Clip", {"s", "low", "high"}, "l") +
             node("MaxPool", {"l"}, "r", test::ints_attribute("kernel_shape", {2, 2})) + floats("low", {}, {-0.1F}) +
             floats("high", {}, {4.0F});
  expect_file_outputs(parse(with_scaling(p), kImage));
}

/// A zero point of the weights near their lowest value takes several copies of the quotients.
TEST(ExactSums, OfWeightsWithAZeroPoint) {
  Product p = convolution({3, 3}, {1, 1, 1, 1});
  p.weights = drawn_weights({3, 4, 3, 3}, 6, -80);
  expect_file_outputs(parse(with_scaling(p), kImage));
}

TEST(ExactSums, FollowAMatrixProduct) {
  Product p;
  p.op = "MatMulInteger";
  p.weights = drawn_weights({40, 16}, 7, 0);
  std::vector<float> biases;
  for (int n = 0; n < 16; ++n) biases.push_back(0.10003F * static_cast<float>(n - 4));
  p.bias = floats("bias", {16}, biases);
  expect_file_outputs(parse(with_scaling(p), {"1", "40"}));
}

/// One layer suffices where the bias is whole and the scales are powers of two.
TEST(ExactSums, AreNotNeededWhereALayerAgrees) {
  const float x = 0.0078125F, factor = x * 0.03125F;
  const std::string network =
      node("QuantizeLinear", {"x", "i.s", "x.z"}, "xq") + floats("i.s", {}, {x}) + int8s("x.z", {}, {3}) +
      node("ConvInteger", {"xq", "w", "x.z", "w.z"}, "acc") +
      node("Cast", {"acc"}, "f", test::int_attribute("to", test::kFloat)) + node("Mul", {"f", "factor"}, "m") +
      node("Add", {"m", "bias"}, "r") + node("QuantizeLinear", {"r", "o.s", "o.z"}, "q") + dequantized("q", "o") +
      parameters("o", 0.0625F, -10) + drawn_weights({3, 4, 1, 1}, 5) + floats("factor", {}, {factor}) +
      floats("bias", {3, 1, 1}, {100.0F * factor, -7.0F * factor, 0.0F});
  const Graph graph = parse(network, kImage);
  EXPECT_EQ(read_quantized(graph).layers.size(), 1U);
  EXPECT_TRUE(read_quantized(graph).host_parts.empty());
  expect_file_outputs(graph);
}

/// Quotients are repeated to the input's size; odd sizes, and windows that begin at, before and behind the output's
/// place.
TEST(ExactSums, OfStrides) {
  for (const std::vector<std::int64_t>& strides : {std::vector<std::int64_t>{2, 2}, {1, 2}, {3, 2}}) {
    for (const std::vector<std::int64_t>& pads : {std::vector<std::int64_t>{1, 1, 1, 1}, {0, 0, 0, 0}, {0, 1, 2, 1}}) {
      Product p = convolution({3, 3}, pads);
      p.attributes += test::ints_attribute("strides", strides);
      const Graph graph = parse(with_scaling(p), kImage);
      EXPECT_EQ(convolutions_of(read_quantized(graph)), 2U);
      EXPECT_TRUE(read_quantized(graph).notes.empty());
      expect_file_outputs(graph);
    }
  }
}

TEST(ExactSums, OfAWindowWithoutPads) {
  expect_file_outputs(parse(with_scaling(convolution({3, 3}, {0, 0, 0, 0})), kImage));
}

/// Weights with a zero point of -80 take several copies of the quotients, which each group has of its own.
TEST(ExactSums, OfGroups) {
  for (const std::int8_t zero : {std::int8_t{2}, std::int8_t{-80}}) {
    for (const int groups : {2, 4}) {
      for (const int stride : {1, 2}) {
        Product p;
        p.weights = drawn_weights({8, 4 / groups, 3, 3}, 8, zero);
        std::vector<float> biases;
        for (int o = 0; o < 8; ++o) biases.push_back(0.10003F * static_cast<float>(o - 3));
        p.bias = floats("bias", {8, 1, 1}, biases);
        p.attributes = test::ints_attribute("pads", {1, 1, 1, 1}) + test::int_attribute("group", groups) +
                       test::ints_attribute("strides", {stride, stride});
        const Graph graph = parse(with_scaling(p), kImage);
        EXPECT_EQ(convolutions_of(read_quantized(graph)), 2U) << groups << " groups, stride " << stride;
        expect_file_outputs(graph);
      }
    }
  }
}

/// No tap reads a place of the output's own step: the bias is rounded, and a remark says so.
TEST(ExactSums, OfADistantWindowAreRounded) {
  Product p = convolution({3, 3}, {1, 1, 3, 3});
  p.attributes += test::ints_attribute("dilations", {2, 2});
  const Graph graph = parse(with_scaling(p), kImage);
  const QuantizedNetwork network = read_quantized(graph);
  EXPECT_EQ(network.layers.size(), 1U);
  EXPECT_EQ(network.notes.size(), 1U);
  expect_same_integers(graph, 1);
}

/// Bisection against every sum.
TEST(BiasedChannels, CompareAsEverySumDoes) {
  std::mt19937 generator(11);
  int agreeing = 0;
  for (int trial = 0; trial < 200; ++trial) {
    forms::BiasedChannel channel;
    const bool exact = trial % 2 == 0;
    channel.factor = exact ? 0.0009765625F : 0.0001F * static_cast<float>(1 + generator() % 50);
    channel.bias = exact ? channel.factor * static_cast<float>(generator() % 100)
                         : channel.factor * 0.37F * static_cast<float>(generator() % 100);
    channel.output = {exact ? 0.0625F : 0.01F, 5, 0, 8};
    channel.clips = {{-1.0F, 1.0F}};
    channel.bound = 2000;
    bool equal = true;
    std::int64_t low = -channel.bound, high = channel.bound;
    while (low < channel.bound && channel.in_file(low + 1) == channel.in_file(-channel.bound)) ++low;
    while (high > -channel.bound && channel.in_file(high - 1) == channel.in_file(channel.bound)) --high;
    for (std::int64_t s = -channel.bound; s <= channel.bound; ++s) {
      equal = equal && channel.in_file(s) == channel.in_layer(s);
    }
    EXPECT_EQ(channel.agrees(), equal) << "trial " << trial;
    EXPECT_EQ(channel.low_edge(), low) << "trial " << trial;
    EXPECT_EQ(channel.high_edge(), high) << "trial " << trial;
    agreeing += equal ? 1 : 0;
  }
  EXPECT_GT(agreeing, 50);
  EXPECT_LT(agreeing, 180);
}

}  // namespace
}  // namespace systoliq::sw_ref::forms_test
