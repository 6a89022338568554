// SPDX-License-Identifier: Apache-2.0
// `systoliq train`: training of a built-in network by a recipe, in float or with quantization, written as float ONNX
// with its origin and the activation ranges it learned in the metadata.
#include "tb/cli/train/train_command.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/layers.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantizer/calibration/given_ranges.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/training/train.h"
#include "tb/data/dataset.h"
#include "types/util/atomic_file.h"
#include "types/util/interruption.h"
#include "types/util/json_text.h"

namespace systoliq::cli {
namespace {

struct TrainArguments {
  std::string recipe, output, report, checkpoint;
  std::string start;  ///< float ONNX file to start from; empty: none
  std::vector<std::string> data = {"digits"};
  int threads = 0;  ///< 0: the recipe's
};

/// Appends a split of a data set, as the network's inputs, to `set`.
std::int64_t append(const std::string& spec, const std::string& split, std::int64_t digits, const Shape& input,
                    sw_ref::LabeledImages* set) {
  const tb::Dataset data = tb::open_dataset(spec, split, spec == "digits" ? digits : tb::kAllImages);
  const std::int64_t count = data.images.shape[0];
  set->name += (set->name.empty() ? "" : "+") + data.name;
  set->images.data.reserve(set->images.data.size() + static_cast<std::size_t>(count * element_count(input)));
  for (std::int64_t i = 0; i < count; ++i) {
    const FloatTensor image = tb::network_input(data, i, input);
    set->images.data.insert(set->images.data.end(), image.data.begin(), image.data.end());
  }
  set->labels.insert(set->labels.end(), data.labels.begin(), data.labels.end());
  set->images.shape = input;
  set->images.shape[0] = static_cast<std::int64_t>(set->images.data.size()) / element_count(input);
  return count;
}

struct TrainingData {
  sw_ref::LabeledImages training;
  std::vector<sw_ref::LabeledImages> tests;
  std::vector<std::int64_t> train_counts;  ///< of every data set, as `tests`
};

TrainingData load_data(const std::vector<std::string>& specs, const sw_ref::Recipe& recipe) {
  const Shape input = sw_ref::describe_network(recipe.network).input;
  TrainingData data;
  for (const std::string& spec : specs) {
    data.train_counts.push_back(append(spec, "train", recipe.digits_train, input, &data.training));
    append(spec, "test", recipe.digits_test, input, &data.tests.emplace_back());
  }
  return data;
}

/// A bar that redraws itself on a terminal, a line for every epoch elsewhere; on standard error.
class ProgressDisplay final {
 public:
  explicit ProgressDisplay(const std::vector<sw_ref::LabeledImages>& tests) : tests_(tests) {}

  bool operator()(const sw_ref::Progress& progress) const {
    const bool terminal = isatty(STDERR_FILENO) != 0;
    const bool epoch_done = !progress.test_accuracy.empty();
    if (!epoch_done && terminal && progress.step % 10 == 0) {
      const auto width = static_cast<int>(30 * progress.step / progress.steps);
      std::fprintf(stderr, "\repoch %d/%d [%-30.*s] loss %.4f ", progress.epoch, progress.epochs, width,
                   "##############################", progress.loss);
    }
    if (epoch_done) {
      std::fprintf(stderr, "%sepoch %d/%d loss %.4f", terminal ? "\r\033[K" : "", progress.epoch, progress.epochs,
                   progress.loss);
      for (std::size_t i = 0; i < tests_.size(); ++i) {
        std::fprintf(stderr, "  %s test %.2f %%", tests_[i].name.c_str(), 100.0 * progress.test_accuracy[i]);
      }
      std::fprintf(stderr, "\n");
    }
    return true;
  }

 private:
  const std::vector<sw_ref::LabeledImages>& tests_;
};

std::string fraction(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

/// What the start network's file said about its own training, under "training.start.".
void add_history(const std::map<std::string, std::string>& start, std::map<std::string, std::string>* metadata) {
  const std::string prefix = "training.";
  for (const auto& [key, value] : start) {
    if (key.rfind(prefix, 0) == 0) (*metadata)[prefix + "start." + key.substr(prefix.size())] = value;
  }
}

std::map<std::string, std::string> metadata_of(const sw_ref::Recipe& recipe, const TrainingData& data,
                                               const sw_ref::TrainResult& result) {
  std::map<std::string, std::string> metadata = {
      {"training.recipe", to_text(recipe)},
      {"training.seed", std::to_string(recipe.seed)},
      {"training.input", "(pixel - 128) / 128, smaller images padded with black"}};
  for (std::size_t i = 0; i < data.tests.size(); ++i) {
    const std::string& name = data.tests[i].name;
    metadata["training.images." + name] = std::to_string(data.train_counts[i]);
    metadata["training.test_images." + name] = std::to_string(data.tests[i].labels.size());
    metadata["training.test_top1." + name] = fraction(result.test_accuracy[i]);
  }
  if (recipe.quantization) metadata["training.quantize"] = quantize_flags(*recipe.quantization);
  for (const auto& [tensor, range] : result.activation_ranges) {
    metadata[sw_ref::kActivationRangeKey + tensor] = sw_ref::range_text(range);
  }
  return metadata;
}

std::string report_of(const sw_ref::Recipe& recipe, const TrainingData& data, const sw_ref::TrainResult& result,
                      double seconds) {
  nlohmann::ordered_json json;
  json["schema_version"] = 1;
  json["network"] = recipe.network;
  json["recipe"] = to_text(recipe);
  json["seed"] = recipe.seed;
  json["threads"] = recipe.threads;
  json["seconds"] = seconds;
  json["epochs_resumed"] = result.epochs_resumed;
  json["epoch_loss"] = result.epoch_loss;
  json["data"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < data.tests.size(); ++i) {
    json["data"].push_back({{"name", data.tests[i].name},
                            {"train_images", data.train_counts[i]},
                            {"test_images", data.tests[i].labels.size()},
                            {"test_top1", result.test_accuracy[i]}});
  }
  return json_text(json);
}

/// Before hours of training, not after.
void check_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder)) {
    throw InputError(path + ": the folder " + folder.string() + " does not exist; an existing one is needed");
  }
}

