// SPDX-License-Identifier: Apache-2.0
// The float executor against plain loops written here, its treatment of quantized graphs, and its own errors.
#include "sw_ref/float/float_executor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <random>
#include <thread>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

using test::floats;
using test::input;
using test::int64s;
using test::ints_attribute;
using test::node;
using test::output;

Graph parse(const std::string& graph, std::int64_t opset = 13) {
  return sw_ref::parse_onnx(test::model(graph, opset), "test.onnx");
}

std::vector<std::string> words(const Shape& shape) {
  std::vector<std::string> result;
  for (const std::int64_t size : shape) result.push_back(std::to_string(size));
  return result;
}

FloatTensor random_tensor(const Shape& shape, std::mt19937& random) {
  FloatTensor tensor(shape);
  std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
  for (float& element : tensor.data) element = uniform(random);
  return tensor;
}

struct Geometry {
  std::int64_t channels, outputs, groups, height, width, kernel_height, kernel_width;
  std::vector<std::int64_t> strides, dilations, pads;
};

/// Convolution by its definition, in double.
FloatTensor convolve(const FloatTensor& x, const FloatTensor& w, const FloatTensor& bias, const Geometry& g,
                     const Shape& shape) {
  FloatTensor y(shape);
  auto next = y.data.begin();
  const std::int64_t group_inputs = g.channels / g.groups, group_outputs = g.outputs / g.groups;
  for (std::int64_t o = 0; o < shape[1]; ++o) {
    for (std::int64_t row = 0; row < shape[2]; ++row) {
      for (std::int64_t column = 0; column < shape[3]; ++column) {
        double sum = bias.data[static_cast<std::size_t>(o)];
        for (std::int64_t i = 0; i < group_inputs; ++i) {
          for (std::int64_t kr = 0; kr < g.kernel_height; ++kr) {
            for (std::int64_t kc = 0; kc < g.kernel_width; ++kc) {
              const std::int64_t r = row * g.strides[0] + kr * g.dilations[0] - g.pads[0];
              const std::int64_t c = column * g.strides[1] + kc * g.dilations[1] - g.pads[1];
              if (r < 0 || r >= g.height || c < 0 || c >= g.width) continue;
              const std::int64_t channel = o / group_outputs * group_inputs + i;
              sum += double{x.data[static_cast<std::size_t>((channel * g.height + r) * g.width + c)]} *
                     w.data[static_cast<std::size_t>(((o * group_inputs + i) * g.kernel_height + kr) * g.kernel_width +
                                                     kc)];
            }
          }
        }
        *next++ = static_cast<float>(sum);
      }
    }
  }
  return y;
}

TEST(FloatExecutor, ConvolutionsOfOddGeometry) {
  const std::uint32_t seed = 3;
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  const Geometry geometries[] = {
      {1, 1, 1, 1, 1, 1, 1, {1, 1}, {1, 1}, {0, 0, 0, 0}},   {3, 7, 1, 15, 9, 3, 5, {2, 1}, {1, 1}, {1, 2, 0, 1}},
      {8, 8, 8, 7, 33, 3, 3, {1, 2}, {2, 1}, {2, 1, 2, 1}},  {6, 15, 3, 9, 7, 2, 3, {1, 1}, {1, 3}, {0, 3, 1, 3}},
      {16, 33, 1, 7, 7, 1, 1, {2, 2}, {1, 1}, {0, 0, 0, 0}}, {4, 8, 4, 10, 10, 5, 5, {3, 3}, {1, 1}, {2, 2, 2, 2}},
  };
  for (const Geometry& g : geometries) {
    const Shape x_shape = {1, g.channels, g.height, g.width};
    const FloatTensor w = random_tensor({g.outputs, g.channels / g.groups, g.kernel_height, g.kernel_width}, random);
    const FloatTensor bias = random_tensor({g.outputs}, random), x = random_tensor(x_shape, random);
    const Graph graph = parse(node("Conv", {"x", "w", "b"}, "y",
                                   ints_attribute("strides", g.strides) + ints_attribute("dilations", g.dilations) +
                                       ints_attribute("pads", g.pads) + test::int_attribute("group", g.groups)) +
                              input("x", words(x_shape)) + output("y", {"n", "c", "h", "w"}) +
                              floats("w", w.shape, w.data) + floats("b", bias.shape, bias.data));
    const FloatTensor expected = convolve(x, w, bias, g, graph.values.at("y").shape);
    const FloatTensor found = sw_ref::run_float(graph, {{"x", x}}).at("y");
    ASSERT_EQ(found.shape, expected.shape);
    for (std::size_t i = 0; i < expected.data.size(); ++i) ASSERT_NEAR(found.data[i], expected.data[i], 1e-4F);
  }
}

