// SPDX-License-Identifier: Apache-2.0
// Layer by layer: the part of the float network that one layer stands for runs on what the integers before it yield.
#include <algorithm>
#include <set>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/quantizer/calibration/calibration.h"
#include "sw_ref/quantizer/calibration/given_ranges.h"
#include "sw_ref/quantizer/integer/network_values.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/integer/quantize_steps.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/integer/widths.h"
#include "sw_ref/quantizer/options.h"
#include "sw_ref/reference/reference.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// The nodes that compute `output` from `inputs`, as a graph of its own.
Graph part_of(const Graph& graph, const std::vector<std::string>& inputs, const std::string& output) {
  Graph part;
  part.name = graph.name;
  part.opset = graph.opset;
  std::set<std::string> needed = {output};
  const std::set<std::string> known(inputs.begin(), inputs.end());
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const bool makes = std::any_of(node->outputs.begin(), node->outputs.end(), [&](const std::string& name) {
      return needed.count(name) != 0 && known.count(name) == 0;
    });
    if (!makes) continue;
    part.nodes.insert(part.nodes.begin(), *node);
    needed.insert(node->inputs.begin(), node->inputs.end());
    needed.insert(node->outputs.begin(), node->outputs.end());
  }
  for (const std::string& name : needed) {
    const auto value = graph.values.find(name);
    if (value != graph.values.end()) part.values.insert(*value);
  }
  for (const std::string& name : known) {
    part.values.insert(*graph.values.find(name));
    part.inputs.push_back(name);
  }
  part.outputs = {output};
  return part;
}

class Layerwise final {
 public:
  Layerwise(const Graph& graph, const FusedNetwork& fused, const std::vector<FloatTensor>& images,
            const QuantizeOptions& options, QuantizedNetwork* network, QuantizeReport* report)
      : graph_(graph),
        fused_(fused),
        images_(images),
        options_(options),
        network_(*network),
        report_(report),
        bits_(tensor_bits(fused, options)),
        values_(images.size()) {}

  void run() {
    check_groups();
    for (std::size_t i = 0; i < fused_.tensors.size(); ++i) {
      network_.tensors.push_back(tensor_of(fused_.tensors[i], {}, options_, bits_[i]));
    }
    set_constants();
    observe_inputs();
    const HostParts parts(network_);
    std::size_t next = 0;
    const auto layers_until = [&](std::size_t end) {
      for (; next < end; ++next) add(fused_.layers[next]);
    };
    for (std::size_t i = 0; i < network_.host_parts.size(); ++i) {
      layers_until(network_.host_parts[i].before_layer);
      run_part(parts, i);
    }
    layers_until(fused_.layers.size());
  }

 private:
  QuantizedTensor& tensor(int index) { return nth(network_.tensors, index); }
  const std::string& name_of(int index) const { return nth(fused_.tensors, index).graph_value(); }

