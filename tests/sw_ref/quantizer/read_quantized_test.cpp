// SPDX-License-Identifier: Apache-2.0
// read_quantized() on graphs as other tools write them, and what it refuses. That the integers are right is checked
// against the graph's own meaning: QuantizeLinear, float operator, DequantizeLinear, executed in float.
#include "sw_ref/quantizer/qdq/read_quantized.h"

#include <gtest/gtest-spi.h>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/network_values.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/options.h"
#include "sw_ref/quantizer/qdq/write_quantized.h"

namespace systoliq::sw_ref {
namespace {

using Build = std::function<void(OnnxGraph&)>;

struct Parameters {
  float scale;
  std::int32_t zero;
  bool is_unsigned = false;
};

/// Adds "NAME.s" and "NAME.z" and returns operands {data, scale, zero point}.
std::vector<std::string> operands(OnnxGraph& g, const std::string& data, const std::string& name, Parameters p) {
  g.add_floats(name + ".s", {}, {p.scale});
  g.add_bytes(name + ".z", {}, {p.zero}, p.is_unsigned);
  return {data, name + ".s", name + ".z"};
}

/// from -> Q -> "to.q" -> DQ -> to.
void requantize(OnnxGraph& g, const std::string& from, const std::string& to, Parameters p) {
  const std::vector<std::string> in = operands(g, from, to, p);
  g.add_node("QuantizeLinear", to + ".quantize", in, to + ".q");
  g.add_node("DequantizeLinear", to + ".dequantize", {to + ".q", in[1], in[2]}, to);
}

std::vector<std::int32_t> random_bytes(std::int64_t count, std::uint32_t seed, std::int32_t low, std::int32_t high) {
  std::mt19937 generator(seed);
  std::vector<std::int32_t> values(static_cast<std::size_t>(count));
  for (std::int32_t& value : values) {
    value = low + static_cast<std::int32_t>(generator() % static_cast<std::uint32_t>(high - low + 1));
  }
  return values;
}

void add_weights(OnnxGraph& g, const std::string& name, const Shape& shape, Parameters p) {
  const std::vector<std::int32_t> values =
      random_bytes(element_count(shape), 5, p.is_unsigned ? 0 : -128, p.is_unsigned ? 255 : 127);
  g.add_bytes(name + ".q", shape, values, p.is_unsigned);
  g.add_node("DequantizeLinear", name + ".dequantize", operands(g, name + ".q", name, p), name);
}

void add_bias(OnnxGraph& g, const std::string& name, const std::vector<std::int64_t>& values, float scale) {
  g.add_int32s(name + ".q", values);
  g.add_floats(name + ".s", {}, {scale});
  g.add_node("DequantizeLinear", name + ".dequantize", {name + ".q", name + ".s"}, name);
}

constexpr Parameters kX{0.02F, 3}, kW{0.01F, 0}, kY{0.25F, -7};

void add_convolution(OnnxGraph& g, const std::string& in, const std::string& out) {
  add_weights(g, "w", {3, 2, 3, 3}, kW);
  add_bias(g, "b", {100, -2000, 30000}, kX.scale * kW.scale);
  g.add_node("Conv", "conv", {in, "w", "b"}, out);
}

/// The graph executed by its definition, operator by operator, must differ by one at most, and rarely: float sums and
/// ties may round otherwise than integers.
void expect_same_meaning(const Graph& graph, const QuantizedNetwork& network) {
  const QuantizedTensor& out = network.tensors[static_cast<std::size_t>(network.outputs.at(0))];
  std::int64_t different = 0;
  std::int64_t count = 0;
  for (const FloatTensor& image : random_images(graph.values.at(graph.inputs[0]).shape, 4, 77)) {
    const FloatTensor exact = run_float(graph, {{graph.inputs[0], image}}).at(graph.outputs[0]);
    const IntTensor expected = quantize_tensor(exact, out);
    const IntTensor found = run_integers(network, image).tensors[static_cast<std::size_t>(network.outputs[0])];
    ASSERT_EQ(expected.data.size(), found.data.size());
    for (std::size_t i = 0; i < found.data.size(); ++i) {
      ASSERT_LE(std::abs(expected.data[i] - found.data[i]), 1) << "element " << i;
      different += expected.data[i] != found.data[i] ? 1 : 0;
      ++count;
    }
  }
  EXPECT_LE(different * 100, count) << "of " << count;
}

QuantizedNetwork read_small(const Shape& rest, const Build& build) {
  const Graph graph = small_graph(rest, build);
  QuantizedNetwork network = read_quantized(graph);
  expect_same_meaning(graph, network);
  expect_round_trip(network);
  return network;
}

/// An input that the host alone reads has no integers, and stands before tensors that have.
TEST(ReadQuantized, InputOfTheHostAlone) {
  const QuantizedNetwork network = read_quantized(small_graph({2, 8, 8}, [](OnnxGraph& g) {
    g.add_input("z", {4});
    requantize(g, "x", "xd", kX);
    add_convolution(g, "xd", "c");
    requantize(g, "c", "y", kY);
    g.add_node("Softmax", "softmax", {"z"}, "share");
    g.add_output("y", {3, 6, 6});
    g.add_output("share", {4});
  }));
  ASSERT_EQ(network.layers.size(), 1U);
  EXPECT_EQ(network.inputs.size(), 2U);
  EXPECT_EQ(network.layers[0].clamp_min, -128);
  EXPECT_EQ(network.layers[0].clamp_max, 127);
}

/// No scale says which integers the second convolution's result would be.
TEST(ReadQuantized, LastConvolutionInFloatIsTheHosts) {
  const Graph graph = small_graph({2, 8, 8}, [](OnnxGraph& g) {
    requantize(g, "x", "xd", kX);
    add_convolution(g, "xd", "c");
    requantize(g, "c", "m", kY);
    add_weights(g, "last.w", {4, 3, 3, 3}, kW);
    g.add_node("Conv", "last", {"m", "last.w"}, "l");
    g.add_node("Relu", "relu", {"l"}, "y");
    g.add_output("y", {4, 4, 4});
  });
  const QuantizedNetwork network = read_quantized(graph);
  ASSERT_EQ(network.layers.size(), 1U);
  ASSERT_EQ(network.host_parts.size(), 1U);
  EXPECT_EQ(network.host_parts[0].graph.nodes.size(), 2U);
  EXPECT_EQ(network.outputs, std::vector<int>{kHostValue});
  const FloatTensor image = random_tensor({1, 2, 8, 8}, 3);
  const FloatTensor exact = run_float(graph, {{"x", image}}).at("y");
  const FloatTensor found =
      real_output(network, reference_values(network, HostParts(network), image, AccumulationOrder{}), 0);
  ASSERT_EQ(found.shape, exact.shape);
  const float largest = *std::max_element(exact.data.begin(), exact.data.end());
  for (std::size_t i = 0; i < found.data.size(); ++i) EXPECT_NEAR(found.data[i], exact.data[i], largest / 64) << i;
}

TEST(ReadQuantized, ConvolutionReluAndPool) {
  const QuantizedNetwork network = read_small({2, 8, 8}, [](OnnxGraph& g) {
    requantize(g, "x", "xd", kX);
    add_convolution(g, "xd", "c");
    g.add_node("Relu", "relu", {"c"}, "r");
    OnnxGraph::set_ints(g.add_node("MaxPool", "pool", {"r"}, "m"), "kernel_shape", {2, 2});
    requantize(g, "m", "y", kY);
    g.add_output("y", {3, 5, 5});
  });
  ASSERT_EQ(network.layers.size(), 2U);
  EXPECT_EQ(network.preset, Preset::kOrtX86);
  EXPECT_EQ(network.layers[0].clamp_min, kY.zero);
  EXPECT_EQ(network.layers[0].bias, (std::vector<std::int64_t>{100, -2000, 30000}));
  EXPECT_EQ(network.tensors[1].scale, kY.scale);
  EXPECT_EQ(network.tensors[2].name, "y");
}

TEST(ReadQuantized, MatrixProductWithUnsignedNumbers) {
  const QuantizedNetwork network = read_small({2, 3, 3}, [](OnnxGraph& g) {
    requantize(g, "x", "xd", {0.01F, 120, true});
    g.add_node("Flatten", "flatten", {"xd"}, "f");
    add_weights(g, "w", {18, 5}, {0.02F, 130, true});
    add_bias(g, "b", {1, 2, 3, 4, -5}, 0.01F * 0.02F);
    g.add_node("MatMul", "product", {"f", "w"}, "p");
    g.add_int64s("row", {1, 5});
    g.add_node("Reshape", "as_row", {"b", "row"}, "br");
    g.add_node("Add", "bias", {"p", "br"}, "a");
    requantize(g, "a", "y", {0.1F, 100, true});
    g.add_output("y", {5});
  });
  ASSERT_EQ(network.layers.size(), 1U);
  EXPECT_TRUE(network.layers[0].fully_connected);
  EXPECT_EQ(network.layers[0].weight_zero_point, 2);
  EXPECT_EQ(network.tensors[0].zero_point, -8);
  EXPECT_EQ(network.tensors[0].storage_offset, 128);
}

TEST(ReadQuantized, WeightsPerAxisBehindTranspose) {
  const QuantizedNetwork network = read_small({6}, [](OnnxGraph& g) {
    requantize(g, "x", "xd", kX);
    g.add_bytes("w.q", {3, 6}, random_bytes(18, 9, -127, 127), false);
    g.add_floats("w.s", {3}, {0.01F, 0.02F, 0.03F});
    g.add_bytes("w.z", {3}, {0, 0, 0}, false);
    OnnxGraph::set_int(g.add_node("DequantizeLinear", "w.dequantize", {"w.q", "w.s", "w.z"}, "w"), "axis", 0);
    g.add_node("Transpose", "turn", {"w"}, "wt");
    g.add_node("MatMul", "product", {"xd", "wt"}, "p");
    requantize(g, "p", "y", {0.05F, 0});
    g.add_output("y", {3});
  });
  EXPECT_EQ(network.layers.at(0).weight_scales, (std::vector<float>{0.01F, 0.02F, 0.03F}));
  EXPECT_EQ(network.layers[0].weights.data, random_bytes(18, 9, -127, 127));
}

TEST(ReadQuantized, ConcatOfTwoScales) {
  const QuantizedNetwork network = read_small({2, 4, 4}, [](OnnxGraph& g) {
    requantize(g, "x", "xd", kX);
    g.add_node("Sigmoid", "sigmoid", {"xd"}, "s");
    requantize(g, "s", "sd", {1.0F / 256.0F, -128});
    OnnxGraph::set_int(g.add_node("Concat", "join", {"xd", "sd"}, "j"), "axis", 1);
    requantize(g, "j", "y", kX);
    g.add_output("y", {4, 4, 4});
  });
  ASSERT_EQ(network.layers.size(), 3U);
  EXPECT_EQ(network.layers[0].op, LayerOp::kLookup);
  EXPECT_EQ(network.layers[1].op, LayerOp::kLookup);  // from the sigmoid's scale to that of the result
  EXPECT_EQ(network.layers[2].op, LayerOp::kConcat);
}

TEST(ReadQuantized, RescaleAloneIsALookup) {
  const QuantizedNetwork network = read_small({2, 4, 4}, [](OnnxGraph& g) {
    requantize(g, "x", "xd", kX);
    requantize(g, "xd", "y", {0.03F, -5});
    g.add_output("y", {2, 4, 4});
  });
  ASSERT_EQ(network.layers.size(), 1U);
  EXPECT_EQ(network.layers[0].op, LayerOp::kLookup);
}

TEST(ReadQuantized, ActivationsAfterQuantizedConvolution) {
  const QuantizedNetwork network = read_small({2, 8, 8}, [](OnnxGraph& g) {
    requantize(g, "x", "xd", kX);
    add_convolution(g, "xd", "c");
    requantize(g, "c", "cd", kY);
    g.add_node("Relu", "relu", {"cd"}, "r");
    requantize(g, "r", "y", {0.12F, -128});
    g.add_output("y", {3, 6, 6});
  });
  ASSERT_EQ(network.layers.size(), 2U);
  EXPECT_EQ(network.layers[1].op, LayerOp::kLookup);
}

TEST(ReadQuantized, IntegersAtBothEnds) {
  OnnxGraph g("small", 13);
  g.add_input("x", {2, 8, 8});
  const std::vector<std::string> in = operands(g, "x", "in", kX);
  g.add_node("DequantizeLinear", "first", in, "xd");
  add_convolution(g, "xd", "c");
  g.add_node("QuantizeLinear", "last", operands(g, "c", "out", kY), "y");
  g.add_output("y", {3, 6, 6});
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(g.serialize()));
  for (onnx::ValueInfoProto* value :
       {model.mutable_graph()->mutable_input(0), model.mutable_graph()->mutable_output(0)}) {
    value->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::INT8);
  }
  const QuantizedNetwork network = read_quantized(parse_onnx(model.SerializeAsString(), "integers"));
  ASSERT_EQ(network.layers.size(), 1U);
  EXPECT_EQ(network.tensors[0].name, "x");
  EXPECT_EQ(network.tensors[1].name, "y");
  EXPECT_EQ(network.tensors[1].zero_point, kY.zero);
}

