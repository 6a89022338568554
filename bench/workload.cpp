// SPDX-License-Identifier: Apache-2.0
// Making of the benchmarks' networks.
#include "bench/workload.h"

#include <map>
#include <random>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantizer/integer/quantize.h"

namespace systoliq::bench {
namespace {

constexpr std::uint64_t kSeed = 1;

FloatTensor random_image(const Shape& shape) {
  std::mt19937 generator(kSeed);
  FloatTensor image(shape);
  for (float& value : image.data) value = static_cast<float>(generator() >> 8) / 8388608.0F - 1.0F;
  return image;
}

std::unique_ptr<Workload> make_convolution() {
  auto made = std::make_unique<Workload>();
  QuantizedNetwork& network = made->network;
  network.name = "e3_conv2";
  network.tensors = {{"input", {1, 64, 16, 16}, 0.02F, 0, 8, 0}, {"output", {1, 192, 16, 16}, 0.3F, 0, 8, 0}};
  network.inputs = {0};
  network.outputs = {1};
  std::mt19937 generator(kSeed);
  const auto byte = [&] { return static_cast<std::int32_t>(generator() >> 24) - 128; };
  QuantizedLayer layer;
  layer.name = "conv2";
  layer.float_output = "output";
  layer.inputs = {0};
  layer.output = 1;
  layer.window.kernel_height = layer.window.kernel_width = 3;
  layer.window.pad_top = layer.window.pad_left = layer.window.pad_bottom = layer.window.pad_right = 1;
  layer.weights = IntTensor({192, 64, 3, 3});
  for (std::int32_t& weight : layer.weights.data) weight = byte();
  layer.weight_scales = {0.01F};
  layer.bias.assign(192, 100);
  network.layers = {layer};
  made->compiled = std::make_unique<tb::CompiledNetwork>(network, made->config);
  made->input = IntTensor(network.tensors[0].shape);
  for (std::int32_t& value : made->input.data) value = byte();
  made->macs = mac_count(layer, network);
  return made;
}

std::unique_ptr<Workload> make_workload(const std::string& name) {
  if (name == "e3_conv2") return make_convolution();
  const Graph graph = sw_ref::parse_onnx(sw_ref::network_to_onnx(name, sw_ref::random_parameters(name, kSeed)), name);
  const FloatTensor image = random_image(graph.values.at(graph.inputs.front()).shape);
  auto made = std::make_unique<Workload>();
  made->network = sw_ref::quantize(graph, {image}, {});
  made->compiled = std::make_unique<tb::CompiledNetwork>(made->network, made->config);
  made->input = made->compiled->quantize_input(image);
  for (const QuantizedLayer& layer : made->network.layers) made->macs += mac_count(layer, made->network);
  return made;
}

}  // namespace

const Workload& workload(const std::string& network) {
  static std::map<std::string, std::unique_ptr<Workload>> made;
  std::unique_ptr<Workload>& slot = made[network];
  if (!slot) slot = make_workload(network);
  return *slot;
}

}  // namespace systoliq::bench
