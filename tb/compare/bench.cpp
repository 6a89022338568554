// SPDX-License-Identifier: Apache-2.0
// Runs the three truths side by side; nothing here computes a layer, it only feeds and compares.
#include "tb/compare/bench.h"

#include <algorithm>
#include <map>

#include "sw_ref/import/float_executor.h"
#include "sw_ref/quantize/quantizer.h"
#include "sw_ref/reference/reference.h"

namespace systoliq::tb {
namespace {

using model::Program;
using model::TensorPlacement;

AccumulationOrder order_of(const model::AcceleratorConfig& config) {
  return {config.array.rows, config.datatypes.accumulator_bits, config.datatypes.overflow};
}

const TensorPlacement* placement_of(const Program& program, int tensor) {
  for (const TensorPlacement& placement : program.placements) {
    if (placement.tensor == tensor) return &placement;
  }
  return nullptr;
}

const QuantizedTensor& tensor_of(const QuantizedNetwork& network, int index) {
  return network.tensors[static_cast<std::size_t>(index)];
}

/// The one input of the network; several inputs are refused, since an image is one tensor.
int only_input(const QuantizedNetwork& network) {
  if (network.inputs.size() != 1) {
    throw InputError("network '" + network.name + "' has " + std::to_string(network.inputs.size()) +
                     " inputs; exactly one is accepted");
  }
  return network.inputs.front();
}

std::vector<std::uint8_t> memory_with_input(const QuantizedNetwork& network, const Program& program,
                                            const IntTensor& input) {
  std::vector<std::uint8_t> memory = program.image;
  const int index = only_input(network);
  const TensorPlacement* placement = placement_of(program, index);
  check(placement != nullptr, "the compiler placed no network input");
  model::pack_tensor(input, tensor_of(network, index).zero_point, *placement, memory);
  return memory;
}

std::string describe(const QuantizedTensor& tensor, std::size_t element, std::int32_t expected, std::int32_t found) {
  const auto plane = static_cast<std::size_t>(tensor.shape[2] * tensor.shape[3]);
  const auto width = static_cast<std::size_t>(tensor.shape[3]);
  return "channel " + std::to_string(element / plane) + ", row " + std::to_string(element % plane / width) +
         ", column " + std::to_string(element % width) + ": expected " + std::to_string(expected) + ", found " +
         std::to_string(found);
}

void count_mismatches(const QuantizedTensor& tensor, const IntTensor& expected, const IntTensor& found,
                      LayerReport* layer) {
  check(expected.data.size() == found.data.size(), "model and reference differ in element count");
  std::int64_t mismatches = layer->mismatches.value_or(0);
  for (std::size_t i = 0; i < expected.data.size(); ++i) {
    if (expected.data[i] == found.data[i]) continue;
    if (mismatches++ == 0) layer->first_mismatch = describe(tensor, i, expected.data[i], found.data[i]);
  }
  layer->mismatches = mismatches;
}

NetworkReport describe_network(const QuantizedNetwork& network, const model::AcceleratorConfig& config,
                               const Program& program, const BenchOptions& options) {
  NetworkReport report;
  report.network = network.name;
  report.level = options.level;
  report.config = config;
  report.image_bytes = static_cast<std::int64_t>(program.image.size());
  for (const QuantizedLayer& layer : network.layers) {
    LayerReport row;
    row.name = layer.name;
    row.op = to_string(layer.op);
    row.output_shape = tensor_of(network, layer.output).shape;
    row.macs = mac_count(layer, network);
    report.layers.push_back(std::move(row));
  }
  return report;
}

using FloatTensors = std::map<std::string, FloatTensor>;

/// The float counterpart of a layer's output; nullptr if the float network has none of that name.
const FloatTensor* float_of(const FloatTensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second;
}

void add_accumulated(const QuantizedNetwork& network, const FloatTensors& floats, const std::vector<IntTensor>& values,
                     NetworkReport* report) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const FloatTensor* reference = float_of(floats, network.layers[i].float_output);
    if (reference == nullptr) continue;
    const auto output = static_cast<std::size_t>(network.layers[i].output);
    LayerReport& row = report->layers[i];
    if (!row.accumulated) row.accumulated.emplace();
    row.accumulated->add(sw_ref::dequantize_tensor(values[output], network.tensors[output]), *reference);
  }
}

/// Name of the float tensor that a quantised tensor stands for: its producer's, or the network input's.
std::string float_name(const QuantizedNetwork& network, const Graph& graph, int tensor) {
  for (const QuantizedLayer& layer : network.layers) {
    if (layer.output == tensor) return layer.float_output;
  }
  return graph.inputs.front();
}

