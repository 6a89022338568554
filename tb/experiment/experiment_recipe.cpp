// SPDX-License-Identifier: Apache-2.0
// TOML to ExperimentRecipe.
#include "tb/experiment/experiment_recipe.h"

#include <algorithm>
#include <set>

#include "types/util/toml_table.h"

namespace systoliq::tb {
namespace {

constexpr std::int64_t kMostImages = 1'000'000;

void read_percent(TomlTable& table, const char* key, std::optional<double>* percent) {
  if (!table.has(key)) return;
  double value = 0.0;
  table.read(key, &value);
  if (!(value >= 0.0 && value <= 100.0)) table.refuse(key, "is out of range; accepted: 0 to 100 (percent)");
  *percent = value;
}

bool is_file_name(const std::string& id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !id.empty() && std::all_of(id.begin(), id.end(), allowed);
}

Variant read_variant(TomlTable table, const std::set<std::string>& earlier) {
  Variant variant;
  table.read("id", &variant.id);
  if (!is_file_name(variant.id)) table.refuse("id", "is needed; accepted: letters, digits, '_' and '-'");
  if (earlier.count(variant.id) != 0) table.refuse("id", "= \"" + variant.id + "\" is another variant's already");
  variant.name = variant.id;
  table.read("name", &variant.name);
  table.read("options", &variant.options);
  table.read("train", &variant.train);
  table.read("start", &variant.start);
  if (!variant.start.empty() && earlier.count(variant.start) == 0) {
    table.refuse("start", "= \"" + variant.start + "\": accepted: \"float\" or the id of a variant above");
  }
  if (earlier.size() == 1 && !variant.train.empty()) {
    table.refuse("train", "is not for the first variant, whose float network all others are compared with");
  }
  read_percent(table, "published", &variant.published);
  table.read("shifts_only", &variant.shifts_only);
  table.read("float_activations", &variant.float_activations);
  if (variant.float_activations && earlier.size() == 1) {
    table.refuse("float_activations", "is not for the first variant, whose machine all others are compared with");
  }
  table.read("histograms", &variant.histograms);
  if (variant.float_activations && variant.histograms) {
    table.refuse("histograms", "goes with integers; accepted: without float_activations");
  }
  table.finish();
  return variant;
}

void read_extent(TomlTable table, Extent* extent) {
  table.read_integer("accuracy_images", &extent->accuracy_images, 0, kMostImages);
  table.read_integer("reference_images", &extent->reference_images, 1, kMostImages);
  table.read_integer("transaction_images", &extent->transaction_images, 1, kMostImages);
  table.finish();
}

}  // namespace

ExperimentRecipe parse_experiment(const std::string& toml_text, const std::string& origin) {
  const toml::table parsed = parse_toml(toml_text, origin);
  TomlTable root(parsed, origin);
  ExperimentRecipe recipe;
  recipe.origin = origin;
  root.read("title", &recipe.title);
  root.read("data", &recipe.data);
  static const std::set<std::string> kKinds = {"digits", "mnist", "fashion", "cifar10"};
  if (kKinds.count(recipe.data) == 0) root.refuse("data", "is needed; accepted: digits, mnist, fashion, cifar10");
  root.read("network", &recipe.network);
  root.read("train", &recipe.train);
  if (recipe.network.empty() == recipe.train.empty()) {
    root.refuse("network", "or train is needed, not both: an ONNX file or built-in network, or a training recipe");
  }
  read_percent(root, "published", &recipe.published);
  root.read_integer("digits", &recipe.digits, 1, kMostImages);
  read_extent(root.table("measure"), &recipe.extent);
  std::set<std::string> ids = {"float"};
  for (TomlTable& table : root.tables("variant")) {
    recipe.variants.push_back(read_variant(table, ids));
    ids.insert(recipe.variants.back().id);
  }
  if (recipe.variants.empty()) root.refuse("variant", "is needed at least once, as [[variant]]");
  root.finish();
  return recipe;
}

ExperimentRecipe read_experiment(const std::string& path) {
  return parse_experiment(read_input(path, "an experiment in TOML"), path);
}

}  // namespace systoliq::tb
