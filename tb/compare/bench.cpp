// SPDX-License-Identifier: Apache-2.0
// Runs the three truths side by side; nothing here computes a layer, it only feeds and compares.
#include "tb/compare/bench.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/quantizer/fusion/constant.h"
#include "sw_ref/quantizer/integer/network_values.h"
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

LayerReport describe_layer(const QuantizedNetwork& network, const QuantizedLayer& layer) {
  LayerReport row;
  row.name = layer.name;
  row.op = to_string(layer.op);
  row.output_shape = tensor_of(network, layer.output).shape;
  row.macs = mac_count(layer, network);
  return row;
}

/// A row of the report: of a layer, or of a node of a host part.
struct Row {
  const QuantizedLayer* layer = nullptr;
  const Node* node = nullptr;
};

NetworkReport describe_network(const CompiledNetwork& compiled, const BenchOptions& options, std::vector<Row>* rows) {
  const QuantizedNetwork& network = compiled.network();
  NetworkReport report;
  report.network = network.name;
  report.level = options.level;
  report.config = compiled.config();
  report.image_bytes = compiled.image_bytes();
  std::size_t next = 0;
  const auto layers_until = [&](std::size_t end) {
    for (; next < end; ++next) {
      rows->push_back({&network.layers[next], nullptr});
      report.layers.push_back(describe_layer(network, network.layers[next]));
    }
  };
  for (const HostPart& part : network.host_parts) {
    layers_until(part.before_layer);
    for (const Node& node : part.graph.nodes) {
      if (sw_ref::is_reshape(node)) continue;  // computes nothing
      rows->push_back({nullptr, &node});
      LayerReport row;
      row.name = node.name;
      row.op = "host " + node.op;
      row.on_host = true;
      row.output_shape = part.graph.values.at(node.outputs.front()).shape;
      report.layers.push_back(std::move(row));
    }
  }
  layers_until(network.layers.size());
  return report;
}

using FloatTensors = std::map<std::string, FloatTensor>;

/// The float counterpart of a layer's output; nullptr if the float network has none of that name.
const FloatTensor* float_of(const FloatTensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second;
}

void add_error(const FloatTensor& found, const FloatTensor* reference, std::optional<ErrorStatistics>* statistics) {
  if (reference == nullptr || reference->data.size() != found.data.size()) return;
  if (!*statistics) statistics->emplace();
  (*statistics)->add(found, *reference);
}

/// Name of the float tensor that a quantized tensor stands for: its producer's, or its own where it is an input of the
/// network or a value of the host.
std::string float_name(const QuantizedNetwork& network, int tensor) {
  for (const QuantizedLayer& layer : network.layers) {
    if (layer.output == tensor) return layer.float_output;
  }
  return tensor_of(network, tensor).name;
}

void add_isolated(const QuantizedNetwork& network, const FloatTensors& floats, const AccumulationOrder& order,
                  const std::vector<KernelTapPacking>& packing, std::size_t index, LayerReport* row) {
  const QuantizedLayer& layer = network.layers[index];
  const FloatTensor* reference = float_of(floats, layer.float_output);
  std::vector<IntTensor> inputs;
  for (const int input : layer.inputs) {
    const FloatTensor* exact = float_of(floats, float_name(network, input));
    if (exact == nullptr) break;
    inputs.push_back(sw_ref::quantize_tensor(*exact, tensor_of(network, input)));
    inputs.back().shape = tensor_of(network, input).shape;
  }
  if (reference == nullptr || inputs.size() != layer.inputs.size()) return;
  std::vector<const IntTensor*> pointers;
  for (const IntTensor& input : inputs) pointers.push_back(&input);
  const IntTensor output = sw_ref::run_layer(network, index, pointers, order, packing[index], nullptr);
  add_error(sw_ref::dequantize_tensor(output, tensor_of(network, layer.output)), reference, &row->isolated);
}

