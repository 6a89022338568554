// SPDX-License-Identifier: Apache-2.0
// Operators of the host: where they stand between layers, what they yield, and the file that carries them.
#include <gtest/gtest.h>

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/integer/layer_errors.h"
#include "sw_ref/quantizer/integer/network_values.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "tests/sw_ref/quantizer/quantize_helpers.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr double kCloseDb = 20.0;

void add_convolution(OnnxGraph& g, const std::string& from, const std::string& to, std::int64_t in, std::int64_t out) {
  add_random_floats(g, to + ".w", {out, in, 3, 3}, static_cast<std::uint32_t>(7 * in + out), 0.3F);
  OnnxGraph::set_ints(g.add_node("Conv", to + ".conv", {from, to + ".w"}, to), "pads", {1, 1, 1, 1});
}

void add_axis(onnx::NodeProto& node, std::int64_t axis) { OnnxGraph::set_int(node, "axis", axis); }

/// Three convolutions with the host between them, and a Softmax over channels behind.
Graph interrupted() {
  return small_graph({2, 6, 6}, [](OnnxGraph& g) {
    add_convolution(g, "x", "a", 2, 4);
    OnnxGraph::set_int(g.add_node("LRN", "lrn", {"a"}, "b"), "size", 3);
    add_convolution(g, "b", "c", 4, 4);
    g.add_floats("scale", {4}, {1.0F, 2.0F, 0.5F, 1.0F});
    g.add_floats("shift", {4}, {0.0F, 0.1F, 0.0F, -0.1F});
    g.add_node("InstanceNormalization", "norm", {"c", "scale", "shift"}, "d");
    g.add_node("Relu", "relu", {"d"}, "e");
    add_convolution(g, "e", "f", 4, 3);
    add_axis(g.add_node("Softmax", "softmax", {"f"}, "y"), 1);
    g.add_output("y", {3, 6, 6});
  });
}

/// Two heads, each turned to channels last, decoded and joined, and the best class of each box.
Graph detector() {
  return small_graph({2, 4, 4}, [](OnnxGraph& g) {
    add_convolution(g, "x", "trunk", 2, 4);
    g.add_int64s("boxes.shape", {1, -1, 4});
    for (const char* head : {"p", "q"}) {
      const std::string name = head;
      add_convolution(g, "trunk", name, 4, 4);
      OnnxGraph::set_ints(g.add_node("Transpose", name + ".turn", {name}, name + ".t"), "perm", {0, 2, 3, 1});
      g.add_node("Reshape", name + ".list", {name + ".t", "boxes.shape"}, name + ".r");
    }
    add_axis(g.add_node("Concat", "join", {"p.r", "q.r"}, "all"), 1);
    g.add_floats("variance", {1, 1, 4}, {0.1F, 0.1F, 0.2F, 0.2F});
    g.add_node("Mul", "spread", {"all", "variance"}, "s");
    g.add_node("Exp", "size", {"s"}, "boxes");
    add_axis(g.add_node("ArgMax", "best", {"all"}, "classes"), 2);
    g.add_output("boxes", {32, 4});
    g.add_output("classes", {1, 32, 1}, onnx::TensorProto::INT64);
  });
}

NetworkValues run(const QuantizedNetwork& network, const FloatTensor& image) {
  return reference_values(network, HostParts(network), image, AccumulationOrder{});
}

double sqnr_db(const FloatTensor& found, const FloatTensor& exact) {
  double noise = 0.0, signal = 0.0;
  EXPECT_EQ(found.data.size(), exact.data.size());
  for (std::size_t i = 0; i < exact.data.size(); ++i) {
    noise += (double{found.data[i]} - double{exact.data[i]}) * (double{found.data[i]} - double{exact.data[i]});
    signal += double{exact.data[i]} * double{exact.data[i]};
  }
  return noise == 0.0 ? 200.0 : 10.0 * std::log10(signal / noise);
}

/// The written file is valid ONNX, yields the same values when read back, and its float form executes.
void expect_same_behind_file(const QuantizedNetwork& network, const FloatTensor& image) {
  const std::string bytes = to_onnx_qdq(network);
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(bytes));
  ASSERT_NO_THROW(onnx::checker::check_model(model));
  const QuantizedNetwork again = read_quantized(parse_onnx(bytes, "again"));
  ASSERT_EQ(again.outputs.size(), network.outputs.size());
  EXPECT_EQ(again.output_names, network.output_names);
  EXPECT_EQ(again.layers.size(), network.layers.size());
  ASSERT_EQ(again.host_parts.size(), network.host_parts.size());
  for (std::size_t i = 0; i < network.host_parts.size(); ++i) {
    EXPECT_EQ(again.host_parts[i].before_layer, network.host_parts[i].before_layer);
  }
  const NetworkValues first = run(network, image);
  const NetworkValues second = run(again, image);
  for (std::size_t i = 0; i < network.outputs.size(); ++i) {
    EXPECT_EQ(real_output(network, first, i).data, real_output(again, second, i).data) << network.output_names[i];
  }
}

