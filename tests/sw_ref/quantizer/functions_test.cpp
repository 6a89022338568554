// SPDX-License-Identifier: Apache-2.0
// Functions of one element: every operator alone, patterns and chains as one table, and what a table cannot be.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq::sw_ref {
namespace {

using test::float_attribute;
using test::floats;
using test::node;

constexpr std::int64_t kOpset = 24;
const std::vector<std::string> kImage = {"1", "1", "16", "16"};

std::string pair(const std::string& from, const std::string& to, const std::string& scale, const std::string& zero) {
  return node("QuantizeLinear", {from, scale, zero}, to + "q") + node("DequantizeLinear", {to + "q", scale, zero}, to);
}

Graph parse(const std::string& nodes) {
  return parse_onnx(test::model(nodes + test::input("x", kImage) + test::bytes(12, test::bytes(1, "y")), kOpset, 10),
                    "functions");
}

/// x -> Q -> DQ -> `nodes` from "a" to "f" -> Q -> DQ -> y.
Graph quantized(const std::string& nodes, float in, float out) {
  return parse(pair("x", "a", "si", "zi") + nodes + pair("f", "y", "so", "zo") + floats("si", {}, {in}) +
               test::int8s("zi", {}, {-9}) + floats("so", {}, {out}) + test::int8s("zo", {}, {-3}));
}

/// All 256 stored integers.
FloatTensor ramp(float scale, int zero) {
  FloatTensor image(Shape{1, 1, 16, 16});
  for (int i = 0; i < 256; ++i) image.data[static_cast<std::size_t>(i)] = static_cast<float>(i - 128 - zero) * scale;
  return image;
}

/// The same operators without quantization, from x to f and y.
Graph alone(const std::string& nodes) {
  return parse(node("Identity", {"x"}, "a") + nodes + node("Identity", {"f"}, "y"));
}

/// What the stored integers of an image stand for.
FloatTensor reals(const FloatTensor& image, const QuantizedTensor& as) {
  FloatTensor real = dequantize_tensor(quantize_tensor(image, as), as);
  real.shape = image.shape;
  return real;
}

struct Case {
  std::string name, nodes;
  bool finite = true;
};

std::vector<Case> cases() {
  const auto one = [](const std::string& op, const std::string& attributes = "") {
    return Case{op + attributes, node(op, {"a"}, "f", attributes)};
  };
  const auto scalar = [](const std::string& op, float constant, bool first = false) {
    const std::vector<std::string> operands =
        first ? std::vector<std::string>{"c", "a"} : std::vector<std::string>{"a", "c"};
    return Case{op + " by a constant", node(op, operands, "f") + floats("c", {}, {constant})};
  };
  std::vector<Case> all;
  for (const char* op : {"Abs",       "Ceil",      "Celu",    "Cos",  "Elu",
                         "Erf",       "Exp",       "Floor",   "Gelu", "HardSigmoid",
                         "HardSwish", "LeakyRelu", "Mish",    "Neg",  "Relu",
                         "Round",     "Selu",      "Sigmoid", "Sign", "Sin",
                         "Softplus",  "Softsign",  "Swish",   "Tanh", "ThresholdedRelu"}) {
    all.push_back(one(op));
  }
  for (const char* op : {"Log", "Sqrt", "Reciprocal"}) {
    all.push_back(one(op));
    all.back().finite = false;
  }
  all.push_back(one("LeakyRelu", float_attribute("alpha", 0.3F)));
  all.push_back(one("HardSigmoid", float_attribute("alpha", 0.1666666F) + float_attribute("beta", 0.4F)));
  all.push_back(one("Selu", float_attribute("alpha", 1.1F) + float_attribute("gamma", 0.9F)));
  all.push_back(one("Gelu", test::string_attribute("approximate", "tanh")));
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "PRelu"}) all.push_back(scalar(op, 0.7F));
  all.push_back(scalar("Pow", 2.0F));
  all.push_back(scalar("Sub", 0.7F, true));
  all.push_back(scalar("Div", 0.7F, true));
  all.back().finite = false;
  all.push_back(
      {"Clip of both sides", node("Clip", {"a", "l", "h"}, "f") + floats("l", {}, {-0.4F}) + floats("h", {}, {0.9F})});
  all.push_back({"SiLU as a pattern", node("Sigmoid", {"a"}, "s") + node("Mul", {"a", "s"}, "f")});
  all.push_back({"HardSwish as a pattern", node("Add", {"a", "three"}, "s") + node("Clip", {"s", "zero", "six"}, "t") +
                                               node("Mul", {"t", "a"}, "u") + node("Div", {"u", "six"}, "f") +
                                               floats("three", {}, {3.0F}) + floats("zero", {}, {0.0F}) +
                                               floats("six", {}, {6.0F})});
  all.push_back(
      {"Mish as a pattern", node("Softplus", {"a"}, "s") + node("Tanh", {"s"}, "t") + node("Mul", {"a", "t"}, "f")});
  return all;
}

