// SPDX-License-Identifier: Apache-2.0
// Training with quantization against the integers that the quantizer makes of its result.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sw_ref/networks/layers.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/integer/quantize_steps.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/options.h"
#include "sw_ref/reference/reference.h"
#include "sw_ref/training/quantization_simulator.h"
#include "tests/sw_ref/training/qat_support.h"

namespace systoliq::sw_ref {
namespace {

/// Stored integers of the output for one image.
IntTensor run_integers(const QuantizedNetwork& network, const FloatTensor& image) {
  const int input = network.inputs.front();
  const IntTensor stored = quantize_tensor(image, network.tensors[static_cast<std::size_t>(input)]);
  const ReferenceResult result = run_reference(network, {{input, stored}}, AccumulationOrder{});
  return result.tensors[static_cast<std::size_t>(network.outputs.front())];
}

double integer_accuracy(const QuantizedNetwork& network, const LabeledImages& set) {
  int correct = 0;
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    const IntTensor logits = run_integers(network, image_of(set, static_cast<std::int64_t>(i)));
    const auto largest = std::max_element(logits.data.begin(), logits.data.end());
    correct += largest - logits.data.begin() == set.labels[i] ? 1 : 0;
  }
  return correct / static_cast<double>(set.labels.size());
}

struct Form {
  const char* name;
  void (*choose)(QuantizeOptions*);
};

class AgainstIntegers : public testing::TestWithParam<Form> {};

/// The logits of both are multiples of one scale; they may differ where float sums decide a tie otherwise.
TEST_P(AgainstIntegers, RoundedForwardPassIsTheIntegerNetwork) {
  Recipe recipe = qat_recipe("lenet5");
  GetParam().choose(&recipe.quantization->options);
  const TrainResult result = train(recipe, digits(60, 1), {}, {}, trained_lenet5());
  ASSERT_EQ(result.network, "lenet5");
  const Graph graph = graph_of(result.network, result.parameters, result.activation_ranges);
  const LabeledImages tests = digits(20, 2);
  const QuantizedNetwork integers = quantize(graph, {image_of(tests, 0)}, recipe.quantization->options);
  const QuantizedTensor& output = integers.tensors[static_cast<std::size_t>(integers.outputs.front())];
  const FloatTensor logits = quantized_logits(recipe, result, tests.images, 1);
  std::int64_t different = 0;
  for (std::int64_t i = 0; i < 20; ++i) {
    const IntTensor stored = run_integers(integers, image_of(tests, i));
    for (std::int64_t k = 0; k < 10; ++k) {
      const auto imitated = std::lround(logits.data[static_cast<std::size_t>(10 * i + k)] / output.scale);
      const std::int64_t off = std::abs(imitated - (stored.data[static_cast<std::size_t>(k)] - output.zero_point));
      EXPECT_LE(off, 2) << "image " << i << ", logit " << k;
      different += off != 0 ? 1 : 0;
    }
  }
  // Double rounding (docs/numerics.md), which training takes for rounding once, moves one value in a few hundred.
  EXPECT_LE(different, recipe.quantization->options.preset == Preset::kTfliteRef ? 60 : 5) << "of 200";
}

INSTANTIATE_TEST_SUITE_P(
    Forms, AgainstIntegers,
    testing::Values(Form{"Plain", [](QuantizeOptions*) {}},
                    Form{"FourBitWeights", [](QuantizeOptions* o) { o->weight_bits = 4; }},
                    Form{"SixBitActivations", [](QuantizeOptions* o) { o->activation_bits = 6; }},
                    Form{"PerTensorSpan",
                         [](QuantizeOptions* o) {
                           o->per_channel = false;
                           o->symmetric_scale = SymmetricScale::kSpan;
                         }},
                    Form{"AffineWeights", [](QuantizeOptions* o) { o->per_channel = o->symmetric_weights = false; }},
                    Form{"Clip", [](QuantizeOptions* o) { o->affine = AffineMode::kClip; }},
                    Form{"DoubleRounding", [](QuantizeOptions* o) { o->preset = Preset::kTfliteRef; }},
                    Form{"Floor", [](QuantizeOptions* o) { o->preset = Preset::kFloor; }},
                    Form{"PowerOfTwo",
                         [](QuantizeOptions* o) {
                           o->power_of_two = true;
                           o->preset = Preset::kPotHalfUp;
                         }},
                    Form{"PowerOfTwoObserver",
                         [](QuantizeOptions* o) {
                           o->power_of_two = o->power_of_two_observer = o->symmetric_activations = true;
                           o->preset = Preset::kPotFloor;
                         }}),
    [](const auto& form) { return form.param.name; });

/// Two bits a weight: plain quantization collapses, a few epochs of training bring it back.
TEST(Qat, RecoversWhatPlainQuantizationLoses) {
  Recipe recipe = qat_recipe("lenet5");
  recipe.quantization->options.weight_bits = 2;
  recipe.epochs = 4;
  recipe.learning_rate = 0.002;
  const LabeledImages training = digits(600, 1), tests = digits(150, 2);
  const Graph before = graph_of("lenet5", trained_lenet5());
  QuantizeOptions plain = recipe.quantization->options;
  plain.activation_range = RangeMethod::kMinMax;
  std::vector<FloatTensor> calibration;
  for (std::int64_t i = 0; i < 10; ++i) calibration.push_back(image_of(training, i));
  const double ptq = integer_accuracy(quantize(before, calibration, plain), tests);
  const TrainResult result = train(recipe, training, {tests}, {}, trained_lenet5());
  const Graph after = graph_of("lenet5", result.parameters, result.activation_ranges);
  const double qat = integer_accuracy(quantize(after, calibration, recipe.quantization->options), tests);
  const double floating = measure_accuracy("lenet5", trained_lenet5(), tests, 1);
  EXPECT_LT(ptq, floating - 0.1) << "does not collapse";
  EXPECT_GT(qat, floating - 0.05) << "does not recover from " << ptq;
  EXPECT_NEAR(qat, result.test_accuracy.at(0), 0.015) << "accuracy while training is that of the integers";
}

TEST(Qat, StoredValuesAreTheQuantizersTensors) {
  for (const std::string network : {"lenet5", "fashion_mlp", "vgg_digits", "vgg_digits_folded", "resnet18"}) {
    const Graph graph = graph_of(network, initial_parameters(network, 1));
    LoweringInput input;
    input.graph = &graph;
    const FusedNetwork fused = lower(input);
    std::vector<std::string> expected, found;
    std::vector<bool> moved(fused.tensors.size(), false);
    for (const FusedLayer& layer : fused.layers) moved[static_cast<std::size_t>(layer.output)] = keeps_scale(layer);
    for (std::size_t i = 0; i < moved.size(); ++i) {
      if (!moved[i]) expected.push_back(fused.tensors[i].name);
    }
    for (const StoredValue& value : stored_values(describe_network(network), Preset::kFloor)) {
      found.push_back(value.tensor);
    }
    EXPECT_EQ(found, expected) << network;
  }
}

}  // namespace
}  // namespace systoliq::sw_ref
