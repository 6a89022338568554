// SPDX-License-Identifier: Apache-2.0
// Training on a few digits: gradients against differences of the loss, one step by hand, learning, and resumption.
#include "sw_ref/training/train.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "sw_ref/networks/networks.h"
#include "tests/sw_ref/training/train_support.h"

namespace systoliq::sw_ref {
namespace {

TEST(Train, FirstStepOfSgdFollowsTheLoss) {
  for (const std::string network : {"lenet5", "fashion_mlp"}) {
    Recipe recipe = small_recipe(network);
    recipe.optimizer = Optimizer::kSgd;
    recipe.schedule = Schedule::kConstant;
    recipe.learning_rate = 0.01;
    const LabeledImages set = network == "lenet5" ? digits(20, 3) : noise({20, 1, 28, 28}, 3);
    NamedParameters before = initial_parameters(network, recipe.seed);
    const TrainResult result = train(recipe, set, {});
    for (std::size_t p = 0; p < before.size(); ++p) {
      std::vector<float>& weights = before[p].second.data;
      const std::vector<float>& moved = result.parameters[p].second.data;
      std::size_t most = 0;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        if (std::fabs(moved[i] - weights[i]) > std::fabs(moved[most] - weights[most])) most = i;
      }
      const double gradient = (weights[most] - moved[most]) / recipe.learning_rate;
      const float start = weights[most], difference = 2e-3F;
      weights[most] = start + difference;
      const double above = measure_loss(network, before, set, 1);
      weights[most] = start - difference;
      const double below = measure_loss(network, before, set, 1);
      weights[most] = start;
      EXPECT_NEAR(gradient, (above - below) / (2.0 * difference), 0.05 * std::fabs(gradient) + 1e-4)
          << network << " " << before[p].first << "[" << most << "]";
    }
  }
}

TEST(Train, FirstStepOfAdamMovesEveryWeightByTheRate) {
  Recipe recipe = small_recipe("lenet5");
  recipe.learning_rate = 0.001;
  recipe.weight_decay = 0.5;
  const NamedParameters before = initial_parameters("lenet5", recipe.seed);
  const TrainResult result = train(recipe, digits(20, 3), {});
  std::int64_t full = 0, all = 0;
  for (std::size_t p = 0; p < before.size(); ++p) {
    for (std::size_t i = 0; i < before[p].second.data.size(); ++i, ++all) {
      const double decayed = before[p].second.data[i] * (1.0 - 0.001 * 0.5);
      const double moved = std::fabs(result.parameters[p].second.data[i] - decayed);
      ASSERT_LE(moved, 0.001 + 1e-6) << before[p].first << "[" << i << "]";
      full += moved > 0.00099 ? 1 : 0;
    }
  }
  EXPECT_EQ(all, 61470);
  EXPECT_GT(full, all / 2);
}

TEST(Train, LearnsTheDigits) {
  Recipe recipe = small_recipe("lenet5");
  recipe.epochs = 4;
  recipe.learning_rate = 0.003;
  recipe.augmentation.shift_pixels = 1.0;
  const LabeledImages training = digits(600, 1);
  const std::vector<LabeledImages> tests = {digits(200, 2)};
  const double loss_before = measure_loss("lenet5", initial_parameters("lenet5", recipe.seed), training, 1);
  std::int64_t calls = 0;
  const TrainResult result = train(recipe, training, tests, [&](const Progress& progress) {
    ++calls;
    EXPECT_EQ(progress.steps, 30);
    EXPECT_LE(progress.step, progress.steps);
    return true;
  });
  EXPECT_EQ(calls, 4 * 31);
  ASSERT_EQ(result.epoch_loss.size(), 4U);
  EXPECT_LT(result.epoch_loss.back(), 0.5 * result.epoch_loss.front());
  EXPECT_LT(measure_loss("lenet5", result.parameters, training, 1), 0.3 * loss_before);
  ASSERT_EQ(result.test_accuracy.size(), 1U);
  EXPECT_GT(result.test_accuracy[0], 0.8) << "seed " << recipe.seed;
  EXPECT_EQ(measure_accuracy("lenet5", result.parameters, tests[0], 1), result.test_accuracy[0]);
}

TEST(Train, SeedDecides) {
  Recipe recipe = small_recipe("lenet5");
  recipe.augmentation.rotate_degrees = 10.0;
  const LabeledImages training = digits(60, 1);
  const TrainResult first = train(recipe, training, {});
  expect_equal(first.parameters, train(recipe, training, {}).parameters);
  recipe.seed = 6;
  EXPECT_NE(first.parameters[0].second.data, train(recipe, training, {}).parameters[0].second.data);
}

TEST(Train, AugmentationChangesWhatIsLearned) {
  const LabeledImages training = digits(60, 1);
  Recipe recipe = small_recipe("lenet5");
  const TrainResult plain = train(recipe, training, {});
  std::vector<Augmentation> kinds(4);
  kinds[0].shift_pixels = 1.0;
  kinds[1].rotate_degrees = 5.0;
  kinds[2].scale_fraction = 0.1;
  kinds[3].mirror = true;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    recipe.augmentation = kinds[i];
    EXPECT_NE(train(recipe, training, {}).epoch_loss, plain.epoch_loss) << "kind " << i;
  }
}

