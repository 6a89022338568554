// SPDX-License-Identifier: Apache-2.0
// `systoliq info`: what was understood of a network or a configuration.
#include <iostream>
#include <memory>

#include "model/config/config_text.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "tb/cli/commands.h"
#include "tb/cli/common/workload_arguments.h"
#include "tb/cli/placement_text.h"

namespace systoliq::cli {
namespace {

void print_config(const std::string& path) {
  const model::AcceleratorConfig config = tb::load_config(path);
  std::cout << "array " << config.array.rows << " × " << config.array.cols << " PEs, "
            << (config.array.dataflow == Dataflow::kOutputStationary ? "output" : "weight") << " stationary\n"
            << "activations " << config.datatypes.activation_bits << " bits, weights " << config.datatypes.weight_bits
            << " bits, accumulators " << config.datatypes.accumulator_bits << " bits ("
            << (config.datatypes.overflow == Overflow::kWrap ? "wrap" : "saturate") << ")\n"
            << "activation buffer " << config.buffers.activation_kib << " KiB = " << config.activation_words()
            << " words, weight buffer " << config.buffers.weight_kib << " KiB = " << config.weight_words() << " words, "
            << config.buffers.accumulator_words << " accumulator words, " << config.buffers.param_words
            << " param words\n"
            << "memory " << config.memory.bytes_per_cycle << " bytes a cycle, latency " << config.memory.latency_cycles
            << " cycles, bursts of " << config.memory.burst_bytes << " bytes, " << config.memory.outstanding
            << " outstanding\n";
}

void print_network(const WorkloadArguments& arguments) {
  if (arguments.request.read.calibrate_scales) {  // what is missing is no obstacle then
    std::cout << placement_text(load_integers(arguments));
    return;
  }
  const Graph graph = tb::load_graph(arguments.request.network, nullptr, arguments.request.shapes);
  const sw_ref::FusedNetwork placed = sw_ref::lower_any(graph);
  if (!placed.obstacles.empty()) {
    std::cout << placement_text(placed) << std::flush;
    throw InputError("network '" + graph.name + "' cannot be executed; the obstacles are listed");
  }
  std::cout << placement_text(load_integers(arguments));
}

}  // namespace

void add_info_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "info", "what of a network (.onnx) runs where, and all that is refused; or a configuration (.toml)");
  command->footer("example: systoliq info models/lenet5.onnx");
  auto arguments = std::make_shared<WorkloadArguments>();
  auto machine = std::make_shared<bool>(false);
  add_workload_options(*command, *arguments);
  remove_options(*command, {"--images", "--labels", "--float"});
  command->add_flag("--machine", *machine,
                    "every key of the machine of --config as TOML, with its meaning and accepted values");
  command->callback([arguments, machine, command] {
    if (*machine) {
      refuse_others(*command, {"--machine", "--config"}, "has no effect beside --machine; accepted with it: --config");
      std::cout << model::annotated_text(tb::load_config(arguments->request.config));
      return;
    }
    const std::string& path = arguments->request.network;
    const bool is_config = path.size() > 5 && path.compare(path.size() - 5, 5, ".toml") == 0;
    if (is_config) {
      refuse_others(*command, {"network"}, "has no effect on a configuration; accepted: " + path + " alone");
      print_config(path);
    } else {
      if (is_given(*command, "--config")) throw InputError("--config: has no effect here; accepted: with --machine");
      print_network(*arguments);
    }
  });
}

}  // namespace systoliq::cli
