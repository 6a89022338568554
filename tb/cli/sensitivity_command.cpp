// SPDX-License-Identifier: Apache-2.0
// `systoliq sensitivity`: what each layer loses at each weight width, and a table of widths for a target.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sw_ref/quantizer/options.h"
#include "tb/cli/commands.h"
#include "tb/cli/common/workload_arguments.h"
#include "tb/compare/sensitivity.h"
#include "tb/report/report.h"
#include "tb/workload/widths.h"
#include "types/util/json_text.h"
#include "types/util/names.h"
#include "types/util/number_text.h"

namespace systoliq::cli {
namespace {

struct SensitivityArguments {
  WorkloadArguments workload;
  std::vector<int> tried;
  double target = 0.5;
  std::string csv, output;
  bool json = false;
};

/// Layers by widths: points lost against all layers at their own width.
void print_table(const tb::Sensitivity& sensitivity, const std::vector<int>& tried) {
  std::size_t name = 5;
  for (const tb::LayerSensitivity& layer : sensitivity.layers) name = std::max(name, shown(layer.layer).size());
  const auto width = static_cast<int>(name);
  std::printf("%-*s  %9s", width, "layer", "weights");
  for (const int bits : tried) std::printf("  %6d bit", bits);
  std::printf("   points lost at this width, the others at their own\n");
  for (const tb::LayerSensitivity& layer : sensitivity.layers) {
    std::printf("%-*s  %9lld", width, shown(layer.layer).c_str(), static_cast<long long>(layer.weights));
    for (const int bits : tried) std::printf("  %10.2f", sensitivity.base.top1 - layer.scores.at(bits).top1);
    std::printf("\n");
  }
}

std::string to_csv(const tb::Sensitivity& sensitivity) {
  std::ostringstream out;
  out << "layer,weights,bits,top1,drop,loss\n";
  out << ",,," << csv_number(sensitivity.base.top1) << ",0," << csv_number(sensitivity.base.loss) << "\n";
  for (const tb::LayerSensitivity& layer : sensitivity.layers) {
    for (const auto& [bits, score] : layer.scores) {
      out << csv_text(layer.layer) << ',' << layer.weights << ',' << bits << ',' << csv_number(score.top1) << ','
          << csv_number(sensitivity.base.top1 - score.top1) << ',' << csv_number(score.loss) << "\n";
    }
  }
  return out.str();
}

std::string to_json(const tb::Sensitivity& sensitivity, const tb::WidthProposal& proposal, double target,
                    std::size_t images) {
  nlohmann::ordered_json json;
  json["images"] = images;
  json["top1"] = sensitivity.base.top1;
  json["loss"] = sensitivity.base.loss;
  for (const tb::LayerSensitivity& layer : sensitivity.layers) {
    nlohmann::ordered_json one{{"layer", layer.layer}, {"weights", layer.weights}};
    for (const auto& [bits, score] : layer.scores) {
      one["widths"].push_back({{"bits", bits}, {"top1", score.top1}, {"loss", score.loss}});
    }
    json["layers"].push_back(one);
  }
  json["proposal"] = {
      {"target_drop", target},       {"weight_bits", proposal.widths},   {"predicted_drop", proposal.predicted_drop},
      {"top1", proposal.score.top1}, {"loss", proposal.score.loss},      {"steps_withdrawn", proposal.withdrawn},
      {"bits", proposal.bits},       {"bits_before", proposal.base_bits}};
  return json_text(json);
}

void print_proposal(const tb::Sensitivity& sensitivity, const tb::WidthProposal& proposal, double target) {
  std::printf(
      "\n# target: at most %.2f points below %.2f %%; predicted %.2f, measured %.2f (%.2f %%), %d steps withdrawn\n",
      target, sensitivity.base.top1, proposal.predicted_drop, sensitivity.base.top1 - proposal.score.top1,
      proposal.score.top1, proposal.withdrawn);
  std::printf("# weights: %lld bytes, before %lld\n", static_cast<long long>((proposal.bits + 7) / 8),
              static_cast<long long>((proposal.base_bits + 7) / 8));
  std::fputs(shown_lines(tb::widths_toml(proposal.widths)).c_str(), stdout);
}

/// Widths below every layer's own, unless others were asked for.
std::vector<int> widths_to_try(const SensitivityArguments& arguments, const sw_ref::QuantizeOptions& options) {
  std::vector<int> tried = arguments.tried;
  int narrowest = options.weight_bits;
  for (const auto& own : options.layer_weight_bits) narrowest = std::min(narrowest, own.second);
  for (int bits = 2; arguments.tried.empty() && bits < narrowest; ++bits) tried.push_back(bits);
  if (tried.empty())
    throw InputError("sensitivity: all weights have 2 bits already; accepted: wider ones to start from");
  std::sort(tried.begin(), tried.end());
  tried.erase(std::unique(tried.begin(), tried.end()), tried.end());
  return tried;
}

void execute(const SensitivityArguments& arguments) {
  for (const std::string& path : {arguments.csv, arguments.output}) {
    if (!path.empty()) check_writable_file(path);
  }
  sw_ref::QuantizeOptions options = resolve(arguments.workload.quantize);
  const std::vector<int> widths = widths_to_try(arguments, options);
  const tb::Workload workload = load_workload(arguments.workload);
  if (workload.calibration.empty()) {
    throw InputError(arguments.workload.request.network + ": sensitivity quantizes anew; accepted: a float network");
  }
  if (workload.labels.size() != workload.images.size()) {
    throw InputError("--dataset " + arguments.workload.request.dataset +
                     ": has no labels; accepted: digits, mnist:DIR, fashion:DIR, cifar10:DIR, cifar100:DIR, folders of "
                     "classes (pictures:DIR, arrays:DIR), or --labels FILE");
  }
  tb::SensitivityWork work;
  const Graph graph = tb::load_graph(arguments.workload.request.network, nullptr,
                                     arguments.workload.request.shapes);  // load_workload() remarked on it
  work.graph = &graph;
  work.calibration = workload.calibration;
  work.images = workload.images;
  work.labels = workload.labels;
  work.options = std::move(options);
  work.widths = widths;
  work.progress = [](const std::string& what) { std::cerr << "measuring " << shown(what) << "\n"; };
  const tb::Sensitivity sensitivity = tb::measure_sensitivity(work);
  const tb::WidthProposal proposal = tb::propose_widths(work, sensitivity, arguments.target);
  if (!arguments.csv.empty()) tb::write_file(arguments.csv, to_csv(sensitivity));
  if (!arguments.output.empty()) tb::write_file(arguments.output, tb::widths_toml(proposal.widths));
  if (arguments.json) {
    std::cout << to_json(sensitivity, proposal, arguments.target, work.images.size());
    return;
  }
  std::printf("%zu images: top-1 %.2f %%, loss %.4f, all layers at their own width\n", work.images.size(),
              sensitivity.base.top1, sensitivity.base.loss);
  print_table(sensitivity, work.widths);
  print_proposal(sensitivity, proposal, arguments.target);
}

}  // namespace

void add_sensitivity_command(Command app) {
  const Command command = app.add_subcommand(
      "sensitivity", "what every layer loses at every weight width, and widths for a target as TOML for --widths");
  command.footer("example: systoliq sensitivity models/lenet5.onnx --images 200 --target-drop 0.5 -o widths.toml");
  auto arguments = std::make_shared<SensitivityArguments>();
  arguments->workload.request.images = 500;
  add_workload_options(command, arguments->workload);
  remove_options(command, {"--config", "--float"});
  command.add_option("--tried", arguments->tried, "weight widths to measure, comma-separated (default: all from 2 up)")
      .delimiter(',')
      .in_range(2, 7);
  command.add_option("--target-drop", arguments->target, "points of top-1 that the proposal may lose")
      .in_range(0.0, 100.0)
      .show_default();
  command.add_option("--csv", arguments->csv, "file for every measurement");
  command.add_option("-o,--output", arguments->output, "file for the proposed widths, as --widths reads them");
  command.add_flag("--json", arguments->json, "print one JSON object");
  command.callback([arguments] { execute(*arguments); });
}

}  // namespace systoliq::cli
