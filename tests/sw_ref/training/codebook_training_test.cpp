// SPDX-License-Identifier: Apache-2.0
// Learning of centroids: few distinct weights, which the quantizer's clustering finds again, and recovery from two
// bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/layers.h"
#include "sw_ref/quantizer/integer/codebook.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"
#include "tests/sw_ref/training/train_support.h"

namespace systoliq::sw_ref {
namespace {

Recipe codebook_recipe(const std::string& network, int bits, CodebookKind kind) {
  Recipe recipe = small_recipe(network);
  recipe.learning_rate = 0.002;
  recipe.quantization.emplace();
  recipe.quantization->options.codebook = kind;
  recipe.quantization->options.weight_bits = bits;
  recipe.quantization->quantize_activations = false;
  return recipe;
}

NamedParameters trained(const std::string& network, int epochs) {
  Recipe recipe = small_recipe(network);
  recipe.epochs = epochs;
  recipe.learning_rate = 0.003;
  return train(recipe, digits(600, 1), {}).parameters;
}

bool is_weight(const NamedParameters::value_type& parameter) {
  const std::string& name = parameter.first;
  return parameter.second.shape.size() >= 2 && name.substr(name.size() - 7) == ".weight";
}

/// Most distinct values in one of `tables` runs.
std::size_t distinct(const FloatTensor& values, std::int64_t tables) {
  const std::size_t run = values.data.size() / static_cast<std::size_t>(tables);
  std::size_t most = 0;
  for (std::size_t first = 0; first < values.data.size(); first += run) {
    const auto begin = values.data.begin() + static_cast<std::ptrdiff_t>(first);
    most = std::max(most, std::set<float>(begin, begin + static_cast<std::ptrdiff_t>(run)).size());
  }
  return most;
}

/// The greatest mean squared error that clustering leaves in a layer, relative to the mean square of its weights.
double clustering_error(const TrainResult& result, int bits, CodebookKind kind) {
  const std::map<std::string, FloatTensor> parameters(result.parameters.begin(), result.parameters.end());
  const Graph graph = parse_onnx(network_to_onnx(result.network, parameters), result.network, Batch::kOne);
  QuantizeOptions options;
  options.codebook = kind;
  options.weight_bits = bits;
  QuantizeReport report;
  quantize(graph, {FloatTensor(graph.values.at("input").shape)}, options, &report);
  double most = 0.0;
  for (const CodebookError& error : report.codebooks) most = std::max(most, error.centroid_mse);
  EXPECT_FALSE(report.codebooks.empty());
  return most;
}

TEST(CodebookTraining, WeightsTakeTheValuesOfTheTables) {
  const LabeledImages set = digits(40, 1);
  const NamedParameters start = initial_parameters("lenet5", 3);
  for (const CodebookKind kind : {CodebookKind::kPerTensor, CodebookKind::kPerChannel}) {
    const TrainResult result = train(codebook_recipe("lenet5", 2, kind), set, {}, {}, start);
    for (std::size_t i = 0; i < start.size(); ++i) {
      const auto& [name, values] = result.parameters[i];
      const std::int64_t tables = kind == CodebookKind::kPerTensor ? 1 : values.shape[0];
      EXPECT_EQ(distinct(values, tables), 4U) << name;
      EXPECT_NE(values.data, start[i].second.data) << name;
    }
    EXPECT_LT(clustering_error(result, 2, kind), 1e-15);
  }
  const TrainResult free = train(small_recipe("lenet5"), set, {}, {}, start);
  EXPECT_GT(clustering_error(free, 2, CodebookKind::kPerTensor), 1e-5) << "measures nothing";
}

TEST(CodebookTraining, IndicesStayAsClustered) {
  const NamedParameters start = initial_parameters("lenet5", 3);
  Recipe recipe = codebook_recipe("lenet5", 3, CodebookKind::kPerTensor);
  recipe.learning_rate = 1e-9;
  const LabeledImages set = digits(40, 1);
  const TrainResult before = train(recipe, set, {}, {}, start);
  recipe.learning_rate = 0.002;
  const TrainResult after = train(recipe, set, {}, {}, start);
  for (std::size_t p = 0; p < start.size(); ++p) {
    std::map<float, float> moved;
    const std::vector<float>& from = before.parameters[p].second.data;
    const std::vector<float>& to = after.parameters[p].second.data;
    EXPECT_NE(from, to) << start[p].first;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const auto found = moved.emplace(from[i], to[i]).first;
      ASSERT_EQ(found->second, to[i]) << start[p].first << ": weights of one centroid went apart";
    }
  }
}

/// Two bits a weight: clustering alone collapses, tuned centroids bring most of it back.
TEST(CodebookTraining, RecoversWhatClusteringLoses) {
  const LabeledImages training = digits(600, 1);
  const std::vector<LabeledImages> tests = {digits(300, 2)};
  const NamedParameters start = trained("lenet5", 4);
  Recipe recipe = codebook_recipe("lenet5", 2, CodebookKind::kPerTensor);
  recipe.learning_rate = 1e-9;
  const double clustered = train(recipe, training, tests, {}, start).test_accuracy.at(0);
  recipe.learning_rate = 0.003;
  recipe.epochs = 4;
  const double tuned = train(recipe, training, tests, {}, start).test_accuracy.at(0);
  const double floating = measure_accuracy("lenet5", start, tests[0], 1);
  EXPECT_LT(clustered, floating - 0.1) << "does not collapse";
  EXPECT_GT(tuned, floating - 0.06) << "does not recover from " << clustered;
}

/// With batch normalization kept, folding makes of one table one a channel.
TEST(CodebookTraining, BatchNormalizationIsKeptOrFolded) {
  const LabeledImages set = digits(40, 4);
  const NamedParameters start = initial_parameters("vgg_digits", 3);
  Recipe recipe = codebook_recipe("vgg_digits", 4, CodebookKind::kPerTensor);
  const TrainResult folded = train(recipe, set, {}, {}, start);
  EXPECT_EQ(folded.network, "vgg_digits_folded");
  EXPECT_LT(clustering_error(folded, 4, CodebookKind::kPerTensor), 1e-15);
  recipe.quantization->fold_batch_normalization = false;
  const TrainResult kept = train(recipe, set, {}, {}, start);
  EXPECT_EQ(kept.network, "vgg_digits");
  for (const auto& parameter : kept.parameters) {
    if (is_weight(parameter)) EXPECT_LE(distinct(parameter.second, 1), 16U) << parameter.first;
  }
  EXPECT_LT(clustering_error(kept, 4, CodebookKind::kPerChannel), 1e-15);
  EXPECT_GT(clustering_error(kept, 4, CodebookKind::kPerTensor), 1e-8) << "one table cannot hold all channels";
}

TEST(CodebookTraining, TheRestIsLearnedOnlyWhereAsked) {
  const LabeledImages set = digits(40, 4);
  const NamedParameters start = initial_parameters("vgg_digits", 3);
  Recipe recipe = codebook_recipe("vgg_digits", 4, CodebookKind::kPerTensor);
  recipe.quantization->fold_batch_normalization = false;
  for (const bool centroids_only : {true, false}) {
    recipe.quantization->centroids_only = centroids_only;
    const TrainResult result = train(recipe, set, {}, {}, start);
    for (std::size_t i = 0; i < start.size(); ++i) {
      const std::string& name = start[i].first;
      const bool statistic = name.find(".running_") != std::string::npos;
      const bool same = start[i].second.data == result.parameters[i].second.data;
      EXPECT_EQ(same, centroids_only && !is_weight(start[i]) && !statistic) << name;
    }
  }
}

TEST(CodebookTraining, ActivationsMayBeRoundedToo) {
  Recipe recipe = codebook_recipe("lenet5", 4, CodebookKind::kPerTensor);
  recipe.quantization->quantize_activations = true;
  const TrainResult result = train(recipe, digits(40, 1), {}, {}, initial_parameters("lenet5", 3));
  ASSERT_EQ(result.activation_ranges.size(), 6U);
  EXPECT_EQ(result.activation_ranges.front().first, "input");
  EXPECT_EQ(result.activation_ranges.back().first, "logits");
}

TEST(CodebookTraining, ResumedEqualsUninterrupted) {
  const TemporaryFile file("systoliq_codebook_resume_");
  Recipe recipe = codebook_recipe("lenet5", 3, CodebookKind::kPerChannel);
  recipe.epochs = 3;
  const LabeledImages training = digits(60, 1);
  const NamedParameters start = initial_parameters("lenet5", 3);
  const TrainResult whole = train(recipe, training, {}, {}, start);
  recipe.checkpoint = file.path();
  train(
      recipe, training, {}, [](const Progress& p) { return !(p.epoch == 2 && p.step == 2); }, start);
  const TrainResult rest = train(recipe, training, {}, {}, start);
  EXPECT_EQ(rest.epochs_resumed, 1);
  expect_equal(rest.parameters, whole.parameters);
}

TEST(CodebookTraining, NothingToClusterBad) {
  EXPECT_THROW(train(codebook_recipe("lenet5", 4, CodebookKind::kPerTensor), digits(20, 1), {}), InputError);
}

}  // namespace
}  // namespace systoliq::sw_ref
