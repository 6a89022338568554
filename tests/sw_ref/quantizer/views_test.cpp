// SPDX-License-Identifier: Apache-2.0
// Values that are tensors in another order: what moves, what does not, and that files keep inputs and outputs.
#include "view_helpers.h"

namespace systoliq::sw_ref {
namespace {

using namespace test_views;  // NOLINT(google-build-using-namespace)

TEST(Views, ChannelsLastBordersCostNothing) {
  const QuantizedNetwork network = quantize_small({6, 5, 3}, [](OnnxGraph& g) {
    transpose(g, "x", "t", {0, 3, 1, 2});
    add_convolution(g, "t", "c", 3, 4, "conv");
    transpose(g, "c", "u", {0, 2, 3, 1});
    g.add_node("Relu", "relu", {"u"}, "y");
    g.add_output("y", {6, 5, 4});
  });
  EXPECT_EQ(ops_of(network), Ops{kConv});
  EXPECT_EQ(network.tensors[0].shape, (Shape{1, 3, 6, 5}));
  EXPECT_EQ(network.tensors[1].name, "y");
  EXPECT_EQ(network.tensors[1].layout.shape, (Shape{1, 6, 5, 4}));
  const QuantizedNetwork again = read_quantized(parse_onnx(to_onnx_qdq(network), "file"));
  EXPECT_EQ(again.tensors[1].name, "y");
  EXPECT_EQ(again.tensors[1].layout, network.tensors[1].layout);
}

TEST(Views, WeightsOfAProductLieAsItsFeatures) {
  const QuantizedNetwork network = quantize_small({2, 4, 5}, [](OnnxGraph& g) {
    add_convolution(g, "x", "c", 2, 3, "conv");
    transpose(g, "c", "t", {0, 2, 3, 1});
    reshape(g, "t", "f", {0, -1});
    add_random_floats(g, "w", {60, 7}, 3);
    add_random_floats(g, "b", {7}, 4);
    g.add_node("Gemm", "fc", {"f", "w", "b"}, "y");
    g.add_output("y", {7});
  });
  EXPECT_EQ(ops_of(network), (Ops{kConv, kConv}));
  EXPECT_EQ(network.layers[1].weights.shape, (Shape{7, 3, 4, 5}));
}

TEST(Views, InputsTakeTheFormOfTheirFirstConvolution) {
  const QuantizedNetwork network = quantize_small({20}, [](OnnxGraph& g) {
    reshape(g, "x", "r", {0, 1, 5, 4});
    add_convolution(g, "r", "y", 1, 3, "conv");
    g.add_output("y", {3, 5, 4});
  });
  EXPECT_EQ(network.tensors[0].shape, (Shape{1, 1, 5, 4}));
  EXPECT_EQ(network.tensors[0].layout.shape, (Shape{1, 20}));
}

TEST(Views, ReshapesThatMoveChannels) {
  const QuantizedNetwork pooled = quantize_small({2, 4, 4}, [](OnnxGraph& g) {
    reshape(g, "x", "r", {0, 4, 2, 4});
    OnnxGraph::set_ints(g.add_node("MaxPool", "pool", {"r"}, "y"), "kernel_shape", {2, 2});
    g.add_output("y", {4, 1, 3});
  });
  EXPECT_EQ(ops_of(pooled), Ops{LayerOp::kMaxPool});
  const QuantizedNetwork moved = quantize_small({2, 4, 4}, [](OnnxGraph& g) {
    g.add_node("Relu", "relu", {"x"}, "p");
    add_convolution(g, "p", "c", 2, 2, "conv");
    reshape(g, "c", "r", {0, 4, 2, 4});
    OnnxGraph::set_ints(g.add_node("MaxPool", "pool", {"r"}, "y"), "kernel_shape", {2, 2});
    g.add_output("y", {4, 1, 3});
  });
  EXPECT_EQ(ops_of(moved), (Ops{LayerOp::kLookup, kConv, LayerOp::kMove, LayerOp::kMaxPool}));
  const QuantizedNetwork swapped = quantize_small({2, 4, 4}, [](OnnxGraph& g) {
    transpose(g, "x", "t", {0, 2, 3, 1});
    g.add_node("Relu", "relu", {"t"}, "y");
    g.add_output("y", {4, 4, 2});
  });
  EXPECT_EQ(ops_of(swapped), Ops{LayerOp::kLookup});
}

TEST(Views, ShufflesOfChannelsAreOneMove) {
  const QuantizedNetwork network = quantize_small({2, 4, 4}, [](OnnxGraph& g) {
    add_convolution(g, "x", "c", 2, 6, "conv1");
    reshape(g, "c", "r", {0, 2, 3, 4, 4});
    transpose(g, "r", "t", {0, 2, 1, 3, 4});
    reshape(g, "t", "s", {0, 6, 4, 4});
    g.add_node("Relu", "relu", {"s"}, "a");
    add_convolution(g, "a", "y", 6, 2, "conv2");
    g.add_output("y", {2, 4, 4});
  });
  EXPECT_EQ(ops_of(network), (Ops{kConv, LayerOp::kMove, kConv}));
  EXPECT_EQ(network.layers[1].move.channels, (Offsets{0, 48, 16, 64, 32, 80}));
}

TEST(Views, PairsOfTransposesCancel) {
  const QuantizedNetwork network = quantize_small({2, 4, 5}, [](OnnxGraph& g) {
    add_convolution(g, "x", "c", 2, 3, "conv1");
    transpose(g, "c", "t", {0, 2, 3, 1});
    g.add_node("Sigmoid", "sigmoid", {"t"}, "s");
    transpose(g, "s", "u", {0, 3, 1, 2});
    add_convolution(g, "u", "y", 3, 2, "conv2");
    g.add_output("y", {2, 4, 5});
  });
  EXPECT_EQ(ops_of(network), (Ops{kConv, LayerOp::kLookup, kConv}));
}

TEST(Views, BatchNormAndBiasFindTheirChannels) {
  const QuantizedNetwork network = quantize_small({2, 4, 5}, [](OnnxGraph& g) {
    add_convolution(g, "x", "c", 2, 3, "conv1");
    transpose(g, "c", "t", {0, 2, 3, 1});
    add_random_floats(g, "b", {3}, 4);
    g.add_node("Add", "bias", {"t", "b"}, "y");
    g.add_output("y", {4, 5, 3});
  });
  EXPECT_EQ(ops_of(network), Ops{kConv});
  const Graph wrong = small_graph({4, 4, 4}, [](OnnxGraph& g) {
    add_convolution(g, "x", "c", 4, 4, "conv1");
    transpose(g, "c", "t", {0, 2, 3, 1});
    for (const char* name : {"s", "b", "m", "v"}) g.add_floats(name, {4}, {1.0F, 2.0F, 3.0F, 4.0F});
    g.add_node("BatchNormalization", "bn", {"t", "s", "b", "m", "v"}, "y");
    g.add_output("y", {4, 4, 4});
  });
  expect_refused([&] { quantize(wrong, random_images({1, 4, 4, 4}, 1, 1), {}); }, {"bn", "not the channels"});
}

}  // namespace
}  // namespace systoliq::sw_ref