class Resume : public testing::TestWithParam<Optimizer> {};

TEST_P(Resume, EqualsAnUninterruptedRun) {
  const TemporaryFile file("systoliq_train_resume_");
  Recipe recipe = small_recipe("lenet5");
  recipe.epochs = 4;
  recipe.optimizer = GetParam();
  recipe.learning_rate = 0.002;
  recipe.weight_decay = 0.01;
  recipe.augmentation.shift_pixels = 1.0;
  const LabeledImages training = digits(70, 1);
  const std::vector<LabeledImages> tests = {digits(50, 2)};
  const TrainResult whole = train(recipe, training, tests);
  recipe.checkpoint = file.path();
  // Stopped in the middle of the third epoch, whose steps are lost.
  const TrainResult part =
      train(recipe, training, tests, [](const Progress& p) { return !(p.epoch == 3 && p.step == 2); });
  EXPECT_EQ(part.epochs_done, 2);
  const TrainResult rest = train(recipe, training, tests);
  EXPECT_EQ(rest.epochs_resumed, 2);
  EXPECT_EQ(rest.epochs_done, 4);
  EXPECT_EQ(rest.epoch_loss, whole.epoch_loss);
  EXPECT_EQ(rest.test_accuracy, whole.test_accuracy);
  expect_equal(rest.parameters, whole.parameters);
  const TrainResult again = train(recipe, training, tests);  // nothing is left to do
  EXPECT_EQ(again.epochs_resumed, 4);
  expect_equal(again.parameters, whole.parameters);
  EXPECT_EQ(again.test_accuracy, whole.test_accuracy);
}

INSTANTIATE_TEST_SUITE_P(Optimizers, Resume, testing::Values(Optimizer::kSgd, Optimizer::kAdam),
                         [](const auto& kind) { return kind.param == Optimizer::kSgd ? "Sgd" : "Adam"; });

TEST(Train, ForeignOrDamagedCheckpointBad) {
  const TemporaryFile file("systoliq_train_foreign_");
  Recipe recipe = small_recipe("lenet5");
  recipe.checkpoint = file.path();
  const LabeledImages training = digits(20, 1);
  train(recipe, training, {});
  EXPECT_THROW(train(recipe, digits(20, 2), {}), InputError) << "other data";
  recipe.seed = 99;
  EXPECT_THROW(train(recipe, training, {}), InputError) << "another seed";
  recipe.seed = 5;
  const auto size = std::filesystem::file_size(file.path());
  std::filesystem::resize_file(file.path(), size / 2);
  EXPECT_THROW(train(recipe, training, {}), InputError) << "cut in half";
  std::ofstream(file.path()) << "not a checkpoint";
  EXPECT_THROW(train(recipe, training, {}), InputError) << "text";
  recipe.checkpoint = "/no/such/folder/checkpoint";
  EXPECT_THROW(train(recipe, training, {}), InputError) << "not writable";
}

TEST(Train, StatisticsOfBatchNormalizationAreLearned) {
  Recipe recipe = small_recipe("vgg_cifar");
  recipe.batch = 4;
  const LabeledImages training = noise({4, 3, 32, 32}, 1);
  const TrainResult result = train(recipe, training, {});
  const std::map<std::string, FloatTensor> parameters(result.parameters.begin(), result.parameters.end());
  // running_var = 0.9 * 1 + 0.1 * variance of the batch, running_mean = 0.1 * its mean.
  for (const float value : parameters.at("bn1.running_var").data) EXPECT_GT(value, 0.9F);
  float largest = 0.0F;
  for (const float value : parameters.at("bn1.running_mean").data) largest = std::max(largest, std::fabs(value));
  EXPECT_GT(largest, 1e-3F);
  EXPECT_NO_THROW(network_to_onnx("vgg_cifar", parameters));
}

