// SPDX-License-Identifier: Apache-2.0
// Making of the benchmarks' networks.
#include "bench/workload.h"

#include <map>
#include <random>

#include "sw_ref/import/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantize/quantizer.h"

namespace systoliq::bench {
namespace {

constexpr std::uint64_t kSeed = 1;

FloatTensor random_image(const Shape& shape) {
  std::mt19937 generator(kSeed);
  FloatTensor image(shape);
  for (float& value : image.data) value = static_cast<float>(generator() >> 8) / 8388608.0F - 1.0F;
  return image;
}

std::unique_ptr<Workload> make_workload(const std::string& name) {
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