TEST(HostParts, InterruptLayersAndEndTheNetwork) {
  const Graph graph = interrupted();
  const std::vector<FloatTensor> images = random_images({1, 2, 6, 6}, 3, 5);
  const QuantizedNetwork network = quantize(graph, images, {});
  ASSERT_EQ(network.layers.size(), 3U);
  ASSERT_EQ(network.host_parts.size(), 3U);
  EXPECT_EQ(network.host_parts[0].before_layer, 1U);
  EXPECT_EQ(network.host_parts[1].before_layer, 2U);
  EXPECT_EQ(network.host_parts[1].graph.nodes.size(), 2U) << "what follows on the host stays there";
  EXPECT_EQ(network.host_parts[2].before_layer, 3U);
  EXPECT_EQ(network.outputs, std::vector<int>{kHostValue});
  const FloatTensor exact = run_float(graph, {{"x", images[0]}}).at("y");
  EXPECT_GT(sqnr_db(real_output(network, run(network, images[0]), 0), exact), kCloseDb);
  expect_same_behind_file(network, images[1]);
}

TEST(HostParts, DoNotInterruptHeadsThatDoNotWaitForThem) {
  const Graph graph = detector();
  const std::vector<FloatTensor> images = random_images({1, 2, 4, 4}, 3, 9);
  const QuantizedNetwork network = quantize(graph, images, {});
  EXPECT_GE(network.layers.size(), 3U);
  ASSERT_EQ(network.host_parts.size(), 1U);
  EXPECT_EQ(network.host_parts[0].before_layer, network.layers.size());
  const NetworkValues found = run(network, images[0]);
  const auto exact = run_float(graph, {{"x", images[0]}});
  EXPECT_GT(sqnr_db(real_output(network, found, 0), exact.at("boxes")), kCloseDb);
  EXPECT_EQ(real_output(network, found, 1).data.size(), 32U);
  expect_same_behind_file(network, images[1]);
}

TEST(HostParts, ComeBeforeTheFirstLayer) {
  const Graph graph = small_graph({4, 4, 2}, [](OnnxGraph& g) {
    add_axis(g.add_node("Softmax", "shares", {"x"}, "s"), 3);
    OnnxGraph::set_ints(g.add_node("Transpose", "turn", {"s"}, "t"), "perm", {0, 3, 1, 2});
    g.add_floats("mean", {1}, {0.25F});
    g.add_node("Sub", "center", {"t", "mean"}, "c");
    add_convolution(g, "c", "y", 2, 3);
    g.add_output("y", {3, 4, 4});
  });
  const std::vector<FloatTensor> images = random_images({1, 4, 4, 2}, 3, 2);
  const QuantizedNetwork network = quantize(graph, images, {});
  ASSERT_EQ(network.host_parts.size(), 1U);
  EXPECT_EQ(network.host_parts[0].before_layer, 0U);
  EXPECT_EQ(network.host_parts[0].inputs, std::vector<int>{kHostValue}) << "the host reads the floats that are given";
  EXPECT_EQ(network.tensors[0].scale, 1.0F) << "nothing reads the input's integers";
  EXPECT_GT(sqnr_db(real_output(network, run(network, images[0]), 0), run_float(graph, {{"x", images[0]}}).at("y")),
            kCloseDb);
  expect_same_behind_file(network, images[1]);
}

TEST(HostParts, WorkWithEveryWayToQuantize) {
  const Graph graph = interrupted();
  const std::vector<FloatTensor> images = random_images({1, 2, 6, 6}, 3, 5);
  const FloatTensor exact = run_float(graph, {{"x", images[0]}}).at("y");
  for (const int way : {0, 1, 2}) {
    QuantizeOptions options;
    if (way == 0) options.calibration = CalibrationOrder::kLayerwise;
    options.bias_correction = way == 1;
    if (way == 2) options.activation_bits = 6;
    const QuantizedNetwork network = quantize(graph, images, options);
    EXPECT_GT(sqnr_db(real_output(network, run(network, images[0]), 0), exact), kCloseDb - (way == 2 ? 10.0 : 0.0))
        << "way " << way;
    expect_same_behind_file(network, images[1]);
    EXPECT_EQ(layer_errors(graph, network, images).size(), 4U) << "the input and three layers";
  }
}

