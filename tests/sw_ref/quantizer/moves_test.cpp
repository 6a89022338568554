// SPDX-License-Identifier: Apache-2.0
// Moves of elements, and layers of other window forms: reductions, products of rows, transposed convolutions.
#include "view_helpers.h"

namespace systoliq::sw_ref {
namespace {

using namespace test_views;  // NOLINT(google-build-using-namespace)

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

TEST(Moves, LeadingPartsAreNoReshapes) {
  const QuantizedNetwork network = between({4, 4, 6}, [](OnnxGraph& g) {
    g.add_int64s("starts", {0});
    g.add_int64s("ends", {4});
    g.add_int64s("axes", {1});
    g.add_node("Slice", "part", {"c", "starts", "ends", "axes"}, "m");
  });
  EXPECT_EQ(ops_of(network), kMoveBetween);
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

TEST(Moves, LinearResizeIsTheHosts) {
  const Graph graph = small_graph({2, 4, 4}, [](OnnxGraph& g) {
    g.add_floats("scales", {4}, {1.0F, 1.0F, 2.0F, 2.0F});
    onnx::AttributeProto& attribute = *g.add_node("Resize", "resize", {"x", "", "scales"}, "y").add_attribute();
    attribute.set_name("mode");
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s("linear");
    g.add_output("y", {2, 8, 8});
  });
  const QuantizedNetwork network = quantize(graph, random_images({1, 2, 4, 4}, 1, 1), {});
  EXPECT_TRUE(network.layers.empty());
  ASSERT_EQ(network.host_parts.size(), 1U);
  EXPECT_EQ(network.host_parts[0].graph.nodes.at(0).op, "Resize");
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
  EXPECT_EQ(ops_of(network), Ops{kConv});
  EXPECT_EQ(network.layers.back().weights.shape, (Shape{5, 4, 1, 1}));
}

TEST(Products, ColumnsBehindWeightsArePixels) {
  const QuantizedNetwork network = quantize_small({6, 4}, [](OnnxGraph& g) {
    add_random_floats(g, "w", {5, 6}, 3);
    g.add_node("MatMul", "product", {"w", "x"}, "p");
    g.add_node("Relu", "relu", {"p"}, "y");
    g.add_output("y", {5, 4});
  });
  EXPECT_EQ(ops_of(network), Ops{kConv});
  EXPECT_EQ(network.layers[0].weights.shape, (Shape{5, 6, 1, 1}));
}

TEST(Sums, OfManyAreAChainOfAdditions) {
  const QuantizedNetwork network = quantize_small({2, 4, 5}, [](OnnxGraph& g) {
    add_convolution(g, "x", "a", 2, 2, "conv1");
    g.add_node("Relu", "relu", {"x"}, "b");
    g.add_node("Sum", "sum", {"a", "b", "x"}, "y");
    g.add_output("y", {2, 4, 5});
  });
  EXPECT_EQ(ops_of(network), (Ops{kConv, LayerOp::kLookup, LayerOp::kAdd, LayerOp::kAdd}));
  EXPECT_EQ(network.layers[3].name, "sum");
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
