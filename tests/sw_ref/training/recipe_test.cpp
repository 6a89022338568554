// SPDX-License-Identifier: Apache-2.0
// Recipes: what is read, what is refused and how, and the shipped ones.
#include "sw_ref/training/recipe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "sw_ref/quantizer/options.h"
#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

void expect_refused(const std::string& toml, const std::vector<std::string>& parts) {
  try {
    parse_recipe(toml, "x.toml");
    ADD_FAILURE() << "was accepted: " << toml;
  } catch (const InputError& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << "'" << part << "' is missing in: " << error.what();
    }
  }
}

TEST(Recipe, ReadsEveryKey) {
  const Recipe recipe = parse_recipe(R"(
network = "vgg_cifar"
seed = 9223372036854775807
checkpoint = "c.pt"
[training]
epochs = 3
batch = 7
optimizer = "sgd"
learning_rate = 1
momentum = 0.5
weight_decay = 0.25
schedule = "step"
step_epochs = 2
step_factor = 0.125
warmup_epochs = 1
precision = "bfloat16"
threads = 3
[augmentation]
shift_pixels = 4
rotate_degrees = 1.5
scale_fraction = 0.5
mirror = true
[data]
digits_train = 33
digits_test = 15
)",
                                     "x.toml");
  EXPECT_EQ(to_text(recipe),
            "network=vgg_cifar seed=9223372036854775807 epochs=3 batch=7 optimizer=sgd learning_rate=1 "
            "weight_decay=0.25 schedule=step momentum=0.5 step_epochs=2 step_factor=0.125 warmup_epochs=1 "
            "precision=bfloat16 shift_pixels=4 rotate_degrees=1.5 scale_fraction=0.5 mirror=true");
  EXPECT_EQ(recipe.checkpoint, "c.pt");
  EXPECT_EQ(recipe.threads, 3);
  EXPECT_EQ(recipe.digits_train, 33);
  EXPECT_EQ(recipe.digits_test, 15);
}

TEST(Recipe, EveryNameIsRead) {
  for (const std::string name : {"sgd", "adam"}) {
    const Recipe recipe = parse_recipe("network='lenet5'\n[training]\noptimizer='" + name + "'", "x.toml");
    EXPECT_NE(to_text(recipe).find("optimizer=" + name), std::string::npos);
  }
  for (const std::string name : {"constant", "cosine", "step"}) {
    const Recipe recipe = parse_recipe("network='lenet5'\n[training]\nschedule='" + name + "'", "x.toml");
    EXPECT_NE(to_text(recipe).find("schedule=" + name), std::string::npos);
  }
}

TEST(Recipe, UnknownKeyNamesTheNearestBad) {
  expect_refused("network='lenet5'\nsead=1", {"x.toml:2", "sead is not known", "did you mean 'seed'?"});
  expect_refused("network='lenet5'\n[training]\nlerning_rate=1",
                 {"x.toml:3", "training.lerning_rate", "'learning_rate'"});
  expect_refused("network='lenet5'\n[augmentations]\n", {"x.toml:2", "'augmentation'"});
  expect_refused("network='lenet5'\n[augmentation]\nmiror=true", {"augmentation.miror", "'mirror'"});
  expect_refused("network='lenet5'\n[data]\ndigit_test=1", {"data.digit_test", "'digits_test'"});
}

TEST(Recipe, WrongTypesBad) {
  expect_refused("network=5", {"x.toml:1", "network must be a string"});
  expect_refused("network='lenet5'\n[training]\nepochs=1.5", {"training.epochs", "integer", "1 to 10000"});
  expect_refused("network='lenet5'\n[training]\nlearning_rate='big'", {"training.learning_rate", "number"});
  expect_refused("network='lenet5'\n[augmentation]\nmirror=1", {"augmentation.mirror", "true or false"});
  expect_refused("network='lenet5'\ntraining=1", {"training must be a table"});
}