  /// A scale that several layers share would have to be known before the last of them is calibrated.
  void check_groups() const {
    const std::vector<std::size_t> groups = scale_groups(fused_);
    std::vector<bool> moved(groups.size(), false);
    for (const FusedLayer& layer : fused_.layers) nth(moved, layer.output) = keeps_scale(layer);
    std::set<std::size_t> seen;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (moved[i] || seen.insert(groups[i]).second) continue;
      throw InputError("layer-by-layer calibration: tensor '" + fused_.tensors[i].name +
                       "' shares its scale with another that is concatenated with it, which is calibrated at another "
                       "time; accepted: calibration at once");
    }
  }

  Grid grid_of(int index) { return activation_grid(options_, tensor(index).bits); }

  void set_scale(int index, const Distribution& seen) {
    const int bits = tensor(index).bits;
    const Grid grid = grid_of(index);
    const auto fixed = fixed_range(graph_, fused_, static_cast<std::size_t>(index));
    const Range range = fixed ? *fixed
                        : options_.activation_range == RangeMethod::kGiven
                            ? given_range(graph_, name_of(index))
                            : choose_range(seen, options_.activation_range, options_, grid);
    const ScaleAndZero fitted = fit(range, grid);
    tensor(index) = tensor_of(nth(fused_.tensors, index), fitted, options_, bits);
    if (fitted.wanted_zero_point != fitted.zero_point) report_->moved_zero_points.push_back(name_of(index));
  }

  void observe_inputs() {
    for (const int input : fused_.inputs) {
      if (!is_read_as_integers(fused_, input)) {
        tensor(input).scale = 1.0F;
        continue;
      }
      const bool histogram = needs_histogram(grid_of(input), options_.activation_range);
      set_scale(input, calibrate(graph_, images_, {name_of(input)}, histogram).at(0));
    }
    for (std::size_t i = 0; i < images_.size(); ++i) values_[i] = input_values(network_, images_[i]);
  }

  /// The host's values on what the integers before them yield, and scales for those that layers read.
  void run_part(const HostParts& parts, std::size_t index) {
    for (NetworkValues& values : values_) parts.compute(index, &values);
    const HostPart& part = network_.host_parts[index];
    for (std::size_t i = 0; i < part.outputs.size(); ++i) {
      if (part.outputs[i] == kHostValue) continue;
      const auto run = [&](std::size_t image) { return values_[image].floats; };
      set_scale(part.outputs[i], observe(images_.size(), run, {part.graph.outputs[i]},
                                         needs_histogram(grid_of(part.outputs[i]), options_.activation_range))
                                     .at(0));
    }
    for (NetworkValues& values : values_) parts.store(index, &values);
  }

  void set_constants() {
    for (const auto& constant : fused_.constants) {
      const int index = constant.first;
      const auto range = fixed_range(graph_, fused_, static_cast<std::size_t>(index));
      tensor(index) =
          tensor_of(nth(fused_.tensors, index), fit(range.value(), grid_of(index)), options_, tensor(index).bits);
    }
    add_constants(fused_, &network_);
  }

  void add(const FusedLayer& layer) {
    if (nth(fused_.tensors, layer.output).mirrored) {
      const QuantizedTensor& in = tensor(layer.inputs.front());
      tensor(layer.output).scale = in.scale;
      tensor(layer.output).zero_point = -1 - in.zero_point;
    } else if (keeps_scale(layer)) {
      const QuantizedTensor& in = tensor(layer.inputs.front());
      tensor(layer.output).scale = in.scale;
      tensor(layer.output).zero_point = in.zero_point;
    } else {
      set_scale(layer.output, observe_output(layer));
    }
    add_quantized_layer(layer, options_, &network_, report_);
    for (NetworkValues& values : values_) {
      std::vector<IntTensor>& stored = values.tensors;
      std::vector<const IntTensor*> inputs;
      for (const int input : layer.inputs) inputs.push_back(&nth(stored, input));
      std::int64_t overflows = 0;
      nth(stored, layer.output) =
          run_layer(network_, network_.layers.size() - 1, inputs, AccumulationOrder{}, KernelTapPacking{}, &overflows);
    }
  }

  int origin(int tensor) const {
    const FusedTensor& fused = nth(fused_.tensors, tensor);
    return fused.mirrored ? fused.scale_of : tensor;
  }

  /// What the float layer yields on the integers' values.
  Distribution observe_output(const FusedLayer& layer) {
    std::vector<int> inputs;  // tensors of the graph; a negated one stands for its origin
    for (const int input : layer.inputs) {
      if (network_.constants.count(input) != 0) continue;
      inputs.push_back(origin(input));
    }
    std::vector<std::string> names;
    for (const int input : inputs) names.push_back(name_of(input));
    const Graph part = part_of(graph_, names, name_of(layer.output));
    const FloatExecutor executor(part);
    const auto run = [&](std::size_t image) {
      std::map<std::string, FloatTensor> values;
      for (const int input : inputs) {
        const IntTensor& stored = nth(values_[image].tensors, input);
        values[name_of(input)] =
            FloatTensor(graph_.values.at(name_of(input)).shape, dequantize_tensor(stored, tensor(input)).data);
      }
      return executor.run(values);
    };
    return observe(images_.size(), run, {name_of(layer.output)},
                   needs_histogram(grid_of(layer.output), options_.activation_range))
        .at(0);
  }

  const Graph& graph_;
  const FusedNetwork& fused_;
  const std::vector<FloatTensor>& images_;
  const QuantizeOptions& options_;
  QuantizedNetwork& network_;
  QuantizeReport* report_;
  std::vector<int> bits_;              ///< of every tensor
  std::vector<NetworkValues> values_;  ///< per image
};

}  // namespace

void quantize_layerwise(const Graph& graph, const FusedNetwork& fused, const std::vector<FloatTensor>& images,
                        const QuantizeOptions& options, QuantizedNetwork* network, QuantizeReport* report) {
  Layerwise(graph, fused, images, options, network, report).run();
}

}  // namespace systoliq::sw_ref
