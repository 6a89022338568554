// SPDX-License-Identifier: Apache-2.0
// Quantized forms other than QuantizeLinear and DequantizeLinear around float operators: every one gives the integers
// that the graph has by its own definition.
#include <gtest/gtest.h>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/qdq/float_twin.h"
#include "sw_ref/quantizer/qdq/forms/requant_shift.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq::sw_ref {
namespace {

using test::bytes;
using test::floats;
using test::int8s;
using test::node;

constexpr const char* kMicrosoft = "com.microsoft";
constexpr const char* kQonnx = "qonnx.custom_op.general";

Graph parse(const std::string& nodes, const std::vector<std::string>& input, std::int64_t opset = 13) {
  return parse_onnx(test::model(nodes + test::input("x", input) + bytes(12, bytes(1, "y")), opset, 8), "forms");
}

std::vector<std::int8_t> drawn(std::size_t count, std::uint32_t seed, int extent = 100) {
  std::mt19937 generator(seed);
  std::vector<std::int8_t> values(count);
  for (std::int8_t& value : values) {
    value = static_cast<std::int8_t>(static_cast<int>(generator() % (2 * static_cast<unsigned>(extent) + 1)) - extent);
  }
  return values;
}

std::string int32s(const std::string& name, const std::vector<std::int32_t>& values) {
  std::string raw(values.size() * 4, '\0');
  std::memcpy(raw.data(), values.data(), raw.size());
  return bytes(5, test::tensor(name, test::kInt32, {static_cast<std::int64_t>(values.size())}, raw));
}

/// Scale `name`.s and zero point `name`.z of INT8.
std::string parameters(const std::string& name, float scale, std::int8_t zero) {
  return floats(name + ".s", {}, {scale}) + int8s(name + ".z", {}, {zero});
}

std::string quantized_input() { return node("QuantizeLinear", {"x", "x.s", "x.z"}, "xq") + parameters("x", 0.01F, 3); }
std::string dequantized(const std::string& from, const std::string& scale) {
  return node("DequantizeLinear", {from, scale + ".s", scale + ".z"}, "y");
}

/// The reference's integers are those of the graph itself; at most `steps` apart, in the output's scale.
void expect_same_integers(const Graph& graph, int steps = 0, float extent = 1.0F) {
  const QuantizedNetwork network = read_quantized(graph);
  const auto output = static_cast<std::size_t>(network.outputs.at(0));
  std::set<std::int32_t> seen;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    const FloatTensor image = random_tensor(graph.values.at("x").shape, seed, extent);
    const IntTensor expected = quantize_tensor(run_float(graph, {{"x", image}}).at("y"), network.tensors[output]);
    const IntTensor found = run_integers(network, image).tensors[output];
    ASSERT_EQ(expected.data.size(), found.data.size());
    for (std::size_t i = 0; i < found.data.size(); ++i) {
      EXPECT_LE(std::abs(expected.data[i] - found.data[i]), steps) << "seed " << seed << ", element " << i;
    }
    seen.insert(found.data.begin(), found.data.end());
  }
  EXPECT_GT(seen.size(), 3U) << "the outputs hardly vary";
}

const std::vector<std::string> kImage = {"1", "4", "6", "6"};

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

std::string conv_integer(const std::string& factor) {
  return node("ConvInteger", {"xq", "w", "x.z", "w.z"}, "acc") +
         node("Cast", {"acc"}, "f", test::int_attribute("to", test::kFloat)) + node("Mul", {"f", factor}, "m") +
         node("Add", {"m", "bias"}, "s") + node("Relu", {"s"}, "r") + node("QuantizeLinear", {"r", "o.s", "o.z"}, "q") +
         dequantized("q", "o") + parameters("o", 0.03F, -128) + int8s("w", {3, 4, 1, 1}, drawn(12, 5)) +
         int8s("w.z", {}, {2}) + floats("bias", {3, 1, 1}, {0.3F, -0.2F, 0.1F}) +
         floats("factor", {}, {0.01F * 0.02F}) +
         floats("factors", {1, 3, 1, 1}, {0.01F * 0.02F, 0.01F * 0.015F, 0.01F * 0.03F});
}

TEST(Forms, ConvIntegerWithItsScaling) {
  for (const char* factor : {"factor", "factors"}) {
    expect_same_integers(parse(quantized_input() + conv_integer(factor), kImage), 1);
  }
}

