// SPDX-License-Identifier: Apache-2.0
// Widths by layer through quantizer, ONNX and machine, and the sensitivities from which widths are proposed.
#include "sw_ref/quantizer/integer/widths.h"

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"
#include "tb/compare/bench.h"
#include "tb/compare/sensitivity.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::uint64_t kSeed = 53;

const Graph& lenet() {
  static const Graph graph = random_network("lenet5", kSeed);
  return graph;
}

QuantizeOptions mixed() {
  QuantizeOptions options;
  options.layer_weight_bits = {{"conv2", 4}, {"conv3", 2}, {"fc1", 3}};
  options.layer_activation_bits = {{"conv1", 6}, {"fc1", 5}, {"input", 7}};
  return options;
}

void expect_no_mismatch(const QuantizedNetwork& network, const std::vector<FloatTensor>& images,
                        const model::AcceleratorConfig& config = {}) {
  const tb::NetworkReport report = tb::run_bench(network, nullptr, images, config, {});
  ASSERT_FALSE(report.layers.empty());
  for (const tb::LayerReport& layer : report.layers) EXPECT_EQ(layer.mismatches, 0) << layer.name;
}

TEST(Widths, EveryLayerItsOwn) {
  const std::vector<FloatTensor> images = digit_images(3, kSeed);
  for (const CalibrationOrder order : {CalibrationOrder::kAtOnce, CalibrationOrder::kLayerwise}) {
    QuantizeOptions options = mixed();
    options.calibration = order;
    const QuantizedNetwork network = quantize(lenet(), images, options);
    std::map<std::string, int> weights;
    std::map<std::string, int> outputs;
    for (const QuantizedLayer& layer : network.layers) {
      const QuantizedTensor& out = network.tensors[static_cast<std::size_t>(layer.output)];
      outputs[layer.name] = out.bits;
      EXPECT_LE(layer.clamp_max, (1 << (out.bits - 1)) - 1) << layer.name;
      if (layer.op != LayerOp::kConvolution) continue;
      weights[layer.name] = layer.weight_bits;
      const auto largest = *std::max_element(layer.weights.data.begin(), layer.weights.data.end());
      EXPECT_LE(largest, (1 << (layer.weight_bits - 1)) - 1) << layer.name;
      EXPECT_GT(largest, 0) << layer.name;
    }
    EXPECT_EQ(weights, (std::map<std::string, int>{{"conv1", 8}, {"conv2", 4}, {"conv3", 2}, {"fc1", 3}, {"fc2", 8}}));
    EXPECT_EQ(outputs.at("conv1"), 6);
    EXPECT_EQ(outputs.at("pool1"), 6);  // moved from conv1
    EXPECT_EQ(outputs.at("conv2"), 8);
    EXPECT_EQ(outputs.at("fc1"), 5);
    EXPECT_EQ(network.tensors[static_cast<std::size_t>(network.inputs[0])].bits, 7);
    expect_round_trip(network);
    expect_no_mismatch(network, images);
  }
}

TEST(Widths, TablesOfDifferentSizes) {
  QuantizeOptions options = mixed();
  options.codebook = CodebookKind::kPerChannel;
  options.layer_activation_bits.clear();
  options.weight_bits = 4;
  options.layer_weight_bits = {{"conv2", 3}, {"fc1", 2}};
  const std::vector<FloatTensor> images = digit_images(2, kSeed);
  const QuantizedNetwork network = quantize(lenet(), images, options);
  EXPECT_EQ(network.layers[2].name, "conv2");
  EXPECT_EQ(network.layers[2].codebook.size(), 16U * 8U);
  expect_round_trip(network);
  expect_no_mismatch(network, images, model::read_config(SYSTOLIQ_SOURCE_DIR "/configs/codebook_4bit.toml"));
}

TEST(Widths, WiderThanTheMachineIsRefused) {
  const std::vector<FloatTensor> images = digit_images(1, kSeed);
  model::AcceleratorConfig narrow;
  narrow.datatypes.weight_bits = 4;
  QuantizeOptions options;
  options.weight_bits = 4;
  expect_no_mismatch(quantize(lenet(), images, options), images, narrow);
  options.layer_weight_bits = {{"conv2", 5}};
  expect_refused([&] { tb::run_bench(quantize(lenet(), images, options), nullptr, images, narrow, {}); },
                 {"conv2", "5 bits", "datatypes.weight_bits = 4"});
}

TEST(Widths, RefusedNamesAndConflicts) {
  const std::vector<FloatTensor> images = digit_images(1, kSeed);
  const auto refused = [&](const std::map<std::string, int>& weights, const std::map<std::string, int>& activations,
                           const std::vector<std::string>& fragments) {
    QuantizeOptions options;
    options.layer_weight_bits = weights;
    options.layer_activation_bits = activations;
    expect_refused([&] { quantize(lenet(), images, options); }, fragments);
  };
  refused({{"conv9", 4}}, {}, {"'conv9'", "conv1, conv2, conv3, fc1, fc2"});
  refused({{"pool1", 4}}, {}, {"'pool1'", "no layer with weights"});
  refused({{"conv1", 9}}, {}, {"'conv1' = 9", "2 to 8"});
  refused({}, {{"conv1", 1}}, {"'conv1' = 1", "2 to 8"});
  refused({}, {{"nowhere", 4}}, {"'nowhere'", "network input"});
  refused({}, {{"conv1", 4}, {"pool1", 5}}, {"'pool1' has 5", "'conv1' has 4"});
}