/// Batched matrix products, either factor constant or not, and a constant on the left.
TEST(FloatExecutor, MatrixProductsBroadcastTheirBatch) {
  std::mt19937 random(5);
  const FloatTensor a = random_tensor({2, 1, 3, 4}, random), b = random_tensor({5, 4, 2}, random);
  const std::string product = node("MatMul", {"a", "b"}, "y") + output("y", {"2", "5", "3", "2"});
  const std::string a_input = input("a", words(a.shape)), b_input = input("b", words(b.shape));
  const std::string a_constant = floats("a", a.shape, a.data), b_constant = floats("b", b.shape, b.data);
  const FloatTensor both = sw_ref::run_float(parse(product + a_input + b_input), {{"a", a}, {"b", b}}).at("y");
  for (std::size_t i = 0; i < both.data.size(); ++i) {
    const std::size_t column = i % 2, row = i / 2 % 3, second = i / 6 % 5, first = i / 30;
    double sum = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      sum += double{a.data[(first * 3 + row) * 4 + k]} * b.data[(second * 4 + k) * 2 + column];
    }
    ASSERT_NEAR(both.data[i], sum, 1e-5) << i;
  }
  EXPECT_EQ(sw_ref::run_float(parse(product + a_input + b_constant), {{"a", a}}).at("y").shape, both.shape);
  const FloatTensor left = sw_ref::run_float(parse(product + b_input + a_constant), {{"b", b}}).at("y");
  for (std::size_t i = 0; i < both.data.size(); ++i) ASSERT_NEAR(left.data[i], both.data[i], 1e-5F);
}

TEST(FloatExecutor, SoftmaxBeforeOpset13FlattensFromItsAxis) {
  const std::string graph = node("Softmax", {"x"}, "y") + input("x", {"1", "2", "2"}) + output("y", {"1", "2", "2"});
  const FloatTensor x({1, 2, 2}, std::vector<float>{0, 0, 0, 0});
  EXPECT_FLOAT_EQ(sw_ref::run_float(parse(graph, 11), {{"x", x}}).at("y").data[0], 0.25F);
  EXPECT_FLOAT_EQ(sw_ref::run_float(parse(graph, 13), {{"x", x}}).at("y").data[0], 0.5F);
}

TEST(FloatExecutor, PadAndClipInBothForms) {
  const FloatTensor x({1, 2}, std::vector<float>{-3, 7});
  const std::string ends = input("x", {"1", "2"}) + output("y", {"1", "5"});
  const std::string bounds = test::float_attribute("min", -1.0F) + test::float_attribute("max", 6.0F);
  const Graph old_form =
      parse(node("Pad", {"x"}, "p", ints_attribute("pads", {0, 1, 0, 2}) + test::float_attribute("value", 9.0F)) +
                node("Clip", {"p"}, "y", bounds) + ends,
            10);
  const Graph new_form = parse(node("Pad", {"x", "pads", "nine"}, "p") + node("Clip", {"p", "low", "high"}, "y") +
                               ends + int64s("pads", {0, 1, 0, 2}) + floats("nine", {}, {9.0F}) +
                               floats("low", {}, {-1.0F}) + floats("high", {}, {6.0F}));
  for (const Graph* graph : {&old_form, &new_form}) {
    const auto tensors = sw_ref::run_float(*graph, {{"x", x}});
    EXPECT_EQ(tensors.at("p").data, (std::vector<float>{9, -3, 7, 9, 9}));
    EXPECT_EQ(tensors.at("y").data, (std::vector<float>{6, -1, 6, 6, 6}));
  }
}

