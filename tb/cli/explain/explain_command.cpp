// SPDX-License-Identifier: Apache-2.0
// `systoliq explain NET LAYER C,Y,X`: one output of a layer, on reference, model and RTL.
#include "tb/cli/explain/explain_command.h"

#include <array>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>

#include "tb/cli/common/option_rules.h"
#include "tb/cli/common/workload_arguments.h"
#include "tb/compare/stage_on_its_own.h"
#include "tb/explain/explain_text.h"

namespace systoliq::cli {
namespace {

struct ExplainArguments {
  WorkloadArguments workload;
  std::string layer, place, level = "cycle";
  std::int64_t image = 0;
  bool rtl = false, json = false, brief = false;
};

constexpr std::int64_t kMostImages = 1'000'000;

using Place = std::array<std::int64_t, 3>;

/// "C,Y,X", or "C" for row and column 0.
Place parse_place(const std::string& text) {
  Place place = {};
  std::size_t count = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  bool well_formed = true;
  while (well_formed && count < place.size()) {
    const auto [next, error] = std::from_chars(at, end, place[count]);
    well_formed = error == std::errc() && place[count] >= 0;
    ++count;
    at = next;
    if (at == end || *at != ',') break;
    ++at;
  }
  if (!well_formed || at != end || (count != 1 && count != 3) || text.back() == ',') {
    throw InputError("place '" + text +
                     "': accepted: C,Y,X (channel, row and column of the output, from 0 on), or C alone");
  }
  return place;
}

std::string describe(const model::AcceleratorConfig& config) {
  return "machine " + std::to_string(config.array.rows) + " × " + std::to_string(config.array.cols) + ", " +
         (config.array.dataflow == Dataflow::kOutputStationary ? "output" : "weight") +
         " stationary, accumulators of " + std::to_string(config.datatypes.accumulator_bits) + " bits that " +
         (config.datatypes.overflow == Overflow::kWrap ? "wrap" : "saturate");
}

model::Level checked_level(const std::string& name) {
  const model::Level level = model::parse_level(name);
  if (level != model::Level::kFunctional && level != model::Level::kCycle) {
    throw InputError("--level " + name +
                     ": an explanation needs the buffers at every command; accepted: functional, cycle");
  }
  return level;
}

void execute(const ExplainArguments& arguments, const ExplainRtl& rtl, Outcome& outcome) {
  // What is cheap to refuse comes before quantization and compiling.
  const Place at = parse_place(arguments.place);
  const model::Level level = checked_level(arguments.level);
  const std::string& path = arguments.workload.request.config;
  const model::AcceleratorConfig config = tb::load_config(path);
  std::optional<tb::ObservedRun> rtl_run;
  if (arguments.rtl) {
    if (rtl.hand_over) rtl.hand_over();
    rtl_run = rtl.make(config, path.empty() ? "the default machine" : path);
  }
  WorkloadArguments wanted = arguments.workload;
  wanted.request.needed_layer = arguments.layer;
  const tb::Workload workload = load_workload(wanted);
  if (arguments.image >= static_cast<std::int64_t>(workload.images.size())) {
    throw InputError("--image " + std::to_string(arguments.image) + ": there are " +
                     std::to_string(workload.images.size()) + "; accepted: 0 to " +
                     std::to_string(workload.images.size() - 1));
  }
  const std::size_t layer = tb::find_layer(workload.network, arguments.layer);
  const tb::StageOnItsOwn stage = tb::stage_with_layer(workload.network, layer);
  const tb::CompiledNetwork compiled(stage.network, workload.config);
  const tb::OutputPlace place = tb::find_output(stage.network, compiled, layer - stage.first, at[0], at[1], at[2]);
  const tb::StoredInputs inputs = tb::stage_inputs(
      workload.network, stage, workload.images[static_cast<std::size_t>(arguments.image)], workload.config);
  tb::Explanation explanation = tb::explain_output(stage.network, compiled, place, inputs,
                                                   tb::model_run(compiled, level), rtl_run ? &*rtl_run : nullptr);
  explanation.level = arguments.level;
  explanation.machine = describe(workload.config);
  std::cout << (arguments.json ? tb::to_json(explanation) : tb::to_text(explanation, arguments.brief));
  if (!explanation.first_difference().empty()) outcome.comparison_failed = true;
}

}  // namespace

void add_explain_options(Command command, Outcome& outcome, const ExplainRtl& rtl) {
  command.footer("example: systoliq explain models/lenet5.onnx conv2 3,4,5");
  auto arguments = std::make_shared<ExplainArguments>();
  add_workload_options(command, arguments->workload);
  command.option("network").required();
  remove_options(command, {"--images", "--labels", "--float"});
  command.add_option("layer", arguments->layer, "name of the layer, or of its output").required();
  command
      .add_option("place", arguments->place,
                  "C,Y,X: channel, row and column of the layer's output, from 0 on; C alone where it is a vector")
      .required();
  command
      .add_option_function<std::int64_t>(
          "--image",
          [arguments](std::int64_t image) {
            arguments->image = image;
            arguments->workload.request.images = image + 1;
          },
          "which image of the data set's test part or of --input, from 0 on (default 0)")
      .in_range(std::int64_t{0}, kMostImages - 1);
  command.add_option("--level", arguments->level, "of the model: cycle, or functional, which names no cycles")
      .show_default();
  command.add_flag("--rtl", arguments->rtl, "also run the Verilated RTL and show what its buffers held");
  const Option brief = command.add_flag("--brief", arguments->brief, "passes without their single products");
  command.add_flag("--json", arguments->json, "print one JSON object instead of text").excludes(brief);
  command.callback([arguments, rtl, &outcome] { execute(*arguments, rtl, outcome); });
}

}  // namespace systoliq::cli