tb::SensitivityWork digits_work() {
  static const Graph trained = read_onnx(SYSTOLIQ_SOURCE_DIR "/models/lenet5.onnx", Batch::kOne);
  tb::SensitivityWork work;
  work.graph = &trained;
  work.calibration = digit_images(8, 1);
  const tb::Dataset digits = tb::make_digits(40, 2);
  for (int i = 0; i < 40; ++i) work.images.push_back(tb::network_input(digits, i, {1, 1, 32, 32}));
  work.labels = digits.labels;
  work.widths = {2, 4};
  return work;
}

TEST(Sensitivity, MeasuresEveryLayerAlone) {
  tb::SensitivityWork work = digits_work();
  work.options.weight_range = RangeMethod::kMinMax;
  const tb::Sensitivity sensitivity = tb::measure_sensitivity(work);
  EXPECT_GT(sensitivity.base.top1, 95.0);
  ASSERT_EQ(sensitivity.layers.size(), 5U);
  EXPECT_EQ(sensitivity.layers[2].layer, "conv3");
  EXPECT_EQ(sensitivity.layers[2].weights, 48000);
  int worse = 0;
  for (const tb::LayerSensitivity& layer : sensitivity.layers) {
    ASSERT_EQ(layer.scores.size(), 2U);
    worse += layer.scores.at(2).loss > layer.scores.at(4).loss ? 1 : 0;
  }
  EXPECT_GE(worse, 4) << "2 bits lose more than 4";
  // The first layer's score is that of a network quantized with this table.
  QuantizeOptions options = work.options;
  options.layer_weight_bits = {{"conv1", 2}};
  const QuantizedNetwork network = quantize(*work.graph, work.calibration, options);
  int correct = 0;
  for (std::size_t i = 0; i < work.images.size(); ++i) {
    const std::vector<std::int32_t> logits =
        run_integers(network, work.images[i]).tensors[static_cast<std::size_t>(network.outputs[0])].data;
    correct += std::max_element(logits.begin(), logits.end()) - logits.begin() == work.labels[i] ? 1 : 0;
  }
  EXPECT_DOUBLE_EQ(sensitivity.layers[0].scores.at(2).top1, 100.0 * correct / 40.0);
}

/// Invented sensitivities: only the arithmetic of the choice counts. conv3 saves most bits a point, conv1 costs much.
tb::Sensitivity invented() {
  tb::Sensitivity sensitivity;
  sensitivity.base = {0.1, 100.0};
  const auto layer = [](const char* name, std::int64_t weights, double at_four, double at_two) {
    return tb::LayerSensitivity{name, weights, {{2, {0.2, 100.0 - at_two}}, {4, {0.15, 100.0 - at_four}}}};
  };
  sensitivity.layers = {layer("conv1", 150, 5.0, 50.0), layer("conv2", 2400, 1.0, 30.0),
                        layer("conv3", 48000, 1.0, 2.0), layer("fc1", 10080, 0.5, 9.0), layer("fc2", 840, 0.0, 0.0)};
  return sensitivity;
}

TEST(Sensitivity, GreedyChoiceByHand) {
  tb::SensitivityWork work = digits_work();
  const tb::WidthProposal three = tb::propose_widths(work, invented(), 100.0);
  EXPECT_EQ(three.widths.at("conv3"), 2);
  EXPECT_EQ(three.widths.at("conv1"), 2) << "91 points in all are allowed";
  // 3 points: fc2 for nothing to 2; conv3 to 4 (1 point) and to 2 (1 more); fc1 to 4 (0.5); conv2 (1) no longer fits.
  // The trained network bears all of it, or steps are withdrawn from the end: fc1 first.
  const tb::WidthProposal proposal = tb::propose_widths(work, invented(), 3.0);
  EXPECT_LE(100.0 - proposal.score.top1, 3.0);
  if (proposal.withdrawn == 0) {
    EXPECT_EQ(proposal.widths,
              (std::map<std::string, int>{{"conv1", 8}, {"conv2", 8}, {"conv3", 2}, {"fc1", 4}, {"fc2", 2}}));
    EXPECT_DOUBLE_EQ(proposal.predicted_drop, 2.5);
    EXPECT_EQ(proposal.bits, 8 * (150 + 2400) + 2 * 48000 + 4 * 10080 + 2 * 840);
  }
}

TEST(Sensitivity, WithdrawsWhatTheMeasurementDoesNotBear) {
  tb::SensitivityWork work = digits_work();
  tb::Sensitivity untrue = invented();
  for (tb::LayerSensitivity& layer : untrue.layers) {
    for (auto& score : layer.scores) score.second.top1 = 100.0;  // as if nothing cost anything
  }
  const tb::WidthProposal proposal = tb::propose_widths(work, untrue, 0.0);
  EXPECT_GT(proposal.withdrawn, 0);
  EXPECT_GE(proposal.score.top1, 100.0);
  EXPECT_LE(proposal.bits, proposal.base_bits);
}

TEST(Sensitivity, Refusals) {
  tb::SensitivityWork work = digits_work();
  expect_refused([&] { tb::propose_widths(work, invented(), -1.0); }, {"target drop", "0 points or more"});
  work.widths = {8};
  expect_refused([&] { tb::measure_sensitivity(work); }, {"no narrower width", "2 to 7"});
  work.labels.pop_back();
  expect_refused([&] { tb::measure_sensitivity(work); }, {"images with labels"});
}

}  // namespace
}  // namespace systoliq::sw_ref