void add_isolated(const QuantizedNetwork& network, const Graph& graph, const FloatTensors& floats,
                  const AccumulationOrder& order, const std::vector<int>& packed_rows, NetworkReport* report) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const QuantizedLayer& layer = network.layers[i];
    const FloatTensor* reference = float_of(floats, layer.float_output);
    std::vector<IntTensor> inputs;
    for (const int index : layer.inputs) {
      const FloatTensor* exact = float_of(floats, float_name(network, graph, index));
      if (exact == nullptr) break;
      inputs.push_back(sw_ref::quantize_tensor(*exact, tensor_of(network, index)));
      inputs.back().shape = tensor_of(network, index).shape;
    }
    if (reference == nullptr || inputs.size() != layer.inputs.size()) continue;
    std::vector<const IntTensor*> pointers;
    for (const IntTensor& input : inputs) pointers.push_back(&input);
    std::int64_t overflows = 0;
    const IntTensor output = sw_ref::run_layer(network, i, pointers, order, packed_rows[i], &overflows);
    LayerReport& row = report->layers[i];
    if (!row.isolated) row.isolated.emplace();
    row.isolated->add(sw_ref::dequantize_tensor(output, tensor_of(network, layer.output)), *reference);
  }
}

/// Every placed tensor as integers; tensors that never reach memory stay empty.
std::vector<IntTensor> read_tensors(const QuantizedNetwork& network, const Program& program,
                                    const std::vector<std::uint8_t>& memory) {
  std::vector<IntTensor> tensors(network.tensors.size());
  for (const TensorPlacement& placement : program.placements) {
    const auto index = static_cast<std::size_t>(placement.tensor);
    tensors[index] = model::unpack_tensor(network.tensors[index].shape, placement, memory);
  }
  return tensors;
}

}  // namespace

NetworkReport run_bench(const QuantizedNetwork& network, const Graph* float_graph,
                        const std::vector<FloatTensor>& images, const model::AcceleratorConfig& config,
                        const BenchOptions& options) {
  if (images.empty()) throw InputError("no image to run: give at least one with --images or --input");
  const Program program = model::compile(network, config);
  NetworkReport report = describe_network(network, config, program, options);
  const QuantizedTensor& input_tensor = tensor_of(network, only_input(network));
  for (const FloatTensor& image : images) {
    IntTensor input = sw_ref::quantize_tensor(image, input_tensor);
    input.shape = input_tensor.shape;
    const bool first = report.images++ == 0;
    const model::RunResult result =
        model::run_program(program, config, options.level, memory_with_input(network, program, input));
    if (first) {
      report.cycles = result.cycles;
      for (std::size_t i = 0; i < report.layers.size(); ++i) report.layers[i].counters = result.layers[i];
    }
    if (options.level == model::Level::kTiming) continue;
    const std::vector<IntTensor> found = read_tensors(network, program, result.memory);
    const sw_ref::ReferenceResult expected =
        sw_ref::run_reference(network, {{only_input(network), input}}, order_of(config), program.packed_rows);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      const auto output = static_cast<std::size_t>(network.layers[i].output);
      count_mismatches(network.tensors[output], expected.tensors[output], found[output], &report.layers[i]);
    }
    if (float_graph != nullptr) {
      const FloatTensors floats = sw_ref::run_float(*float_graph, {{float_graph->inputs.front(), image}});
      add_accumulated(network, floats, found, &report);
      if (options.isolated) {
        add_isolated(network, *float_graph, floats, order_of(config), program.packed_rows, &report);
      }
    }
    if (options.keep_outputs) report.outputs.push_back(found);
  }
  return report;
}

Accuracy measure_accuracy(const QuantizedNetwork& network, const Graph* float_graph,
                          const std::vector<FloatTensor>& images, const std::vector<int>& labels,
                          const model::AcceleratorConfig& config, model::Level level,
                          void (*progress)(std::int64_t done, std::int64_t total)) {
  if (level == model::Level::kTiming) throw InputError("level timing carries no data; use functional or transaction");
  model::CompileOptions compile_options;
  compile_options.keep_all_tensors = false;
  const Program program = model::compile(network, config, compile_options);
  const QuantizedTensor& input_tensor = tensor_of(network, only_input(network));
  const int output_index = network.outputs.front();
  const TensorPlacement* output_placement = placement_of(program, output_index);
  check(output_placement != nullptr, "the compiler placed no network output");
  const auto argmax = [](const auto& values) {
    return static_cast<int>(std::max_element(values.begin(), values.end()) - values.begin());
  };
  Accuracy accuracy;
  for (std::size_t i = 0; i < images.size(); ++i) {
    IntTensor input = sw_ref::quantize_tensor(images[i], input_tensor);
    input.shape = input_tensor.shape;
    const model::RunResult result =
        model::run_program(program, config, level, memory_with_input(network, program, input));
    const IntTensor output =
        model::unpack_tensor(tensor_of(network, output_index).shape, *output_placement, result.memory);
    accuracy.quantized_correct += argmax(output.data) == labels[i] ? 1 : 0;
    if (float_graph != nullptr) {
      const FloatTensors floats = sw_ref::run_float(*float_graph, {{float_graph->inputs.front(), images[i]}});
      accuracy.float_correct += argmax(floats.at(float_graph->outputs.front()).data) == labels[i] ? 1 : 0;
    }
    ++accuracy.images;
    if (progress != nullptr) progress(accuracy.images, static_cast<std::int64_t>(images.size()));
  }
  return accuracy;
}

}  // namespace systoliq::tb
