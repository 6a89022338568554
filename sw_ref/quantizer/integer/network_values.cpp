// SPDX-License-Identifier: Apache-2.0
// Cuts images into inputs, and hands values between layers and host.
#include "sw_ref/quantizer/integer/network_values.h"

#include "sw_ref/quantizer/integer/stored_values.h"
#include "types/error.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

const Value& value_of(const Graph& graph, const std::string& name) { return graph.values.at(name); }

/// `count` elements of the image from `first` on.
FloatTensor slice(const FloatTensor& image, std::int64_t first, const Shape& shape) {
  const auto begin = image.data.begin() + first;
  return FloatTensor(shape, std::vector<float>(begin, begin + element_count(shape)));
}

void check_count(const std::string& network, const FloatTensor& image, std::int64_t needed) {
  if (static_cast<std::int64_t>(image.data.size()) == needed) return;
  throw InputError("network '" + network + "': an image of shape " + to_string(image.shape) + " is given, " +
                   std::to_string(needed) + " elements are needed");
}

const std::string& output_name(const QuantizedNetwork& network, std::size_t output) {
  return network.output_names.at(output);
}

}  // namespace

NetworkValues input_values(const QuantizedNetwork& network, const FloatTensor& image) {
  NetworkValues values;
  values.tensors.resize(network.tensors.size());
  for (const auto& [index, constant] : network.constants) nth(values.tensors, index) = constant;
  std::int64_t needed = 0;
  for (const int input : network.inputs) needed += element_count(nth(network.tensors, input).shape);
  check_count(network.name, image, needed);
  std::int64_t first = 0;
  for (const int input : network.inputs) {
    const QuantizedTensor& tensor = nth(network.tensors, input);
    const FloatTensor given = slice(image, first, tensor.shape);
    first += element_count(tensor.shape);
    nth(values.tensors, input) = quantize_tensor(given, tensor);
    values.floats[tensor.name] = given;
  }
  return values;
}

std::map<int, IntTensor> stored_inputs(const QuantizedNetwork& network, const FloatTensor& image) {
  NetworkValues values = input_values(network, image);
  std::map<int, IntTensor> stored;
  for (const int input : network.inputs) stored[input] = std::move(nth(values.tensors, input));
  return stored;
}

FloatTensor host_input(const QuantizedNetwork& network, const HostPart& part, std::size_t input,
                       const NetworkValues& values) {
  const std::string& name = part.graph.inputs.at(input);
  FloatTensor given(value_of(part.graph, name).shape);
  const int tensor = part.inputs.at(input);
  if (tensor == kHostValue) {
    given.data = values.floats.at(name).data;
    return given;
  }
  const IntTensor& stored = nth(values.tensors, tensor);
  check(!stored.data.empty(), "the host reads '" + name + "' before it is computed");
  const Layout& layout = part.input_layouts.at(input);
  const std::vector<std::int64_t> places = layout.same_order() ? std::vector<std::int64_t>() : places_of(layout.axes);
  for (std::size_t i = 0; i < given.data.size(); ++i) {
    given.data[i] =
        to_real(places.empty() ? stored.data.at(i) : nth(stored.data, places[i]), nth(network.tensors, tensor));
  }
  return given;
}

HostParts::HostParts(const QuantizedNetwork& network) : network_(network) {
  for (const HostPart& part : network.host_parts) executors_.push_back(std::make_unique<FloatExecutor>(part.graph));
}

void HostParts::compute(std::size_t index, NetworkValues* values) const {
  const HostPart& part = network_.host_parts.at(index);
  std::map<std::string, FloatTensor> inputs;
  for (std::size_t i = 0; i < part.inputs.size(); ++i) {
    const std::string& name = part.graph.inputs.at(i);
    inputs[name] = host_input(network_, part, i, *values);
  }
  for (auto& [name, value] : executors_[index]->run(inputs)) {
    if (inputs.count(name) == 0) values->floats[name] = std::move(value);
  }
}

void HostParts::store(std::size_t index, NetworkValues* values) const {
  const HostPart& part = network_.host_parts.at(index);
  for (std::size_t i = 0; i < part.outputs.size(); ++i) {
    if (part.outputs[i] == kHostValue) continue;
    const QuantizedTensor& tensor = nth(network_.tensors, part.outputs[i]);
    IntTensor& stored = nth(values->tensors, part.outputs[i]);
    stored = quantize_tensor(values->floats.at(part.graph.outputs.at(i)), tensor);
    stored.shape = tensor.shape;
  }
}

void walk(const QuantizedNetwork& network, const HostParts& parts, const RunLayers& run_layers, NetworkValues* values) {
  std::size_t next = 0;
  const auto layers_until = [&](std::size_t end) {
    if (end > next) run_layers(next, end, values);
    next = end;
  };
  for (std::size_t i = 0; i < network.host_parts.size(); ++i) {
    layers_until(network.host_parts[i].before_layer);
    parts.compute(i, values);
    parts.store(i, values);
  }
  layers_until(network.layers.size());
}

NetworkValues reference_values(const QuantizedNetwork& network, const HostParts& parts, const FloatTensor& image,
                               const AccumulationOrder& order, const std::vector<KernelTapPacking>& packing) {
  NetworkValues values = input_values(network, image);
  walk(
      network, parts,
      [&](std::size_t first, std::size_t end, NetworkValues* all) {
        for (std::size_t i = first; i < end; ++i) {
          std::vector<const IntTensor*> operands;
          for (const int input : network.layers[i].inputs) operands.push_back(&nth(all->tensors, input));
          nth(all->tensors, network.layers[i].output) =
              run_layer(network, i, operands, order, packing.empty() ? KernelTapPacking{} : packing[i], nullptr);
        }
      },
      &values);
  return values;
}

FloatTensor real_output(const QuantizedNetwork& network, const NetworkValues& values, std::size_t output) {
  const int tensor = network.outputs.at(output);
  if (tensor == kHostValue) return values.floats.at(output_name(network, output));
  QuantizedTensor as = nth(network.tensors, tensor);
  as.layout = output_layout(network, output);
  return dequantize_tensor(nth(values.tensors, tensor), as);
}

}  // namespace systoliq::sw_ref
