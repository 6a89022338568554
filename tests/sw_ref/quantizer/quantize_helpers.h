// SPDX-License-Identifier: Apache-2.0
// What the tests of quantization share: networks with random weights, images, small graphs, running, and comparing.
#pragma once

#include <gtest/gtest.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantizer/fusion/is_quantized.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/onnx/onnx_graph.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "sw_ref/quantizer/qdq/write_quantized.h"
#include "sw_ref/reference/reference.h"
#include "tb/data/dataset.h"

namespace systoliq::sw_ref {

inline FloatTensor random_tensor(const Shape& shape, std::uint32_t seed, float extent = 1.0F) {
  std::mt19937 generator(seed);
  FloatTensor tensor(shape);
  for (float& value : tensor.data) {
    value = (static_cast<float>(generator() >> 8) / 8388608.0F - 1.0F) * extent;
  }
  return tensor;
}

inline std::vector<FloatTensor> random_images(const Shape& shape, int count, std::uint32_t seed) {
  std::vector<FloatTensor> images;
  for (int i = 0; i < count; ++i) images.push_back(random_tensor(shape, seed + static_cast<std::uint32_t>(i)));
  return images;
}

/// The built-in digits as inputs of LeNet-5.
inline std::vector<FloatTensor> digit_images(int count, std::uint64_t seed) {
  const tb::Dataset digits = tb::make_digits(count, seed);
  std::vector<FloatTensor> images;
  for (int i = 0; i < count; ++i) images.push_back(tb::network_input(digits, i, {1, 1, 32, 32}));
  return images;
}

inline Graph random_network(const std::string& name, std::uint64_t seed,
                            const std::map<std::string, std::string>& metadata = {}) {
  return parse_onnx(network_to_onnx(name, random_parameters(name, seed), metadata), name);
}

/// A small graph: float input "x", outputs and nodes added by `build`.
inline std::string small_onnx(const Shape& input_rest, const std::function<void(OnnxGraph&)>& build) {
  OnnxGraph graph("small", 13);
  graph.add_input("x", input_rest);
  build(graph);
  return graph.serialize();
}

inline Graph small_graph(const Shape& input_rest, const std::function<void(OnnxGraph&)>& build) {
  return parse_onnx(small_onnx(input_rest, build), "small");
}

inline void add_random_floats(OnnxGraph& graph, const std::string& name, const Shape& shape, std::uint32_t seed,
                              float extent = 1.0F) {
  graph.add_floats(name, shape, random_tensor(shape, seed, extent).data);
}

/// Stored integers of every tensor for one float image.
inline ReferenceResult run_integers(const QuantizedNetwork& network, const FloatTensor& image) {
  const QuantizedTensor& input = network.tensors[static_cast<std::size_t>(network.inputs.at(0))];
  IntTensor stored = quantize_tensor(image, input);
  stored.shape = input.shape;
  return run_reference(network, {{network.inputs[0], stored}}, AccumulationOrder{});
}

/// 10 log10(sum float^2 / sum difference^2) of a tensor over all images.
inline double sqnr_of_output(const QuantizedNetwork& network, const Graph& graph,
                             const std::vector<FloatTensor>& images) {
  const auto output = static_cast<std::size_t>(network.outputs.at(0));
  double signal = 0.0;
  double noise = 0.0;
  for (const FloatTensor& image : images) {
    const FloatTensor real = dequantize_tensor(run_integers(network, image).tensors[output], network.tensors[output]);
    const FloatTensor exact = run_float(graph, {{graph.inputs[0], image}}).at(network.tensors[output].name);
    for (std::size_t i = 0; i < real.data.size(); ++i) {
      const double difference = double{real.data[i]} - double{exact.data[i]};
      signal += double{exact.data[i]} * double{exact.data[i]};
      noise += difference * difference;
    }
  }
  return 10.0 * std::log10(signal / noise);
}

inline void expect_same_tensor(const QuantizedTensor& a, const QuantizedTensor& b) {
  SCOPED_TRACE("tensor " + a.name);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.scale, b.scale);
  EXPECT_EQ(a.zero_point, b.zero_point);
  EXPECT_EQ(a.bits, b.bits);
  EXPECT_EQ(a.storage_offset, b.storage_offset);
  EXPECT_EQ(a.layout.axes, b.layout.axes);
  EXPECT_EQ(a.layout.shape, b.layout.shape);
}