TEST(Recipe, ValuesOutOfRangeBad) {
  const std::string head = "network='lenet5'\n[training]\n";
  expect_refused(head + "epochs=0", {"training.epochs = 0", "1 to 10000"});
  expect_refused(head + "batch=65537", {"training.batch = 65537", "1 to 65536"});
  expect_refused(head + "threads=65", {"training.threads = 65", "1 to 64"});
  expect_refused(head + "learning_rate=0", {"x.toml", "learning_rate = 0", "above 0 to 10"});
  expect_refused(head + "learning_rate=nan", {"learning_rate = nan"});
  expect_refused(head + "momentum=1", {"momentum = 1", "0 to 0.9999"});
  expect_refused(head + "weight_decay=-1", {"weight_decay = -1", "0 to 1"});
  expect_refused(head + "step_factor=2", {"step_factor = 2"});
  expect_refused(head + "optimizer='rmsprop'", {"\"rmsprop\"", "\"sgd\", \"adam\""});
  expect_refused(head + "precision='half'", {"\"half\"", "\"float32\", \"bfloat16\""});
  expect_refused(head + "epochs=2\nwarmup_epochs=3", {"warmup_epochs = 3", "0 to 2"});
  expect_refused(head + "schedule='linear'", {"\"linear\"", "\"constant\", \"cosine\", \"step\""});
  expect_refused("network='lenet5'\nseed=-1", {"seed = -1"});
  expect_refused("network='lenet5'\n[augmentation]\nshift_pixels=17", {"shift_pixels = 17", "0 to 16"});
  expect_refused("network='lenet5'\n[augmentation]\nrotate_degrees=-1", {"rotate_degrees = -1", "0 to 45"});
  expect_refused("network='lenet5'\n[augmentation]\nscale_fraction=0.6", {"scale_fraction = 0.6", "0 to 0.5"});
  expect_refused("network='lenet5'\n[data]\ndigits_train=0", {"data.digits_train = 0", "1 to 1000000"});
}

TEST(Recipe, NetworkIsNeededAndKnownBad) {
  expect_refused("seed=1", {"x.toml", "'network' is needed"});
  expect_refused("network='lenet'", {"x.toml", "'lenet'", "lenet5"});
}

TEST(Recipe, NotTomlBad) {
  expect_refused("network=", {"x.toml:1", "not TOML"});
  EXPECT_THROW(read_recipe("/no/such/recipe.toml"), InputError);
  EXPECT_THROW(read_recipe("/"), InputError);
}

TEST(Recipe, ShippedOnesAreRead) {
  for (const std::string name : {"lenet5", "fashion_mlp"}) {
    EXPECT_EQ(read_recipe(std::string(SYSTOLIQ_SOURCE_DIR) + "/configs/train/" + name + ".toml").network, name);
  }
}

TEST(Recipe, ReadsQuantization) {
  const Recipe recipe = parse_recipe(R"(
network = "vgg_cifar"
[training]
images_per_epoch = 20000
[quantization]
mode = "codebook"
codebook = "per-channel"
weight_bits = 3
activation_bits = 7
per_channel = false
symmetric_activations = false
affine = "clip"
symmetric_scale = "highest"
preset = "ort_mlas"
codebook_optimal = true
codebook_seed = 9
centroids_only = false
quantize_activations = true
fold_batch_normalization = false
observer = "minmax"
observer_momentum = 0.5
observe_epochs = 2
)",
                                     "x.toml");
  ASSERT_TRUE(recipe.quantization);
  EXPECT_EQ(to_text(*recipe.quantization),
            "mode=codebook weight_bits=3 activation_bits=7 per_channel=false symmetric_activations=false "
            "symmetric_weights=true symmetric_scale=highest affine=clip preset=ort_mlas codebook=per-channel "
            "codebook_optimal=true codebook_seed=9 centroids_only=false quantize_activations=true "
            "fold_batch_normalization=false observer=minmax observer_momentum=0.5 observe_epochs=2");
  EXPECT_NE(to_text(recipe).find("images_per_epoch=20000"), std::string::npos);
  EXPECT_NE(to_text(recipe).find("mode=codebook"), std::string::npos);
  EXPECT_EQ(quantize_flags(*recipe.quantization),
            "--preset ort_mlas --weight-bits 3 --activation-bits 7 --activation-range given --per-tensor "
            "--affine clip --codebook per-channel");
}

