// SPDX-License-Identifier: Apache-2.0
// TOML to Recipe: every key known, every range checked.
#include "sw_ref/train/recipe.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <sstream>
#include <vector>

#include "sw_ref/networks/layers.h"
#include "types/error.h"
#include "types/table_headers.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace systoliq::sw_ref {
namespace {

constexpr const char* kOptimiserNames[] = {"sgd", "adam"};
constexpr const char* kScheduleNames[] = {"constant", "cosine", "step"};
constexpr const char* kPrecisionNames[] = {"float32", "bfloat16"};

/// Levenshtein's distance.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t above_left = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above_left + (a[i - 1] == b[j - 1] ? 0 : 1);
      above_left = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

/// Takes the known keys out of one table; what is left over at the end is unknown.
class KeyReader final {
 public:
  KeyReader(const toml::table* table, std::string prefix, std::string origin)
      : table_(table), prefix_(std::move(prefix)), origin_(std::move(origin)) {}

  void read(const char* key, std::string* value) {
    if (const toml::node* node = find(key)) {
      if (!node->is_string()) fail(*node, key, "must be a string");
      *value = node->as_string()->get();
    }
  }
  void read(const char* key, bool* value) {
    if (const toml::node* node = find(key)) {
      if (!node->is_boolean()) fail(*node, key, "must be true or false");
      *value = node->as_boolean()->get();
    }
  }
  void read(const char* key, double* value) {
    if (const toml::node* node = find(key)) {
      if (!node->is_number()) fail(*node, key, "must be a number");
      *value = node->is_integer() ? static_cast<double>(node->as_integer()->get()) : node->as_floating_point()->get();
    }
  }
  template <typename Integer>
  void read_integer(const char* key, Integer* value, std::int64_t low, std::int64_t high) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const std::string range = "accepted: " + std::to_string(low) + " to " + std::to_string(high);
    if (!node->is_integer()) fail(*node, key, "must be an integer; " + range);
    const std::int64_t found = node->as_integer()->get();
    if (found < low || found > high) fail(*node, key, "= " + std::to_string(found) + " is out of range; " + range);
    *value = static_cast<Integer>(found);
  }
  template <typename Enum, std::size_t kCount>
  void read_name(const char* key, Enum* value, const char* const (&names)[kCount]) {
    std::string text;
    read(key, &text);
    const toml::node* node = find(key);
    if (node == nullptr) return;
    std::string accepted;
    for (std::size_t i = 0; i < kCount; ++i) {
      accepted += (i ? ", \"" : "\"") + std::string(names[i]) + "\"";
      if (text == names[i]) *value = static_cast<Enum>(i);
    }
    if (std::find(std::begin(names), std::end(names), text) == std::end(names)) {
      fail(*node, key, "= \"" + text + "\" is unknown; accepted: " + accepted);
    }
  }
  const toml::table* table(const char* key) {
    const toml::node* node = find(key);
    if (node != nullptr && !node->is_table()) fail(*node, key, "must be a table");
    return node == nullptr ? nullptr : node->as_table();
  }
  void finish() const {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
      const std::string text(key.str());
      if (std::find(known_.begin(), known_.end(), text) != known_.end()) continue;
      const auto nearest = std::min_element(known_.begin(), known_.end(), [&](const auto& a, const auto& b) {
        return edit_distance(text, a) < edit_distance(text, b);
      });
      fail(node, text, "is not known; did you mean '" + *nearest + "'?");
    }
  }

 private:
  const toml::node* find(const char* key) {
    known_.emplace_back(key);
    return table_ == nullptr ? nullptr : table_->get(key);
  }
  [[noreturn]] void fail(const toml::node& node, const std::string& key, const std::string& rule) const {
    throw InputError(origin_ + ":" + std::to_string(node.source().begin.line) + ": " + prefix_ + key + " " + rule);
  }

  const toml::table* table_;
  std::string prefix_, origin_;
  std::vector<std::string> known_;
};

void read_training(KeyReader reader, Recipe* recipe) {
  reader.read_integer("epochs", &recipe->epochs, 1, 10000);
  reader.read_integer("batch", &recipe->batch, 1, 65536);
  reader.read_name("optimiser", &recipe->optimiser, kOptimiserNames);
  reader.read("learning_rate", &recipe->learning_rate);
  reader.read("momentum", &recipe->momentum);
  reader.read("weight_decay", &recipe->weight_decay);
  reader.read_name("schedule", &recipe->schedule, kScheduleNames);
  reader.read_integer("warmup_epochs", &recipe->warmup_epochs, 0, 10000);
  reader.read_name("precision", &recipe->precision, kPrecisionNames);
  reader.read_integer("step_epochs", &recipe->step_epochs, 1, 10000);
  reader.read("step_factor", &recipe->step_factor);
  reader.read_integer("threads", &recipe->threads, 1, 64);
  reader.finish();
}

void read_augmentation(KeyReader reader, Augmentation* augmentation) {
  reader.read("shift_pixels", &augmentation->shift_pixels);
  reader.read("rotate_degrees", &augmentation->rotate_degrees);
  reader.read("scale_fraction", &augmentation->scale_fraction);
  reader.read("mirror", &augmentation->mirror);
  reader.finish();
}

