// SPDX-License-Identifier: Apache-2.0
// Small networks of the tests of views and moves: quantized, compared with float, written, and read back.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "types/layout.h"

namespace systoliq::sw_ref::test_views {

using Build = std::function<void(OnnxGraph&)>;
using Ops = std::vector<LayerOp>;

inline constexpr double kCloseDb = 25.0;
inline constexpr LayerOp kConv = LayerOp::kConvolution;

/// An output as the graph orders it, of the integers.
inline std::vector<float> real_output(const QuantizedNetwork& network, const FloatTensor& image) {
  const auto output = static_cast<std::size_t>(network.outputs.at(0));
  std::vector<float> values;
  for (const std::int32_t stored :
       output_layout(network, 0).to_graph(run_integers(network, image).tensors[output].data)) {
    values.push_back(to_real(stored, network.tensors[output]));
  }
  return values;
}

/// The written file has the graph's inputs and outputs, and its integers are the network's.
inline void expect_kept_in_file(const QuantizedNetwork& network, const Graph& graph, const FloatTensor& image) {
  const Graph file = parse_onnx(to_onnx_qdq(network), "file");
  EXPECT_EQ(file.values.at("x").shape, graph.values.at("x").shape);
  EXPECT_EQ(element_count(file.values.at("y").shape), element_count(graph.values.at("y").shape));
  const QuantizedNetwork again = read_quantized(file);
  const std::vector<float> ours = real_output(network, image);
  EXPECT_EQ(real_output(again, image), ours);
  const FloatTensor defined = run_float(file, {{"x", image}}).at("y");
  const float step = network.tensors[static_cast<std::size_t>(network.outputs[0])].scale;
  ASSERT_EQ(defined.data.size(), ours.size());
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(defined.data[i], ours[i], 1.5F * step) << i;
}

inline QuantizedNetwork quantize_small(const Shape& rest, const Build& build) {
  const Graph graph = small_graph(rest, build);
  const std::vector<FloatTensor> images = random_images(graph.values.at("x").shape, 4, 31);
  QuantizedNetwork network = quantize(graph, images, {});
  EXPECT_GT(sqnr_of_output(network, graph, images), kCloseDb);
  expect_kept_in_file(network, graph, images[0]);
  return network;
}

inline Ops ops_of(const QuantizedNetwork& network) {
  Ops ops;
  for (const QuantizedLayer& layer : network.layers) ops.push_back(layer.op);
  return ops;
}

inline void add_convolution(OnnxGraph& g, const std::string& in, const std::string& out, std::int64_t channels,
                            std::int64_t filters, const std::string& name) {
  add_random_floats(g, name + ".w", {filters, channels, 3, 3}, 7);
  OnnxGraph::set_ints(g.add_node("Conv", name, {in, name + ".w"}, out), "pads", {1, 1, 1, 1});
}

inline void transpose(OnnxGraph& g, const std::string& in, const std::string& out, const Shape& permutation) {
  OnnxGraph::set_ints(g.add_node("Transpose", out, {in}, out), "perm", permutation);
}

inline void reshape(OnnxGraph& g, const std::string& in, const std::string& out, const Shape& shape) {
  g.add_node("Reshape", out, {in, g.add_int64s(out + ".shape", shape)}, out);
}

}  // namespace systoliq::sw_ref::test_views