TEST(ReadQuantized, FakeQuantizedFloatWeights) {
  const QuantizedNetwork network = read_small({2, 6, 6}, [](OnnxGraph& g) {
    requantize(g, "x", "xd", kX);
    add_random_floats(g, "real", {3, 2, 3, 3}, 6);
    requantize(g, "real", "w", {1.0F / 127.0F, 0});
    g.add_node("Conv", "conv", {"xd", "w"}, "c");
    requantize(g, "c", "y", {0.05F, 10});
    g.add_output("y", {3, 4, 4});
  });
  ASSERT_EQ(network.layers.size(), 1U);
  const std::vector<float> real = random_tensor({3, 2, 3, 3}, 6).data;
  EXPECT_EQ(network.layers[0].weights.data[5], std::lrint(real[5] / (1.0F / 127.0F)));
  EXPECT_EQ(network.layers[0].bias, (std::vector<std::int64_t>{0, 0, 0}));
}

/// QLinear operators and integer operators between them; the tensors in between have no float form at all.
TEST(ReadQuantized, ChainOfIntegerOperators) {
  const Graph graph = small_graph({2, 8, 8}, [](OnnxGraph& g) {
    g.add_node("QuantizeLinear", "first", operands(g, "x", "in", {0.02F, 130, true}), "xq");
    g.add_bytes("w", {3, 2, 3, 3}, random_bytes(54, 3, 0, 255), true);
    g.add_floats("w.s", {}, {0.01F});
    g.add_bytes("w.z", {}, {125}, true);
    operands(g, "c", "c", {0.25F, 121, true});
    g.add_int32s("b", {7, -8, 9});
    g.add_node("QLinearConv", "conv", {"xq", "in.s", "in.z", "w", "w.s", "w.z", "c.s", "c.z", "b"}, "c");
    OnnxGraph::set_ints(g.add_node("MaxPool", "pool", {"c"}, "m"), "kernel_shape", {6, 6});
    g.add_node("Flatten", "flatten", {"m"}, "f");
    g.add_bytes("v", {3, 4}, random_bytes(12, 3, -128, 127), false);
    g.add_floats("v.s", {}, {0.02F});
    g.add_bytes("v.z", {}, {-3}, false);
    operands(g, "p", "p", {0.1F, 128, true});
    g.add_node("QLinearMatMul", "product", {"f", "c.s", "c.z", "v", "v.s", "v.z", "p.s", "p.z"}, "p");
    g.add_node("DequantizeLinear", "last", {"p", "p.s", "p.z"}, "y");
    g.add_output("y", {4});
  });
  const QuantizedNetwork network = read_quantized(graph);
  ASSERT_EQ(network.layers.size(), 3U);
  EXPECT_EQ(network.layers[0].weight_zero_point, -3);
  EXPECT_EQ(network.layers[0].bias, (std::vector<std::int64_t>{7, -8, 9}));
  EXPECT_EQ(network.layers[2].weight_zero_point, -3);
  EXPECT_TRUE(network.layers[2].fully_connected);
  EXPECT_EQ(network.tensors.back().name, "y");
  expect_same_meaning(graph, network);
  expect_round_trip(network);
}

