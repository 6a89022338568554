// SPDX-License-Identifier: Apache-2.0
// Comparisons of hashes and shapes.
#include "tb/workload/float_network.h"

#include "sw_ref/quantizer/metadata_keys.h"
#include "types/error.h"
#include "types/util/hash.h"
#include "types/util/index.h"

namespace systoliq::tb {

void check_float_hash(const Graph& quantized, const std::string& float_path) {
  const auto recorded = quantized.metadata.find(sw_ref::kFloatHashKey);
  if (recorded == quantized.metadata.end()) return;
  const std::string found = content_hash(float_path);
  if (found == recorded->second) return;
  const auto name = quantized.metadata.find(sw_ref::kFloatNetworkKey);
  throw InputError("--float " + float_path + ": content hash " + found + " differs from " + recorded->second +
                   ", that of the network that was quantized (" +
                   (name == quantized.metadata.end() ? "no name recorded" : "'" + name->second + "'") + ")");
}

void check_float_shapes(const Graph& graph, const QuantizedNetwork& network, const std::string& path) {
  const auto check_tensor = [&](const std::string& name, const Shape& quantized) {
    const auto found = graph.values.find(name);
    if (found == graph.values.end() || element_count(found->second.shape) == element_count(quantized)) return;
    throw InputError("--float " + path + ": its tensor '" + name + "' has shape " + to_string(found->second.shape) +
                     ", that of the quantized network " + to_string(quantized) +
                     "; accepted: the network that was quantized");
  };
  if (graph.inputs.size() != network.inputs.size()) {
    throw InputError("--float " + path + ": it has " + std::to_string(graph.inputs.size()) +
                     " inputs, the quantized network " + std::to_string(network.inputs.size()) +
                     "; accepted: the network that was quantized");
  }
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    check_tensor(graph.inputs[i], nth(network.tensors, network.inputs[i]).shape);
  }
  for (const QuantizedLayer& layer : network.layers) {
    check_tensor(layer.float_output, nth(network.tensors, layer.output).shape);
  }
}

}  // namespace systoliq::tb