TEST(Train, WarmUpRaisesTheRateStepByStep) {
  Recipe recipe = small_recipe("lenet5");
  recipe.batch = 10;
  recipe.epochs = 2;
  recipe.warmup_epochs = 1;
  recipe.schedule = Schedule::kConstant;
  recipe.learning_rate = 0.01;
  std::vector<double> rates;
  train(recipe, digits(40, 3), {}, [&](const Progress& progress) {
    rates.push_back(progress.learning_rate);
    return true;
  });
  const std::vector<double> expected = {0.0025, 0.005, 0.0075, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01};
  ASSERT_EQ(rates.size(), expected.size()) << "four steps and an end, twice";
  for (std::size_t i = 0; i < rates.size(); ++i) EXPECT_DOUBLE_EQ(rates[i], expected[i]) << "report " << i;
}

TEST(Train, Bfloat16StaysNearFloat32) {
  Recipe recipe = small_recipe("lenet5");
  recipe.optimizer = Optimizer::kSgd;
  recipe.learning_rate = 0.01;
  const LabeledImages set = digits(40, 3);
  const TrainResult exact = train(recipe, set, {});
  recipe.precision = Precision::kBfloat16;
  const TrainResult mixed = train(recipe, set, {});
  EXPECT_NE(exact.parameters[0].second.data, mixed.parameters[0].second.data) << "nothing was rounded";
  // A bfloat16 has 8 significant bits; each product of the sums is off by at most 2^-8 of itself.
  EXPECT_NEAR(exact.epoch_loss[0], mixed.epoch_loss[0], 0.02 * exact.epoch_loss[0]);
}

TEST(Train, SigmoidsAndAveragesTakeAStep) {
  Recipe recipe = small_recipe("lenet5_1998");
  const TrainResult result = train(recipe, digits(40, 3), {});
  EXPECT_LT(result.epoch_loss[0], 3.0);
  const std::map<std::string, FloatTensor> parameters(result.parameters.begin(), result.parameters.end());
  EXPECT_NO_THROW(network_to_onnx("lenet5_1998", parameters));
}

TEST(Train, ResidualNetworkTakesAStep) {
  Recipe recipe = small_recipe("resnet18");
  recipe.batch = 2;
  const LabeledImages training = noise({2, 3, 224, 224}, 1);
  const TrainResult result = train(recipe, training, {});
  EXPECT_EQ(result.parameters.size(), network_parameters("resnet18").size());
  for (const auto& [name, values] : result.parameters) {
    for (const float value : values.data) ASSERT_TRUE(std::isfinite(value)) << name;
  }
}

TEST(Train, DataThatDoesNotFitBad) {
  const Recipe recipe = small_recipe("lenet5");
  EXPECT_THROW(train(recipe, noise({20, 1, 28, 28}, 1), {}), InputError) << "shape";
  EXPECT_THROW(train(recipe, digits(19, 1), {}), InputError) << "fewer than a batch";
  EXPECT_THROW(train(recipe, digits(20, 1), {noise({1, 3, 32, 32}, 1)}), InputError) << "shape of a test set";
  LabeledImages wrong = digits(20, 1);
  wrong.labels[7] = 10;
  EXPECT_THROW(train(recipe, wrong, {}), InputError) << "label";
  wrong.labels.pop_back();
  EXPECT_THROW(train(recipe, wrong, {}), InputError) << "number of labels";
}

TEST(Train, LossThatIsNotFiniteBad) {
  LabeledImages training = digits(20, 1);
  for (float& value : training.images.data) value *= 3e38F;
  EXPECT_THROW(train(small_recipe("lenet5"), training, {}), InputError);
}

TEST(Train, ForeignParametersBad) {
  NamedParameters parameters = initial_parameters("lenet5", 1);
  EXPECT_THROW(measure_accuracy("fashion_mlp", parameters, digits(10, 1), 1), InputError);
  parameters[0].first = "conv9.weight";
  EXPECT_THROW(measure_accuracy("lenet5", parameters, digits(10, 1), 1), InputError);
}

}  // namespace
}  // namespace systoliq::sw_ref
