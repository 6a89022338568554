// SPDX-License-Identifier: Apache-2.0
// Requantization by an integer divisor: numbers by hand, against real divisions, on the machine, and in ONNX.
#include "sw_ref/quantizer/integer/divisor_form.h"

#include <cmath>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "sw_ref/quantizer/qdq/write_quantized.h"
#include "sw_ref/reference/requantization.h"
#include "tb/compare/bench.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::uint64_t kSeed = 47;

/// One input channel times `weight`, scales 1 and 1 around a weight scale.
QuantizedNetwork one_product(std::int32_t weight, float weight_scale, Preset preset) {
  QuantizedNetwork network;
  network.name = "one";
  network.preset = preset;
  network.tensors = {{"x", {1, 1, 1, 4}, 1.0F, 0, 8, 0}, {"y", {1, 1, 1, 4}, 1.0F, 0, 8, 0}};
  QuantizedLayer layer;
  layer.name = "conv";
  layer.inputs = {0};
  layer.output = 1;
  layer.weights = IntTensor({1, 1, 1, 1}, {weight});
  layer.weight_scales = {weight_scale};
  layer.bias = {0};
  network.layers = {layer};
  network.inputs = {0};
  network.outputs = {1};
  return network;
}

std::vector<std::int32_t> outputs_for(const QuantizedNetwork& network, const std::vector<std::int32_t>& x) {
  return run_reference(network, {{0, IntTensor({1, 1, 1, 4}, x)}}, AccumulationOrder{}).tensors[1].data;
}

/// M = 0.0123: D = round(81.3) = 81. 81 * 0.0123 = 0.996 floors to 0, 81 / 81 is 1; -1000 / 81 = -12.3 floors to -13.
TEST(DivisorForm, ByHand) {
  QuantizedNetwork network = one_product(1, 0.0123F, Preset::kFloor);
  EXPECT_EQ(outputs_for(network, {80, 81, 127, -100}), (std::vector<std::int32_t>{0, 0, 1, -2}));
  to_divisor_form(&network, 0);
  EXPECT_EQ(network.metadata.at("systoliq.divisor.conv"), "81");
  EXPECT_EQ(outputs_for(network, {80, 81, 127, -100}), (std::vector<std::int32_t>{0, 1, 1, -2}));
  network.layers[0].weights.data[0] = 100;
  EXPECT_EQ(outputs_for(network, {-10, 81, 10, 127}), (std::vector<std::int32_t>{-13, 100, 12, 127}));
}

TEST(DivisorForm, EqualsADivisionForEveryAccumulator) {
  for (const std::int64_t divisor : {1, 2, 3, 7, 64, 81, 255, 1000, 65537}) {
    QuantizedNetwork network = one_product(1, 1.0F / static_cast<float>(divisor), Preset::kFloor);
    to_divisor_form(&network, 0);
    ASSERT_EQ(network.metadata.at("systoliq.divisor.conv"), std::to_string(divisor));
    const Requantization r =
        derive_requantization(Preset::kFloor, 1.0F, network.layers[0].weight_scales[0], 1.0F, false);
    const bool exact = (divisor & (divisor - 1)) == 0;
    std::int64_t wrong = 0;
    for (std::int64_t acc = 0; acc < 1 << 22; ++acc) {
      wrong += apply_requantization(r, acc) != acc / divisor ? 1 : 0;
      const std::int64_t below = -((acc + divisor - 1) / divisor);
      const bool one_less = !exact && acc != 0 && acc % divisor == 0;
      wrong += apply_requantization(r, -acc) != below - (one_less ? 1 : 0) ? 1 : 0;
    }
    EXPECT_EQ(wrong, 0) << divisor;
  }
}