/// Floats of the host that differ between model and reference, whose integers it read.
void count_host_mismatches(const FloatTensor& expected, const FloatTensor& found, LayerReport* row) {
  std::int64_t mismatches = row->mismatches.value_or(0);
  if (expected.data.size() != found.data.size()) {
    row->mismatches = mismatches + static_cast<std::int64_t>(std::max(expected.data.size(), found.data.size()));
    if (row->first_mismatch.empty()) row->first_mismatch = "another number of elements than the reference has";
    return;
  }
  for (std::size_t i = 0; i < expected.data.size(); ++i) {
    const bool equal = expected.data[i] == found.data[i] || (std::isnan(expected.data[i]) && std::isnan(found.data[i]));
    if (!equal && mismatches++ == 0) row->first_mismatch = "element " + std::to_string(i) + " of the host's values";
  }
  row->mismatches = mismatches;
}

/// The three truths of one network, and what was found so far.
struct Bench {
  const CompiledNetwork& compiled;
  const Graph* float_graph;
  const BenchOptions& options;
  std::vector<Row> rows;
  NetworkReport report;
  std::optional<sw_ref::FloatExecutor> executor;

  const QuantizedNetwork& network() const { return compiled.network(); }

  std::size_t layer_of(const Row& row) const { return static_cast<std::size_t>(row.layer - network().layers.data()); }

  void run(const FloatTensor& image) {
    const bool first = report.images++ == 0;
    NetworkRun found = compiled.run_image(image, options.level, true, first ? options.trace : nullptr);
    if (first) {
      report.cycles = found.cycles;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].layer != nullptr) report.layers[i].counters = found.layers[layer_of(rows[i])];
      }
    }
    if (options.level == model::Level::kTiming) return;
    compare_with_reference(image, found.values);
    if (executor) compare_with_float(image, found.values);
    if (!options.keep_outputs) return;
    report.outputs.push_back(std::move(found.values.tensors));
    report.host_values.push_back(std::move(found.values.floats));
  }

  void compare_with_reference(const FloatTensor& image, const sw_ref::NetworkValues& found) {
    const sw_ref::NetworkValues expected =
        sw_ref::reference_values(network(), compiled.host_parts(), image, compiled.order(), compiled.packing());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].layer == nullptr) {
        const std::string& name = rows[i].node->outputs.front();
        count_host_mismatches(expected.floats.at(name), found.floats.at(name), &report.layers[i]);
        continue;
      }
      const auto output = static_cast<std::size_t>(rows[i].layer->output);
      count_mismatches(network().tensors[output], expected.tensors[output], found.tensors[output], &report.layers[i]);
    }
  }

  void compare_with_float(const FloatTensor& image, const sw_ref::NetworkValues& found) {
    const FloatTensors floats = executor->run(sw_ref::float_inputs(*float_graph, image));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      LayerReport& row = report.layers[i];
      if (rows[i].layer == nullptr) {
        const std::string& name = rows[i].node->outputs.front();
        add_error(found.floats.at(name), float_of(floats, name), &row.accumulated);
        continue;
      }
      const QuantizedLayer& layer = *rows[i].layer;
      const auto output = static_cast<std::size_t>(layer.output);
      add_error(sw_ref::dequantize_tensor(found.tensors[output], network().tensors[output]),
                float_of(floats, layer.float_output), &row.accumulated);
      if (!options.isolated) continue;
      add_isolated(network(), floats, compiled.order(), compiled.packing(), layer_of(rows[i]), &row);
    }
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
  Bench bench{compiled, float_graph, options, {}, {}, {}};
  bench.report = describe_network(compiled, options, &bench.rows);
  if (float_graph != nullptr && options.level != model::Level::kTiming) bench.executor.emplace(*float_graph);
  for (const FloatTensor& image : images) {
    bench.run(image);
    if (options.progress) options.progress(bench.report.images, static_cast<std::int64_t>(images.size()));
  }
  return std::move(bench.report);
}

}  // namespace systoliq::tb
