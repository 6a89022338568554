// SPDX-License-Identifier: Apache-2.0
// Factors and shifts in float between integers: normalizations whose parameters are floats or integers with a scale,
// alone and behind a convolution; an average times a factor; biases of 32 bits of QONNX.
#include <gtest/gtest.h>

#include <cmath>

#include "forms_helpers.h"
#include "sw_ref/quantizer/qdq/missing_scales.h"

namespace systoliq::sw_ref {
namespace {

using namespace forms_test;  // NOLINT(google-build-using-namespace)

std::string input_and_output() {
  return quantized_input() + node("DequantizeLinear", {"xq", "x.s", "x.z"}, "a") +
         node("QuantizeLinear", {"n", "y.s", "y.z"}, "yq") + dequantized("yq", "y") + parameters("y", 0.013F, -7);
}

std::string normalization(const std::string& from, const std::vector<std::string>& parameters) {
  return node("BatchNormalization", {from, parameters[0], parameters[1], parameters[2], parameters[3]}, "n");
}

std::string float_parameters() {
  return floats("f", {4}, {0.7F, -1.2F, 0.031F, 1.9F}) + floats("b", {4}, {0.123F, -0.4F, 0.25F, 0.01F}) +
         floats("m", {4}, {0.1F, -0.2F, 0.0F, 0.3F}) + floats("v", {4}, {0.9F, 1.1F, 0.5F, 2.0F});
}

/// All inputs of all channels: a picture of every stored integer.
TEST(FactorsBetweenIntegers, NormalizationGivesTheGraphsOwnIntegers) {
  const Graph graph =
      parse(input_and_output() + normalization("a", {"f", "b", "m", "v"}) + float_parameters(), {"1", "4", "16", "16"});
  const QuantizedNetwork network = read_quantized(graph);
  ASSERT_EQ(network.layers.size(), 1U);
  EXPECT_EQ(network.layers[0].groups, 4);
  FloatTensor every({1, 4, 16, 16});
  for (std::size_t i = 0; i < every.data.size(); ++i) every.data[i] = (static_cast<float>(i % 256) - 131.0F) * 0.01F;
  const auto output = static_cast<std::size_t>(network.outputs.at(0));
  const IntTensor expected = quantize_tensor(run_float(graph, {{"x", every}}).at("y"), network.tensors[output]);
  EXPECT_EQ(run_integers(network, every).tensors[output].data, expected.data);
}

TEST(FactorsBetweenIntegers, ParametersMayBeIntegersWithAScale) {
  std::string nodes = input_and_output() + normalization("a", {"f", "b", "m", "v"});
  for (const char* name : {"f", "b", "m"}) {
    const std::string from = name;
    nodes += node("DequantizeLinear", {from + "i", from + ".s", from + ".z"}, from) + parameters(from, 0.01F, -3) +
             int8s(from + "i", {4}, drawn(4, static_cast<std::uint32_t>(name[0])));
  }
  nodes += node("DequantizeLinear", {"vi", "v.s", "v.z"}, "v") + parameters("v", 0.02F, 0) +
           int8s("vi", {4}, {40, 90, 120, 64});
  expect_same_integers(parse(nodes, kImage));
  // A scale per element says the same as one scale.
  const auto shift = [&](const std::string& scale, const std::string& zero) {
    const Graph graph = parse(
        input_and_output() + normalization("a", {"f", "bd", "m", "v"}) + float_parameters() +
            node("DequantizeLinear", {"bi", "b.s", "b.z"}, "bd", scale.empty() ? "" : test::int_attribute("axis", 0)) +
            int8s("bi", {4}, {9, -20, 30, 4}) + scale + zero,
        kImage);
    return read_quantized(graph).layers.at(0).bias;
  };
  EXPECT_EQ(shift(floats("b.s", {4}, {0.5F, 0.5F, 0.5F, 0.5F}), int8s("b.z", {4}, {1, 1, 1, 1})),
            shift(floats("b.s", {}, {0.5F}), int8s("b.z", {}, {1})));
}

/// Weights' scales take the factor; the bias is rounded to the product's scale, so a tie may fall otherwise.
TEST(FactorsBetweenIntegers, NormalizationBehindAConvolution) {
  const std::string weights = node("DequantizeLinear", {"wi", "w.s", "w.z"}, "w") + parameters("w", 0.004F, 0) +
                              int8s("wi", {4, 4, 1, 1}, drawn(16, 5));
  const Graph graph = parse(input_and_output() + weights + node("Conv", {"a", "w"}, "c") +
                                normalization("c", {"f", "b", "m", "v"}) + float_parameters(),
                            kImage);
  const QuantizedNetwork network = read_quantized(graph);
  ASSERT_EQ(network.layers.size(), 1U);
  const QuantizedLayer& layer = network.layers[0];
  EXPECT_FLOAT_EQ(layer.weight_scales.at(1), 0.004F * 1.2F / std::sqrt(1.1F + 1e-5F));
  EXPECT_EQ(layer.weights.data[4], -drawn(16, 5)[4]);
  expect_same_integers(graph, 1);
  const std::string lowest = node("DequantizeLinear", {"wi", "w.s", "w.z"}, "w") + parameters("w", 0.004F, 0) +
                             int8s("wi", {4, 4, 1, 1}, std::vector<std::int8_t>(16, -128));
  expect_refused(
      [&] {
        read_quantized(parse(input_and_output() + lowest + node("Conv", {"a", "w"}, "c") +
                                 normalization("c", {"f", "b", "m", "v"}) + float_parameters(),
                             kImage));
      },
      {"(Conv)", "has no scale", "accepted"});  // the normalization would be the host's
}

TEST(FactorsBetweenIntegers, AverageTimesAFactorIsOneLayer) {
  for (const char* op : {"Mul", "Div"}) {
    const Graph graph = parse(input_and_output() + node("GlobalAveragePool", {"a"}, "g") + node(op, {"g", "k"}, "n") +
                                  floats("k", {}, {std::string(op) == "Mul" ? 2.953125F : 0.3386F}),
                              kImage);
    const QuantizedNetwork network = read_quantized(graph);
    ASSERT_EQ(network.layers.size(), 1U) << op;
    EXPECT_EQ(network.layers[0].op, LayerOp::kConvolution);
    EXPECT_EQ(network.layers[0].window.kernel_height, 6);
    expect_same_integers(graph, 1);
  }
}

/// Windows that see fewer elements divide by fewer, so the factor is no weights' scale.
TEST(FactorsBetweenIntegers, AverageOfPartialWindowsIsRefused) {
  const std::string window = test::ints_attribute("kernel_shape", {3, 3}) + test::ints_attribute("pads", {1, 1, 1, 1});
  const auto graph = [&](std::int64_t include) {
    return parse(input_and_output() +
                     node("AveragePool", {"a"}, "g", window + test::int_attribute("count_include_pad", include)) +
                     node("Mul", {"g", "k"}, "n") + floats("k", {}, {1.5F}),
                 kImage);
  };
  expect_same_integers(graph(1), 1);
  expect_refused([&] { read_quantized(graph(0)); }, {"(AveragePool)", "has no scale", "accepted"});
}

/// A step of the input is 150 of the output: the bias has to hit each of the few integers that do not saturate.
TEST(FactorsBetweenIntegers, NormalizationThatAmplifies) {
  const Graph graph =
      parse(input_and_output() + normalization("a", {"f", "b", "m", "v"}) +
                floats("f", {4}, {195.3F, -171.7F, 208.1F, 160.9F}) + floats("b", {4}, {0.31F, -0.42F, 0.17F, 0.05F}) +
                floats("m", {4}, {0.1F, 0.2F, 0.0F, -0.4F}) + floats("v", {4}, {1.0F, 1.0F, 1.0F, 1.0F}),
            {"1", "4", "16", "16"});
  const QuantizedNetwork network = read_quantized(graph);
  FloatTensor every({1, 4, 16, 16});
  for (std::size_t i = 0; i < every.data.size(); ++i) every.data[i] = (static_cast<float>(i % 256) - 131.0F) * 0.01F;
  const auto output = static_cast<std::size_t>(network.outputs.at(0));
  const IntTensor expected = quantize_tensor(run_float(graph, {{"x", every}}).at("y"), network.tensors[output]);
  EXPECT_EQ(run_integers(network, every).tensors[output].data, expected.data);
}

TEST(FactorsBetweenIntegers, MaxPoolMayChangeTheScale) {
  const Graph graph =
      parse(input_and_output() + node("MaxPool", {"a"}, "n", test::ints_attribute("kernel_shape", {2, 2})), kImage);
  EXPECT_EQ(read_quantized(graph).layers.size(), 2U);
  expect_same_integers(graph);
}

/// Weights that the file leaves in float get 8 bits where scales are calibrated, and are refused otherwise.
TEST(FactorsBetweenIntegers, WeightsInFloat) {
  const std::vector<float> weights = {0.1F, -0.2F, 0.3F, 0.4F, -0.5F, 0.6F, 0.7F, -0.8F};
  for (const bool transposed : {false, true}) {
    const Graph graph = parse(
        input_and_output() + node(transposed ? "ConvTranspose" : "Conv", {"a", "w"}, "n") +
            floats("w", transposed ? std::vector<std::int64_t>{4, 2, 1, 1} : std::vector<std::int64_t>{2, 4, 1, 1},
                   weights),
        kImage);
    expect_refused([&] { read_quantized(graph); }, {"'w'", "are not 8-bit integers"});
    std::vector<std::string> notes;
    const Graph complete = with_calibrated_scales(graph, {random_tensor({1, 4, 6, 6}, 3, 1.0F)}, &notes);
    EXPECT_NE(notes.at(0).find("weights 'w' are in float"), std::string::npos);
    const QuantizedLayer layer = read_quantized(complete).layers.at(0);
    EXPECT_FLOAT_EQ(layer.weight_scales.at(0), (transposed ? 0.7F : 0.4F) / 127.0F);
    EXPECT_FLOAT_EQ(layer.weight_scales.at(1), 0.8F / 127.0F);
    expect_same_integers(complete, 1);
  }
}

std::string quant(const std::string& from, const std::string& to, const std::string& scale, const std::string& bits) {
  return node("Quant", {from, scale, "zero", bits}, to,
              test::int_attribute("signed", 1) + test::int_attribute("narrow", 0) +
                  test::string_attribute("rounding_mode", "ROUND"),
              kQonnx);
}

TEST(FactorsBetweenIntegers, QonnxBiasOf32Bits) {
  const auto graph = [](const std::string& bits) {
    return parse(quant("x", "a", "x.s", "eight") + quant("w", "wq", "w.s", "eight") + quant("b", "bq", "b.s", "wide") +
                     node("Conv", {"a", "wq", "bq"}, "c") + quant("c", "y", "o.s", "eight") +
                     floats("x.s", {}, {0.0078125F}) + floats("w.s", {2, 1, 1, 1}, {0.03125F, 0.0625F}) +
                     floats("b.s", {2}, {0.0078125F * 0.03125F, 0.0078125F * 0.0625F}) + floats("o.s", {}, {0.03F}) +
                     floats("zero", {}, {0.0F}) + floats("eight", {}, {8.0F}) + bits +
                     floats("w", {2, 4, 1, 1}, {0.1F, -0.3F, 0.5F, 0.7F, 1.0F, -1.3F, 0.2F, 0.0F}) +
                     floats("b", {2}, {0.4F, -100.0F}),
                 kImage);
  };
  const QuantizedNetwork network = read_quantized(graph(floats("wide", {}, {32.0F})));
  EXPECT_EQ(network.layers.at(0).bias, (std::vector<std::int64_t>{1638, -204800}));
  expect_refused([&] { graph(floats("wide", {}, {33.0F})); }, {"bitwidth is 33", "2 to 32"});
}

}  // namespace
}  // namespace systoliq::sw_ref
