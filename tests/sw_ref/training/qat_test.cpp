// SPDX-License-Identifier: Apache-2.0
// Training with quantization: folding, starts, observers, resumption, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sw_ref/networks/folding.h"
#include "tests/sw_ref/training/qat_support.h"

namespace systoliq::sw_ref {
namespace {

TEST(Qat, FoldedNetworkIsTheSameFunction) {
  const NamedParameters parameters = initial_parameters("vgg_digits", 3);
  const auto folded = fold_batch_normalization(describe_network("vgg_digits"), as_map(parameters));
  NamedParameters ordered;
  for (const auto& parameter : network_parameters("vgg_digits_folded")) {
    ordered.emplace_back(parameter.first, folded.at(parameter.first));
  }
  EXPECT_EQ(folded.size(), ordered.size());
  const LabeledImages set = digits(20, 4);
  const double loss = measure_loss("vgg_digits", parameters, set, 1);
  EXPECT_NEAR(measure_loss("vgg_digits_folded", ordered, set, 1), loss, 1e-5 * loss);
  ordered[0].second.data[0] += 1.0F;
  EXPECT_GT(std::fabs(measure_loss("vgg_digits_folded", ordered, set, 1) - loss), 1e-4 * loss) << "measures nothing";
}

TEST(Qat, TrainsTheFoldedNetwork) {
  Recipe recipe = qat_recipe("vgg_digits");
  const NamedParameters start = initial_parameters("vgg_digits", 3);
  const LabeledImages set = digits(20, 4);
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
  const LabeledImages training = digits(60, 1);
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
  const LabeledImages training = digits(60, 1);
  const auto input_range = [&] {
    const TrainResult result = train(recipe, training, {}, {}, trained_lenet5());
    EXPECT_EQ(result.activation_ranges.front().first, "input");
    return result.activation_ranges.front().second;
  };
  recipe.quantization->observer = Observer::kMinMax;
  const auto [low, high] = std::minmax_element(training.images.data.begin(), training.images.data.end());
  EXPECT_EQ(input_range().low, double{*low});
  EXPECT_EQ(input_range().high, double{*high});
  recipe.quantization->observer = Observer::kMovingAverage;
  recipe.quantization->observer_momentum = 1.0;
  recipe.epochs = 2;
  const Range last = input_range();
  recipe.quantization->observe_epochs = 1;
  const Range frozen = input_range();
  EXPECT_LE(std::fabs(last.high), double{*high});
  recipe.epochs = 1;
  recipe.quantization->observe_epochs = 0;
  EXPECT_EQ(range_text(frozen), range_text(input_range())) << "the second epoch changes nothing";
}

TEST(Qat, Bfloat16StaysNearFloat32) {
  Recipe recipe = qat_recipe("lenet5");
  const LabeledImages set = digits(40, 3);
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
