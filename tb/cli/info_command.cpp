// SPDX-License-Identifier: Apache-2.0
// `systoliq info`: what was understood of a network or a configuration.
#include <iostream>
#include <memory>

#include "model/config/config_text.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "tb/cli/commands.h"
#include "tb/cli/common/workload_arguments.h"
#include "types/util/names.h"
#include "types/util/number_text.h"

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
  const QuantizedNetwork network = load_integers(arguments);
  std::int64_t macs = 0;
  std::int64_t weights = 0;
  for (const QuantizedLayer& layer : network.layers) {
    const QuantizedTensor& output = network.tensors[static_cast<std::size_t>(layer.output)];
    macs += mac_count(layer, network);
    weights += static_cast<std::int64_t>(layer.weights.data.size());
    std::cout << shown(layer.name) << "  " << to_string(layer.op) << "  " << to_string(output.shape) << "  "
              << mac_count(layer, network) << " MACs  " << layer.weights.data.size() << " weights  scale "
              << number_text(output.scale) << "  zero point " << output.zero_point << "\n";
  }
  std::cout << network.layers.size() << " layers, " << macs << " MACs, " << weights << " weights, preset "
            << to_string(network.preset) << (network.softmax_on_host ? ", softmax on the host" : "") << "\n";
}

}  // namespace

void add_info_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("info", "what was understood of a network (.onnx) or a configuration (.toml)");
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
