// SPDX-License-Identifier: Apache-2.0
// Quantized forms other than QuantizeLinear and DequantizeLinear around float operators: every one gives the integers
// that the graph has by its own definition.
#include "forms_helpers.h"

namespace systoliq::sw_ref {
namespace {

using namespace forms_test;  // NOLINT(google-build-using-namespace): the helpers of these tests

TEST(Forms, QGemm) {
  for (const bool with_bias : {true, false}) {
    const std::string nodes = quantized_input() +
                              node("QGemm", {"xq", "x.s", "x.z", "w", "w.s", "w.z", with_bias ? "c" : "", "o.s", "o.z"},
                                   "q", test::int_attribute("transB", 1), kMicrosoft) +
                              dequantized("q", "o") + parameters("o", 0.05F, -4) + int8s("w", {3, 10}, drawn(30, 1)) +
                              floats("w.s", {3}, {0.01F, 0.02F, 0.015F}) + int8s("w.z", {3}, {0, 0, 0}) +
                              int32s("c", {500, -900, 40});
    expect_same_integers(parse(nodes, {"1", "10"}));
  }
}

TEST(Forms, QLinearAddSigmoidConcat) {
  const std::string nodes =
      quantized_input() + node("QLinearConv", {"xq", "x.s", "x.z", "w", "w.s", "w.z", "c.s", "c.z"}, "c") +
      node("QLinearSigmoid", {"c", "c.s", "c.z", "g.s", "g.z"}, "g", "", kMicrosoft) +
      node("QLinearAdd", {"c", "c.s", "c.z", "g", "g.s", "g.z", "a.s", "a.z"}, "a", "", kMicrosoft) +
      node("QLinearConcat", {"o.s", "o.z", "a", "a.s", "a.z", "g", "g.s", "g.z"}, "q", test::int_attribute("axis", 1),
           kMicrosoft) +
      dequantized("q", "o") + parameters("c", 0.04F, 5) + parameters("g", 0.00390625F, -128) +
      parameters("a", 0.05F, -10) + parameters("o", 0.06F, 7) + parameters("w", 0.01F, 0) +
      int8s("w", {4, 4, 1, 1}, drawn(16, 2));
  expect_same_integers(parse(nodes, kImage), 1);
}

TEST(Forms, QLinearAveragePools) {
  const std::string nodes =
      quantized_input() +
      node("QLinearAveragePool", {"xq", "x.s", "x.z", "p.s", "p.z"}, "p",
           test::ints_attribute("kernel_shape", {2, 2}) + test::ints_attribute("strides", {2, 2}), kMicrosoft) +
      node("QLinearGlobalAveragePool", {"p", "p.s", "p.z", "o.s", "o.z"}, "q", "", kMicrosoft) + dequantized("q", "o") +
      parameters("p", 0.008F, 1) + parameters("o", 0.002F, -3);
  expect_same_integers(parse(nodes, kImage));
}

TEST(Forms, MicrosoftQuantization) {
  const std::string nodes = node("QuantizeLinear", {"x", "x.s", "x.z"}, "xq", "", kMicrosoft) +
                            node("DequantizeLinear", {"xq", "x.s", "x.z"}, "xd", "", kMicrosoft) +
                            node("Relu", {"xd"}, "r") +
                            node("QuantizeLinear", {"r", "o.s", "o.z"}, "q", "", kMicrosoft) +
                            node("DequantizeLinear", {"q", "o.s", "o.z"}, "y", "", kMicrosoft) +
                            parameters("x", 0.01F, 3) + parameters("o", 0.006F, -100);
  expect_same_integers(parse(nodes, kImage));
}

/// Operators without a layer are named, in every form.
TEST(Forms, WhatNoLayerComputesIsNamed) {
  for (const char* op : {"QLinearLeakyRelu", "QLinearMul"}) {
    const bool unary = std::string(op) == "QLinearLeakyRelu";
    std::vector<std::string> inputs = {"xq", "x.s", "x.z"};
    if (!unary) inputs.insert(inputs.end(), {"xq", "x.s", "x.z"});
    inputs.insert(inputs.end(), {"o.s", "o.z"});
    const Graph graph = parse(
        quantized_input() + node(op, inputs, "q", "", kMicrosoft) + dequantized("q", "o") + parameters("o", 0.02F, 0),
        kImage);
    try {
      const QuantizedNetwork network = read_quantized(graph);
      EXPECT_EQ(network.layers.size(), 1U);
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(unary ? "(LeakyRelu)" : "(Mul)"), std::string::npos) << error.what();
    }
  }
}

/// One value quantized in two ways, for two consumers: what makes it is computed twice.
TEST(Forms, SecondQuantization) {
  const std::string nodes =
      quantized_input() + node("DequantizeLinear", {"xq", "x.s", "x.z"}, "xd") +
      node("DequantizeLinear", {"w", "w.s", "w.z"}, "wd") + node("Conv", {"xd", "wd"}, "c") + node("Relu", {"c"}, "r") +
      node("QuantizeLinear", {"r", "a.s", "a.z"}, "aq") + node("DequantizeLinear", {"aq", "a.s", "a.z"}, "a") +
      node("QuantizeLinear", {"r", "b.s", "b.z"}, "bq") + node("DequantizeLinear", {"bq", "b.s", "b.z"}, "b") +
      node("Add", {"a", "b"}, "s") + node("QuantizeLinear", {"s", "o.s", "o.z"}, "q") + dequantized("q", "o") +
      parameters("w", 0.01F, 0) + int8s("w", {4, 4, 1, 1}, drawn(16, 4)) + parameters("a", 0.02F, -128) +
      parameters("b", 0.013F, -128) + parameters("o", 0.03F, -100);
  const Graph graph = parse(nodes, kImage);
  const QuantizedNetwork network = read_quantized(graph);
  EXPECT_EQ(network.layers.size(), 3U);
  EXPECT_EQ(network.notes.size(), 1U);
  expect_same_integers(graph, 1);
}

TEST(Forms, DynamicScalesAreNoQuantizedNetwork) {
  const std::string quantize = bytes(1, bytes(1, "x") + bytes(2, "xq") + bytes(2, "d.s") + bytes(2, "x.z") +
                                            bytes(3, "dql") + bytes(4, "DynamicQuantizeLinear"));
  const Graph graph =
      parse(quantize + node("MatMulInteger", {"xq", "w", "x.z"}, "acc") +
                node("Cast", {"acc"}, "f", test::int_attribute("to", test::kFloat)) +
                node("Mul", {"f", "factor"}, "y") + int8s("w", {8, 3}, drawn(24, 6)) + floats("factor", {}, {0.001F}),
            {"1", "8"});
  EXPECT_FALSE(is_quantized(graph));  // its scale is known at run time alone
}

/// Quantize, Clip, Dequantize: the clip is the width.
TEST(Forms, WidthsByClip) {
  const auto clipped = [](const std::string& from, const std::string& to, const std::string& p, const std::string& low,
                          const std::string& high) {
    return node("QuantizeLinear", {from, p + ".s", p + ".z"}, to + "q") +
           node("Clip", {to + "q", low, high}, to + "c") + node("DequantizeLinear", {to + "c", p + ".s", p + ".z"}, to);
  };
  const std::string ends = int8s("low", {}, {-8}) + int8s("narrow", {}, {-7}) + int8s("high", {}, {7}) +
                           int8s("none", {}, {0}, test::kUint8) + int8s("fifteen", {}, {15}, test::kUint8);
  for (const std::string& low : {std::string("low"), std::string("narrow")}) {
    const Graph graph =
        parse(clipped("x", "a", "x", "low", "high") + node("Conv", {"a", "wd"}, "c") +
                  node("DequantizeLinear", {"w", "w.s", "w.z"}, "wd") + clipped("c", "y", "o", low, "high") + ends +
                  parameters("x", 0.1F, 0) + parameters("o", 0.0937F, 0) + parameters("w", 0.1F, 0) +
                  int8s("w", {4, 4, 1, 1}, drawn(16, 7, 7)),
              kImage);
    const QuantizedNetwork network = read_quantized(graph);
    EXPECT_EQ(network.tensors.at(0).bits, 4);
    EXPECT_EQ(network.tensors.at(1).bits, 4);
    EXPECT_EQ(network.layers.at(0).clamp_min, low == "narrow" ? -7 : -8);
    expect_same_integers(graph);
  }
  const Graph without_sign = parse(clipped("x", "a", "x", "low", "high") + node("Relu", {"a"}, "r") +
                                       clipped("r", "y", "o", "none", "fifteen") + ends + parameters("x", 0.1F, 0) +
                                       floats("o.s", {}, {0.05F}) + int8s("o.z", {}, {0}, test::kUint8),
                                   kImage);
  EXPECT_EQ(read_quantized(without_sign).tensors.at(1).storage_offset, 8);
  expect_same_integers(without_sign);
}

std::string quant(const std::string& from, const std::string& to, const std::string& scale, const std::string& bits,
                  const std::string& mode = "ROUND", std::int64_t with_sign = 1) {
  return node("Quant", {from, scale, "zero", bits}, to,
              test::int_attribute("signed", with_sign) + test::int_attribute("narrow", 0) +
                  test::string_attribute("rounding_mode", mode),
              kQonnx);
}

std::string qonnx_convolution(const std::string& mode) {
  return quant("x", "a", "x.s", "eight") + quant("w", "wq", "w.s", "four") + node("Conv", {"a", "wq"}, "c") +
         node("Relu", {"c"}, "r") + quant("r", "y", "o.s", "six", mode, 0) + floats("x.s", {}, {0.01F}) +
         floats("w.s", {3, 1, 1, 1}, {0.1F, 0.2F, 0.15F}) + floats("o.s", {}, {0.03F}) + floats("zero", {}, {0.0F}) +
         floats("eight", {}, {8.0F}) + floats("four", {}, {4.0F}) + floats("six", {}, {6.0F}) +
         floats("w", {3, 4, 1, 1}, {0.1F, -0.3F, 0.5F, 0.7F, 1.0F, -1.3F, 0.2F, 0.0F, 0.3F, 0.45F, -0.6F, 0.8F});
}

std::vector<float> spread_weights() {
  std::vector<float> values(16);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 7 % 16) * 0.05F - 0.3F;
  return values;
}

