// SPDX-License-Identifier: Apache-2.0
// Runs the three truths side by side; nothing here computes a layer, it only feeds and compares.
#include "tb/compare/bench.h"

#include <algorithm>
#include <map>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/reference/reference.h"
#include "tb/compare/compiled_network.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

const QuantizedTensor& tensor_of(const QuantizedNetwork& network, int index) { return nth(network.tensors, index); }

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

NetworkReport describe_network(const CompiledNetwork& compiled, const BenchOptions& options) {
  const QuantizedNetwork& network = compiled.network();
  NetworkReport report;
  report.network = network.name;
  report.level = options.level;
  report.config = compiled.config();
  report.image_bytes = static_cast<std::int64_t>(compiled.program().image.size());
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

/// Name of the float tensor that a quantized tensor stands for: its producer's, or the network input's.
std::string float_name(const QuantizedNetwork& network, const Graph& graph, int tensor) {
  for (const QuantizedLayer& layer : network.layers) {
    if (layer.output == tensor) return layer.float_output;
  }
  return graph.inputs.front();
}

void add_isolated(const QuantizedNetwork& network, const Graph& graph, const FloatTensors& floats,
                  const AccumulationOrder& order, const std::vector<KernelTapPacking>& packing, NetworkReport* report) {
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
    const IntTensor output = sw_ref::run_layer(network, i, pointers, order, packing[i], &overflows);
    LayerReport& row = report->layers[i];
    if (!row.isolated) row.isolated.emplace();
    row.isolated->add(sw_ref::dequantize_tensor(output, tensor_of(network, layer.output)), *reference);
  }
}

/// What the machine computed: observed layer outputs, network outputs as they lie in memory.
std::vector<IntTensor> read_tensors(const QuantizedNetwork& network, const CompiledNetwork& compiled,
                                    model::RunResult* result) {
  std::vector<IntTensor> tensors = std::move(result->tensors);
  for (const int output : network.outputs) {
    nth(tensors, output) = compiled.output(*result, output);
  }
  return tensors;
}

/// The three truths of one network, and what was found so far.
struct Bench {
  const CompiledNetwork& compiled;
  const Graph* float_graph;
  const BenchOptions& options;
  std::optional<sw_ref::FloatExecutor> executor;
  NetworkReport report;

  const QuantizedNetwork& network() const { return compiled.network(); }

  void run(const FloatTensor& image) {
    const IntTensor input = compiled.quantize_input(image);
    const bool first = report.images++ == 0;
    model::RunResult result = compiled.run(input, options.level, true, first ? options.trace : nullptr);
    if (first) {
      report.cycles = result.cycles;
      for (std::size_t i = 0; i < report.layers.size(); ++i) report.layers[i].counters = result.layers[i];
    }
    if (options.level == model::Level::kTiming) return;
    const std::vector<IntTensor> found = read_tensors(network(), compiled, &result);
    compare_with_reference(input, found);
    if (executor) compare_with_float(image, found);
    if (!options.keep_outputs) return;
    report.outputs.push_back(found);
    nth(report.outputs.back(), compiled.input()) = input;
  }

  void compare_with_reference(const IntTensor& input, const std::vector<IntTensor>& found) {
    const sw_ref::ReferenceResult expected =
        sw_ref::run_reference(network(), {{compiled.input(), input}}, compiled.order(), compiled.program().packing);
    for (std::size_t i = 0; i < network().layers.size(); ++i) {
      const auto output = static_cast<std::size_t>(network().layers[i].output);
      count_mismatches(network().tensors[output], expected.tensors[output], found[output], &report.layers[i]);
    }
  }

  void compare_with_float(const FloatTensor& image, const std::vector<IntTensor>& found) {
    const FloatTensors floats = executor->run({{float_graph->inputs.front(), image}});
    add_accumulated(network(), floats, found, &report);
    if (!options.isolated) return;
    add_isolated(network(), *float_graph, floats, compiled.order(), compiled.program().packing, &report);
  }
};

}  // namespace

NetworkReport run_bench(const QuantizedNetwork& network, const Graph* float_graph,
                        const std::vector<FloatTensor>& images, const model::AcceleratorConfig& config,
                        const BenchOptions& options) {
  return run_bench(CompiledNetwork(network, config), float_graph, images, options);
}

NetworkReport run_bench(const CompiledNetwork& compiled, const Graph* float_graph,
                        const std::vector<FloatTensor>& images, const BenchOptions& options) {
  if (images.empty()) throw InputError("no image to run: give at least one with --images or --input");
  Bench bench{compiled, float_graph, options, {}, describe_network(compiled, options)};
  if (float_graph != nullptr && options.level != model::Level::kTiming) bench.executor.emplace(*float_graph);
  for (const FloatTensor& image : images) {
    bench.run(image);
    if (options.progress) options.progress(bench.report.images, static_cast<std::int64_t>(images.size()));
  }
  return std::move(bench.report);
}

}  // namespace systoliq::tb