TEST(ReadQuantized, OwnFilesMeanWhatTheyCompute) {
  const Graph graph = random_network("lenet5", 4);
  const std::vector<FloatTensor> images = digit_images(2, 4);
  for (const int bits : {8, 5}) {
    QuantizeOptions options;
    options.preset = Preset::kOrtMlas;
    options.activation_bits = bits;
    const QuantizedNetwork network = quantize(graph, images, options);
    const Graph written = parse_onnx(to_onnx_qdq(network), "written");
    for (const FloatTensor& image : images) {
      const FloatTensor exact = run_float(written, {{written.inputs[0], image}}).at("logits");
      const IntTensor expected = quantize_tensor(exact, network.tensors.back());
      EXPECT_EQ(expected.data, run_integers(network, image).tensors.back().data) << bits << " bits";
    }
  }
}

TEST(ReadQuantized, ComparisonCanFail) {
  const QuantizedNetwork network = quantize(random_network("lenet5", 4), digit_images(1, 4), {});
  QuantizedNetwork changed = network;
  ++changed.layers[2].bias[0];
  testing::TestPartResultArray failures;
  {
    const testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures);
    expect_same_network(changed, network);
  }
  EXPECT_EQ(failures.size(), 1);
}

void expect_read_refused(const Shape& rest, const Build& build, const std::vector<std::string>& fragments) {
  const Graph graph = small_graph(rest, build);
  expect_refused([&] { read_quantized(graph); }, fragments);
}

