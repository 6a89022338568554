// SPDX-License-Identifier: Apache-2.0
// `systoliq run` and `systoliq compare`: a network on the machine, layer by layer, beside reference and float.
#include <filesystem>
#include <iostream>
#include <memory>

#include "tb/cli/commands.h"
#include "tb/cli/common/workload_arguments.h"
#include "tb/cli/compare_against.h"
#include "tb/compare/bench.h"
#include "tb/data/dataset.h"
#include "tb/report/cycle_breakdown.h"
#include "tb/report/report.h"
#include "tb/workload/shipped_files.h"
#include "traces/cycle_trace.h"

namespace systoliq::cli {
namespace {

struct RunArguments {
  WorkloadArguments workload;
  std::string level = "transaction", report, output, energy, trace, trace_window;
  std::vector<std::string> trace_scopes;
  AgainstArguments against;
  bool json = false, all_layers = false, breakdown = false, compare = false;
};

std::string file_name(std::string tensor) {
  for (char& c : tensor) {
    if (c == '/' || c == '\\' || c == ':') c = '_';
  }
  return tensor + ".npy";
}

void write_outputs(const RunArguments& arguments, const QuantizedNetwork& network, const tb::NetworkReport& report) {
  std::filesystem::create_directories(arguments.output);
  for (std::size_t image = 0; image < report.outputs.size(); ++image) {
    const std::string prefix =
        arguments.output + "/" + (report.outputs.size() > 1 ? "image" + std::to_string(image) + "_" : "");
    for (const int output : network.outputs) {
      const auto index = static_cast<std::size_t>(output);
      tb::write_npy(prefix + file_name(network.tensors[index].name), report.outputs[image][index]);
    }
    if (!arguments.all_layers) continue;
    for (const QuantizedLayer& layer : network.layers) {
      const auto index = static_cast<std::size_t>(layer.output);
      tb::write_npy(prefix + file_name(layer.name), report.outputs[image][index]);
    }
  }
}

void write_report(const std::string& folder, const tb::NetworkReport& report, const tb::EnergyTable& energy) {
  std::filesystem::create_directories(folder);
  tb::write_file(folder + "/layers.csv", tb::to_csv(report, energy));
  tb::write_file(folder + "/run.json", tb::to_json(report, energy));
}

/// The waveform that the options ask for, or null.
std::unique_ptr<traces::CycleTrace> make_trace(const RunArguments& arguments, model::Level level) {
  if (arguments.trace.empty()) {
    if (arguments.trace_scopes.empty() && arguments.trace_window.empty()) return nullptr;
    throw InputError("--trace-scope and --trace-window choose what --trace FILE.vcd holds; give that too");
  }
  if (level != model::Level::kCycle) {
    throw InputError("--trace: level " + arguments.level + " has no clock; accepted: --level cycle");
  }
  traces::TraceOptions options;
  options.path = arguments.trace;
  for (const std::string& scope : arguments.trace_scopes) options.scopes.push_back(traces::parse_scope(scope));
  if (!arguments.trace_window.empty()) options.window = traces::parse_window(arguments.trace_window);
  return std::make_unique<traces::CycleTrace>(options);
}

/// Instead of the errors against float.
void execute_against(const RunArguments& arguments, Outcome& outcome) {
  const model::Level level = model::parse_level(arguments.level);
  if (level == model::Level::kTiming) {
    throw InputError("--against: level timing carries no data; accepted: functional, transaction, cycle");
  }
  compare_against(arguments.against, load_workload(arguments.workload), level, arguments.json, outcome);
}

void execute(const RunArguments& arguments, Outcome& outcome) {
  if (arguments.against.given()) return execute_against(arguments, outcome);
  const tb::Workload workload = load_workload(arguments.workload);
  const tb::EnergyTable energy = tb::read_energy_table(
      arguments.energy.empty() ? tb::shipped("configs/energy/horowitz_45nm.toml") : arguments.energy);
  tb::BenchOptions options;
  options.level = model::parse_level(arguments.level);
  options.isolated = arguments.compare;
  options.keep_outputs = !arguments.output.empty();
  if (options.keep_outputs && options.level == model::Level::kTiming) {
    throw InputError("--output: level timing carries no data; accepted: functional, transaction, cycle");
  }
  if (arguments.breakdown && options.level == model::Level::kFunctional) {
    throw InputError("--cycle-breakdown: level functional carries no time; accepted: timing, transaction, cycle");
  }
  if (arguments.breakdown && arguments.json && arguments.report.empty()) {
    throw InputError("--cycle-breakdown is a table, not part of --json; accepted: with --report DIR, as cycles.csv");
  }
  const std::unique_ptr<traces::CycleTrace> trace = make_trace(arguments, options.level);
  options.trace = trace.get();
  tb::NetworkReport report = tb::run_bench(workload.network, workload.float_graph ? &*workload.float_graph : nullptr,
                                           workload.images, workload.config, options);
  if (trace) trace->finish();
  report.float_source = workload.float_source;
  if (arguments.json) {
    std::cout << tb::to_json(report, energy);
  } else {
    std::cout << (arguments.compare ? tb::to_error_table(report) : tb::to_table(report));
    if (arguments.breakdown) std::cout << "\n" << tb::to_cycle_table(tb::cycle_breakdown(report, workload.network));
  }
  if (!arguments.report.empty()) {
    write_report(arguments.report, report, energy);
    if (arguments.breakdown) {
      tb::write_file(arguments.report + "/cycles.csv", tb::to_cycle_csv(tb::cycle_breakdown(report, workload.network)));
    }
  }
  if (options.keep_outputs) write_outputs(arguments, workload.network, report);
  for (const tb::LayerReport& layer : report.layers) {
    if (layer.mismatches.value_or(0) != 0) outcome.comparison_failed = true;
  }
}

void add_common(CLI::App& command, RunArguments& arguments) {
  add_workload_options(command, arguments.workload);
  command
      .add_option("--level", arguments.level,
                  "functional (data), timing (cycles), transaction (both) or cycle (both, clocked)")
      ->capture_default_str();
  command.add_option("--report", arguments.report, "folder for layers.csv and run.json");
  command.add_option("--energy", arguments.energy, "TOML table of energy per action");
  command.add_flag("--json", arguments.json, "print one JSON object instead of the table");
}

}  // namespace

void add_run_command(CLI::App& app, Outcome& outcome) {
  CLI::App* command = app.add_subcommand("run", "run a network on the accelerator model and print the per-layer table");
  command->footer("example: systoliq run models/lenet5.onnx --dataset mnist:DIR --images 10 --report out");
  auto arguments = std::make_shared<RunArguments>();
  add_common(*command, *arguments);
  command->add_option("--output", arguments->output, "folder for the network's outputs, NAME.npy, as stored integers");
  command->add_flag("--all-layers", arguments->all_layers, "with --output: every layer's integers too");
  command->add_flag("--cycle-breakdown", arguments->breakdown,
                    "also split every layer's cycles, beside SCALE-Sim's formula; with --report in cycles.csv");
  const auto named = [](const std::string& name) { return std::string(name.empty() ? "names nothing" : ""); };
  command
      ->add_option("--trace", arguments->trace,
                   "FILE.vcd, with --level cycle: waveforms of the first image's run; FILE.gtkw opens them in GTKWave")
      ->check(named);
  command->add_option("--trace-scope", arguments->trace_scopes,
                      "BLOCK[:DEPTH], repeatable: only blocks of this name, as u_array, down to DEPTH levels below");
  command
      ->add_option("--trace-window", arguments->trace_window,
                   "only cycles FIRST:LAST, or layer:NAME, or command:FIRST:LAST")
      ->check(named);
  command->callback([arguments, &outcome] { execute(*arguments, outcome); });
}

void add_compare_command(CLI::App& app, Outcome& outcome) {
  CLI::App* command = app.add_subcommand(
      "compare", "float, integer reference and model: isolated and accumulated error of every layer");
  command->footer("example: systoliq compare models/lenet5.onnx --images 16");
  auto arguments = std::make_shared<RunArguments>();
  arguments->compare = true;
  arguments->workload.request.images = 16;
  add_common(*command, *arguments);
  add_against_options(*command, arguments->against);
  CLI::Option* against = command->get_option("--against");
  for (const char* other : {"--report", "--energy", "--float"}) against->excludes(command->get_option(other));
  command->callback([arguments, &outcome] { execute(*arguments, outcome); });
}

}  // namespace systoliq::cli