TEST(Forms, DynamicScalesAreRefusedByName) {
  const std::string quantize = bytes(1, bytes(1, "x") + bytes(2, "xq") + bytes(2, "d.s") + bytes(2, "x.z") +
                                            bytes(3, "dql") + bytes(4, "DynamicQuantizeLinear"));
  const Graph graph =
      parse(quantize + node("MatMulInteger", {"xq", "w", "x.z"}, "acc") +
                node("Cast", {"acc"}, "f", test::int_attribute("to", test::kFloat)) +
                node("Mul", {"f", "factor"}, "y") + int8s("w", {8, 3}, drawn(24, 6)) + floats("factor", {}, {0.001F}),
            {"1", "8"});
  expect_refused([&] { read_quantized(graph); }, {"(MatMulInteger)", "DynamicQuantizeLinear", "constant scale"});
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

std::string requant_shift(const std::string& from, const std::string& to, const std::string& mul,
                          const std::string& add, float with_sign) {
  return node("RequantShift", {from, mul, add}, to,
              test::float_attribute("div", 4096.0F) + test::float_attribute("n_levels_out", 256.0F) +
                  test::float_attribute("signed", with_sign));
}

std::vector<float> reals(const std::vector<std::int8_t>& values) { return {values.begin(), values.end()}; }

/// Convolutions with an addend of each kind, a table, a sum and a pool.
TEST(Forms, RequantShift) {
  const std::string nodes =
      node("Conv", {"x", "w"}, "c") + requant_shift("c", "a", "mul", "add", 0.0F) + node("Conv", {"a", "v"}, "d") +
      requant_shift("d", "b", "mul", "none", 1.0F) + requant_shift("a", "t", "two", "none", 1.0F) +
      node("Add", {"b", "t"}, "s") + requant_shift("s", "u", "three", "none", 0.0F) +
      node("MaxPool", {"u"}, "y", test::ints_attribute("kernel_shape", {2, 2})) +
      floats("w", {4, 4, 1, 1}, reals(drawn(16, 8, 5))) + floats("v", {4, 4, 1, 1}, reals(drawn(16, 9, 30))) +
      floats("mul", {4, 1, 1}, {97.0F, 130.0F, 64.0F, 257.0F}) + floats("none", {}, {0.0F}) +
      floats("add", {4, 1, 1}, {970.0F, -12345.0F, 0.0F, 4321.0F}) + floats("two", {}, {2048.0F}) +
      floats("three", {}, {12288.0F});
  const Graph graph = parse(nodes, kImage);
  const QuantizedNetwork network = read_quantized(graph);
  EXPECT_EQ(network.preset, Preset::kTfliteSingle);
  FloatTensor image(Shape{1, 4, 6, 6});
  std::set<float> seen;
  for (std::uint32_t seed = 1; seed < 6; ++seed) {
    std::mt19937 generator(seed);
    for (float& value : image.data) value = static_cast<float>(generator() % 256);
    const QuantizedTensor& out = network.tensors[static_cast<std::size_t>(network.outputs.at(0))];
    const FloatTensor expected = run_float(graph, {{"x", image}}).at("y");
    const IntTensor found = run_integers(network, image).tensors[static_cast<std::size_t>(network.outputs[0])];
    EXPECT_EQ(dequantize_tensor(found, out).data, expected.data);
    seen.insert(expected.data.begin(), expected.data.end());
  }
  EXPECT_GT(seen.size(), 20U);
  EXPECT_NO_THROW(run_float(float_twin(graph), {{"x", image}}));
}

/// The fitted product gives a RequantShift's integers for every accumulator near its range.
TEST(Forms, ProductFormIsExact) {
  std::mt19937 generator(3);
  int fitted = 0;
  for (int draw = 0; draw < 60; ++draw) {
    forms::RequantChannel channel;
    channel.mul = static_cast<std::int64_t>(generator() % 2000) + 1;
    if (draw % 4 == 0) channel.mul = -channel.mul;
    channel.add = static_cast<std::int64_t>(generator() % 4000000) - 2000000;
    channel.div = 65536;
    const std::optional<forms::ProductForm> form = forms::product_form(channel, 12);
    if (!form) continue;
    ++fitted;
    for (std::int64_t x = -60000; x <= 60000; x += 7) {
      const double scaled = static_cast<double>(x * form->times + form->bias) * double{form->factor};
      const double y = std::min(std::max(std::floor(scaled + 0.5), -128.0), 127.0);
      ASSERT_EQ(static_cast<double>(forms::requant_shift(channel, x)), y) << draw << ", " << x;
    }
  }
  EXPECT_GT(fitted, 20);
}

TEST(Forms, RequantShiftOfWhatHasNoIntegersIsRefused) {
  expect_refused(
      [&] {
        read_quantized(parse(node("Sigmoid", {"x"}, "s") + requant_shift("s", "y", "mul", "none", 1.0F) +
                                 floats("mul", {}, {3.0F}) + floats("none", {}, {0.0F}),
                             kImage));
      },
      {"(RequantShift)", "(Sigmoid)"});
}

}  // namespace
}  // namespace systoliq::sw_ref
