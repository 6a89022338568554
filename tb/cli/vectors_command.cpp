// SPDX-License-Identifier: Apache-2.0
// `systoliq vectors`: stimuli and golden results of one image for any simulator.
#include <iostream>
#include <memory>

#include "model/isa/rtl_operations.h"
#include "rtl_cosim/vectors/vectors.h"
#include "tb/cli/commands.h"
#include "tb/cli/common/workload_arguments.h"
#include "tb/compare/stage_on_its_own.h"
#include "tb/workload/shipped_files.h"
#include "types/util/atomic_file.h"

namespace systoliq::cli {
namespace {

struct VectorsArguments {
  WorkloadArguments workload;
  rtl::VectorOptions options;
  std::string output;
};

void write(const VectorsArguments& arguments) {
  const auto check_one = [](std::int64_t images) {
    if (images != 1) throw InputError("vectors: " + std::to_string(images) + " images; exactly one is accepted");
  };
  if (arguments.workload.request.inputs.empty()) check_one(arguments.workload.request.images);
  check_writable_folder(arguments.output);
  const tb::Workload workload = load_workload(arguments.workload);
  check_one(static_cast<std::int64_t>(workload.images.size()));
  const tb::StageOnItsOwn stage = tb::only_stage(workload.network, "vectors");
  const tb::CompiledNetwork compiled(stage.network, workload.config);
  model::check_rtl_operations(compiled.program(), "the RTL");
  const std::vector<std::uint8_t> memory =
      compiled.memory(tb::stage_inputs(workload.network, stage, workload.images.front(), workload.config));
  rtl::VectorOptions options = arguments.options;
  options.bench_folder = tb::shipped("rtl_cosim/vectors/bench");
  const rtl::VectorCounts counts =
      rtl::write_vectors(arguments.output, {stage.network, compiled.program(), workload.config, memory}, options);
  std::cout << arguments.output << ": unit " << counts.requantizations << " requantizations, core " << counts.executes
            << " EXECUTE commands, accelerator " << counts.commands << " commands in " << counts.cycles
            << " cycles; seed " << options.seed << "\n";
}

}  // namespace

void add_vectors_command(Command app) {
  const Command command =
      app.add_subcommand("vectors", "write $readmemh stimuli, golden results and test benches for any simulator");
  command.footer("example: systoliq vectors models/lenet5.onnx -o build/vectors");
  auto arguments = std::make_shared<VectorsArguments>();
  add_workload_options(command, arguments->workload);
  remove_options(command, {"--labels", "--float"});
  command.add_option("-o,--output", arguments->output, "folder for the files of docs/vectors.md").required();
  command.add_option("--samples", arguments->options.samples, "requantizations sampled a layer")
      .in_range(1, 1000000)
      .show_default();
  command.add_option("--executes", arguments->options.executes, "EXECUTE commands sampled a layer")
      .in_range(1, 9999)
      .show_default();
  command.add_option("--seed", arguments->options.seed, "of both samples").whole_number(UINT64_MAX).show_default();
  command.callback([arguments] { write(*arguments); });
}

}  // namespace systoliq::cli