/// Q, Conv with given weights and bias nodes, Q.
void expect_convolution_refused(const Build& parameters, const std::vector<std::string>& fragments) {
  expect_read_refused(
      {2, 8, 8},
      [&](OnnxGraph& g) {
        requantize(g, "x", "xd", kX);
        parameters(g);
        g.add_node("Conv", "conv", {"xd", "w", "b"}, "c");
        requantize(g, "c", "y", kY);
        g.add_output("y", {3, 6, 6});
      },
      fragments);
}

/// Q, Conv with a bias of `integers` at `scale` (float where that is 0), Q with the output scale `out`.
Graph convolution_with_bias(const std::vector<std::int64_t>& integers, float scale, float out) {
  return small_graph({2, 8, 8}, [&](OnnxGraph& g) {
    requantize(g, "x", "xd", kX);
    add_weights(g, "w", {3, 2, 3, 3}, kW);
    if (scale == 0.0F) {
      g.add_floats("b", {3}, {integers.begin(), integers.end()});
    } else {
      add_bias(g, "b", integers, scale);
    }
    g.add_node("Conv", "conv", {"xd", "w", "b"}, "c");
    requantize(g, "c", "y", {out, kY.zero});
    g.add_output("y", {3, 6, 6});
  });
}

/// Biases of another scale or in float are rounded, ties away from zero, and that is told.
TEST(ReadQuantized, BiasIsRoundedToTheProduct) {
  const float product = kX.scale * kW.scale;
  const QuantizedNetwork off = read_quantized(convolution_with_bias({1000, -20000, 30000}, product * 1.001F, kY.scale));
  EXPECT_EQ(off.layers.at(0).bias, (std::vector<std::int64_t>{1001, -20020, 30030}));
  const QuantizedNetwork half = read_quantized(convolution_with_bias({3, -3, 5}, product * 0.5F, kY.scale));
  EXPECT_EQ(half.layers.at(0).bias, (std::vector<std::int64_t>{2, -2, 3}));
  ASSERT_EQ(half.notes.size(), 1U);
  EXPECT_NE(half.notes[0].find("'b' rounded"), std::string::npos) << half.notes[0];
  const QuantizedNetwork real = read_quantized(convolution_with_bias({1, 2, -3}, 0.0F, kY.scale));
  EXPECT_EQ(real.layers.at(0).bias, (std::vector<std::int64_t>{5000, 10000, -15000}));
  const float next = std::nextafter(product, 1.0F);
  const QuantizedNetwork near = read_quantized(convolution_with_bias({1 << 30, 2, 3}, next, kY.scale));
  EXPECT_EQ(near.layers.at(0).bias, (std::vector<std::int64_t>{1 << 30, 2, 3}));
  EXPECT_TRUE(near.notes.empty());
}

