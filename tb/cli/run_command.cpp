// SPDX-License-Identifier: Apache-2.0
// `systoliq run` and `systoliq compare`: a network on the machine, layer by layer, beside reference and float.
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "tb/cli/commands.h"
#include "tb/cli/common/workload_arguments.h"
#include "tb/cli/compare_against.h"
#include "tb/cli/output_files.h"
#include "tb/cli/trace_scopes.h"
#include "tb/compare/bench.h"
#include "tb/compare/mapping_file.h"
#include "tb/report/cycle_breakdown.h"
#include "tb/report/report.h"
#include "tb/workload/shipped_files.h"
#include "tb/workload/tflite_network.h"
#include "traces/cycle_trace.h"

namespace systoliq::cli {
namespace {

struct RunArguments {
  WorkloadArguments workload;
  std::string level = "transaction", report, output, energy, trace, trace_window, mapping, save_mapping;
  std::vector<std::string> trace_scopes;
  AgainstArguments against;
  bool json = false, all_layers = false, breakdown = false, compare = false;
};

void write_report(const std::string& folder, const tb::NetworkReport& report, const tb::EnergyTable& energy) {
  std::filesystem::create_directories(folder);
  tb::write_file(folder + "/layers.csv", tb::to_csv(report, energy));
  tb::write_file(folder + "/run.json", tb::to_json(report, energy));
}

/// The waveform that the options ask for, or null.
std::unique_ptr<traces::CycleTrace> make_trace(const RunArguments& arguments, model::Level level,
                                               const model::AcceleratorConfig& config) {
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
  check_trace_scopes(options.scopes, config);
  return std::make_unique<traces::CycleTrace>(options);
}

/// What the options ask for, read and checked before a network is quantized.
struct Prepared {
  tb::BenchOptions bench;
  tb::EnergyTable energy;
  std::unique_ptr<traces::CycleTrace> trace;
  std::optional<model::Mapping> mapping;
};

/// Options that the level makes senseless.
void check_level(const RunArguments& arguments, model::Level level) {
  const auto refuse = [&](bool given, const std::string& option, const std::string& why) {
    if (given) throw InputError(option + ": level " + arguments.level + " " + why);
  };
  const bool timing = level == model::Level::kTiming;
  const std::string data = "carries no data; accepted: functional, transaction, cycle";
  refuse(timing && !arguments.output.empty(), "--output", data);
  refuse(timing && arguments.against.given(), "--against", data);
  refuse(timing && arguments.compare, "compare", data);
  refuse(timing && !arguments.workload.request.float_network.empty(), "--float", data);
  refuse(arguments.breakdown && level == model::Level::kFunctional, "--cycle-breakdown",
         "carries no time; accepted: timing, transaction, cycle");
}

/// Options that others make senseless.
void check_together(const RunArguments& arguments) {
  if (arguments.breakdown && arguments.json && arguments.report.empty()) {
    throw InputError("--cycle-breakdown is a table, not part of --json; accepted: with --report DIR, as cycles.csv");
  }
  if (!arguments.energy.empty() && !arguments.json && arguments.report.empty()) {
    throw InputError("--energy: the table shows no energy; accepted: with --json or --report DIR");
  }
}

Prepared prepare(const RunArguments& arguments) {
  Prepared prepared;
  prepared.bench.level = model::parse_level(arguments.level);
  prepared.bench.isolated = arguments.compare;
  prepared.bench.keep_outputs = !arguments.output.empty();
  check_level(arguments, prepared.bench.level);
  check_together(arguments);
  prepared.energy = tb::read_energy_table(arguments.energy.empty() ? tb::shipped("configs/energy/horowitz_45nm.toml")
                                                                   : arguments.energy);
  const model::AcceleratorConfig config = tb::load_config(arguments.workload.request.config);
  for (const std::string& folder : {arguments.report, arguments.output}) {
    if (!folder.empty()) check_writable_folder(folder);
  }
  if (!arguments.mapping.empty()) prepared.mapping = tb::read_mapping(arguments.mapping);
  if (!arguments.save_mapping.empty()) check_writable_file(arguments.save_mapping);
  prepared.trace = make_trace(arguments, prepared.bench.level, config);
  prepared.bench.trace = prepared.trace.get();
  return prepared;
}

/// Tables or JSON on standard output, files where they are asked for.
void show(const RunArguments& arguments, const Prepared& prepared, const tb::Workload& workload,
          const tb::NetworkReport& report) {
  if (arguments.json) {
    std::cout << tb::to_json(report, prepared.energy);
  } else {
    std::cout << (arguments.compare ? tb::to_error_table(report) : tb::to_table(report));
    if (arguments.breakdown) std::cout << "\n" << tb::to_cycle_table(tb::cycle_breakdown(report, workload.network));
  }
  if (!arguments.report.empty()) {
    write_report(arguments.report, report, prepared.energy);
    if (arguments.breakdown) {
      tb::write_file(arguments.report + "/cycles.csv", tb::to_cycle_csv(tb::cycle_breakdown(report, workload.network)));
    }
  }
  if (prepared.bench.keep_outputs) write_outputs(arguments.output, workload, report, arguments.all_layers);
}

void execute(const RunArguments& arguments, Outcome& outcome) {
  const Prepared prepared = prepare(arguments);
  WorkloadArguments wanted = arguments.workload;
  if (!arguments.trace_window.empty()) {
    wanted.request.needed_layer = traces::parse_window(arguments.trace_window).layer;
  }
  tb::Workload workload = load_workload(wanted);
  if (arguments.against.given()) {  // instead of the errors against float
    return compare_against(arguments.against, workload, prepared.bench.level, arguments.json, outcome);
  }
  const tb::CompiledNetwork compiled(workload.network, workload.config,
                                     prepared.mapping ? &*prepared.mapping : nullptr);
  tb::NetworkReport report =
      tb::run_bench(compiled, workload.float_graph ? &*workload.float_graph : nullptr, workload.images, prepared.bench);
  if (!arguments.save_mapping.empty())
    tb::write_file(arguments.save_mapping, tb::mapping_text(compiled.mapping(), workload.network.name));
  if (prepared.trace) prepared.trace->finish();
  report.float_source = workload.float_source;
  if (prepared.bench.keep_outputs) tb::to_file_outputs(&workload, &report.outputs);
  show(arguments, prepared, workload, report);
  for (const tb::LayerReport& layer : report.layers) {
    if (layer.mismatches.value_or(0) != 0) outcome.comparison_failed = true;
  }
}

void add_common(Command command, RunArguments& arguments) {
  add_workload_options(command, arguments.workload);
  remove_options(command, {"--labels"});
  command
      .add_option("--level", arguments.level,
                  "functional (data), timing (cycles), transaction (both) or cycle (both, clocked)")
      .show_default();
  command
      .add_option("--batch", arguments.workload.request.batch,
                  "images that the network takes at once, in place of what its file says; they run one after another")
      .in_range(1, 100000);
  command.add_option("--report", arguments.report, "folder for layers.csv and run.json");
  command.add_option("--energy", arguments.energy, "TOML table of energy per action");
  command.add_flag("--json", arguments.json, "print one JSON object instead of the table");
}

}  // namespace

void add_run_command(Command app, Outcome& outcome) {
  const Command command =
      app.add_subcommand("run", "run a network on the accelerator model and print the per-layer table");
  command.footer("example: systoliq run models/lenet5.onnx --dataset mnist:DIR --images 10 --report out");
  auto arguments = std::make_shared<RunArguments>();
  add_common(command, *arguments);
  const Option output =
      command.add_option("--output", arguments->output,
                         "folder for the network's outputs: NAME.npy as the network declares them, NAME.int.npy as "
                         "stored integers, and names.json, a map of names to files");
  command.add_flag("--all-layers", arguments->all_layers, "with --output: every layer's output too").needs(output);
  command.add_flag("--cycle-breakdown", arguments->breakdown,
                   "also split every layer's cycles, beside SCALE-Sim's formula; with --report in cycles.csv");
  command.add_option("--mapping", arguments->mapping, "run in the mapping of this file, not the best that is found")
      .not_empty();
  command.add_option("--save-mapping", arguments->save_mapping, "file for the mapping, as --mapping takes it")
      .not_empty();
  command
      .add_option("--trace", arguments->trace,
                  "FILE.vcd, with --level cycle: waveforms of the first image's run; FILE.gtkw opens them in GTKWave")
      .not_empty();
  command.add_option("--trace-scope", arguments->trace_scopes,
                     "BLOCK[:DEPTH], repeatable: only blocks of this name, as u_array, down to DEPTH levels below");
  command
      .add_option("--trace-window", arguments->trace_window,
                  "only cycles FIRST:LAST, or layer:NAME, or command:FIRST:LAST")
      .not_empty();
  command.callback([arguments, &outcome] { execute(*arguments, outcome); });
}

void add_compare_command(Command app, Outcome& outcome) {
  const Command command = app.add_subcommand(
      "compare", "float, integer reference and model: isolated and accumulated error of every layer");
  command.footer("example: systoliq compare models/lenet5.onnx --images 16");
  auto arguments = std::make_shared<RunArguments>();
  arguments->compare = true;
  arguments->workload.request.images = 16;
  add_common(command, *arguments);
  add_against_options(command, arguments->against);
  const Option against = command.option("--against");
  for (const char* other : {"--report", "--energy", "--float"}) against.excludes(command.option(other));
  const Option images = command.option("--images").show_default("16; 1 with --against");
  command.callback([arguments, against, images, &outcome] {
    if (against.is_given() && !images.is_given()) arguments->workload.request.images = 1;  // as `run` takes
    execute(*arguments, outcome);
  });
}

}  // namespace systoliq::cli