/// Average, times the window's size, without the lowest bits: Brevitas's average pooling.
std::string truncated_average(bool global, const char* mode, const char* quant_mode = "ROUND") {
  const auto quant = [&](const std::string& from, const std::string& to, const std::string& p, int sign) {
    return node("Quant", {from, p + ".s", "zero", p + ".b"}, to,
                test::int_attribute("signed", sign) + test::int_attribute("narrow", 0) +
                    test::string_attribute("rounding_mode", from == "x" || from == "w" ? "ROUND" : quant_mode),
                kQonnx);
  };
  const std::string pool =
      global ? node("GlobalAveragePool", {"q"}, "p")
             : node("AveragePool", {"q"}, "p",
                    test::ints_attribute("kernel_shape", {2, 3}) + test::ints_attribute("strides", {2, 1}));
  return quant("x", "xq", "x", 1) + quant("w", "wq", "w", 1) + node("Conv", {"xq", "wq"}, "c") +
         node("Relu", {"c"}, "r") + quant("r", "q", "q", 0) + pool + node("Mul", {"p", "n"}, "m") +
         node("Trunc", {"m", "q.s", "zero", "before", "after"}, "y", test::string_attribute("rounding_mode", mode),
              kQonnx) +
         floats("x.s", {}, {0.02F}) + floats("x.b", {}, {8}) + floats("w.s", {}, {0.05F}) + floats("w.b", {}, {4}) +
         floats("q.s", {}, {0.0083F}) + floats("q.b", {}, {6}) + floats("zero", {}, {0}) +
         floats("n", {}, {global ? 36.0F : 6.0F}) + floats("before", {}, {global ? 12.0F : 9.0F}) +
         floats("after", {}, {6}) + floats("w", {4, 4, 1, 1}, spread_weights());
}

