// SPDX-License-Identifier: Apache-2.0
// Training with quantisation: its forward pass against the integers that the quantiser makes of its result, recovery of
// what plain quantisation loses, resumption, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sw_ref/import/onnx_reader.h"
#include "sw_ref/networks/folding.h"
#include "sw_ref/quantize/fused_network.h"
#include "sw_ref/quantize/given_ranges.h"
#include "sw_ref/quantize/metadata_keys.h"
#include "sw_ref/quantize/quantize_steps.h"
#include "sw_ref/reference/reference.h"
#include "sw_ref/train/fake_quantiser.h"
#include "tests/sw_ref/train/train_support.h"

namespace systoliq::sw_ref {
namespace {

std::map<std::string, FloatTensor> as_map(const NamedParameters& parameters) {
  return {parameters.begin(), parameters.end()};
}

Graph graph_of(const std::string& network, const NamedParameters& parameters, const NamedRanges& ranges = {}) {
  std::map<std::string, std::string> metadata;
  for (const auto& [tensor, range] : ranges) metadata[kActivationRangeKey + tensor] = range_text(range);
  return parse_onnx(network_to_onnx(network, as_map(parameters), metadata), network, Batch::kOne);
}

FloatTensor image_of(const LabelledImages& set, std::int64_t index) {
  Shape shape = set.images.shape;
  shape[0] = 1;
  const auto size = static_cast<std::ptrdiff_t>(element_count(shape));
  const auto begin = set.images.data.begin() + index * size;
  return FloatTensor(shape, std::vector<float>(begin, begin + size));
}

/// Stored integers of the output for one image.
IntTensor run_integers(const QuantizedNetwork& network, const FloatTensor& image) {
  const int input = network.inputs.front();
  const IntTensor stored = quantize_tensor(image, network.tensors[static_cast<std::size_t>(input)]);
  const ReferenceResult result = run_reference(network, {{input, stored}}, AccumulationOrder{});
  return result.tensors[static_cast<std::size_t>(network.outputs.front())];
}

double integer_accuracy(const QuantizedNetwork& network, const LabelledImages& set) {
  int correct = 0;
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    const IntTensor logits = run_integers(network, image_of(set, static_cast<std::int64_t>(i)));
    const auto largest = std::max_element(logits.data.begin(), logits.data.end());
    correct += largest - logits.data.begin() == set.labels[i] ? 1 : 0;
  }
  return correct / static_cast<double>(set.labels.size());
}

Recipe qat_recipe(const std::string& network) {
  Recipe recipe = small_recipe(network);
  recipe.learning_rate = 0.0005;
  recipe.quantisation.emplace();
  recipe.quantisation->options.activation_range = RangeMethod::kGiven;
  recipe.quantisation->options.preset = Preset::kHalfUp;
  return recipe;
}

/// A LeNet-5 that knows the digits, in float.
const NamedParameters& trained_lenet5() {
  static const NamedParameters kTrained = [] {
    Recipe recipe = small_recipe("lenet5");
    recipe.epochs = 4;
    recipe.learning_rate = 0.003;
    return train(recipe, digits(600, 1), {}).parameters;
  }();
  return kTrained;
}

struct Form {
  const char* name;
  void (*choose)(QuantizeOptions*);
};

class AgainstIntegers : public testing::TestWithParam<Form> {};

/// The logits of both are multiples of one scale; they may differ where float sums decide a tie otherwise.
TEST_P(AgainstIntegers, RoundedForwardPassIsTheIntegerNetwork) {
  Recipe recipe = qat_recipe("lenet5");
  GetParam().choose(&recipe.quantisation->options);
  const TrainResult result = train(recipe, digits(60, 1), {}, {}, trained_lenet5());
  ASSERT_EQ(result.network, "lenet5");
  const Graph graph = graph_of(result.network, result.parameters, result.activation_ranges);
  const LabelledImages tests = digits(20, 2);
  const QuantizedNetwork integers = quantize(graph, {image_of(tests, 0)}, recipe.quantisation->options);
  const QuantizedTensor& output = integers.tensors[static_cast<std::size_t>(integers.outputs.front())];
  const FloatTensor logits = quantised_logits(recipe, result, tests.images, 1);
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
  EXPECT_LE(different, recipe.quantisation->options.preset == Preset::kTfliteRef ? 60 : 5) << "of 200";
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

/// Two bits a weight: plain quantisation collapses, a few epochs of training bring it back.
TEST(Qat, RecoversWhatPlainQuantisationLoses) {
  Recipe recipe = qat_recipe("lenet5");
  recipe.quantisation->options.weight_bits = 2;
  recipe.epochs = 4;
  recipe.learning_rate = 0.002;
  const LabelledImages training = digits(600, 1), tests = digits(150, 2);
  const Graph before = graph_of("lenet5", trained_lenet5());
  QuantizeOptions plain = recipe.quantisation->options;
  plain.activation_range = RangeMethod::kMinMax;
  std::vector<FloatTensor> calibration;
  for (std::int64_t i = 0; i < 10; ++i) calibration.push_back(image_of(training, i));
  const double ptq = integer_accuracy(quantize(before, calibration, plain), tests);
  const TrainResult result = train(recipe, training, {tests}, {}, trained_lenet5());
  const Graph after = graph_of("lenet5", result.parameters, result.activation_ranges);
  const double qat = integer_accuracy(quantize(after, calibration, recipe.quantisation->options), tests);
  const double floating = measure_accuracy("lenet5", trained_lenet5(), tests, 1);
  EXPECT_LT(ptq, floating - 0.1) << "does not collapse";
  EXPECT_GT(qat, floating - 0.05) << "does not recover from " << ptq;
  EXPECT_NEAR(qat, result.test_accuracy.at(0), 0.015) << "accuracy while training is that of the integers";
}

TEST(Qat, StoredValuesAreTheQuantisersTensors) {
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

TEST(Qat, FoldedNetworkIsTheSameFunction) {
  const NamedParameters parameters = initial_parameters("vgg_digits", 3);
  const auto folded = fold_batch_normalization(describe_network("vgg_digits"), as_map(parameters));
  NamedParameters ordered;
  for (const auto& parameter : network_parameters("vgg_digits_folded")) {
    ordered.emplace_back(parameter.first, folded.at(parameter.first));
  }
  EXPECT_EQ(folded.size(), ordered.size());
  const LabelledImages set = digits(20, 4);
  const double loss = measure_loss("vgg_digits", parameters, set, 1);
  EXPECT_NEAR(measure_loss("vgg_digits_folded", ordered, set, 1), loss, 1e-5 * loss);
  ordered[0].second.data[0] += 1.0F;
  EXPECT_GT(std::fabs(measure_loss("vgg_digits_folded", ordered, set, 1) - loss), 1e-4 * loss) << "measures nothing";
}

TEST(Qat, TrainsTheFoldedNetwork) {
  Recipe recipe = qat_recipe("vgg_digits");
  const NamedParameters start = initial_parameters("vgg_digits", 3);
  const LabelledImages set = digits(20, 4);
  const TrainResult result = train(recipe, set, {}, {}, start);
  EXPECT_EQ(result.network, "vgg_digits_folded");
  EXPECT_NO_THROW(graph_of(result.network, result.parameters));
  // Its own result is accepted as a start, and so is its ONNX form, of either network.
  EXPECT_NO_THROW(train(recipe, set, {}, {}, result.parameters));
  expect_equal(parameters_of(graph_of(result.network, result.parameters), "vgg_digits"), result.parameters);
  expect_equal(parameters_of(graph_of("vgg_digits", start), "vgg_digits"), start);
  EXPECT_THROW(train(recipe, set, {}), InputError) << "nothing to fold";
}

TEST(Qat, ForeignStartNamesTheFirstDifferenceBad) {
  const auto expect_refused = [](const Graph& graph, const std::string& network, const std::string& part) {
    try {
      parameters_of(graph, network);
      ADD_FAILURE() << "was accepted: " << graph.name << " as " << network;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  const Graph lenet5 = graph_of("lenet5", initial_parameters("lenet5", 1));
  expect_refused(lenet5, "fashion_mlp", "parameter 'fc1.weight' has shape");
  expect_refused(lenet5, "vgg_digits", "parameter 'conv1.weight' has shape [6, 1, 5, 5]");
  expect_refused(graph_of("vgg_digits", initial_parameters("vgg_digits", 1)), "vgg_digits_folded",
                 "has no parameter 'conv1.bias'");
  Graph extended = lenet5;
  Value more;
  more.name = "more";
  more.is_constant = true;
  extended.values["more"] = more;
  expect_refused(extended, "lenet5", "has no parameter 'more'");
  EXPECT_THROW(train(small_recipe("lenet5"), digits(20, 1), {}, {}, initial_parameters("fashion_mlp", 1)), InputError);
}

TEST(Qat, ResumedEqualsUninterrupted) {
  const TemporaryFile file("systoliq_qat_resume_");
  Recipe recipe = qat_recipe("lenet5");
  recipe.epochs = 3;
  const LabelledImages training = digits(60, 1);
  const TrainResult whole = train(recipe, training, {}, {}, trained_lenet5());
  recipe.checkpoint = file.path();
  train(
      recipe, training, {}, [](const Progress& p) { return !(p.epoch == 2 && p.step == 2); }, trained_lenet5());
  const TrainResult rest = train(recipe, training, {}, {}, trained_lenet5());
  EXPECT_EQ(rest.epochs_resumed, 1);
  expect_equal(rest.parameters, whole.parameters);
  ASSERT_EQ(rest.activation_ranges.size(), whole.activation_ranges.size());
  for (std::size_t i = 0; i < whole.activation_ranges.size(); ++i) {
    EXPECT_EQ(range_text(rest.activation_ranges[i].second), range_text(whole.activation_ranges[i].second));
  }
  EXPECT_THROW(train(recipe, training, {}, {}, initial_parameters("lenet5", 9)), InputError) << "another start";
}

TEST(Qat, ObserversLearnAsTheyAreTold) {
  Recipe recipe = qat_recipe("lenet5");
  const LabelledImages training = digits(60, 1);
  const auto input_range = [&] {
    const TrainResult result = train(recipe, training, {}, {}, trained_lenet5());
    EXPECT_EQ(result.activation_ranges.front().first, "input");
    return result.activation_ranges.front().second;
  };
  recipe.quantisation->observer = Observer::kMinMax;
  const auto [low, high] = std::minmax_element(training.images.data.begin(), training.images.data.end());
  EXPECT_EQ(input_range().low, double{*low});
  EXPECT_EQ(input_range().high, double{*high});
  recipe.quantisation->observer = Observer::kMovingAverage;
  recipe.quantisation->observer_momentum = 1.0;
  recipe.epochs = 2;
  const Range last = input_range();
  recipe.quantisation->observe_epochs = 1;
  const Range frozen = input_range();
  EXPECT_LE(std::fabs(last.high), double{*high});
  recipe.epochs = 1;
  recipe.quantisation->observe_epochs = 0;
  EXPECT_EQ(range_text(frozen), range_text(input_range())) << "the second epoch changes nothing";
}

TEST(Qat, Bfloat16StaysNearFloat32) {
  Recipe recipe = qat_recipe("lenet5");
  const LabelledImages set = digits(40, 3);
  const TrainResult exact = train(recipe, set, {}, {}, trained_lenet5());
  recipe.precision = Precision::kBfloat16;
  const TrainResult mixed = train(recipe, set, {}, {}, trained_lenet5());
  EXPECT_NE(exact.parameters[0].second.data, mixed.parameters[0].second.data) << "nothing was rounded";
  EXPECT_NEAR(exact.epoch_loss[0], mixed.epoch_loss[0], 0.1 * exact.epoch_loss[0] + 0.02);
}

TEST(Qat, PartOfTheImagesInAnEpoch) {
  Recipe recipe = qat_recipe("lenet5");
  recipe.images_per_epoch = 40;
  std::int64_t steps = 0;
  train(recipe, digits(100, 1), {}, [&](const Progress& progress) {
    steps = progress.steps;
    return true;
  });
  EXPECT_EQ(steps, 2);
  recipe.images_per_epoch = 10;
  EXPECT_THROW(train(recipe, digits(100, 1), {}), InputError) << "fewer than a batch";
}

TEST(GivenRange, AbsentOrBrokenBad) {
  Graph graph;
  graph.name = "net";
  EXPECT_THROW(given_range(graph, "x"), InputError);
  for (const std::string text : {"", "1", "1 2", "-2 -1", "-1 nan", "-1 1 1", "a b"}) {
    graph.metadata[std::string(kActivationRangeKey) + "x"] = text;
    EXPECT_THROW(given_range(graph, "x"), InputError) << "'" << text << "'";
  }
  graph.metadata[std::string(kActivationRangeKey) + "x"] = range_text({-0.1, 1.0 / 3.0});
  EXPECT_EQ(given_range(graph, "x").low, -0.1);
  EXPECT_EQ(given_range(graph, "x").high, 1.0 / 3.0);
}

}  // namespace
}  // namespace systoliq::sw_ref
