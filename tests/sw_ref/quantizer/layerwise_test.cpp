// SPDX-License-Identifier: Apache-2.0
// Calibration layer by layer against all at once, and the error of every tensor under both.
#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/layer_errors.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::uint64_t kSeed = 53;

TEST(Layerwise, FirstLayerSeesOnlyTheInputsError) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(3, kSeed);
  QuantizeOptions options;
  const QuantizedNetwork at_once = quantize(graph, images, options);
  options.calibration = CalibrationOrder::kLayerwise;
  const QuantizedNetwork layerwise = quantize(graph, images, options);
  expect_same_tensor(layerwise.tensors[0], at_once.tensors[0]);
  EXPECT_TRUE(layerwise.layers[0].weights.data == at_once.layers[0].weights.data);
  int different = 0;
  for (std::size_t i = 1; i < at_once.tensors.size(); ++i) {
    EXPECT_NEAR(layerwise.tensors[i].scale / at_once.tensors[i].scale, 1.0, 0.1) << at_once.tensors[i].name;
    different += layerwise.tensors[i].scale != at_once.tensors[i].scale ? 1 : 0;
  }
  EXPECT_GT(different, 2);
  EXPECT_GT(sqnr_of_output(layerwise, graph, images), 30.0);
  expect_round_trip(layerwise);
}

/// The range of a layer's output is that of the float layer on the dequantized integers before it.
TEST(Layerwise, RangesByHand) {
  const Graph graph = small_graph({1, 1, 2}, [](OnnxGraph& g) {
    g.add_floats("w", {1, 1, 1, 1}, {1.0F});
    g.add_node("Conv", "first", {"x", "w"}, "a");
    g.add_floats("v", {1, 1, 1, 1}, {-2.0F});
    g.add_node("Conv", "second", {"a", "v"}, "y");
    g.add_output("y", {1, 1, 2});
  });
  QuantizeOptions options;
  options.activation_bits = 2;
  options.calibration = CalibrationOrder::kLayerwise;
  const QuantizedNetwork network = quantize(graph, {FloatTensor({1, 1, 1, 2}, {0.4F, 3.0F})}, options);
  EXPECT_EQ(network.tensors[0].scale, 1.0F);  // 0 to 3 in three steps, so that 0.4 becomes 0
  EXPECT_EQ(network.tensors[1].scale, 1.0F);
  EXPECT_EQ(network.tensors[2].scale, 2.0F);  // 0 to -6
  EXPECT_EQ(network.tensors[2].zero_point, 1);
}

/// With three bits the errors of early layers move later ranges; all three kinds of part run: windows, sums, moves.
TEST(Layerwise, EveryKindOfLayerRuns) {
  const Graph graph = small_graph({3, 8, 8}, [](OnnxGraph& g) {
    add_random_floats(g, "w1", {3, 3, 3, 3}, 1);
    OnnxGraph::set_ints(g.add_node("Conv", "conv", {"x", "w1"}, "c"), "pads", {1, 1, 1, 1});
    g.add_node("Relu", "relu", {"c"}, "r");
    g.add_node("Add", "sum", {"r", "x"}, "s");
    onnx::NodeProto& pool = g.add_node("MaxPool", "max", {"s"}, "m");
    OnnxGraph::set_ints(pool, "kernel_shape", {2, 2});
    OnnxGraph::set_ints(pool, "strides", {2, 2});
    g.add_node("Sigmoid", "sigmoid", {"m"}, "g");
    g.add_node("GlobalAveragePool", "average", {"g"}, "v");
    g.add_node("Flatten", "flatten", {"v"}, "f");
    add_random_floats(g, "w2", {4, 3}, 2);
    OnnxGraph::set_int(g.add_node("Gemm", "fc", {"f", "w2"}, "y"), "transB", 1);
    g.add_output("y", {4});
  });
  const std::vector<FloatTensor> images = random_images({1, 3, 8, 8}, 4, 9);
  QuantizeOptions options;
  options.calibration = CalibrationOrder::kLayerwise;
  for (const RangeMethod method : {RangeMethod::kMinMax, RangeMethod::kMse}) {
    options.activation_range = method;
    const QuantizedNetwork network = quantize(graph, images, options);
    EXPECT_GT(sqnr_of_output(network, graph, images), 15.0);
    expect_round_trip(network);
  }
}

TEST(Layerwise, JoinedTensorsAreRefused) {
  const Graph graph = small_graph({1, 4, 4}, [](OnnxGraph& g) {
    add_random_floats(g, "w1", {2, 1, 1, 1}, 1);
    add_random_floats(g, "w2", {2, 1, 1, 1}, 2);
    g.add_node("Conv", "a", {"x", "w1"}, "ya");
    g.add_node("Conv", "b", {"x", "w2"}, "yb");
    OnnxGraph::set_int(g.add_node("Concat", "join", {"ya", "yb"}, "y"), "axis", 1);
    g.add_output("y", {4, 4, 4});
  });
  QuantizeOptions options;
  options.calibration = CalibrationOrder::kLayerwise;
  expect_refused([&] { quantize(graph, random_images({1, 1, 4, 4}, 1, 1), options); }, {"concatenated", "at once"});
}

TEST(LayerErrors, MeanSquareByHandAndBinsCountEverything) {
  const Graph graph = small_graph({1, 1, 2}, [](OnnxGraph& g) {
    g.add_floats("w", {1, 1, 1, 1}, {1.0F});
    g.add_node("Conv", "first", {"x", "w"}, "y");
    g.add_output("y", {1, 1, 2});
  });
  QuantizeOptions options;
  options.activation_bits = 2;
  const std::vector<FloatTensor> images = {FloatTensor({1, 1, 1, 2}, {0.4F, 3.0F})};
  const std::vector<TensorError> errors = layer_errors(graph, quantize(graph, images, options), images, 10);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].tensor, "x");
  EXPECT_NEAR(errors[0].mse, 0.16 / 2.0, 1e-6);  // 0.4 -> 0
  EXPECT_NEAR(errors[0].sqnr_db, 10.0 * std::log10(9.16 / 0.16), 1e-4);
  EXPECT_EQ(errors[0].low, 0.0);
  EXPECT_EQ(errors[0].high, 3.0);
  EXPECT_EQ(errors[0].float_bins, (std::vector<double>{0, 1, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(errors[0].quantized_bins, (std::vector<double>{1, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  const std::string csv = histograms_csv(errors);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 21);
  EXPECT_NE(csv.find("x,0.3,0.6,1,0\n"), std::string::npos) << csv;
}

}  // namespace
}  // namespace systoliq::sw_ref
