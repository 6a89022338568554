// SPDX-License-Identifier: Apache-2.0
// `systoliq cosim`: the Verilated RTL against the model, at three scopes.
#include "tb/cli/cosim/cosim_command.h"

#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "model/isa/rtl_operations.h"
#include "rtl_cosim/accelerator/accelerator_cosim.h"
#include "rtl_cosim/core/core_cosim.h"
#include "rtl_cosim/unit/unit_cosim.h"
#include "rtl_cosim/waves/accelerator_waves.h"
#include "rtl_cosim/waves/core_waves.h"
#include "rtl_cosim/waves/post_waves.h"
#include "tb/cli/common/workload_arguments.h"
#include "tb/compare/stage_on_its_own.h"
#include "types/util/json_text.h"
#include "types/util/names.h"

namespace systoliq::cli {
namespace {

struct CosimArguments {
  WorkloadArguments workload;
  std::string scope = "accelerator";
  std::int64_t vectors = 1'000'000;
  int commands = 1000;
  std::uint32_t seed = 1;
  std::string trace, trace_window;
  std::vector<std::string> trace_scopes;
  std::int64_t window = -1;
  bool json = false;
  /// Options that mean nothing in other scopes than theirs.
  std::vector<std::pair<Option, std::string>> of_scopes;
};

constexpr std::int64_t kMostVectors = 1'000'000'000'000;
constexpr std::int64_t kWindow = 100;  ///< cycles before and after a divergence
constexpr std::int64_t kMostCycles = 100'000;

/// The object that --json prints.
struct Summary {
  std::int64_t checks = 0, mismatched_bits = 0, cycle_difference = 0;
  std::string first_divergence;  ///< a JSON object; empty: none
  std::string waves;             ///< likewise
};

/// What --trace and its companions ask for.
rtl::WaveOptions wave_options(const CosimArguments& arguments) {
  if (arguments.trace.empty()) {
    if (arguments.trace_scopes.empty() && arguments.trace_window.empty() && arguments.window < 0) return {};
    throw InputError("--trace-scope, --trace-window and --window choose what --trace DIR gets; accepted: with it");
  }
  if (!arguments.trace_window.empty() && (arguments.window >= 0 || arguments.scope != "accelerator")) {
    throw InputError("--trace-window: accepted: with --scope accelerator, without --window");
  }
  rtl::WaveOptions options;
  options.folder = arguments.trace;
  options.around = arguments.window < 0 ? kWindow : arguments.window;
  for (const std::string& scope : arguments.trace_scopes) options.scopes.push_back(traces::parse_scope(scope));
  options.fixed = !arguments.trace_window.empty();
  if (options.fixed) options.window = traces::parse_window(arguments.trace_window);
  return options;
}

nlohmann::ordered_json to_json(const rtl::WaveReport& waves) {
  if (waves.rtl_path.empty()) return {{"rtl", nullptr}, {"model", nullptr}, {"reason", waves.reason}};
  nlohmann::ordered_json signals = nlohmann::ordered_json::array();
  for (const rtl::SignalDifference& each : waves.differing) {
    signals.push_back({{"signal", each.signal}, {"model", each.model}, {"rtl", each.rtl}});
  }
  return {{"rtl", waves.rtl_path},
          {"model", waves.model_path},
          {"first_cycle", waves.first_cycle},
          {"last_cycle", waves.last_cycle},
          {"signals", waves.signals},
          {"cycles_compared", waves.cycles},
          {"differing_cycle", waves.differing_cycle},
          {"differing", signals}};
}

nlohmann::ordered_json to_json(const rtl::Divergence& divergence) {
  nlohmann::ordered_json object = {{"layer", divergence.layer}, {"command", divergence.command},
                                   {"cycle", divergence.cycle}, {"expected", divergence.expected},
                                   {"found", divergence.found}, {"text", divergence.text}};
  const rtl::Explanation& value = divergence.explanation;
  if (value.channel >= 0) object["channel"] = value.channel;
  if (value.pixel_y >= 0) object["pixel"] = {value.pixel_y, value.pixel_x};
  for (const rtl::InputList& each : value.inputs) object["inputs"][each.name] = each.values;
  return object;
}

void print_layers(const rtl::AcceleratorReport& report) {
  std::size_t width = 5;
  for (const rtl::LayerChecks& layer : report.layers) width = std::max(width, shown(layer.name).size());
  std::cout << std::left << std::setw(static_cast<int>(width)) << "layer" << std::right
            << "  commands    values  model end    RTL end\n";
  for (const rtl::LayerChecks& layer : report.layers) {
    std::cout << std::left << std::setw(static_cast<int>(width)) << shown(layer.name) << std::right << std::setw(10)
              << layer.commands << std::setw(10) << layer.values << std::setw(11) << layer.model_end << std::setw(11)
              << layer.rtl_end << "\n";
  }
}

Summary run_accelerator(const CosimArguments& arguments) {
  // What is cheap to refuse comes before quantization and compiling.
  const std::string& path = arguments.workload.request.config;
  const std::string origin = path.empty() ? "the default machine" : path;
  const model::AcceleratorConfig config = tb::load_config(path);
  const rtl::WaveOptions waves = wave_options(arguments);
  const std::unique_ptr<rtl::AcceleratorDevice> device = rtl::make_accelerator(config, false, {}, origin);
  const std::unique_ptr<rtl::AcceleratorDevice> traced =
      waves.folder.empty() ? nullptr : rtl::make_accelerator(config, true, {}, origin);
  const tb::Workload workload = load_workload(arguments.workload);
  const tb::StageOnItsOwn stage = tb::only_stage(workload.network, "cosim");
  const tb::CompiledNetwork compiled(stage.network, workload.config);
  model::check_rtl_operations(compiled.program(), "the RTL");
  Summary summary;
  for (std::size_t i = 0; i < workload.images.size(); ++i) {
    const std::vector<std::uint8_t> memory =
        compiled.memory(tb::stage_inputs(workload.network, stage, workload.images[i], workload.config));
    if (traced && i == 0) {
      rtl::check_accelerator_waves(*traced, compiled.program(), workload.config, memory, waves);
    }
    const rtl::AcceleratorReport report =
        rtl::run_accelerator_cosim(*device, compiled.program(), workload.config, memory);
    summary.checks += report.checks;
    summary.mismatched_bits += report.mismatched_bits;
    if (summary.cycle_difference == 0) summary.cycle_difference = report.cycle_difference;
    if (!arguments.json) {
      if (i == 0) print_layers(report);
      std::cout << "image " << i << ": " << report.commands << " commands, " << report.cycles << " cycles in "
                << report.seconds << " s ("
                << static_cast<std::int64_t>(static_cast<double>(report.cycles) / report.seconds) << " cycles/s)\n";
    }
    if (report.first_divergence) {
      summary.first_divergence = json_text(to_json(*report.first_divergence));
      if (!arguments.json) std::cout << "first divergence: " << shown_lines(report.first_divergence->text) << "\n";
    }
    if (!waves.folder.empty() && (report.first_divergence || (waves.fixed && i == 0))) {
      const rtl::WaveReport written =
          rtl::write_accelerator_waves(*traced, compiled.program(), workload.config, memory,
                                       report.first_divergence ? &*report.first_divergence : nullptr, waves);
      summary.waves = json_text(to_json(written));
      if (!arguments.json) std::cout << shown_lines(written.text()) << "\n";
    }
    if (report.first_divergence) break;
  }
  return summary;
}

Summary run_core(const CosimArguments& arguments) {
  const rtl::WaveOptions waves = wave_options(arguments);
  Summary summary;
  for (const std::string& build : rtl::core_builds()) {
    const std::unique_ptr<rtl::CoreDevice> core = rtl::make_core(build);
    if (!waves.folder.empty() && summary.checks == 0) rtl::check_core_waves(*core, waves);
    const rtl::CoreReport report = rtl::run_core_cosim(*core, arguments.seed, arguments.commands);
    summary.checks += report.commands + report.words;
    summary.mismatched_bits += report.mismatched_bits;
    summary.cycle_difference += report.cycle_difference;
    if (!arguments.json) {
      std::cout << "core " << build << " EXECUTE: " << report.commands << " commands, " << report.cycles << " cycles, "
                << report.words << " accumulator words in " << report.seconds << " s\n";
    }
    if (report.divergence.empty()) continue;
    summary.first_divergence = json_text({{"build", build}, {"text", report.divergence}});
    if (!arguments.json) std::cout << "first divergence: " << report.divergence << "\n";
    if (!waves.folder.empty()) {
      const rtl::WaveReport written = rtl::write_core_waves(*core, *report.failure, waves);
      summary.waves = json_text(to_json(written));
      if (!arguments.json) std::cout << shown_lines(written.text()) << "\n";
    }
    break;
  }
  return summary;
}

void print(const rtl::UnitResult& result) {
  std::cout << result.unit << " " << result.build << " " << result.what << ": " << result.vectors << " vectors in "
            << result.seconds << " s" << (result.mismatch.empty() ? "" : ", first divergence: " + result.mismatch)
            << "\n";
}

/// Of the POST command that differs; says so where another unit differs.
void write_unit_waves(const rtl::UnitResult& result, const rtl::WaveOptions& waves, bool json, Summary* summary) {
  if (waves.folder.empty()) return;
  if (result.failure) {
    const rtl::WaveReport written = rtl::write_post_waves(*result.post, *result.failure, waves);
    summary->waves = json_text(to_json(written));
    if (!json) std::cout << shown_lines(written.text()) << "\n";
  } else {
    std::cerr << "no waveforms of unit " << result.unit << ", which takes single vectors instead of commands\n";
  }
}

Summary run_units(const CosimArguments& arguments) {
  const rtl::WaveOptions waves = wave_options(arguments);
  if (!waves.folder.empty()) rtl::check_post_waves(*rtl::make_post_units().front(), waves);
  Summary summary;
  rtl::cosim_units(arguments.vectors, arguments.seed, [&](const rtl::UnitResult& result) {
    summary.checks += result.vectors;
    summary.mismatched_bits += result.mismatched_bits;
    if (summary.cycle_difference == 0) summary.cycle_difference = result.cycle_difference;
    if (!arguments.json) print(result);
    if (result.mismatch.empty()) return;
    write_unit_waves(result, waves, arguments.json, &summary);
    summary.first_divergence =
        json_text({{"unit", result.unit}, {"build", result.build}, {"what", result.what}, {"text", result.mismatch}});
  });
  return summary;
}

nlohmann::ordered_json parse(const std::string& object) {
  return object.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json::parse(object);
}

/// Refuses unknown scopes and what the scope would not look at.
void check_scope(const CosimArguments& arguments) {
  if (arguments.scope != "unit" && arguments.scope != "core" && arguments.scope != "accelerator") {
    throw InputError("--scope " + arguments.scope + ": unknown scope; accepted: unit, core, accelerator");
  }
  for (const auto& [option, scopes] : arguments.of_scopes) {
    if (!option.is_given() || scopes.find(arguments.scope) != std::string::npos) continue;
    throw InputError(option.name() + ": scope " + arguments.scope + " has no use for it; accepted: with --scope " +
                     scopes);
  }
}

void execute(const CosimArguments& arguments, Outcome& outcome) {
  check_scope(arguments);
  wave_options(arguments);  // refused before anything runs
  Summary summary;
  if (arguments.scope == "accelerator") {
    summary = run_accelerator(arguments);
  } else {
    summary = arguments.scope == "core" ? run_core(arguments) : run_units(arguments);
  }
  check(summary.checks > 0 || !summary.first_divergence.empty(), "cosim: nothing was compared");
  if (!summary.first_divergence.empty()) outcome.comparison_failed = true;
  if (arguments.json) {
    const nlohmann::ordered_json object = {{"scope", arguments.scope},
                                           {"checks", summary.checks},
                                           {"mismatched_bits", summary.mismatched_bits},
                                           {"cycle_difference", summary.cycle_difference},
                                           {"first_divergence", parse(summary.first_divergence)},
                                           {"waveforms", parse(summary.waves)}};
    std::cout << json_text(object);
  } else {
    std::cout << summary.checks << " checks, " << summary.mismatched_bits << " bits and " << summary.cycle_difference
              << " cycles differ\n";
  }
}

}  // namespace

void add_cosim_options(Command command, Outcome& outcome) {
  command.footer(
      "example: systoliq cosim --scope accelerator models/lenet5.onnx --config configs/default.toml --json\n"
      "Scopes core and unit take random and corner vectors; a network, its data and machine are of scope accelerator.");
  auto arguments = std::make_shared<CosimArguments>();
  add_workload_options(command, arguments->workload);
  remove_options(command, {"--labels", "--float"});
  for (const Option option : command.options()) arguments->of_scopes.emplace_back(option, "accelerator");
  command.add_option("--scope", arguments->scope, "unit, core or accelerator").show_default();
  const Option vectors =
      command
          .add_option("--vectors", arguments->vectors,
                      "scope unit: requantizations a preset; a thousandth of POST commands, at least 20")
          .in_range(std::int64_t{1}, kMostVectors)
          .show_default();
  const Option commands = command.add_option("--commands", arguments->commands, "scope core: EXECUTE commands a build")
                              .in_range(1, 1'000'000'000)
                              .show_default();
  const Option seed = command.add_option("--seed", arguments->seed, "scopes unit and core: of the random vectors")
                          .whole_number(UINT32_MAX)
                          .show_default();
  arguments->of_scopes.insert(arguments->of_scopes.end(),
                              {{vectors, "unit"}, {commands, "core"}, {seed, "unit or core"}});
  command
      .add_option("--trace", arguments->trace,
                  "folder for waveforms of RTL and model around the first divergence, or of --trace-window")
      .not_empty();
  command
      .add_option("--window", arguments->window,
                  "with --trace: cycles before and after the first divergence (default 100)")
      .in_range(std::int64_t{0}, kMostCycles);
  command
      .add_option("--trace-window", arguments->trace_window,
                  "with --trace: instead, of the first image, cycles FIRST:LAST, layer:NAME or command:FIRST:LAST")
      .not_empty();
  command.add_option("--trace-scope", arguments->trace_scopes,
                     "with --trace: BLOCK[:DEPTH], repeatable: only blocks of this name, down to DEPTH levels below");
  command.add_flag("--json", arguments->json, "print one JSON object instead of text");
  command.callback([arguments, &outcome] { execute(*arguments, outcome); });
}

}  // namespace systoliq::cli
