// SPDX-License-Identifier: Apache-2.0
// Biases: correction by mean errors, and biases rounded at their own scale first.
#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/bias_correction.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/options.h"
#include "tb/compare/bench.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::uint64_t kSeed = 43;

/// Mean over channels of |E[integers] - E[float]| of the network's output.
double mean_error(const QuantizedNetwork& network, const Graph& graph, const std::vector<FloatTensor>& images) {
  const auto output = static_cast<std::size_t>(network.outputs.at(0));
  std::vector<double> errors(static_cast<std::size_t>(network.tensors[output].shape[1]), 0.0);
  for (const FloatTensor& image : images) {
    const FloatTensor real = dequantize_tensor(run_integers(network, image).tensors[output], network.tensors[output]);
    const FloatTensor exact = run_float(graph, {{graph.inputs[0], image}}).at(network.tensors[output].name);
    for (std::size_t i = 0; i < errors.size(); ++i) errors[i] += double{real.data[i]} - double{exact.data[i]};
  }
  double sum = 0.0;
  for (const double error : errors) sum += std::abs(error) / static_cast<double>(images.size());
  return sum / static_cast<double>(errors.size());
}

TEST(BiasCorrection, LowersTheMeanErrorOfEveryLayer) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(8, kSeed);
  for (const char* preset : {"floor", "tflite_ref"}) {
    QuantizeOptions options;
    options.weight_bits = 4;
    options.preset = parse_preset(preset);
    const double plain = mean_error(quantize(graph, images, options), graph, images);
    options.bias_correction = true;
    QuantizeReport report;
    const QuantizedNetwork network = quantize(graph, images, options, &report);
    const double corrected = mean_error(network, graph, images);
    std::cout << preset << ": mean error of the output " << plain << ", corrected " << corrected << "\n";
    EXPECT_LT(corrected, 0.25 * plain);
    ASSERT_EQ(report.bias_corrections.size(), 5U);
    for (const BiasCorrection& layer : report.bias_corrections)
      EXPECT_LT(layer.after, 0.5 * layer.before) << layer.layer;
    expect_round_trip(network);
  }
}

/// y = 0.5 x, a weight that is held exactly: nothing is off on average but floor's half step.
TEST(BiasCorrection, TakesOutHalfAStepOfFloor) {
  const Graph graph = small_graph({1, 1, 64}, [](OnnxGraph& g) {
    g.add_floats("w", {1, 1, 1, 1}, {0.5F});
    g.add_node("Conv", "conv", {"x", "w"}, "c");
    g.add_node("Relu", "relu", {"c"}, "y");
    g.add_output("y", {1, 1, 64});
  });
  const std::vector<FloatTensor> images = random_images({1, 1, 1, 64}, 64, 3);
  QuantizeOptions options;
  options.preset = Preset::kFloor;
  EXPECT_EQ(quantize(graph, images, options).layers.at(0).bias, (std::vector<std::int64_t>{0}));
  options.bias_correction = true;
  QuantizeReport report;
  const QuantizedNetwork network = quantize(graph, images, options, &report);
  const double step = double{network.tensors[0].scale} * double{network.layers[0].weight_scales[0]};
  const double half = 0.5 * double{network.tensors[1].scale};
  EXPECT_NEAR(static_cast<double>(network.layers[0].bias[0]) * step, half, 0.2 * half);
  EXPECT_NEAR(report.bias_corrections.at(0).before, half, 0.2 * half);
}

/// One value a channel and image, so that averages over few images are coarse: still no layer becomes worse.
TEST(BiasCorrection, NeverMakesALayerWorse) {
  const Graph graph = random_network("lenet5", kSeed);
  for (const int count : {1, 3}) {
    QuantizeOptions options;
    options.bias_correction = true;
    QuantizeReport report;
    quantize(graph, digit_images(count, kSeed), options, &report);
    ASSERT_EQ(report.bias_corrections.size(), 5U);
    for (const BiasCorrection& layer : report.bias_corrections) EXPECT_LE(layer.after, layer.before) << layer.layer;
  }
}

