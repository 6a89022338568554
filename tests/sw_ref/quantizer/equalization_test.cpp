// SPDX-License-Identifier: Apache-2.0
// Cross-layer equalization: the function stays, ranges become equal, badly scaled networks quantize better; and where
// it is refused. float_graph_of(), which it rests on, loses nothing.
#include "sw_ref/quantizer/calibration/equalization.h"

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/onnx/float_writer.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::uint64_t kSeed = 41;

FusedNetwork lowered(const Graph& graph) {
  LoweringInput input;
  input.graph = &graph;
  return lower(input);
}

/// Two convolutions and a matrix product whose channels between differ by `spread` on one side and the reverse on the
/// other, as batch norm folded into weights may leave them.
Graph badly_scaled(float spread) {
  return small_graph({3, 8, 8}, [spread](OnnxGraph& g) {
    std::vector<float> first = random_tensor({4, 3, 3, 3}, 1).data;
    std::vector<float> second = random_tensor({6, 4, 3, 3}, 2).data;
    std::vector<float> bias = random_tensor({4}, 3).data;
    const auto factor = [spread](std::size_t channel) {
      return std::pow(spread, static_cast<float>(channel) / 1.5F - 1.0F);
    };
    for (std::size_t i = 0; i < first.size(); ++i) first[i] *= factor(i / 27);
    for (std::size_t i = 0; i < bias.size(); ++i) bias[i] *= 0.1F * factor(i);
    for (std::size_t i = 0; i < second.size(); ++i) second[i] /= factor(i / 9 % 4);
    g.add_floats("w1", {4, 3, 3, 3}, first);
    g.add_floats("b1", {4}, bias);
    g.add_floats("w2", {6, 4, 3, 3}, second);
    add_random_floats(g, "w3", {5, 6 * 4}, 4);
    OnnxGraph::set_ints(g.add_node("Conv", "conv1", {"x", "w1", "b1"}, "c1"), "pads", {1, 1, 1, 1});
    g.add_node("Relu", "relu1", {"c1"}, "r1");
    onnx::NodeProto& pool = g.add_node("MaxPool", "pool", {"r1"}, "p1");
    OnnxGraph::set_ints(pool, "kernel_shape", {2, 2});
    OnnxGraph::set_ints(pool, "strides", {2, 2});
    g.add_node("Conv", "conv2", {"p1", "w2"}, "c2");
    g.add_node("Relu", "relu2", {"c2"}, "r2");
    g.add_node("Flatten", "flatten", {"r2"}, "f");
    OnnxGraph::set_int(g.add_node("Gemm", "fc", {"f", "w3"}, "y"), "transB", 1);
    g.add_output("y", {5});
  });
}

std::vector<double> output_ranges(const FusedLayer& layer) {
  std::vector<double> ranges(static_cast<std::size_t>(layer.weights.values.shape[0]));
  const std::size_t filter = layer.weights.values.data.size() / ranges.size();
  for (std::size_t i = 0; i < layer.weights.values.data.size(); ++i) {
    ranges[i / filter] = std::max(ranges[i / filter], std::abs(layer.weights.values.data[i]));
  }
  return ranges;
}

std::vector<double> input_ranges(const FusedLayer& layer) {
  const Shape& shape = layer.weights.values.shape;
  std::vector<double> ranges(static_cast<std::size_t>(shape[1]));
  const auto taps = static_cast<std::size_t>(shape[2] * shape[3]);
  for (std::size_t i = 0; i < layer.weights.values.data.size(); ++i) {
    double& range = ranges[i / taps % ranges.size()];
    range = std::max(range, std::abs(layer.weights.values.data[i]));
  }
  return ranges;
}