/// A convolution between quantizations, its weights dequantized per channel and its bias from int32.
TEST(FloatExecutor, QdqGraphsRunWithDequantizedConstants) {
  const std::string bias_raw("\x02\0\0\0\xfe\xff\xff\xff", 8);
  const Graph graph =
      parse(node("QuantizeLinear", {"x", "sx", "zx"}, "q") + node("DequantizeLinear", {"q", "sx", "zx"}, "d") +
            node("DequantizeLinear", {"w", "sw", "zw"}, "wd", test::int_attribute("axis", 0)) +
            node("DequantizeLinear", {"b", "sb"}, "bd", test::int_attribute("axis", 0)) +
            node("Conv", {"d", "wd", "bd"}, "c") + node("QuantizeLinear", {"c", "sx", "zx"}, "y") +
            input("x", {"1", "1", "1", "2"}) + output("y", {"1", "2", "1", "2"}, test::kUint8) +
            floats("sx", {}, {0.5F}) + test::int8s("zx", {}, {100}, test::kUint8) + floats("sw", {2}, {0.25F, 2.0F}) +
            test::int8s("zw", {2}, {0, 0}) + test::int8s("w", {2, 1, 1, 1}, {4, -3}) +
            floats("sb", {2}, {0.125F, 1.0F}) + test::bytes(5, test::tensor("b", test::kInt32, {2}, bias_raw)));
  const auto tensors = sw_ref::run_float(graph, {{"x", FloatTensor({1, 1, 1, 2}, std::vector<float>{0.75F, 900.0F})}});
  EXPECT_EQ(tensors.at("q").data, (std::vector<float>{102, 255}));  // 1.5 rounds to even; 255 saturates
  EXPECT_EQ(tensors.at("c").data, (std::vector<float>{1.25F, 77.75F, -8.0F, -467.0F}));
  EXPECT_EQ(tensors.at("y").data, (std::vector<float>{102, 255, 84, 0}));
  EXPECT_EQ(tensors.count("wd"), 0U) << "what depends on constants alone is no intermediate";
}

/// Taps outside count as the zero point when they count at all: (3 + 5 + 7 + 9) / n, n = 4, or 9 with padding.
TEST(FloatExecutor, QuantizedAverageWithPadding) {
  for (const bool include : {false, true}) {
    const Graph graph =
        parse(node("QLinearAveragePool", {"x", "s", "z", "s", "z"}, "y",
                   ints_attribute("kernel_shape", {3, 3}) + ints_attribute("pads", {1, 1, 1, 1}) +
                       ints_attribute("strides", {2, 2}) + test::int_attribute("count_include_pad", include ? 1 : 0),
                   "com.microsoft") +
              input("x", {"1", "1", "2", "2"}, test::kInt8) + output("y", {"1", "1", "1", "1"}, test::kInt8) +
              floats("s", {}, {0.1F}) + test::int8s("z", {}, {-10}));
    const FloatTensor x({1, 1, 2, 2}, std::vector<float>{-7, -5, -3, -1});
    // 24 / 4 = 6, 24 / 9 = 2.67, before the zero point -10.
    EXPECT_EQ(sw_ref::run_float(graph, {{"x", x}}).at("y").data[0], include ? -7.0F : -4.0F);
  }
}

