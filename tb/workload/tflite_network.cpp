// SPDX-License-Identifier: Apache-2.0
// Tensors made of the machine's, which the host computes.
#include "tb/workload/tflite_network.h"

#include "sw_ref/quantizer/tflite/read_tflite_network.h"
#include "sw_ref/quantizer/tflite/tflite_softmax.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

/// [c, h, w] as [h, w, c].
IntTensor with_channels_last(const IntTensor& image) {
  IntTensor moved(image.shape);
  const std::int64_t channels = image.shape.at(1);
  const std::int64_t pixels = image.shape.at(2) * image.shape.at(3);
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t p = 0; p < pixels; ++p) nth(moved.data, p * channels + c) = nth(image.data, c * pixels + p);
  }
  return moved;
}

}  // namespace

std::string tflite_remark(Preset preset) {
  const std::string machine = is_16x8(preset) ? "; for a machine with datatypes.activation_bits = 16" : "";
  return "preset " + std::string(to_string(preset)) + ": the integers of " + sw_ref::tflite_runtime(preset) + machine;
}

void set_file_layouts(const sw_ref::TfliteNetwork& file, Workload* workload) {
  workload->channels_last_input = file.file_shapes.count(file.graph.inputs.front()) != 0;
  for (std::size_t i = 0; i < workload->outputs.size(); ++i) {
    const auto shape = file.file_shapes.find(file.graph.outputs[i]);
    if (shape == file.file_shapes.end()) continue;
    if (workload->network.outputs.at(i) == kHostValue) {
      throw InputError("network output '" + shape->first +
                       "' is an image that the host computes; accepted: one that a layer computes");
    }
    workload->outputs[i].shape = shape->second;
    workload->outputs[i].channels_last = true;
  }
}

void to_file_outputs(Workload* workload, ImageTensors* outputs) {
  QuantizedNetwork& network = workload->network;
  for (std::size_t i = 0; i < network.outputs.size(); ++i) {
    const int from = network.outputs[i];
    const bool softmax = network.host_softmax.has_value();
    if (from == kHostValue || (!softmax && !workload->outputs.at(i).channels_last)) continue;
    QuantizedTensor made = softmax ? network.host_softmax->output : nth(network.tensors, from);
    for (std::vector<IntTensor>& image : *outputs) {
      IntTensor values = nth(image, from);
      if (softmax) {
        values = sw_ref::tflite_softmax(*network.host_softmax, nth(network.tensors, from), network.preset, values);
      }
      if (workload->outputs[i].channels_last) values = with_channels_last(values);
      image.push_back(std::move(values));
    }
    network.outputs[i] = static_cast<int>(network.tensors.size());
    network.tensors.push_back(std::move(made));
  }
  network.host_softmax.reset();
}

}  // namespace systoliq::tb