/// A change of more than half a step of the output has to be asked for.
TEST(ReadQuantizedBad, BiasChangesTheOutput) {
  const float product = kX.scale * kW.scale;
  const Graph graph = convolution_with_bias({0, 3, 0}, product * 0.5F, product * 0.9F);
  expect_refused([&] { read_quantized(graph); },
                 {"'conv'", "'b'", "input scale * weight scale", "channel 1", "--bias requantize"});
  ImportOptions options;
  options.requantize_biases = true;
  EXPECT_EQ(read_quantized(graph, options).layers.at(0).bias, (std::vector<std::int64_t>{0, 2, 0}));
  EXPECT_NO_THROW(read_quantized(convolution_with_bias({0, 3, 0}, product * 0.5F, product * 1.1F)));
}

TEST(ReadQuantizedBad, FloatParameters) {
  expect_convolution_refused(
      [](OnnxGraph& g) {
        add_random_floats(g, "w", {3, 2, 3, 3}, 1);
        add_bias(g, "b", {1, 2, 3}, kX.scale * kW.scale);
      },
      {"'conv'", "weights 'w' are not 8-bit"});
}

Build weights_with_zero_points(const std::vector<std::int32_t>& zeros, int extent) {
  return [=](OnnxGraph& g) {
    g.add_bytes("w.q", {3, 2, 3, 3}, random_bytes(54, 2, -extent, extent), false);
    g.add_floats("w.s", {3}, {0.01F, 0.01F, 0.01F});
    g.add_bytes("w.z", {3}, zeros, false);
    OnnxGraph::set_int(g.add_node("DequantizeLinear", "dw", {"w.q", "w.s", "w.z"}, "w"), "axis", 0);
    add_bias(g, "b", {1, 2, 3}, kX.scale * 0.01F);
  };
}

