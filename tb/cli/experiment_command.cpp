// SPDX-License-Identifier: Apache-2.0
// `systoliq experiment`: one network quantized in many ways, measured side by side, as tables and plots.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/integer/quantize_steps.h"
#include "sw_ref/quantizer/options.h"
#include "tb/cli/commands.h"
#include "tb/cli/common/quantize_arguments.h"
#include "tb/cli/common/siblings.h"
#include "tb/cli/common/workload_arguments.h"
#include "tb/data/dataset.h"
#include "tb/experiment/experiment.h"
#include "tb/experiment/experiment_report.h"
#include "tb/report/report.h"
#include "tb/workload/shipped_files.h"
#include "types/util/names.h"

namespace systoliq::cli {
namespace {

struct ExperimentArguments {
  std::string recipe, data, folder, config;
  int threads = 0;
};

/// `name` as given, else beside the recipe, else among the files of the project.
std::string locate(const std::string& name, const std::string& recipe) {
  const std::string beside = (std::filesystem::path(recipe).parent_path() / name).string();
  for (const std::string& path : {name, beside, tb::shipped(name)}) {
    if (std::filesystem::exists(path)) return path;
  }
  throw InputError(recipe + ": '" + name + "' is neither a file, nor beside the recipe, nor in " + tb::shipped(""));
}

/// The data set named by --data must be of the kind that the recipe asks for.
std::string checked_data(const ExperimentArguments& arguments, const tb::ExperimentRecipe& recipe) {
  if (arguments.data.empty() && recipe.data == "digits") return "digits";
  if (arguments.data == recipe.data || arguments.data.rfind(recipe.data + ":", 0) == 0) return arguments.data;
  throw InputError("--data '" + arguments.data + "': " + arguments.recipe + " is an experiment on " + recipe.data +
                   "; accepted: --data " + recipe.data + (recipe.data == "digits" ? "" : ":DIR"));
}

/// By `systoliq train`, whose progress and messages appear on standard error.
void train(const ExperimentArguments& arguments, const std::string& data, const std::string& recipe,
           const std::string& start, const std::string& output) {
  std::vector<std::string> words = {recipe, "--data", data, "--output", output};
  if (!start.empty()) words.insert(words.end(), {"--start", start});
  if (arguments.threads > 0) words.insert(words.end(), {"--threads", std::to_string(arguments.threads)});
  const int status = run_and_wait(train_sibling(), words);
  const std::string what = recipe + ": `systoliq train` ended with exit status " + std::to_string(status);
  if (status == 2) throw InputError(what + "; accepted instead of training: the trained network at " + output);
  check(status == 0, what);
}

/// Options as typed in a shell, without quotes.
sw_ref::QuantizeOptions parse_options(const std::string& options, std::int64_t* calibration_images) {
  CommandLine line("options of a variant", "");
  QuantizeArguments arguments;
  add_quantize_options(line.root(), arguments);
  try {
    line.parse(options);
  } catch (const CommandLineError& error) {
    throw InputError("options = \"" + options + "\": " + error.what());
  }
  check_effects(arguments);
  *calibration_images = arguments.calibration_images;
  return resolve(arguments);
}

/// Refuses what would end the experiment after hours of training.
void check_variants(const ExperimentArguments& arguments, const tb::ExperimentRecipe& recipe) {
  check_writable_folder(arguments.folder);
  bool trains = !recipe.train.empty();
  if (trains) locate(recipe.train, arguments.recipe);
  for (const tb::Variant& variant : recipe.variants) {
    std::int64_t images = 0;
    sw_ref::check_options(parse_options(variant.options, &images));
    if (variant.train.empty()) continue;
    locate(variant.train, arguments.recipe);
    trains = true;
  }
  if (arguments.threads > 0 && !trains) {
    throw InputError("--threads: " + arguments.recipe + " trains nothing; accepted: without it");
  }
}

tb::TestImages test_images(const std::string& data, const tb::ExperimentRecipe& recipe, const Shape& shape) {
  tb::TestImages test;
  const bool built_in = data == "digits";
  test.images = tb::load_images(data, "test", built_in ? recipe.digits : tb::kAllImages, shape, &test.labels);
  return test;
}

void show_progress(const std::string& of, double done) {
  const std::string what = shown(of);
  if (isatty(STDERR_FILENO) != 0) {
    std::fprintf(stderr, "\r\033[K%s [%-30.*s] %3.0f %%%s", what.c_str(), static_cast<int>(30.0 * done),
                 "##############################", 100.0 * done, done >= 1.0 ? "\n" : "");
  } else if (done == 0.0 || done >= 1.0) {
    std::fprintf(stderr, "%s%s\n", what.c_str(), done >= 1.0 ? ", done" : "");
  }
}

void execute(const ExperimentArguments& arguments, Outcome& outcome) {
  const tb::ExperimentRecipe recipe = tb::read_experiment(locate(arguments.recipe, arguments.recipe));
  const std::string data = checked_data(arguments, recipe);
  check_variants(arguments, recipe);
  tb::ExperimentServices services;
  services.locate = [&](const std::string& name) { return locate(name, arguments.recipe); };
  services.train = [&](const std::string& training, const std::string& start, const std::string& output) {
    train(arguments, data, training, start, output);
  };
  services.load = [](const std::string& network) { return load_graph(network); };
  services.quantize = [&](const Graph& graph, const std::string& options) {
    std::int64_t images = 0;
    const sw_ref::QuantizeOptions resolved = parse_options(options, &images);
    const Shape shape = graph.values.at(graph.inputs.at(0)).shape;
    return sw_ref::quantize(graph, tb::load_images(data, "train", images, shape, nullptr), resolved, nullptr);
  };
  services.progress = show_progress;
  services.images = [&](const Shape& shape) { return test_images(data, recipe, shape); };
  const std::vector<tb::VariantResult> results =
      tb::run_experiment(recipe, tb::load_config(arguments.config), arguments.folder, services);

  const std::string tables = "# " + shown(recipe.title) + "\n\n" + tb::experiment_tables(recipe, results);
  tb::write_file(arguments.folder + "/table.md", tables);
  tb::write_file(arguments.folder + "/layers.csv", tb::layer_errors_csv(results));
  for (const auto& [name, svg] : tb::experiment_plots(recipe, results)) {
    tb::write_file(arguments.folder + "/" + name, svg);
  }
  std::cout << tables;
  for (const tb::VariantResult& result : results) {
    if (result.measured.mismatches + result.measured.predictions_differ != 0) outcome.comparison_failed = true;
  }
}

}  // namespace

void add_experiment_command(Command app, Outcome& outcome) {
  const Command command =
      app.add_subcommand("experiment", "quantize one network in many ways and measure them side by side");
  command.footer(
      "example: systoliq experiment configs/experiments/e1.toml --data fashion:DIR -o build/e1\n"
      "What the folder holds already (trained networks, measured variants) is not done again.");
  auto arguments = std::make_shared<ExperimentArguments>();
  command
      .add_option("RECIPE", arguments->recipe,
                  "experiment in TOML: a file, or one of the project's, such as configs/experiments/e1.toml")
      .required();
  command.add_option("--data", arguments->data,
                     "mnist:DIR, fashion:DIR or cifar10:DIR, as the recipe asks; the built-in digits need none");
  command.add_option("-o,--output", arguments->folder, "folder for table.md, layers.csv, plots and trained networks")
      .required();
  command.add_option("--config", arguments->config,
                     "TOML file of the machine, whose widths and codec follow the variants (default: 16 × 16)");
  command.add_option("--threads", arguments->threads, "of training, in place of its recipe's").in_range(1, 64);
  command.callback([arguments, &outcome] { execute(*arguments, outcome); });
}

}  // namespace systoliq::cli