/// Trains, shows progress on standard error, and writes the ONNX file and the report. Returns a summary, a few lines.
/// Throws InputError.
std::string train_network(const TrainArguments& arguments) {
  sw_ref::Recipe recipe = sw_ref::read_recipe(arguments.recipe);
  if (arguments.threads > 0) recipe.threads = arguments.threads;
  if (!arguments.checkpoint.empty()) recipe.checkpoint = arguments.checkpoint;
  const bool own_checkpoint = recipe.checkpoint.empty();
  if (own_checkpoint) recipe.checkpoint = arguments.output + ".checkpoint";
  for (const std::string& path : {arguments.output, arguments.report, recipe.checkpoint}) check_folder(path);
  Graph graph;
  sw_ref::NamedParameters begin;
  if (!arguments.start.empty()) {
    graph = sw_ref::read_onnx(arguments.start, sw_ref::Batch::kOne);
    begin = sw_ref::parameters_of(graph, recipe.network);
  }
  const TrainingData data = load_data(arguments.data, recipe);

  const auto start = std::chrono::steady_clock::now();
  const sw_ref::TrainResult result =
      sw_ref::train(recipe, data.training, data.tests, ProgressDisplay(data.tests), begin);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  const std::map<std::string, FloatTensor> parameters(result.parameters.begin(), result.parameters.end());
  std::map<std::string, std::string> metadata = metadata_of(recipe, data, result);
  add_history(graph.metadata, &metadata);
  write_file(arguments.output, sw_ref::network_to_onnx(result.network, parameters, metadata));
  if (!arguments.report.empty()) write_file(arguments.report, report_of(recipe, data, result, seconds));
  if (own_checkpoint && std::filesystem::remove(recipe.checkpoint)) note_removed(recipe.checkpoint);
  std::ostringstream summary;
  summary << std::fixed << std::setprecision(0) << arguments.output << ": " << result.epochs_done << " epochs ("
          << result.epochs_resumed << " resumed) in " << seconds << " s" << std::setprecision(2);
  for (std::size_t i = 0; i < data.tests.size(); ++i) {
    summary << ", " << data.tests[i].name << " test " << 100.0 * result.test_accuracy[i] << " % of "
            << data.tests[i].labels.size();
  }
  summary << "\n";
  if (recipe.quantization) {
    summary << "to integers: systoliq quantize " << arguments.output << " -o NET.q.onnx "
            << quantize_flags(*recipe.quantization) << "\n";
  }
  return summary.str();
}

}  // namespace

void add_train_options(Command command) {
  command.footer(
      "example: systoliq train configs/train/lenet5.toml --data mnist:DIR --data digits -o lenet5.onnx\n"
      "With a table [quantization] in the recipe the forward pass rounds as the quantizer does, or learns codebooks, "
      "as in\n"
      "  systoliq train configs/train/qat_lenet5.toml --start lenet5.onnx --data digits -o lenet5_qat.onnx\n"
      "which also prints the options of `systoliq quantize` for the result (docs/training.md).\n"
      "An interrupted training resumes from its checkpoint when the same command is given again.");
  auto arguments = std::make_shared<TrainArguments>();
  command.add_option("RECIPE", arguments->recipe, "recipe in TOML, such as configs/train/lenet5.toml").required();
  command
      .add_option("--data", arguments->data,
                  "digits, mnist:DIR, fashion:DIR, cifar10:DIR, cifar100:DIR or pictures:DIR; repeatable")
      .one_word()
      .show_default();
  command.add_option("--start", arguments->start,
                     "float ONNX file with the recipe's network, or its folded form, to start from");
  command.add_option("-o,--output", arguments->output, "ONNX file to write").required();
  command.add_option("--report", arguments->report, "JSON file with losses and accuracies");
  command.add_option("--checkpoint", arguments->checkpoint,
                     "file to resume from (default: the recipe's, else OUTPUT.checkpoint, removed at the end)");
  command.add_option("--threads", arguments->threads, "in place of the recipe's").in_range(1, 64);
  command.callback([arguments] { std::cout << train_network(*arguments); });
}

}  // namespace systoliq::cli