/// Equalization writes the float network anew, with the nodes of the host in it.
TEST(HostParts, SurviveEqualization) {
  const Graph graph = small_graph({2, 4, 4}, [](OnnxGraph& g) {
    add_convolution(g, "x", "a", 2, 4);
    g.add_node("Relu", "relu", {"a"}, "r");
    add_convolution(g, "r", "b", 4, 4);
    OnnxGraph::set_int(g.add_node("LRN", "lrn", {"b"}, "l"), "size", 3);
    add_convolution(g, "l", "c", 4, 3);
    OnnxGraph::set_ints(g.add_node("Transpose", "turn", {"c"}, "y"), "perm", {0, 2, 3, 1});
    g.add_output("y", {4, 4, 3});
  });
  const std::vector<FloatTensor> images = random_images({1, 2, 4, 4}, 3, 6);
  QuantizeOptions options;
  options.equalize = true;
  options.bias_correction = true;
  const QuantizedNetwork network = quantize(graph, images, options);
  const FloatTensor exact = run_float(graph, {{"x", images[0]}}).at("y");
  EXPECT_GT(sqnr_db(real_output(network, run(network, images[0]), 0), exact), kCloseDb);
  expect_same_behind_file(network, images[1]);
}

/// A constant on the left multiplies columns: one of them, or one a pixel.
TEST(LeftProducts, AreConvolutions) {
  for (const std::int64_t columns : {1, 16}) {
    const Graph graph = small_graph({2, 4, 4}, [&](OnnxGraph& g) {
      g.add_int64s("shape", {32 / columns, columns});
      g.add_node("Reshape", "reshape", {"x", "shape"}, "r");
      add_random_floats(g, "w", {5, 32 / columns}, 3);
      g.add_node("MatMul", "left", {"w", "r"}, "y");
      g.add_output("y", {5, columns}, onnx::TensorProto::FLOAT);
    });
    const std::vector<FloatTensor> images = random_images({1, 2, 4, 4}, 3, 6);
    const QuantizedNetwork network = quantize(graph, images, {});
    ASSERT_EQ(network.layers.size(), 1U);
    const FloatTensor exact = run_float(graph, {{"x", images[0]}}).at("y");
    EXPECT_GT(sqnr_db(real_output(network, run(network, images[0]), 0), exact), kCloseDb);
    expect_same_behind_file(network, images[1]);
  }
}

TEST(HostParts, TakeWhatAQuantizedFileLeavesInFloat) {
  const QuantizedNetwork plain = quantize(small_graph({2, 4, 4},
                                                      [](OnnxGraph& g) {
                                                        add_convolution(g, "x", "y", 2, 3);
                                                        g.add_output("y", {3, 4, 4});
                                                      }),
                                          random_images({1, 2, 4, 4}, 2, 1), {});
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(to_onnx_qdq(plain)));
  const auto add = [&](const char* op, const std::vector<std::string>& inputs, const std::string& output) {
    onnx::NodeProto& node = *model.mutable_graph()->add_node();
    node.set_op_type(op);
    node.set_name(output + ".node");
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
  };
  add("Sigmoid", {"y"}, "s");
  add("Mul", {"s", "y"}, "swish");
  model.mutable_graph()->mutable_output(0)->set_name("swish");
  const QuantizedNetwork network = read_quantized(parse_onnx(model.SerializeAsString(), "tail"));
  ASSERT_EQ(network.host_parts.size(), 1U);
  EXPECT_EQ(network.host_parts[0].graph.nodes.size(), 2U);
  const FloatTensor image = random_tensor({1, 2, 4, 4}, 8);
  const FloatTensor before = real_output(plain, run(plain, image), 0);
  const FloatTensor swish = real_output(network, run(network, image), 0);
  for (std::size_t i = 0; i < swish.data.size(); ++i) {
    EXPECT_NEAR(swish.data[i], before.data[i] / (1.0F + std::exp(-before.data[i])), 1e-6F);
  }
}