TEST(BiasCorrection, WorksAfterLayerwiseCalibrationAndWithTables) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(4, kSeed);
  QuantizeOptions options;
  options.bias_correction = true;
  options.calibration = CalibrationOrder::kLayerwise;
  expect_round_trip(quantize(graph, images, options));
  options.calibration = CalibrationOrder::kAtOnce;
  options.codebook = CodebookKind::kPerChannel;
  options.weight_bits = 3;
  expect_round_trip(quantize(graph, images, options));
}

TEST(BiasCorrection, TheMachineAgrees) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(4, kSeed);
  QuantizeOptions options;
  options.bias_correction = options.equalize = true;
  options.weight_bits = 4;
  const tb::NetworkReport report =
      tb::run_bench(quantize(graph, images, options), nullptr, images, model::AcceleratorConfig{}, {});
  ASSERT_FALSE(report.layers.empty());
  for (const tb::LayerReport& layer : report.layers) EXPECT_EQ(layer.mismatches, 0) << layer.name;
}

Graph with_biases(const std::vector<float>& biases) {
  const auto outputs = static_cast<std::int64_t>(biases.size());
  return small_graph({1, 1, 2}, [&](OnnxGraph& g) {
    g.add_floats("w", {outputs, 1, 1, 1}, std::vector<float>(biases.size(), 1.27F));
    g.add_floats("b", {outputs}, biases);
    g.add_node("Conv", "conv", {"x", "w", "b"}, "y");
    g.add_output("y", {outputs, 1, 2});
  });
}

/// Sx = 2.55 / 255 = 0.01 and Sw = 1.27 / 127 = 0.01, so a step is 0.0001. At 8 bits S_b = 1 / 255: 1 -> 255 -> 10000;
/// -0.5 -> -127.5 -> -128 -> -5020; 0.3 -> 76.5 -> 77 -> 3020; 0.002 -> 0.51 -> 1 -> 39; 0.001 -> 0.
TEST(BiasForm, OwnScaleByHand) {
  const Graph graph = with_biases({1.0F, -0.5F, 0.3F, 0.002F, 0.001F});
  const std::vector<FloatTensor> images = {FloatTensor({1, 1, 1, 2}, {-1.0F, 1.55F})};
  QuantizeOptions options;
  EXPECT_EQ(quantize(graph, images, options).layers.at(0).bias,
            (std::vector<std::int64_t>{10000, -5000, 3000, 20, 10}));
  options.bias_form = BiasForm::kOwnScale;
  const QuantizedNetwork network = quantize(graph, images, options);
  EXPECT_EQ(network.layers.at(0).bias, (std::vector<std::int64_t>{10000, -5020, 3020, 39, 0}));
  EXPECT_EQ(network.metadata.at("systoliq.bias_form"), "own-scale 8");
  expect_round_trip(network);
  options.bias_bits = 2;  // S_b = 1 / 3
  EXPECT_EQ(quantize(graph, images, options).layers.at(0).bias, (std::vector<std::int64_t>{10000, -6667, 3333, 0, 0}));
  options.bias_bits = 17;
  expect_refused([&] { quantize(graph, images, options); }, {"bias_bits = 17", "2 to 16"});
}

TEST(BiasForm, NoBiasStaysNone) {
  const Graph graph = with_biases({0.0F, 0.0F});
  QuantizeOptions options;
  options.bias_form = BiasForm::kOwnScale;
  const std::vector<FloatTensor> images = {FloatTensor({1, 1, 1, 2}, {-1.0F, 1.55F})};
  EXPECT_EQ(quantize(graph, images, options).layers.at(0).bias, (std::vector<std::int64_t>{0, 0}));
  options.bias_correction = true;
  expect_refused([&] { quantize(graph, images, options); }, {"bias correction", "one of both"});
}

}  // namespace
}  // namespace systoliq::sw_ref
