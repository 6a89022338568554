// SPDX-License-Identifier: Apache-2.0
// What lowering fuses, what it keeps apart, and what it refuses. Where something is fused, the layer must still compute
// what the float graph computes, so most tests compare dequantized outputs with float.
#include <filesystem>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"

namespace systoliq::sw_ref {
namespace {

using Build = std::function<void(OnnxGraph&)>;

constexpr double kCloseDb = 25.0;

/// Quantizes a small graph of input [1, rest...], checks it against float and its round trip, and returns it.
QuantizedNetwork quantize_small(const Shape& rest, const Build& build) {
  const Graph graph = small_graph(rest, build);
  const std::vector<FloatTensor> images = random_images(graph.values.at("x").shape, 4, 31);
  QuantizedNetwork network = quantize(graph, images, {});
  EXPECT_GT(sqnr_of_output(network, graph, images), kCloseDb);
  expect_round_trip(network);
  return network;
}

void add_convolution(OnnxGraph& g, const std::string& in, const std::string& out, std::int64_t channels,
                     std::int64_t filters, const std::string& name) {
  add_random_floats(g, name + ".w", {filters, channels, 3, 3}, 7);
  g.add_node("Conv", name, {in, name + ".w"}, out);
}

std::vector<LayerOp> ops_of(const QuantizedNetwork& network) {
  std::vector<LayerOp> ops;
  for (const QuantizedLayer& layer : network.layers) ops.push_back(layer.op);
  return ops;
}

TEST(Lowering, BatchNormBiasAndReluFuse) {
  const QuantizedNetwork network = quantize_small({2, 6, 6}, [](OnnxGraph& g) {
    add_convolution(g, "x", "c", 2, 3, "conv");
    add_random_floats(g, "extra", {3, 1, 1}, 8);
    add_random_floats(g, "scale", {3}, 9, 2.0F);
    add_random_floats(g, "shift", {3}, 10);
    add_random_floats(g, "mean", {3}, 11);
    g.add_floats("variance", {3}, {0.5F, 1.0F, 2.0F});
    g.add_node("Add", "add", {"extra", "c"}, "a");
    g.add_node("BatchNormalization", "bn", {"a", "scale", "shift", "mean", "variance"}, "n");
    g.add_node("Relu", "relu", {"n"}, "y");
    g.add_output("y", {3, 4, 4});
  });
  ASSERT_EQ(ops_of(network), (std::vector<LayerOp>{LayerOp::kConvolution}));
  EXPECT_EQ(network.layers[0].name, "conv");
  EXPECT_EQ(network.layers[0].float_output, "y");
  EXPECT_EQ(network.layers[0].clamp_min, -128);  // zero point of a range that starts at 0
}

TEST(Lowering, ClipBecomesClamp) {
  const QuantizedNetwork network = quantize_small({2, 6, 6}, [](OnnxGraph& g) {
    add_convolution(g, "x", "c", 2, 3, "conv");
    g.add_floats("low", {}, {-1.0F});
    g.add_floats("high", {}, {0.5F});
    g.add_node("Clip", "clip", {"c", "low", "high"}, "k");
    add_convolution(g, "k", "y", 3, 2, "conv2");
    g.add_output("y", {2, 2, 2});
  });
  const QuantizedTensor& k = network.tensors.at(1);
  EXPECT_FLOAT_EQ(k.scale, 1.5F / 255.0F);
  EXPECT_EQ(network.layers[0].clamp_min, -128);
  EXPECT_EQ(network.layers[0].clamp_max, 127);
}

TEST(Lowering, FlattenAndGemmBecomeOneConvolution) {
  const QuantizedNetwork network = quantize_small({2, 6, 5}, [](OnnxGraph& g) {
    add_convolution(g, "x", "c", 2, 3, "conv");
    add_random_floats(g, "w", {36, 4}, 3);
    add_random_floats(g, "b", {4}, 4);
    g.add_node("Flatten", "flatten", {"c"}, "f");
    onnx::NodeProto& gemm = g.add_node("Gemm", "fc", {"f", "w", "b"}, "g");
    onnx::AttributeProto& alpha = *gemm.add_attribute();
    alpha.set_name("alpha");
    alpha.set_type(onnx::AttributeProto::FLOAT);
    alpha.set_f(0.5F);
    g.add_node("Relu", "relu", {"g"}, "r");
    add_random_floats(g, "w2", {4, 3}, 5);
    add_random_floats(g, "b2", {1, 3}, 6);
    g.add_node("MatMul", "product", {"r", "w2"}, "p");
    g.add_node("Add", "bias", {"p", "b2"}, "y");
    g.add_output("y", {3});
  });
  ASSERT_EQ(network.layers.size(), 3U);
  EXPECT_EQ(network.layers[1].weights.shape, (Shape{4, 3, 4, 3}));
  EXPECT_TRUE(network.layers[1].fully_connected);
  EXPECT_EQ(network.layers[1].window.kernel_height, 4);
  EXPECT_EQ(network.layers[1].window.kernel_width, 3);
  EXPECT_EQ(network.layers[2].weights.shape, (Shape{3, 4, 1, 1}));
  EXPECT_EQ(network.tensors.back().shape, (Shape{1, 3, 1, 1}));
}

TEST(Lowering, VectorInput) {
  const QuantizedNetwork network = quantize_small({12}, [](OnnxGraph& g) {
    add_random_floats(g, "w", {12, 5}, 3);
    g.add_node("MatMul", "product", {"x", "w"}, "y");
    g.add_output("y", {5});
  });
  EXPECT_EQ(network.tensors[0].shape, (Shape{1, 12, 1, 1}));
}

TEST(Lowering, PadFusesWhereItHasThatMeaning) {
  const auto pad = [](OnnxGraph& g) {
    g.add_int64s("pads", {0, 0, 1, 2, 0, 0, 0, 1});
    g.add_node("Pad", "pad", {"x", "pads"}, "p");
  };
  const QuantizedNetwork fused = quantize_small({2, 6, 6}, [&](OnnxGraph& g) {
    pad(g);
    add_convolution(g, "p", "y", 2, 3, "conv");
    g.add_output("y", {3, 5, 7});
  });
  ASSERT_EQ(ops_of(fused), (std::vector<LayerOp>{LayerOp::kConvolution}));
  EXPECT_EQ(fused.layers[0].window.pad_left, 2);
  EXPECT_EQ(fused.layers[0].window.pad_bottom, 0);
  const QuantizedNetwork average = quantize_small({2, 6, 6}, [&](OnnxGraph& g) {
    pad(g);
    OnnxGraph::set_ints(g.add_node("AveragePool", "average", {"p"}, "y"), "kernel_shape", {3, 3});
    g.add_output("y", {2, 5, 7});
  });
  ASSERT_EQ(ops_of(average), (std::vector<LayerOp>{LayerOp::kAveragePool}));
  EXPECT_TRUE(average.layers[0].count_include_pad);
  const QuantizedNetwork maximum = quantize_small({2, 6, 6}, [&](OnnxGraph& g) {
    pad(g);
    OnnxGraph::set_ints(g.add_node("MaxPool", "max", {"p"}, "y"), "kernel_shape", {3, 3});
    g.add_output("y", {2, 5, 7});
  });
  EXPECT_EQ(ops_of(maximum), (std::vector<LayerOp>{LayerOp::kPad, LayerOp::kMaxPool}));
}

TEST(Lowering, GlobalAverageThenReshape) {
  const QuantizedNetwork network = quantize_small({3, 5, 7}, [](OnnxGraph& g) {
    g.add_node("GlobalAveragePool", "gap", {"x"}, "a");
    g.add_int64s("shape", {-1, 3});
    g.add_node("Reshape", "reshape", {"a", "shape"}, "y");
    g.add_output("y", {3});
  });
  EXPECT_EQ(network.layers.at(0).window.kernel_height, 5);
  EXPECT_EQ(network.layers[0].window.kernel_width, 7);
  EXPECT_EQ(network.tensors.back().name, "y");
}

TEST(Lowering, ConcatInputsShareOneScale) {
  const QuantizedNetwork network = quantize_small({2, 6, 6}, [](OnnxGraph& g) {
    add_convolution(g, "x", "a", 2, 3, "conv1");
    add_random_floats(g, "w2", {2, 2, 3, 3}, 12, 5.0F);
    g.add_node("Conv", "conv2", {"x", "w2"}, "b");
    OnnxGraph::set_int(g.add_node("Concat", "join", {"a", "b"}, "j"), "axis", 1);
    g.add_node("Relu", "relu", {"j"}, "y");
    g.add_output("y", {5, 4, 4});
  });
  EXPECT_EQ(ops_of(network),
            (std::vector<LayerOp>{LayerOp::kConvolution, LayerOp::kConvolution, LayerOp::kConcat, LayerOp::kLookup}));
  EXPECT_EQ(network.tensors[1].scale, network.tensors[3].scale);
  EXPECT_EQ(network.tensors[2].scale, network.tensors[3].scale);
  EXPECT_EQ(network.tensors[1].zero_point, network.tensors[2].zero_point);
}

TEST(Lowering, ResidualSumWithRelu) {
  const QuantizedNetwork network = quantize_small({2, 6, 6}, [](OnnxGraph& g) {
    add_random_floats(g, "w", {2, 2, 3, 3}, 12);
    OnnxGraph::set_ints(g.add_node("Conv", "conv", {"x", "w"}, "c"), "pads", {1, 1, 1, 1});
    g.add_node("Add", "sum", {"c", "x"}, "s");
    g.add_node("Relu", "relu", {"s"}, "y");
    g.add_output("y", {2, 6, 6});
  });
  ASSERT_EQ(ops_of(network), (std::vector<LayerOp>{LayerOp::kConvolution, LayerOp::kAdd}));
  EXPECT_EQ(network.layers[1].inputs, (std::vector<int>{1, 0}));
}

TEST(Lowering, SecondUseKeepsActivationApart) {
  const QuantizedNetwork network = quantize_small({2, 6, 6}, [](OnnxGraph& g) {
    add_convolution(g, "x", "c", 2, 2, "conv");
    g.add_node("Relu", "relu", {"c"}, "r");
    g.add_node("Add", "sum", {"c", "r"}, "y");
    g.add_output("y", {2, 4, 4});
  });
  EXPECT_EQ(ops_of(network), (std::vector<LayerOp>{LayerOp::kConvolution, LayerOp::kLookup, LayerOp::kAdd}));
}

TEST(Lowering, LookupTables) {
  const QuantizedNetwork network = quantize_small({2, 6, 6}, [](OnnxGraph& g) {
    g.add_node("Sigmoid", "sigmoid", {"x"}, "s");
    g.add_output("s", {2, 6, 6});
  });
  const QuantizedTensor& x = network.tensors[0];
  const QuantizedTensor& s = network.tensors[1];
  ASSERT_EQ(network.layers[0].lookup.size(), 256U);
  for (int i = 0; i < 256; ++i) {
    const double real = double{x.scale} * (i - 128 - x.zero_point);
    const double exact = 1.0 / (1.0 + std::exp(-real)) / double{s.scale} + s.zero_point;
    EXPECT_LE(std::abs(network.layers[0].lookup[static_cast<std::size_t>(i)] - std::clamp(exact, -128.0, 127.0)),
              0.5001);
  }
}

TEST(Lowering, MnistNetworkOfTheModelZoo) {
  const char* data = std::getenv("SYSTOLIQ_DATA");
  const std::string path =
      (data != nullptr ? std::string(data) : std::string(SYSTOLIQ_SOURCE_DIR) + "/../shared/data") +
      "/onnx/mnist-8/model.onnx";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent; set SYSTOLIQ_DATA";
  const Graph graph = read_onnx(path);
  std::vector<FloatTensor> images = random_images({1, 1, 28, 28}, 4, 3);
  for (FloatTensor& image : images) {
    for (float& value : image.data) value = (value + 1.0F) * 127.5F;
  }
  const QuantizedNetwork network = quantize(graph, images, {});
  EXPECT_EQ(ops_of(network), (std::vector<LayerOp>{LayerOp::kConvolution, LayerOp::kMaxPool, LayerOp::kConvolution,
                                                   LayerOp::kMaxPool, LayerOp::kConvolution}));
  EXPECT_EQ(network.layers[4].weights.shape, (Shape{10, 16, 4, 4}));
  EXPECT_GT(sqnr_of_output(network, graph, images), kCloseDb);
  expect_round_trip(network);
}

void expect_graph_refused(const Shape& rest, const Build& build, const std::vector<std::string>& fragments) {
  expect_refused(
      [&] {
        const Graph graph = small_graph(rest, build);
        quantize(graph, random_images(graph.values.at("x").shape, 1, 1), {});
      },
      fragments);
}

TEST(LoweringBad, PaddingWithOtherValues) {
  expect_graph_refused({2, 4, 4},
                       [](OnnxGraph& g) {
                         g.add_int64s("pads", {0, 0, 1, 1, 0, 0, 1, 1});
                         g.add_floats("one", {}, {1.0F});
                         g.add_node("Pad", "pad", {"x", "pads", "one"}, "p");
                         add_convolution(g, "p", "y", 2, 2, "conv");
                         g.add_output("y", {2, 4, 4});
                       },
                       {"'pad'", "accepted: 0"});
}

TEST(LoweringBad, NothingToDo) {
  expect_graph_refused({2, 4, 4},
                       [](OnnxGraph& g) {
                         g.add_node("Flatten", "flatten", {"x"}, "y");
                         g.add_output("y", {32});
                       },
                       {"no layer"});
}

}  // namespace
}  // namespace systoliq::sw_ref