/// What counts is w - Zw, which moves to one zero point where 8 bits hold it.
TEST(ReadQuantized, WeightZeroPointPerChannel) {
  const std::vector<std::int32_t> zeros = {0, 20, -30};
  const Graph graph = small_graph({2, 8, 8}, [&](OnnxGraph& g) {
    requantize(g, "x", "xd", kX);
    weights_with_zero_points(zeros, 100)(g);
    g.add_node("Conv", "conv", {"xd", "w", "b"}, "c");
    requantize(g, "c", "y", kY);
    g.add_output("y", {3, 6, 6});
  });
  const QuantizedNetwork network = read_quantized(graph);
  const QuantizedLayer& layer = network.layers.at(0);
  const std::vector<std::int32_t> stored = random_bytes(54, 2, -100, 100);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    EXPECT_EQ(layer.weights.data[i] - layer.weight_zero_point, stored[i] - zeros[i / 18]) << i;
    EXPECT_LE(std::abs(layer.weights.data[i]), 128);
  }
}

TEST(ReadQuantizedBad, WeightZeroPointsTooFarApart) {
  expect_convolution_refused(weights_with_zero_points({0, 100, -100}, 127), {"'dw'", "vary by channel"});
}

TEST(ReadQuantizedBad, FloatBetweenOperators) {
  expect_read_refused({2, 8, 8},
                      [](OnnxGraph& g) {
                        requantize(g, "x", "xd", kX);
                        add_convolution(g, "xd", "c");
                        g.add_node("Sigmoid", "sigmoid", {"c"}, "s");
                        requantize(g, "s", "y", kY);
                        g.add_output("y", {3, 6, 6});
                      },
                      {"'conv'", "'c' has no scale"});
  expect_read_refused({2, 8, 8},
                      [](OnnxGraph& g) {
                        requantize(g, "x", "xd", kX);
                        g.add_node("Add", "sum", {"xd", "x"}, "s");
                        requantize(g, "s", "y", kY);
                        g.add_output("y", {2, 8, 8});
                      },
                      {"'sum'", "reads 'x' in float"});
}

TEST(ReadQuantizedBad, WidthWithoutClip) {
  expect_read_refused({2, 8, 8},
                      [](OnnxGraph& g) {
                        requantize(g, "x", "xd", kX);
                        add_convolution(g, "xd", "c");
                        requantize(g, "c", "y", kY);
                        g.add_output("y", {3, 6, 6});
                        g.add_metadata("systoliq.tensor_bits.y", "4");
                      },
                      {"'conv'", "'y' has 4 bits", "no Clip"});
}

TEST(ReadQuantizedBad, FloatNetworkAndUnknownPreset) {
  expect_refused([] { read_quantized(random_network("lenet5", 1)); }, {"no quantization operator"});
  expect_read_refused({2, 4, 4},
                      [](OnnxGraph& g) {
                        requantize(g, "x", "xd", kX);
                        g.add_node("Relu", "relu", {"xd"}, "r");
                        requantize(g, "r", "y", kX);
                        g.add_output("y", {2, 4, 4});
                        g.add_metadata("systoliq.preset", "half_odd");
                      },
                      {"half_odd", "half_even"});
}

}  // namespace
}  // namespace systoliq::sw_ref
