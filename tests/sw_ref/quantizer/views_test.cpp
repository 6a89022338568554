// SPDX-License-Identifier: Apache-2.0
// Values that are tensors in another order: what moves, what does not, and that files keep inputs and outputs. Every
// network is compared with float, written, and read back.
#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "types/layout.h"

namespace systoliq::sw_ref {
namespace {

using Build = std::function<void(OnnxGraph&)>;
using Ops = std::vector<LayerOp>;

constexpr double kCloseDb = 25.0;
constexpr LayerOp kConv = LayerOp::kConvolution;

/// An output as the graph orders it, of the integers.
std::vector<float> real_output(const QuantizedNetwork& network, const FloatTensor& image) {
  const auto output = static_cast<std::size_t>(network.outputs.at(0));
  std::vector<float> values;
  for (const std::int32_t stored :
       output_layout(network, 0).to_graph(run_integers(network, image).tensors[output].data)) {
    values.push_back(to_real(stored, network.tensors[output]));
  }
  return values;
}

/// The written file has the graph's inputs and outputs, and its integers are the network's.
void expect_kept_in_file(const QuantizedNetwork& network, const Graph& graph, const FloatTensor& image) {
  const Graph file = parse_onnx(to_onnx_qdq(network), "file");
  EXPECT_EQ(file.values.at("x").shape, graph.values.at("x").shape);
  EXPECT_EQ(element_count(file.values.at("y").shape), element_count(graph.values.at("y").shape));
  const QuantizedNetwork again = read_quantized(file);
  const std::vector<float> ours = real_output(network, image);
  EXPECT_EQ(real_output(again, image), ours);
  const FloatTensor defined = run_float(file, {{"x", image}}).at("y");
  const float step = network.tensors[static_cast<std::size_t>(network.outputs[0])].scale;
  ASSERT_EQ(defined.data.size(), ours.size());
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(defined.data[i], ours[i], 1.5F * step) << i;
}

QuantizedNetwork quantize_small(const Shape& rest, const Build& build) {
  const Graph graph = small_graph(rest, build);
  const std::vector<FloatTensor> images = random_images(graph.values.at("x").shape, 4, 31);
  QuantizedNetwork network = quantize(graph, images, {});
  EXPECT_GT(sqnr_of_output(network, graph, images), kCloseDb);
  expect_kept_in_file(network, graph, images[0]);
  return network;
}

Ops ops_of(const QuantizedNetwork& network) {
  Ops ops;
  for (const QuantizedLayer& layer : network.layers) ops.push_back(layer.op);
  return ops;
}

void add_convolution(OnnxGraph& g, const std::string& in, const std::string& out, std::int64_t channels,
                     std::int64_t filters, const std::string& name) {
  add_random_floats(g, name + ".w", {filters, channels, 3, 3}, 7);
  OnnxGraph::set_ints(g.add_node("Conv", name, {in, name + ".w"}, out), "pads", {1, 1, 1, 1});
}

void transpose(OnnxGraph& g, const std::string& in, const std::string& out, const Shape& permutation) {
  OnnxGraph::set_ints(g.add_node("Transpose", out, {in}, out), "perm", permutation);
}

void reshape(OnnxGraph& g, const std::string& in, const std::string& out, const Shape& shape) {
  g.add_node("Reshape", out, {in, g.add_int64s(out + ".shape", shape)}, out);
}

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

/// One operator between two convolutions of 8 channels and 4 × 6 pixels; `after` is its output.
QuantizedNetwork between(const Shape& after, const Build& build) {
  return quantize_small({2, 4, 6}, [&](OnnxGraph& g) {
    add_convolution(g, "x", "c", 2, 8, "conv1");
    build(g);
    add_convolution(g, "m", "y", after[0], 2, "conv2");
    g.add_output("y", {2, after[1], after[2]});
  });
}

const Ops kMoveBetween = {kConv, LayerOp::kMove, kConv};

TEST(Moves, PartsOfATensor) {
  const QuantizedNetwork network = between({4, 2, 3}, [](OnnxGraph& g) {
    g.add_int64s("starts", {1, 1, 0});
    g.add_int64s("ends", {8, 3, 6});
    g.add_int64s("axes", {1, 2, 3});
    g.add_int64s("steps", {2, 1, 2});
    g.add_node("Slice", "part", {"c", "starts", "ends", "axes", "steps"}, "m");
  });
  EXPECT_EQ(ops_of(network), kMoveBetween);
  EXPECT_EQ(network.layers[1].name, "part");
}

TEST(Moves, BlocksOfPixels) {
  for (const char* mode : {"DCR", "CRD"}) {
    const QuantizedNetwork network = between({2, 8, 12}, [&](OnnxGraph& g) {
      onnx::NodeProto& node = g.add_node("DepthToSpace", "blocks", {"c"}, "m");
      OnnxGraph::set_int(node, "blocksize", 2);
      onnx::AttributeProto& attribute = *node.add_attribute();
      attribute.set_name("mode");
      attribute.set_type(onnx::AttributeProto::STRING);
      attribute.set_s(mode);
    });
    EXPECT_EQ(ops_of(network), kMoveBetween) << mode;
  }
  const QuantizedNetwork back = between({32, 2, 3}, [](OnnxGraph& g) {
    OnnxGraph::set_int(g.add_node("SpaceToDepth", "blocks", {"c"}, "m"), "blocksize", 2);
  });
  EXPECT_EQ(ops_of(back), kMoveBetween);
}

TEST(Moves, RepetitionsAndReflections) {
  const QuantizedNetwork resized = between({8, 8, 18}, [](OnnxGraph& g) {
    g.add_floats("scales", {4}, {1.0F, 1.0F, 2.0F, 3.0F});
    g.add_node("Resize", "resize", {"c", "", "scales"}, "m");
  });
  EXPECT_EQ(ops_of(resized), kMoveBetween);
  for (const char* mode : {"reflect", "edge"}) {
    const QuantizedNetwork padded = between({8, 6, 9}, [&](OnnxGraph& g) {
      g.add_int64s("pads", {0, 0, 1, 2, 0, 0, 1, 1});
      onnx::AttributeProto& attribute = *g.add_node("Pad", "pad", {"c", "pads"}, "m").add_attribute();
      attribute.set_name("mode");
      attribute.set_type(onnx::AttributeProto::STRING);
      attribute.set_s(mode);
    });
    EXPECT_EQ(ops_of(padded), kMoveBetween) << mode;
  }
}

TEST(Moves, LinearResizeIsRefusedByValue) {
  const Graph graph = small_graph({2, 4, 4}, [](OnnxGraph& g) {
    g.add_floats("scales", {4}, {1.0F, 1.0F, 2.0F, 2.0F});
    onnx::AttributeProto& attribute = *g.add_node("Resize", "resize", {"x", "", "scales"}, "y").add_attribute();
    attribute.set_name("mode");
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s("linear");
    g.add_output("y", {2, 8, 8});
  });
  expect_refused([&] { quantize(graph, random_images({1, 2, 4, 4}, 1, 1), {}); }, {"resize", "'linear'", "nearest"});
}

TEST(Moves, ConcatAlongEveryAxis) {
  for (const std::int64_t axis : {1, 2, 3}) {
    Shape after = {8, 4, 6};
    after[static_cast<std::size_t>(axis - 1)] *= 2;
    const QuantizedNetwork network = between(after, [&](OnnxGraph& g) {
      g.add_node("Relu", "relu", {"c"}, "r");
      OnnxGraph::set_int(g.add_node("Concat", "join", {"c", "r"}, "m"), "axis", axis);
    });
    EXPECT_EQ(ops_of(network), (Ops{kConv, LayerOp::kLookup, LayerOp::kConcat, kConv}));
    EXPECT_EQ(network.layers[2].axis, axis);
  }
  const QuantizedNetwork last = quantize_small({2, 4, 5}, [](OnnxGraph& g) {
    add_convolution(g, "x", "a", 2, 3, "conv1");
    transpose(g, "a", "ta", {0, 2, 3, 1});
    g.add_node("Relu", "relu", {"ta"}, "r");
    OnnxGraph::set_int(g.add_node("Concat", "join", {"ta", "r"}, "y"), "axis", 3);
    g.add_output("y", {4, 5, 6});
  });
  EXPECT_EQ(ops_of(last), (Ops{kConv, LayerOp::kLookup, LayerOp::kConcat}));
  EXPECT_EQ(last.layers[2].axis, 1);
}

TEST(Moves, RowsOfDetectorsAreJoinedAsPixels) {
  const QuantizedNetwork network = quantize_small({2, 4, 5}, [](OnnxGraph& g) {
    add_convolution(g, "x", "a", 2, 8, "conv1");
    onnx::NodeProto& pool = g.add_node("MaxPool", "pool", {"a"}, "p");
    OnnxGraph::set_ints(pool, "kernel_shape", {2, 2});
    OnnxGraph::set_ints(pool, "strides", {2, 2});
    for (const char* name : {"a", "p"}) {
      transpose(g, name, std::string(name) + "t", {0, 2, 3, 1});
      reshape(g, std::string(name) + "t", std::string(name) + "r", {0, -1, 4});
    }
    OnnxGraph::set_int(g.add_node("Concat", "join", {"ar", "pr"}, "y"), "axis", 1);
    g.add_output("y", {48, 4});
  });
  EXPECT_EQ(network.tensors.back().shape, (Shape{1, 4, 1, 48}));
}

TEST(Reductions, OverHeightAndWidthInAnyOrder) {
  for (const char* op : {"ReduceMean", "ReduceMax"}) {
    for (const std::int64_t kept : {0, 1}) {
      const QuantizedNetwork network = quantize_small({2, 4, 5}, [&](OnnxGraph& g) {
        add_convolution(g, "x", "c", 2, 3, "conv1");
        transpose(g, "c", "t", {0, 2, 3, 1});
        onnx::NodeProto& node = g.add_node(op, "reduce", {"t"}, "y");
        OnnxGraph::set_ints(node, "axes", {1, 2});
        OnnxGraph::set_int(node, "keepdims", kept);
        g.add_output("y", kept != 0 ? Shape{1, 1, 3} : Shape{3});
      });
      ASSERT_EQ(network.layers.size(), 2U) << op;
      EXPECT_EQ(network.tensors.back().shape, (Shape{1, 3, 1, 1}));
    }
  }
  const QuantizedNetwork rows = quantize_small({2, 4, 5}, [](OnnxGraph& g) {
    OnnxGraph::set_ints(g.add_node("ReduceMax", "reduce", {"x"}, "y"), "axes", {3});
    g.add_output("y", {2, 4, 1});
  });
  EXPECT_EQ(rows.tensors.back().shape, (Shape{1, 2, 4, 1}));
  const Graph channels = small_graph({2, 4, 5}, [](OnnxGraph& g) {
    OnnxGraph::set_ints(g.add_node("ReduceMean", "reduce", {"x"}, "y"), "axes", {1});
    g.add_output("y", {1, 4, 5});
  });
  expect_refused([&] { quantize(channels, random_images({1, 2, 4, 5}, 1, 1), {}); }, {"reduce", "height or width"});
}

TEST(Products, RowsArePixels) {
  const QuantizedNetwork network = quantize_small({6, 4}, [](OnnxGraph& g) {
    add_random_floats(g, "w", {4, 5}, 3);
    add_random_floats(g, "b", {5}, 4);
    g.add_node("MatMul", "product", {"x", "w"}, "p");
    g.add_node("Add", "bias", {"p", "b"}, "y");
    g.add_output("y", {6, 5});
  });
  EXPECT_EQ(ops_of(network).back(), kConv);
  EXPECT_EQ(network.layers.back().weights.shape, (Shape{5, 4, 1, 1}));
}

TEST(TransposedConvolutions, EveryStrideDilationAndGroup) {
  const auto check = [](const Shape& weights, const Shape& strides, const Shape& dilations, const Shape& pads,
                        const Shape& padding, std::int64_t groups, const Shape& out) {
    const QuantizedNetwork network = quantize_small({4, 3, 5}, [&](OnnxGraph& g) {
      add_random_floats(g, "w", weights, 3);
      add_random_floats(g, "b", {out[0]}, 4);
      onnx::NodeProto& node = g.add_node("ConvTranspose", "up", {"x", "w", "b"}, "u");
      OnnxGraph::set_ints(node, "strides", strides);
      OnnxGraph::set_ints(node, "dilations", dilations);
      OnnxGraph::set_ints(node, "pads", pads);
      OnnxGraph::set_ints(node, "output_padding", padding);
      OnnxGraph::set_int(node, "group", groups);
      g.add_node("Relu", "relu", {"u"}, "y");
      g.add_output("y", out);
    });
    EXPECT_EQ(ops_of(network), Ops{LayerOp::kConvTranspose});
  };
  check({4, 3, 2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, {0, 0}, 1, {3, 6, 10});
  check({4, 3, 3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, {1, 1}, 1, {3, 6, 10});
  check({4, 3, 3, 2}, {3, 1}, {2, 3}, {1, 0, 2, 1}, {2, 0}, 1, {3, 10, 7});
  check({4, 1, 3, 3}, {2, 3}, {1, 1}, {0, 0, 0, 0}, {0, 0}, 4, {4, 7, 15});
  check({4, 2, 1, 1}, {2, 2}, {1, 1}, {0, 0, 0, 0}, {1, 1}, 1, {2, 6, 10});
}

}  // namespace
}  // namespace systoliq::sw_ref