TEST(Forms, QonnxTruncIsADepthwiseSum) {
  for (const bool global : {false, true}) {
    for (const char* mode : {"FLOOR", "ROUND"}) {
      const Graph graph = parse(truncated_average(global, mode), kImage);
      const QuantizedNetwork network = read_quantized(graph);
      ASSERT_EQ(network.layers.size(), 2U);
      EXPECT_EQ(network.layers[1].groups, 4);
      expect_same_integers(graph);
    }
    const Graph floors = parse(truncated_average(global, "FLOOR", "FLOOR"), kImage);
    EXPECT_EQ(read_quantized(floors).preset, Preset::kFloor);
    EXPECT_EQ(read_quantized(floors).layers.at(1).weights.data[0], 1);
    expect_same_integers(floors);
  }
}

TEST(FormsBad, QonnxTruncElsewhere) {
  const auto expect = [](const std::string& nodes, const std::string& part) {
    expect_refused([&] { read_quantized(parse(nodes, kImage)); }, {"Trunc", part});
  };
  expect(truncated_average(false, "CEIL"), "rounding_mode is 'CEIL'");
  std::string other = truncated_average(true, "FLOOR");
  const std::string size = floats("n", {}, {36.0F});
  other.replace(other.find(size), size.size(), floats("n", {}, {35.0F}));
  expect(other, "multiplied by 35");
  expect(node("Quant", {"x", "s", "z", "b"}, "q", test::string_attribute("rounding_mode", "ROUND"), kQonnx) +
             node("Relu", {"q"}, "r") + node("Trunc", {"r", "s", "z", "b", "a"}, "y", "", kQonnx) +
             floats("s", {}, {0.1F}) + floats("z", {}, {0}) + floats("b", {}, {8}) + floats("a", {}, {4}),
         "no sum over a window");
}

TEST(Forms, QonnxQuant) {
  const Graph graph = parse(qonnx_convolution("ROUND"), kImage);
  const QuantizedNetwork network = read_quantized(graph);
  EXPECT_EQ(network.preset, Preset::kHalfEven);
  EXPECT_EQ(network.layers.at(0).weight_bits, 4);
  EXPECT_EQ(network.tensors.at(1).bits, 6);
  EXPECT_EQ(network.tensors.at(1).storage_offset, 32);
  expect_same_integers(graph, 1);
  EXPECT_EQ(read_quantized(parse(qonnx_convolution("FLOOR"), kImage)).preset, Preset::kFloor);
  expect_refused([&] { read_quantized(parse(qonnx_convolution("CEIL"), kImage)); }, {"(qonnx", "'CEIL'", "ROUND"});
}

}  // namespace
}  // namespace systoliq::sw_ref