TEST(FloatExecutor, ConstantOutputsAreReturned) {
  const Graph graph = parse(node("Identity", {"a"}, "y") + node("Relu", {"x"}, "r") + input("x", {"1", "1"}) +
                            output("y", {"2"}) + output("r", {"1", "1"}) + floats("a", {2}, {4, 5}));
  const auto tensors = sw_ref::run_float(graph, {{"x", FloatTensor({1, 1}, -1.0F)}});
  EXPECT_EQ(tensors.at("y").data, (std::vector<float>{4, 5}));
  EXPECT_EQ(tensors.at("r").data, (std::vector<float>{0}));
}

TEST(FloatExecutor, ManyRunsAndThreadsAgree) {
  const Graph graph =
      sw_ref::parse_onnx(sw_ref::network_to_onnx("lenet5", sw_ref::random_parameters("lenet5", 11)), "lenet5");
  const sw_ref::FloatExecutor executor(graph);
  std::mt19937 random(12);
  const FloatTensor x = random_tensor(graph.values.at("input").shape, random);
  const auto first = executor.run({{"input", x}});
  for (const Node& layer : graph.nodes) EXPECT_EQ(first.count(layer.outputs[0]), 1U) << layer.name;
  std::vector<std::vector<float>> logits(2);
  std::vector<std::thread> threads;
  for (std::vector<float>& result : logits) {
    threads.emplace_back([&executor, &result, &x] {
      for (int i = 0; i < 5; ++i) result = executor.run({{"input", x}}).at("logits").data;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& result : logits) {
    for (std::size_t i = 0; i < result.size(); ++i) EXPECT_NEAR(result[i], first.at("logits").data[i], 1e-5F);
  }
}

TEST(FloatExecutorBad, Inputs) {
  const Graph graph =
      parse(node("MaxPool", {"x"}, "y", ints_attribute("kernel_shape", {2, 2})) +
            input("x", {"1", "1", "2", "2"}, test::kUint8) + output("y", {"1", "1", "1", "1"}, test::kUint8));
  const sw_ref::FloatExecutor executor(graph);
  const auto run = [&](const std::map<std::string, FloatTensor>& inputs) { executor.run(inputs); };
  EXPECT_NO_THROW(run({{"x", FloatTensor({1, 1, 2, 2}, 255.0F)}}));
  EXPECT_THROW(run({}), InputError);
  EXPECT_THROW(run({{"x", FloatTensor({1, 4}, 1.0F)}}), InputError);
  EXPECT_THROW(run({{"x", FloatTensor({1, 1, 2, 2}, 256.0F)}}), InputError);
  EXPECT_THROW(run({{"x", FloatTensor({1, 1, 2, 2}, 0.5F)}}), InputError);
  EXPECT_THROW(run({{"x", FloatTensor({1, 1, 2, 2}, std::nanf(""))}}), InputError);
  EXPECT_THROW(run({{"x", FloatTensor({1, 1, 2, 2}, 1.0F)}, {"z", FloatTensor({1}, 1.0F)}}), InputError);
}

TEST(FloatExecutorBad, GraphsMadeByHand) {
  Graph graph = parse(node("Relu", {"x"}, "y") + input("x", {"1", "4"}) + output("y", {"1", "4"}));
  graph.nodes[0].op = "Einsum";
  EXPECT_THROW(sw_ref::FloatExecutor{graph}, InputError);
  graph.nodes[0].op = "Relu";
  graph.nodes[0].inputs[0] = "nothing";
  EXPECT_THROW(sw_ref::FloatExecutor{graph}, InputError);
}

TEST(FloatExecutorBad, NanHasNoInteger) {
  const Graph graph = parse(node("QuantizeLinear", {"x", "s"}, "y") + input("x", {"1", "1"}) +
                            output("y", {"1", "1"}, test::kUint8) + floats("s", {}, {1.0F}));
  EXPECT_THROW(sw_ref::run_float(graph, {{"x", FloatTensor({1, 1}, std::nanf(""))}}), InputError);
}

}  // namespace
}  // namespace systoliq