/// The table is what the float operators between the quantizations compute, and survives being written and read.
TEST(Functions, EveryOperatorIsOneTable) {
  for (const Case& each : cases()) {
    for (const float out : {0.04F, 0.0078125F}) {
      SCOPED_TRACE(each.name);
      const Graph graph = quantized(each.nodes, 0.05F, out);
      const QuantizedNetwork network = read_quantized(graph);
      ASSERT_EQ(network.layers.size(), 1U);
      EXPECT_EQ(network.layers[0].op, LayerOp::kLookup);
      const FloatTensor image = ramp(0.05F, -9);
      const IntTensor found = run_integers(network, image).tensors.at(1);
      const FloatTensor exact = run_float(alone(each.nodes), {{"x", reals(image, network.tensors[0])}}).at("f");
      for (std::size_t i = 0; i < found.data.size(); ++i) {
        if (std::isnan(exact.data[i])) {
          EXPECT_FALSE(each.finite);
          EXPECT_EQ(found.data[i], -128) << i;
          continue;
        }
        if (std::isinf(exact.data[i])) {
          EXPECT_FALSE(each.finite);
          EXPECT_EQ(found.data[i], exact.data[i] < 0.0F ? -128 : 127) << i;
        }
        EXPECT_EQ(found.data[i], to_stored(exact.data[i], network.tensors[1])) << i;
      }
      const QuantizedNetwork again = read_quantized(parse_onnx(to_onnx_qdq(network), "again"));
      expect_same_network(network, again);
    }
  }
}

/// A float network: the pattern, computed as one table, is closer to float than its operators one by one would be.
TEST(Functions, ChainsOfAFloatNetworkBecomeOneTable) {
  const Graph graph = parse(node("Sigmoid", {"x"}, "s") + node("Mul", {"x", "s"}, "t") + node("Tanh", {"t"}, "u") +
                            node("Exp", {"u"}, "y"));
  const std::vector<FloatTensor> images = {random_tensor({1, 1, 16, 16}, 3, 4.0F)};
  const QuantizedNetwork network = quantize(graph, images, {});
  ASSERT_EQ(network.layers.size(), 1U);
  EXPECT_EQ(network.layers[0].function.size(), 4U);
  EXPECT_GT(sqnr_of_output(network, graph, images), 40.0);
}

/// What is read elsewhere is a tensor of its own; the function behind it still starts from the argument.
TEST(Functions, AResultThatIsReadTwiceIsATensor) {
  const Graph graph = parse(node("Sigmoid", {"x"}, "s") + node("Mul", {"x", "s"}, "t") + node("Add", {"t", "s"}, "y"));
  const std::vector<FloatTensor> images = {random_tensor({1, 1, 16, 16}, 3, 4.0F)};
  const QuantizedNetwork network = quantize(graph, images, {});
  EXPECT_GT(sqnr_of_output(network, graph, images), 35.0);
}

TEST(Functions, ALongChainIsCut) {
  std::string nodes;
  std::string last = "x";
  for (int i = 0; i < 200; ++i) {
    const std::string next = i == 199 ? "y" : "t" + std::to_string(i);
    nodes += node(i % 2 == 0 ? "Neg" : "Abs", {last}, next);
    last = next;
  }
  const Graph graph = parse(nodes);
  const std::vector<FloatTensor> images = {random_tensor({1, 1, 16, 16}, 3)};
  const QuantizedNetwork network = quantize(graph, images, {});
  EXPECT_EQ(network.layers.size(), 4U);
  EXPECT_GT(sqnr_of_output(network, graph, images), 35.0);
}

/// Clamps at the end of a function are the layer's, as they are behind a convolution.
TEST(Functions, AClampBehindAFunctionIsTheLayers) {
  const Graph graph = parse(node("Tanh", {"x"}, "t") + node("Relu", {"t"}, "y"));
  const QuantizedNetwork network = quantize(graph, {random_tensor({1, 1, 16, 16}, 3)}, {});
  ASSERT_EQ(network.layers.size(), 1U);
  ASSERT_EQ(network.layers[0].function.size(), 1U);
  EXPECT_EQ(network.layers[0].function[0].op, "Tanh");
  EXPECT_EQ(network.layers[0].clamp_min, network.tensors[1].zero_point);
}

/// A table of which nothing says what it is cannot be written.
TEST(Functions, ATableWithoutItsFunctionIsNotWritten) {
  QuantizedNetwork network = read_quantized(quantized(node("Tanh", {"a"}, "f"), 0.05F, 0.0078125F));
  network.layers[0].function[0].op = "Sigmoid";
  expect_refused([&] { to_onnx_qdq(network); }, {"table", "no operator that ONNX could express"});
}

/// Maximum, minimum, power and quotient of two tensors are the host's, also between layers: as the float executor has
/// them, on what the machine stores.
TEST(Functions, OfTwoTensorsAreTheHosts) {
  for (const char* op : {"Max", "Min", "Pow", "Div"}) {
    const std::string kernel = test::ints_attribute("kernel_shape", {1, 1});
    const Graph graph = parse(node("Exp", {"x"}, "e") + node("MaxPool", {"e"}, "m", kernel) +
                              node(op, {"e", "m"}, "p") + node("MaxPool", {"p"}, "y", kernel));
    const QuantizedNetwork network = quantize(graph, {random_tensor({1, 1, 16, 16}, 3)}, {});
    ASSERT_EQ(network.host_parts.size(), 1U) << op;
    EXPECT_EQ(network.host_parts[0].graph.nodes.at(0).op, op);
    EXPECT_LT(network.host_parts[0].before_layer, network.layers.size()) << "the machine goes on behind it";
  }
}

}  // namespace
}  // namespace systoliq::sw_ref