void read_data(KeyReader reader, Recipe* recipe) {
  reader.read_integer("digits_train", &recipe->digits_train, 1, 1'000'000);
  reader.read_integer("digits_test", &recipe->digits_test, 1, 1'000'000);
  reader.finish();
}

/// The shortest decimal form that reads back as the same number.
std::string shortest(double value) {
  std::string text;
  for (int digits = 1; digits <= std::numeric_limits<double>::max_digits10; ++digits) {
    std::ostringstream stream;
    stream.precision(digits);
    stream << value;
    text = stream.str();
    if (std::stod(text) == value) break;
  }
  return text;
}

/// A negated comparison, so that a value that is no number is refused too.
void require(const char* key, double value, double low, double high, bool low_included = true) {
  if (value >= low && value <= high && (low_included || value > low)) return;
  std::ostringstream text;
  text << key << " = " << value << " is out of range; accepted: " << (low_included ? "" : "above ") << low << " to "
       << high;
  throw InputError(text.str());
}

}  // namespace

void validate(const Recipe& recipe) {
  describe_network(recipe.network);
  require("epochs", recipe.epochs, 1, 10000);
  require("batch", recipe.batch, 1, 65536);
  require("learning_rate", recipe.learning_rate, 0.0, 10.0, false);
  require("momentum", recipe.momentum, 0.0, 0.9999);
  require("weight_decay", recipe.weight_decay, 0.0, 1.0);
  require("warmup_epochs", recipe.warmup_epochs, 0, recipe.epochs);
  require("step_epochs", recipe.step_epochs, 1, 10000);
  require("step_factor", recipe.step_factor, 0.0, 1.0, false);
  require("shift_pixels", recipe.augmentation.shift_pixels, 0.0, 16.0);
  require("rotate_degrees", recipe.augmentation.rotate_degrees, 0.0, 45.0);
  require("scale_fraction", recipe.augmentation.scale_fraction, 0.0, 0.5);
  require("digits_train", recipe.digits_train, 1, 1'000'000);
  require("digits_test", recipe.digits_test, 1, 1'000'000);
  require("threads", recipe.threads, 1, 64);
}

Recipe parse_recipe(const std::string& toml_text, const std::string& origin) {
  check_table_headers(toml_text, origin);
  toml::table root;
  try {
    root = toml::parse(toml_text, origin);
  } catch (const toml::parse_error& error) {
    throw InputError(origin + ":" + std::to_string(error.source().begin.line) +
                     ": not TOML: " + std::string(error.description()));
  }
  Recipe recipe;
  KeyReader reader(&root, "", origin);
  reader.read("network", &recipe.network);
  reader.read_integer("seed", &recipe.seed, 0, std::numeric_limits<std::int64_t>::max());
  reader.read("checkpoint", &recipe.checkpoint);
  read_training({reader.table("training"), "training.", origin}, &recipe);
  read_augmentation({reader.table("augmentation"), "augmentation.", origin}, &recipe.augmentation);
  read_data({reader.table("data"), "data.", origin}, &recipe);
  reader.finish();
  if (recipe.network.empty()) throw InputError(origin + ": the key 'network' is needed");
  try {
    validate(recipe);
  } catch (const InputError& error) {
    throw InputError(origin + ": " + error.what());
  }
  return recipe;
}

Recipe read_recipe(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.fail()) throw InputError(path + ": cannot be read; a recipe in TOML is needed");
  return parse_recipe(text.str(), path);
}

std::string to_text(const Recipe& recipe) {
  std::ostringstream text;
  const Augmentation& a = recipe.augmentation;
  text << "network=" << recipe.network << " seed=" << recipe.seed << " epochs=" << recipe.epochs
       << " batch=" << recipe.batch << " optimiser=" << kOptimiserNames[static_cast<int>(recipe.optimiser)]
       << " learning_rate=" << shortest(recipe.learning_rate) << " weight_decay=" << shortest(recipe.weight_decay)
       << " schedule=" << kScheduleNames[static_cast<int>(recipe.schedule)];
  if (recipe.optimiser == Optimiser::kSgd) text << " momentum=" << shortest(recipe.momentum);
  if (recipe.schedule == Schedule::kStep) {
    text << " step_epochs=" << recipe.step_epochs << " step_factor=" << shortest(recipe.step_factor);
  }
  if (recipe.warmup_epochs > 0) text << " warmup_epochs=" << recipe.warmup_epochs;
  if (recipe.precision != Precision::kFloat32) {
    text << " precision=" << kPrecisionNames[static_cast<int>(recipe.precision)];
  }
  text << " shift_pixels=" << shortest(a.shift_pixels) << " rotate_degrees=" << shortest(a.rotate_degrees)
       << " scale_fraction=" << shortest(a.scale_fraction) << " mirror=" << (a.mirror ? "true" : "false");
  return text.str();
}

}  // namespace systoliq::sw_ref
