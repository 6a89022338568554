// SPDX-License-Identifier: Apache-2.0
// Experiment recipes: what is read, what is refused and how, and the shipped ones.
#include "tb/experiment/experiment_recipe.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "types/error.h"

namespace systoliq::tb {
namespace {

const std::string kHead = "title = \"T\"\ndata = \"digits\"\nnetwork = \"lenet5\"\n";

void expect_refused(const std::string& toml, const std::vector<std::string>& parts) {
  try {
    parse_experiment(toml, "x.toml");
    ADD_FAILURE() << "was accepted: " << toml;
  } catch (const InputError& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << "'" << part << "' is missing in: " << error.what();
    }
  }
}

TEST(ExperimentRecipe, FloatActivations) {
  const std::string first = "[[variant]]\nid = \"a\"\n", second = "[[variant]]\nid = \"b\"\nfloat_activations = true\n";
  EXPECT_TRUE(parse_experiment(kHead + first + second, "x.toml").variants[1].float_activations);
  expect_refused(kHead + first + "float_activations = true\n", {"x.toml", "float_activations", "first variant"});
  expect_refused(kHead + first + second + "histograms = true\n", {"histograms", "float_activations"});
}

TEST(ExperimentRecipe, ReadsEveryKey) {
  const ExperimentRecipe recipe = parse_experiment(kHead + R"(
published = 98.5
digits = 33
[measure]
accuracy_images = 30
reference_images = 20
transaction_images = 10
[[variant]]
id = "a"
[[variant]]
id = "b-2"
name = "B"
options = "--preset floor"
train = "t.toml"
start = "a"
published = 90
shifts_only = true
histograms = true
)",
                                                   "x.toml");
  EXPECT_EQ(recipe.title, "T");
  EXPECT_EQ(recipe.data, "digits");
  EXPECT_EQ(recipe.network, "lenet5");
  EXPECT_EQ(recipe.published, 98.5);
  EXPECT_EQ(recipe.digits, 33);
  EXPECT_EQ(recipe.extent.accuracy_images, 30);
  EXPECT_EQ(recipe.extent.reference_images, 20);
  EXPECT_EQ(recipe.extent.transaction_images, 10);
  ASSERT_EQ(recipe.variants.size(), 2U);
  EXPECT_EQ(recipe.variants[0].name, "a") << "the id stands in for a name";
  EXPECT_FALSE(recipe.variants[0].published);
  const Variant& b = recipe.variants[1];
  EXPECT_EQ(b.name + b.options + b.train + b.start, "B--preset floort.tomla");
  EXPECT_EQ(b.published, 90.0);
  EXPECT_TRUE(b.shifts_only && b.histograms);
}

TEST(ExperimentRecipe, RefusesWithThePlace) {
  const std::string variant = "[[variant]]\nid = \"a\"\n";
  expect_refused(kHead, {"x.toml", "[[variant]]"});
  expect_refused("title = \"T\"\nnetwork = \"lenet5\"\n" + variant, {"data", "fashion"});
  expect_refused("data = \"imagenet\"\nnetwork = \"lenet5\"\n" + variant, {"x.toml:1", "data", "cifar10"});
  expect_refused("data = \"digits\"\n" + variant, {"network", "train"});
  expect_refused(kHead + "train = \"t.toml\"\n" + variant, {"x.toml:3", "not both"});
  expect_refused(kHead + "published = 100.5\n" + variant, {"x.toml:4", "published", "0 to 100"});
  expect_refused(kHead + "digits = 0\n" + variant, {"digits", "1 to"});
  expect_refused(kHead + "[mesure]\n" + variant, {"mesure", "'measure'"});
  expect_refused(kHead + "[measure]\nreference_images = 0\n" + variant, {"measure.reference_images", "1 to"});
  expect_refused(kHead + "[[variant]]\nname = \"a\"\n", {"variant[0].id", "letters"});
  expect_refused(kHead + "[[variant]]\nid = \"../a\"\n", {"x.toml:5", "variant[0].id", "letters"});
  expect_refused(kHead + variant + variant, {"x.toml:7", "variant[1].id", "another"});
  expect_refused(kHead + "[[variant]]\nid = \"float\"\n", {"another"});
  expect_refused(kHead + variant + "option = \"\"\n", {"variant[0].option", "'options'"});
  expect_refused(kHead + variant + "start = \"a\"\n", {"variant[0].start", "above"});
  expect_refused(kHead + "[variant]\nid = \"a\"\n", {"variant", "[[variant]]"});
  expect_refused(kHead + variant + "train = \"t.toml\"\n", {"variant[0].train", "first variant"});
  expect_refused("title = ", {"x.toml:1", "not TOML"});
  EXPECT_THROW(read_experiment("/no/such/file.toml"), InputError);
}

TEST(ExperimentRecipe, ShippedOnesAreReadAndTheirFilesAreThere) {
  const std::filesystem::path root = SYSTOLIQ_SOURCE_DIR;
  int count = 0;
  for (const char* folder : {"configs/experiments", "configs/experiments/builtin"}) {
    for (const char* name : {"e1", "e2", "e3", "e4"}) {
      const ExperimentRecipe recipe = read_experiment((root / folder / (std::string(name) + ".toml")).string());
      std::vector<std::string> files = {recipe.train};
      for (const Variant& variant : recipe.variants) files.push_back(variant.train);
      for (const std::string& file : files) {
        EXPECT_TRUE(file.empty() || std::filesystem::exists(root / file)) << recipe.origin << ": " << file;
      }
      ++count;
    }
  }
  EXPECT_EQ(count, 8);
}

}  // namespace
}  // namespace systoliq::tb