/// floor(acc / D + 1 / 2); one lower at ties below 0.
TEST(DivisorForm, EqualsARoundedDivision) {
  for (const std::int64_t divisor : {3, 6, 81, 128, 1000}) {
    QuantizedNetwork network = one_product(1, 1.0F / static_cast<float>(divisor), Preset::kHalfUp);
    to_divisor_form(&network, 0);
    const Requantization r =
        derive_requantization(Preset::kHalfUp, 1.0F, network.layers[0].weight_scales[0], 1.0F, false);
    const bool exact = (divisor & (divisor - 1)) == 0;
    std::int64_t wrong = 0;
    for (std::int64_t acc = -(1 << 20); acc < 1 << 20; ++acc) {
      const std::int64_t twice = 2 * acc + divisor;
      std::int64_t rounded = twice / (2 * divisor);
      if (twice < 0 && twice % (2 * divisor) != 0) --rounded;
      const bool tie_below = !exact && acc < 0 && twice % (2 * divisor) == 0;
      wrong += apply_requantization(r, acc) != rounded - (tie_below ? 1 : 0) ? 1 : 0;
    }
    EXPECT_EQ(wrong, 0) << divisor;
  }
}

QuantizeOptions divisor_options() {
  QuantizeOptions options;
  options.preset = Preset::kFloor;
  options.scale_form = ScaleForm::kDivisor;
  return options;
}

TEST(DivisorForm, KeepsTheIntegersOfWeightsAndRecordsEveryLayer) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(4, kSeed);
  for (const bool per_channel : {true, false}) {
    QuantizeOptions options = divisor_options();
    options.per_channel = per_channel;
    const QuantizedNetwork network = quantize(graph, images, options);
    options.scale_form = ScaleForm::kFree;
    const QuantizedNetwork free = quantize(graph, images, options);
    int layers = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      const QuantizedLayer& layer = network.layers[i];
      if (layer.op != LayerOp::kConvolution) continue;
      ++layers;
      EXPECT_EQ(layer.weights.data, free.layers[i].weights.data);
      EXPECT_EQ(layer.bias, free.layers[i].bias);
      EXPECT_NE(layer.weight_scales, free.layers[i].weight_scales);
      EXPECT_EQ(network.metadata.count("systoliq.divisor." + layer.name), 1U);
    }
    EXPECT_EQ(layers, 5);
    expect_round_trip(network);
    EXPECT_GT(sqnr_of_output(network, graph, images), 10.0);
  }
}

TEST(DivisorForm, TheMachineAgrees) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(4, kSeed);
  for (const char* preset : {"floor", "half_up", "half_even", "half_away"}) {
    QuantizeOptions options = divisor_options();
    options.preset = parse_preset(preset);
    options.calibration = CalibrationOrder::kLayerwise;
    const tb::NetworkReport report =
        tb::run_bench(quantize(graph, images, options), nullptr, images, model::AcceleratorConfig{}, {});
    ASSERT_FALSE(report.layers.empty());
    for (const tb::LayerReport& layer : report.layers) EXPECT_EQ(layer.mismatches, 0) << preset << " " << layer.name;
  }
}

TEST(DivisorForm, RefusedWhereThereIsNoDivisor) {
  QuantizedNetwork network = one_product(1, 3.0F, Preset::kFloor);
  expect_refused([&] { to_divisor_form(&network, 0); }, {"layer 'conv'", "0.333", "0.5 to"});
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(1, kSeed);
  QuantizeOptions options = divisor_options();
  options.preset = Preset::kTfliteRef;
  expect_refused([&] { quantize(graph, images, options); }, {"divisor form", "preset floor"});
  options.preset = Preset::kFloor;
  options.power_of_two = true;
  expect_refused([&] { quantize(graph, images, options); }, {"divisor form", "no power_of_two"});
}

TEST(DivisorForm, WrongMetadataIsRefused) {
  const Graph graph = random_network("lenet5", kSeed);
  QuantizeOptions options = divisor_options();
  options.per_channel = false;
  QuantizedNetwork network = quantize(graph, digit_images(1, kSeed), options);
  const auto refused = [&](const std::string& key, const std::string& text, const std::vector<std::string>& fragments) {
    QuantizedNetwork wrong = network;
    wrong.metadata["systoliq.divisor." + key] = text;
    expect_refused([&] { read_quantized(parse_onnx(to_onnx_qdq(wrong), "wrong")); }, fragments);
  };
  const std::string first = network.layers.at(0).name;
  refused(first, "7", {"divisor 7", "quotient"});
  refused(first, "81 82", {"2 divisors for 1"});
  refused(first, "many", {"'many' is no divisor"});
  refused("nowhere", "81", {"no layer with weights is named 'nowhere'"});
}

}  // namespace
}  // namespace systoliq::sw_ref
