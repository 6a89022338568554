// SPDX-License-Identifier: Apache-2.0
// Puts integers back among reals.
#include "sw_ref/quantizer/integer/rounded_weights.h"

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/onnx/float_writer.h"

namespace systoliq::sw_ref {

FloatTensor dequantize_weights(const QuantizedLayer& layer) {
  FloatTensor values(layer.weights.shape);
  const std::size_t outputs = static_cast<std::size_t>(layer.weights.shape[0]);
  const std::size_t row = values.data.size() / outputs;
  const std::size_t entries = std::size_t{1} << layer.weight_bits;
  const std::size_t tables = layer.codebook.size() / entries;
  for (std::size_t i = 0; i < values.data.size(); ++i) {
    const std::size_t output = i / row;
    const float scale = layer.weight_scales[layer.weight_scales.size() == 1 ? 0 : output];
    const std::int32_t stored = layer.weights.data[i];
    const std::size_t table = tables > 1 ? output * entries : 0;
    const std::int32_t operand =
        tables == 0 ? stored - layer.weight_zero_point : layer.codebook[table + static_cast<std::size_t>(stored)];
    values.data[i] = scale * static_cast<float>(operand);
  }
  return values;
}

Graph with_rounded_weights(const Graph& graph, const QuantizedNetwork& network) {
  LoweringInput input;
  input.graph = &graph;
  FusedNetwork fused = lower(input);
  check(fused.layers.size() == network.layers.size(), "the float network has the layers of its integers");
  for (std::size_t i = 0; i < fused.layers.size(); ++i) {
    if (!has_weights(network.layers[i].op)) continue;
    const FloatTensor rounded = dequantize_weights(network.layers[i]);
    check(rounded.shape == fused.layers[i].weights.values.shape, "a layer has the weights of its integers");
    fused.layers[i].weights.values.data.assign(rounded.data.begin(), rounded.data.end());
  }
  return float_graph_of(graph, fused);
}

}  // namespace systoliq::sw_ref