TEST(HostParts, AreWrittenInTheFormOfOpset13) {
  OnnxGraph g("old", 9);
  g.add_input("x", {2, 4, 4});
  add_convolution(g, "x", "c", 2, 3);
  add_axis(g.add_node("LogSoftmax", "rows", {"c"}, "l"), 1);
  OnnxGraph::set_ints(g.add_node("Unsqueeze", "more", {"l"}, "u"), "axes", {1});
  onnx::NodeProto& slice = g.add_node("Slice", "part", {"u"}, "y");
  OnnxGraph::set_ints(slice, "starts", {1});
  OnnxGraph::set_ints(slice, "ends", {3});
  OnnxGraph::set_ints(slice, "axes", {2});
  g.add_output("y", {1, 2, 4, 4});
  const Graph graph = parse_onnx(g.serialize(), "old");
  const std::vector<FloatTensor> images = random_images({1, 2, 4, 4}, 2, 3);
  const QuantizedNetwork network = quantize(graph, images, {});
  EXPECT_GT(sqnr_db(real_output(network, run(network, images[0]), 0), run_float(graph, {{"x", images[0]}}).at("y")),
            kCloseDb);
  expect_same_behind_file(network, images[1]);
}

TEST(SeveralInputs, AreCalibratedEachOnItsOwn) {
  OnnxGraph g("two", 13);
  g.add_input("x", {2, 4, 4});
  g.add_input("z", {3, 4, 4});
  add_convolution(g, "x", "a", 2, 4);
  add_convolution(g, "z", "b", 3, 4);
  g.add_node("Add", "sum", {"a", "b"}, "y");
  g.add_output("y", {4, 4, 4});
  const Graph graph = parse_onnx(g.serialize(), "two");
  EXPECT_EQ(image_shape_of(graph), (Shape{32 + 48}));
  std::vector<FloatTensor> images = random_images({80}, 3, 4);
  for (FloatTensor& image : images) {
    for (std::size_t i = 32; i < 80; ++i) image.data[i] *= 8.0F;
  }
  for (const bool layerwise : {false, true}) {
    QuantizeOptions options;
    options.bias_correction = !layerwise;
    if (layerwise) options.calibration = CalibrationOrder::kLayerwise;
    const QuantizedNetwork network = quantize(graph, images, options);
    ASSERT_EQ(network.inputs.size(), 2U);
    EXPECT_GT(network.tensors[1].scale, 4.0F * network.tensors[0].scale);
    const FloatTensor exact = run_float(graph, float_inputs(graph, images[0])).at("y");
    EXPECT_GT(sqnr_db(real_output(network, run(network, images[0]), 0), exact), kCloseDb);
    expect_same_behind_file(network, images[1]);
  }
  expect_refused([&] { quantize(graph, random_images({1, 2, 4, 4}, 1, 1), {}); }, {"calibration image", "[80]"});
}

TEST(Obstacles, AreListedAllAtOnce) {
  const Graph graph = small_graph({2, 4, 4}, [](OnnxGraph& g) {
    add_convolution(g, "x", "p", 2, 2);
    add_convolution(g, "x", "q", 2, 2);
    g.add_node("MatMul", "first", {"p", "q"}, "a");
    add_convolution(g, "a", "b", 2, 2);
    g.add_node("MatMul", "second", {"b", "p"}, "c");
    add_convolution(g, "c", "y", 2, 2);
    g.add_output("y", {2, 4, 4});
  });
  LoweringInput input;
  input.graph = &graph;
  const FusedNetwork network = lower_collecting(input);
  ASSERT_EQ(network.obstacles.size(), 2U);
  EXPECT_NE(network.obstacles[0].find("'first' (MatMul)"), std::string::npos) << network.obstacles[0];
  EXPECT_NE(network.obstacles[1].find("'second' (MatMul)"), std::string::npos) << network.obstacles[1];
  EXPECT_EQ(network.layers.size(), 4U) << "what lies behind an obstacle is looked at too";
  expect_refused(
      [&] {
        quantize(graph, random_images({1, 2, 4, 4}, 1, 1), {});
      },
      {"2 reasons", "(1) node 'first'", "(2) node 'second'"});
}

TEST(Obstacles, AreNoneWhereAnOperatorFusedOrVanished) {
  const Graph graph = small_graph({2, 4, 4}, [](OnnxGraph& g) {
    add_convolution(g, "x", "a", 2, 2);
    g.add_node("Relu", "relu", {"a"}, "b");
    g.add_node("Flatten", "flat", {"b"}, "y");
    g.add_output("y", {32});
  });
  LoweringInput input;
  input.graph = &graph;
  const FusedNetwork network = lower_collecting(input);
  EXPECT_TRUE(network.obstacles.empty());
  ASSERT_EQ(network.layers.size(), 1U);
  ASSERT_EQ(network.layers[0].nodes.size(), 2U);
  EXPECT_EQ(network.layers[0].nodes[1].text, "relu (Relu)");
  EXPECT_EQ(network.vanished, std::vector<std::string>{"flat (Flatten)"});
}

}  // namespace
}  // namespace systoliq::sw_ref
