// SPDX-License-Identifier: Apache-2.0
// `systoliq accuracy`: top-1 over a data set, float and quantized side by side.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tb/cli/commands.h"
#include "tb/cli/common/workload_arguments.h"
#include "tb/compare/bench.h"
#include "tb/data/dataset.h"
#include "types/util/json_text.h"
#include "types/util/names.h"

namespace systoliq::cli {
namespace {

struct AccuracyArguments {
  WorkloadArguments workload;
  std::string level = "functional";
  bool json = false;
};

/// A bar that redraws itself on a terminal, a line every tenth elsewhere; on standard error, so that output stays data.
void show_progress(std::int64_t done, std::int64_t total) {
  const std::int64_t step = total < 10 ? 1 : total / 10;
  if (isatty(STDERR_FILENO) != 0) {
    if (done % 50 != 0 && done != total) return;
    const auto width = static_cast<int>(40 * done / total);
    std::fprintf(stderr, "\r[%-40.*s] %lld/%lld%s", width, "########################################",
                 static_cast<long long>(done), static_cast<long long>(total), done == total ? "\n" : "");
  } else if (done % step == 0) {
    std::fprintf(stderr, "%lld of %lld images\n", static_cast<long long>(done), static_cast<long long>(total));
  }
}

void execute(const AccuracyArguments& arguments) {
  const model::Level level = model::parse_level(arguments.level);  // what is cheap to refuse comes before quantization
  tb::check_has_data(level);
  const tb::WorkloadRequest& request = arguments.workload.request;
  if (request.labels.empty() && (!request.inputs.empty() || request.dataset == "random")) {
    throw InputError("accuracy needs labels; accepted: --labels FILE, or a data set that has some");
  }
  const tb::Workload workload = load_workload(arguments.workload);
  if (workload.labels.size() != workload.images.size()) {
    throw InputError("--dataset " + arguments.workload.request.dataset +
                     ": has no labels; accepted: digits, mnist:DIR, fashion:DIR, cifar10:DIR, cifar100:DIR, folders of "
                     "classes (pictures:DIR, arrays:DIR), or --labels FILE");
  }
  const tb::Accuracy accuracy = tb::measure_accuracy(workload.network, &*workload.float_graph, workload.images,
                                                     workload.labels, workload.config, level, show_progress);
  const auto fraction = [&](std::int64_t correct) {
    return static_cast<double>(correct) / static_cast<double>(accuracy.images);
  };
  if (arguments.json) {
    nlohmann::ordered_json json;
    json["images"] = accuracy.images;
    json["float_top1"] = fraction(accuracy.float_correct);
    json["float_network"] = workload.float_source;
    json["quantized_top1"] = fraction(accuracy.quantized_correct);
    json["level"] = arguments.level;
    std::cout << json_text(json);
    return;
  }
  std::printf("%lld images, level %s\n", static_cast<long long>(accuracy.images), arguments.level.c_str());
  std::printf("float top-1      %6.2f %%  (%s)\n", 100.0 * fraction(accuracy.float_correct),
              shown(workload.float_source).c_str());
  std::printf("quantized top-1  %6.2f %%\n", 100.0 * fraction(accuracy.quantized_correct));
}

}  // namespace

void add_accuracy_command(Command app) {
  const Command command = app.add_subcommand("accuracy", "top-1 over a data set, float and quantized");
  command.footer("example: systoliq accuracy models/lenet5.onnx --dataset mnist:DIR --images 10000");
  auto arguments = std::make_shared<AccuracyArguments>();
  add_workload_options(command, arguments->workload);
  arguments->workload.request.images = tb::kAllImages;
  command.option("--images").show_default("all; " + std::to_string(tb::kDrawnImages) + " of the built-in digits");
  command.add_option("--level", arguments->level, "functional or transaction").show_default();
  command.add_flag("--json", arguments->json, "print one JSON object");
  command.callback([arguments] { execute(*arguments); });
}

}  // namespace systoliq::cli