inline std::vector<int> numbers_of(const Window& w) {
  return {w.kernel_height,  w.kernel_width, w.stride_height, w.stride_width, w.dilation_height,
          w.dilation_width, w.pad_top,      w.pad_left,      w.pad_bottom,   w.pad_right};
}

inline void expect_same_layer(const QuantizedLayer& a, const QuantizedLayer& b) {
  SCOPED_TRACE("layer " + a.name);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.op, b.op);
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(numbers_of(a.window), numbers_of(b.window));
  EXPECT_EQ(a.groups, b.groups);
  EXPECT_EQ(a.fully_connected, b.fully_connected);
  EXPECT_EQ(a.weights.shape, b.weights.shape);
  EXPECT_TRUE(a.weights.data == b.weights.data);
  EXPECT_EQ(a.weight_bits, b.weight_bits);
  EXPECT_TRUE(a.codebook == b.codebook);
  EXPECT_EQ(a.weight_zero_point, b.weight_zero_point);
  EXPECT_EQ(a.weight_scales, b.weight_scales);
  EXPECT_EQ(a.bias, b.bias);
  EXPECT_EQ(a.clamp_min, b.clamp_min);
  EXPECT_EQ(a.clamp_max, b.clamp_max);
  EXPECT_EQ(a.count_include_pad, b.count_include_pad);
  EXPECT_EQ(a.sums_as_in_file, b.sums_as_in_file);
  EXPECT_EQ(a.lookup, b.lookup);
  EXPECT_EQ(a.axis, b.axis);
  EXPECT_EQ(a.move.channels, b.move.channels);
  EXPECT_EQ(a.move.rows, b.move.rows);
  EXPECT_EQ(a.move.columns, b.move.columns);
  EXPECT_EQ(a.float_output, b.float_output);
}

/// Every field of both.
inline void expect_same_network(const QuantizedNetwork& a, const QuantizedNetwork& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.preset, b.preset);
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.outputs, b.outputs);
  EXPECT_EQ(a.output_names, b.output_names);
  EXPECT_EQ(a.metadata, b.metadata);
  ASSERT_EQ(a.host_parts.size(), b.host_parts.size());
  for (std::size_t i = 0; i < a.host_parts.size(); ++i) {
    EXPECT_EQ(a.host_parts[i].before_layer, b.host_parts[i].before_layer);
    EXPECT_EQ(a.host_parts[i].inputs, b.host_parts[i].inputs);
    EXPECT_EQ(a.host_parts[i].outputs, b.host_parts[i].outputs);
  }
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) expect_same_tensor(a.tensors[i], b.tensors[i]);
  for (std::size_t i = 0; i < a.layers.size(); ++i) expect_same_layer(a.layers[i], b.layers[i]);
}

/// Writes, checks as ONNX itself checks, reads back and compares.
inline void expect_round_trip(const QuantizedNetwork& network) {
  const std::string bytes = to_onnx_qdq(network);
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(bytes));
  ASSERT_NO_THROW(onnx::checker::check_model(model));
  const onnx::ShapeInferenceOptions strict(true, 1, false);
  ASSERT_NO_THROW(onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), strict));
  const Graph graph = parse_onnx(bytes, "round trip");
  EXPECT_TRUE(is_quantized(graph));
  expect_same_network(network, read_quantized(graph));
}

/// `action` throws InputError whose text holds every fragment.
inline void expect_refused(const std::function<void()>& action, const std::vector<std::string>& fragments) {
  try {
    action();
    ADD_FAILURE() << "accepted, though the error should say " << fragments.front();
  } catch (const InputError& error) {
    for (const std::string& fragment : fragments) {
      EXPECT_NE(std::string(error.what()).find(fragment), std::string::npos)
          << "'" << fragment << "' is missing in: " << error.what();
    }
  }
}

}  // namespace systoliq::sw_ref
