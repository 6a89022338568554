// SPDX-License-Identifier: Apache-2.0
// What the tests of elementwise arithmetic share: a small network's layers, their closeness to float, and the same
// network after being written and read, under every kind of option.
#pragma once

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {

using Build = std::function<void(OnnxGraph&)>;
using Ops = std::vector<LayerOp>;

inline constexpr LayerOp kConv = LayerOp::kConvolution, kAdd = LayerOp::kAdd, kMultiply = LayerOp::kMultiply,
                         kLookup = LayerOp::kLookup, kAverage = LayerOp::kAveragePool;

inline void convolution(OnnxGraph& g, const std::string& in, const std::string& out, std::int64_t from,
                        std::int64_t to) {
  add_random_floats(g, out + ".w", {to, from, 3, 3}, 5, 0.4F);
  OnnxGraph::set_ints(g.add_node("Conv", out, {in, out + ".w"}, out), "pads", {1, 1, 1, 1});
}

inline Ops ops_of(const QuantizedNetwork& network) {
  Ops ops;
  for (const QuantizedLayer& layer : network.layers) ops.push_back(layer.op);
  return ops;
}

/// The options of a preset, scales and widths of every kind.
inline std::vector<QuantizeOptions> kinds_of_options() {
  std::vector<QuantizeOptions> kinds(5);
  kinds[0].activation_bits = 6;
  kinds[1].preset = Preset::kHalfEven;
  kinds[2].preset = Preset::kPotHalfUp;
  kinds[2].power_of_two = true;
  kinds[3].preset = Preset::kOrtMlas;
  kinds[3].unsigned_activations = true;
  return kinds;
}

/// The layers are `ops`; close to float (less so with powers of two and narrow widths), and the same after being
/// written and read.
inline QuantizedNetwork expect_layers(const Shape& rest, const Ops& ops, const Build& build, double sqnr = 30.0) {
  const Graph graph = small_graph(rest, build);
  const std::vector<FloatTensor> images = random_images(graph.values.at("x").shape, 2, 3);
  QuantizedNetwork network;
  for (const QuantizeOptions& options : kinds_of_options()) {
    const bool coarse = options.power_of_two || options.activation_bits < 8;
    network = quantize(graph, images, options);
    EXPECT_EQ(ops_of(network), ops);
    EXPECT_GT(sqnr_of_output(network, graph, images), coarse ? sqnr - 20.0 : sqnr) << to_string(options.preset);
    const QuantizedNetwork again = read_quantized(parse_onnx(to_onnx_qdq(network), network.name));
    EXPECT_EQ(ops_of(again), ops);
    for (const FloatTensor& image : images) {
      EXPECT_EQ(run_integers(network, image).tensors.at(static_cast<std::size_t>(network.outputs[0])).data,
                run_integers(again, image).tensors.at(static_cast<std::size_t>(again.outputs[0])).data);
    }
  }
  return network;
}

}  // namespace systoliq::sw_ref