TEST(Recipe, ModesSetWhatTheyMean) {
  const auto options = [](const std::string& mode) {
    return parse_recipe("network='lenet5'\n[quantization]\nmode='" + mode + "'", "x.toml").quantization->options;
  };
  EXPECT_FALSE(options("linear").power_of_two);
  EXPECT_TRUE(options("power-of-two").power_of_two);
  EXPECT_FALSE(options("power-of-two").symmetric_activations);
  EXPECT_TRUE(options("power-of-two-observer").power_of_two);
  EXPECT_TRUE(options("power-of-two-observer").power_of_two_observer);
  EXPECT_TRUE(options("power-of-two-observer").symmetric_activations);
  EXPECT_EQ(options("codebook").codebook, CodebookKind::kPerTensor);
}

TEST(Recipe, QuantizationThatCannotBeBad) {
  const std::string head = "network='lenet5'\n[quantization]\n";
  expect_refused(head, {"quantization.mode", "is needed"});
  expect_refused(head + "mode='cubic'", {"x.toml:3", "\"cubic\"", "\"power-of-two-observer\""});
  expect_refused(head + "mode='linear'\nweight_bit=4", {"quantization.weight_bit", "'weight_bits'"});
  expect_refused(head + "mode='linear'\nweight_bits=9", {"quantization.weight_bits = 9", "2 to 8"});
  expect_refused(head + "mode='linear'\ncodebook='per-tensor'", {"x.toml:4", "codebook", "mode \"codebook\""});
  expect_refused(head + "mode='codebook'\ncodebook='none'", {"codebook", "\"per-channel\""});
  expect_refused(head + "mode='linear'\npreset='nearest'", {"x.toml:4", "preset", "'nearest'", "half_up"});
  expect_refused(head + "mode='linear'\npreset='pot_floor'", {"pot_floor", "only shifts"});
  expect_refused(head + "mode='linear'\nobserver='median'", {"\"median\"", "\"moving-average\""});
  expect_refused(head + "mode='linear'\nobserver_momentum=0", {"observer_momentum = 0", "above 0 to 1"});
  expect_refused(head + "mode='linear'\nobserve_epochs=11", {"observe_epochs = 11", "0 to 10"});
  expect_refused(head + "mode='linear'\nsymmetric_weights=false", {"zero point per channel"});
  expect_refused(head + "mode='linear'\ncentroids_only=false", {"centroids_only", "mode \"codebook\""});
  expect_refused(head + "mode='codebook'\nfold_batch_normalization=false", {"no batch normalization"});
  expect_refused("network='vgg_cifar'\n[quantization]\nmode='linear'\nfold_batch_normalization=false",
                 {"vgg_cifar", "folds into the weights"});
  expect_refused("network='lenet5_1998'\n[quantization]\nmode='linear'", {"sigmoid1", "without such layers"});
  expect_refused("network='lenet5'\nquantization=1", {"quantization must be a table"});
  expect_refused("network='lenet5_folded'", {"lenet5", "no batch normalization to fold"});
  expect_refused("network='lenet5'\n[training]\nimages_per_epoch=-1", {"training.images_per_epoch = -1"});
}

TEST(Recipe, ShippedQuantizingOnesAreRead) {
  for (const std::string name :
       {"qat_lenet5", "qat_fashion_mlp", "qat_vgg_cifar", "codebook4_vgg9_half", "codebook2_vgg9_half"}) {
    const Recipe recipe = read_recipe(std::string(SYSTOLIQ_SOURCE_DIR) + "/configs/train/" + name + ".toml");
    EXPECT_TRUE(recipe.quantization) << name;
    EXPECT_NE(name.find(recipe.network), std::string::npos) << name;
  }
}

TEST(Recipe, TextLeavesOutWhatDoesNotChangeTheResult) {
  Recipe a, b;
  a.network = b.network = "lenet5";
  b.checkpoint = "elsewhere";
  b.threads = 7;
  EXPECT_EQ(to_text(a), to_text(b));
  a.augmentation.scale_fraction = b.augmentation.scale_fraction = 0.08;
  EXPECT_NE(to_text(a).find("scale_fraction=0.08 "), std::string::npos);
  b.learning_rate = std::nextafter(a.learning_rate, 1.0);
  EXPECT_NE(to_text(a), to_text(b));
}

}  // namespace
}  // namespace systoliq::sw_ref
