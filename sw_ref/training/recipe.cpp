// SPDX-License-Identifier: Apache-2.0
// TOML to Recipe: every key known, every range checked.
#include "sw_ref/training/recipe.h"

#include <limits>
#include <sstream>

#include "sw_ref/networks/layers.h"
#include "sw_ref/training/recipe_values.h"
#include "types/util/toml_table.h"

namespace systoliq::sw_ref {
namespace {

constexpr const char* kOptimizerNames[] = {"sgd", "adam"};
constexpr const char* kScheduleNames[] = {"constant", "cosine", "step"};
constexpr const char* kPrecisionNames[] = {"float32", "bfloat16"};

void read_training(TomlTable reader, Recipe* recipe) {
  reader.read_integer("epochs", &recipe->epochs, 1, 10000);
  reader.read_integer("batch", &recipe->batch, 1, 65536);
  reader.read_name("optimizer", &recipe->optimizer, kOptimizerNames);
  reader.read("learning_rate", &recipe->learning_rate);
  reader.read("momentum", &recipe->momentum);
  reader.read("weight_decay", &recipe->weight_decay);
  reader.read_name("schedule", &recipe->schedule, kScheduleNames);
  reader.read_integer("warmup_epochs", &recipe->warmup_epochs, 0, 10000);
  reader.read_name("precision", &recipe->precision, kPrecisionNames);
  reader.read_integer("step_epochs", &recipe->step_epochs, 1, 10000);
  reader.read("step_factor", &recipe->step_factor);
  reader.read_integer("threads", &recipe->threads, 1, 64);
  reader.read_integer("images_per_epoch", &recipe->images_per_epoch, 0, 100'000'000);
  reader.finish();
}

void read_augmentation(TomlTable reader, Augmentation* augmentation) {
  reader.read("shift_pixels", &augmentation->shift_pixels);
  reader.read("rotate_degrees", &augmentation->rotate_degrees);
  reader.read("scale_fraction", &augmentation->scale_fraction);
  reader.read("mirror", &augmentation->mirror);
  reader.finish();
}

void read_data(TomlTable reader, Recipe* recipe) {
  reader.read_integer("digits_train", &recipe->digits_train, 1, 1'000'000);
  reader.read_integer("digits_test", &recipe->digits_test, 1, 1'000'000);
  reader.finish();
}

}  // namespace

void validate(const Recipe& recipe) {
  const NetworkDescription network = describe_network(recipe.network);
  require("epochs", recipe.epochs, 1, 10000);
  require("batch", recipe.batch, 1, 65536);
  require("learning_rate", recipe.learning_rate, 0.0, 10.0, false);
  require("momentum", recipe.momentum, 0.0, 0.9999);
  require("weight_decay", recipe.weight_decay, 0.0, 1.0);
  require("warmup_epochs", recipe.warmup_epochs, 0, recipe.epochs);
  require("images_per_epoch", static_cast<double>(recipe.images_per_epoch), 0, 100'000'000);
  require("step_epochs", recipe.step_epochs, 1, 10000);
  require("step_factor", recipe.step_factor, 0.0, 1.0, false);
  require("shift_pixels", recipe.augmentation.shift_pixels, 0.0, 16.0);
  require("rotate_degrees", recipe.augmentation.rotate_degrees, 0.0, 45.0);
  require("scale_fraction", recipe.augmentation.scale_fraction, 0.0, 0.5);
  require("digits_train", recipe.digits_train, 1, 1'000'000);
  require("digits_test", recipe.digits_test, 1, 1'000'000);
  require("threads", recipe.threads, 1, 64);
  if (recipe.quantization) {
    require("observe_epochs", recipe.quantization->observe_epochs, 0, recipe.epochs);
    validate(*recipe.quantization, network);
  }
}

Recipe parse_recipe(const std::string& toml_text, const std::string& origin) {
  const toml::table root = parse_toml(toml_text, origin);
  Recipe recipe;
  TomlTable reader(root, origin);
  reader.read("network", &recipe.network);
  reader.read_integer("seed", &recipe.seed, 0, std::numeric_limits<std::int64_t>::max());
  reader.read("checkpoint", &recipe.checkpoint);
  read_training(reader.table("training"), &recipe);
  read_augmentation(reader.table("augmentation"), &recipe.augmentation);
  read_data(reader.table("data"), &recipe);
  const bool quantized = reader.has("quantization");
  TomlTable quantization = reader.table("quantization");
  if (quantized) recipe.quantization = read_quantization(&quantization);
  reader.finish();
  if (recipe.network.empty()) throw InputError(origin + ": the key 'network' is needed");
  try {
    validate(recipe);
  } catch (const InputError& error) {
    throw InputError(origin + ": " + error.what());
  }
  return recipe;
}

Recipe read_recipe(const std::string& path) { return parse_recipe(read_input(path, "a recipe in TOML"), path); }

std::string to_text(const Recipe& recipe) {
  std::ostringstream text;
  const Augmentation& a = recipe.augmentation;
  text << "network=" << recipe.network << " seed=" << recipe.seed << " epochs=" << recipe.epochs
       << " batch=" << recipe.batch << " optimizer=" << kOptimizerNames[static_cast<int>(recipe.optimizer)]
       << " learning_rate=" << shortest(recipe.learning_rate) << " weight_decay=" << shortest(recipe.weight_decay)
       << " schedule=" << kScheduleNames[static_cast<int>(recipe.schedule)];
  if (recipe.optimizer == Optimizer::kSgd) text << " momentum=" << shortest(recipe.momentum);
  if (recipe.schedule == Schedule::kStep) {
    text << " step_epochs=" << recipe.step_epochs << " step_factor=" << shortest(recipe.step_factor);
  }
  if (recipe.warmup_epochs > 0) text << " warmup_epochs=" << recipe.warmup_epochs;
  if (recipe.images_per_epoch > 0) text << " images_per_epoch=" << recipe.images_per_epoch;
  if (recipe.precision != Precision::kFloat32) {
    text << " precision=" << kPrecisionNames[static_cast<int>(recipe.precision)];
  }
  text << " shift_pixels=" << shortest(a.shift_pixels) << " rotate_degrees=" << shortest(a.rotate_degrees)
       << " scale_fraction=" << shortest(a.scale_fraction) << " mirror=" << (a.mirror ? "true" : "false");
  if (recipe.quantization) text << " " << to_text(*recipe.quantization);
  return text.str();
}

}  // namespace systoliq::sw_ref