void expect_same_function(const Graph& a, const Graph& b, const FloatTensor& image) {
  const FloatTensor first = run_float(a, {{a.inputs[0], image}}).at(a.outputs.at(0));
  const FloatTensor second = run_float(b, {{b.inputs[0], image}}).at(b.outputs.at(0));
  ASSERT_EQ(first.data.size(), second.data.size());
  float largest = 0.0F;
  for (const float value : first.data) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < first.data.size(); ++i) {
    EXPECT_NEAR(first.data[i], second.data[i], 2e-5F * largest) << i;
  }
}

TEST(FloatWriter, LoweringIsItsInverse) {
  for (const std::string name : {"lenet5", "fashion_mlp"}) {  // without batch norm: no constant is rounded
    const Graph graph = random_network(name, kSeed);
    const std::vector<FloatTensor> images = random_images(graph.values.at("input").shape, 2, 5);
    const Graph written = float_graph_of(graph, lowered(graph));
    expect_same_network(quantize(graph, images, {}), quantize(written, images, {}));
  }
}

TEST(FloatWriter, KeepsTheFunctionOfOtherNetworks) {
  for (const std::string name : {"vgg_cifar", "resnet18"}) {
    const Graph graph = random_network(name, kSeed);
    expect_same_function(graph, float_graph_of(graph, lowered(graph)),
                         random_tensor(graph.values.at("input").shape, 6));
  }
}

TEST(Equalization, KeepsTheFunctionAndMakesRangesEqual) {
  const Graph graph = badly_scaled(100.0F);
  EqualizeReport report;
  const Graph equal = equalize(graph, &report);
  EXPECT_EQ(report.equalized, (std::vector<std::string>{"conv1 -> conv2", "conv2 -> fc"}));
  EXPECT_TRUE(report.refused.empty());
  for (std::uint32_t seed = 1; seed < 4; ++seed) expect_same_function(graph, equal, random_tensor({1, 3, 8, 8}, seed));
  const FusedNetwork fused = lowered(equal);
  const std::vector<double> left = output_ranges(fused.layers.at(0));
  const std::vector<double> right = input_ranges(fused.layers.at(2));
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t c = 0; c < left.size(); ++c) EXPECT_NEAR(left[c] / right[c], 1.0, 1e-5) << c;
}

/// By hand: r1 = 8, r2 = 0.5 give s = 4, so 8 / 4 = 2 and 0.5 * 4 = 2; the bias 6 becomes 1.5.
TEST(Equalization, FactorsByHand) {
  const Graph graph = small_graph({1, 1, 1}, [](OnnxGraph& g) {
    g.add_floats("w1", {2, 1, 1, 1}, {8.0F, 1.0F});
    g.add_floats("b1", {2}, {6.0F, 1.0F});
    g.add_floats("w2", {1, 2, 1, 1}, {-0.5F, 1.0F});
    g.add_node("Conv", "conv1", {"x", "w1", "b1"}, "c1");
    g.add_node("Relu", "relu1", {"c1"}, "r1");
    g.add_node("Conv", "conv2", {"r1", "w2"}, "y");
    g.add_output("y", {1, 1, 1});
  });
  const FusedNetwork fused = lowered(equalize(graph));
  EXPECT_EQ(fused.layers[0].weights.values.data, (std::vector<double>{2.0, 1.0}));
  EXPECT_EQ(fused.layers[0].bias.values.data, (std::vector<double>{1.5, 1.0}));
  EXPECT_EQ(fused.layers[1].weights.values.data, (std::vector<double>{-2.0, 1.0}));
}

TEST(Equalization, ABadlyScaledNetworkQuantizesBetter) {
  const Graph graph = badly_scaled(100.0F);
  const std::vector<FloatTensor> images = random_images({1, 3, 8, 8}, 4, 9);
  QuantizeOptions options;
  options.per_channel = false;
  const double plain = sqnr_of_output(quantize(graph, images, options), graph, images);
  options.equalize = true;
  const QuantizedNetwork network = quantize(graph, images, options);
  const double equal = sqnr_of_output(network, graph, images);
  std::cout << "SQNR " << plain << " dB, equalized " << equal << " dB\n";
  EXPECT_GT(equal, plain + 6.0);
  EXPECT_EQ(network.metadata.at("systoliq.equalization"), "cross-layer");
  expect_round_trip(network);
}

TEST(Equalization, DepthwiseAndGroupedChannels) {
  const Graph graph = small_graph({4, 5, 5}, [](OnnxGraph& g) {
    std::vector<float> first = random_tensor({4, 4, 1, 1}, 1).data;
    for (std::size_t i = 0; i < first.size(); ++i) {
      const std::size_t channel = i / 4;
      first[i] *= std::pow(7.0F, static_cast<float>(channel));
    }
    g.add_floats("w1", {4, 4, 1, 1}, first);
    add_random_floats(g, "w2", {4, 1, 3, 3}, 2);
    add_random_floats(g, "w3", {6, 2, 1, 1}, 3);
    g.add_node("Conv", "pointwise", {"x", "w1"}, "c1");
    g.add_node("Relu", "relu1", {"c1"}, "r1");
    OnnxGraph::set_int(g.add_node("Conv", "depthwise", {"r1", "w2"}, "c2"), "group", 4);
    OnnxGraph::set_int(g.add_node("Conv", "grouped", {"c2", "w3"}, "y"), "group", 2);
    g.add_output("y", {6, 3, 3});
  });
  EqualizeReport report;
  const Graph equal = equalize(graph, &report);
  EXPECT_EQ(report.equalized.size(), 2U);
  expect_same_function(graph, equal, random_tensor({1, 4, 5, 5}, 8));
}

TEST(Equalization, ResidualNetworkOnlyInsideItsBlocks) {
  const Graph graph = random_network("resnet18", kSeed);
  EqualizeReport report;
  const Graph equal = equalize(graph, &report);
  EXPECT_FALSE(report.equalized.empty());
  EXPECT_FALSE(report.refused.empty());
  expect_same_function(graph, equal, random_tensor(graph.values.at("input").shape, 6));
}

/// conv1, what `between` makes of "c1" as "z", conv2.
Graph two_layers(const std::function<void(OnnxGraph&)>& between) {
  return small_graph({1, 4, 4}, [&](OnnxGraph& g) {
    add_random_floats(g, "w1", {2, 1, 1, 1}, 1);
    add_random_floats(g, "w2", {2, 2, 1, 1}, 2);
    g.add_floats("six", {}, {6.0F});
    g.add_floats("zero", {}, {0.0F});
    g.add_node("Conv", "conv1", {"x", "w1"}, "c1");
    between(g);
    g.add_node("Conv", "conv2", {"z", "w2"}, "y");
    g.add_output("y", {2, 4, 4});
  });
}

TEST(Equalization, RefusedWithTheReason) {
  const auto refused = [](const std::function<void(OnnxGraph&)>& between, const std::string& reason) {
    expect_refused([&] { equalize(two_layers(between)); }, {"conv2: ", reason});
  };
  refused([](OnnxGraph& g) { g.add_node("Clip", "clip", {"c1", "zero", "six"}, "z"); }, "is clipped (low 0");
  refused([](OnnxGraph& g) { g.add_node("Sigmoid", "sigmoid", {"c1"}, "z"); }, "'sigmoid'");
  refused(
      [](OnnxGraph& g) {
        g.add_node("Relu", "relu", {"c1"}, "z");
        g.add_output("z", {2, 4, 4});
      },
      "has other readers");
  refused(
      [](OnnxGraph& g) {
        add_random_floats(g, "w3", {2, 1, 1, 1}, 3);
        g.add_node("Conv", "conv3", {"x", "w3"}, "c3");
        g.add_node("Add", "sum", {"c1", "c3"}, "z");
      },
      "'sum'");
}

}  // namespace
}  // namespace systoliq::sw_ref
