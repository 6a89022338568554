// SPDX-License-Identifier: Apache-2.0
// to_onnx_qdq() and read_quantized() are inverse, field by field, for every built-in network and option.
#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::uint64_t kSeed = 11;

QuantizedNetwork quantized_lenet(const QuantizeOptions& options) {
  static const Graph graph =
      random_network("lenet5", kSeed, {{"systoliq.float_network", "lenet5.onnx"}, {"systoliq.float_hash", "0123abcd"}});
  static const std::vector<FloatTensor> images = digit_images(2, kSeed);
  return quantize(graph, images, options);
}

TEST(RoundTrip, EveryPreset) {
  for (const std::string_view name : kPresetNames) {
    SCOPED_TRACE(std::string(name));
    QuantizeOptions options;
    options.preset = parse_preset(name);
    options.power_of_two = is_shift_only(options.preset);
    const QuantizedNetwork network = quantized_lenet(options);
    EXPECT_EQ(network.metadata.at("systoliq.float_hash"), "0123abcd");
    expect_round_trip(network);
  }
}

TEST(RoundTrip, EveryWidth) {
  for (int bits = 2; bits <= 8; ++bits) {
    SCOPED_TRACE(std::to_string(bits) + " bits");
    QuantizeOptions options;
    options.weight_bits = bits;
    options.activation_bits = bits;
    expect_round_trip(quantized_lenet(options));
    options.weight_bits = 10 - bits;
    options.unsigned_activations = true;
    expect_round_trip(quantized_lenet(options));
  }
}

TEST(RoundTrip, EveryCombinationOfFlags) {
  for (int flags = 0; flags < 32; ++flags) {
    SCOPED_TRACE("flags " + std::to_string(flags));
    QuantizeOptions options;
    options.symmetric_activations = (flags & 1) != 0;
    options.unsigned_activations = (flags & 2) != 0;
    options.per_channel = (flags & 4) != 0;
    options.symmetric_weights = options.per_channel || (flags & 8) != 0;
    options.power_of_two = (flags & 16) != 0;
    options.activation_bits = flags % 3 == 0 ? 6 : 8;
    expect_round_trip(quantized_lenet(options));
  }
}

TEST(RoundTrip, OtherNetworks) {
  for (const std::string name : {"fashion_mlp", "vgg_cifar", "resnet18"}) {
    SCOPED_TRACE(name);
    const Graph graph = random_network(name, kSeed);
    const std::vector<FloatTensor> images = random_images(graph.values.at("input").shape, 1, 5);
    const QuantizedNetwork network = quantize(graph, images, {});
    EXPECT_EQ(network.tensors[static_cast<std::size_t>(network.outputs.at(0))].name, "logits");
    expect_round_trip(network);
  }
}

/// Every kind of layer: joined branches, look-ups, padding that stays, pooling, residual sum, a Softmax for the host.
Graph every_layer() {
  return small_graph({3, 8, 8}, [](OnnxGraph& g) {
    add_random_floats(g, "w1", {4, 3, 3, 3}, 1);
    add_random_floats(g, "w2", {4, 1, 3, 3}, 2);
    add_random_floats(g, "w3", {5, 8 * 4 * 4}, 3);
    g.add_floats("six", {}, {0.75F});
    g.add_floats("minus", {}, {-0.5F});
    OnnxGraph::set_ints(g.add_node("Conv", "conv1", {"x", "w1"}, "c1"), "pads", {1, 1, 1, 1});
    onnx::NodeProto& depthwise = g.add_node("Conv", "conv2", {"c1", "w2"}, "c2");
    OnnxGraph::set_int(depthwise, "group", 4);
    OnnxGraph::set_ints(depthwise, "pads", {2, 2, 2, 2});
    OnnxGraph::set_ints(depthwise, "dilations", {2, 2});
    g.add_node("Clip", "clip2", {"c2", "minus", "six"}, "k2");
    g.add_node("Sigmoid", "sigmoid", {"c1"}, "s1");
    g.add_node("Tanh", "tanh", {"k2"}, "t1");
    g.add_node("Add", "sum", {"s1", "t1"}, "a1");
    g.add_node("Relu", "relu", {"a1"}, "r1");
    OnnxGraph::set_int(g.add_node("Concat", "join", {"r1", "c1"}, "j1"), "axis", 1);
    g.add_node("Relu", "late", {"j1"}, "l1");
    g.add_int64s("pads", {0, 0, 1, 0, 0, 0, 0, 1});
    g.add_node("Pad", "pad", {"l1", "pads"}, "p1");
    onnx::NodeProto& pool = g.add_node("MaxPool", "max", {"p1"}, "m1");
    OnnxGraph::set_ints(pool, "kernel_shape", {2, 2});
    OnnxGraph::set_ints(pool, "strides", {2, 2});
    onnx::NodeProto& average = g.add_node("AveragePool", "average", {"m1"}, "v1");
    OnnxGraph::set_ints(average, "kernel_shape", {3, 3});
    OnnxGraph::set_ints(average, "pads", {1, 1, 1, 1});
    OnnxGraph::set_int(average, "count_include_pad", 1);
    g.add_node("Flatten", "flatten", {"v1"}, "f1");
    OnnxGraph::set_int(g.add_node("Gemm", "fc", {"f1", "w3"}, "g1"), "transB", 1);
    g.add_node("Softmax", "softmax", {"g1"}, "y");
    g.add_output("y", {5});
  });
}

TEST(RoundTrip, EveryKindOfLayer) {
  const Graph graph = every_layer();
  const std::vector<FloatTensor> images = random_images({1, 3, 8, 8}, 2, 17);
  for (const bool is_unsigned : {false, true}) {
    for (const int bits : {8, 5}) {
      QuantizeOptions options;
      options.unsigned_activations = is_unsigned;
      options.activation_bits = bits;
      const QuantizedNetwork network = quantize(graph, images, options);
      EXPECT_EQ(network.outputs, std::vector<int>{kHostValue});
      expect_round_trip(network);
    }
  }
}

/// The quantized file's outputs bear the names that the float graph's bear, in its order.
TEST(RoundTrip, KeepsTheNamesOfOutputs) {
  EXPECT_EQ(parse_onnx(to_onnx_qdq(quantize(every_layer(), random_images({1, 3, 8, 8}, 1, 17), {})), "q").outputs,
            (std::vector<std::string>{"y"}));
  const Graph twice = small_graph({2, 4, 4}, [](OnnxGraph& g) {
    add_random_floats(g, "w", {3, 2, 3, 3}, 1);
    g.add_node("Conv", "conv", {"x", "w"}, "c");
    g.add_node("Relu", "relu", {"c"}, "first");
    g.add_node("Identity", "copy", {"first"}, "second");
    g.add_node("Sigmoid", "sigmoid", {"first"}, "third");
    for (const char* name : {"first", "third", "second"}) g.add_output(name, {3, 2, 2});
  });
  const QuantizedNetwork network = quantize(twice, random_images({1, 2, 4, 4}, 2, 3), {});
  EXPECT_EQ(network.output_names, twice.outputs);
  EXPECT_EQ(parse_onnx(to_onnx_qdq(network), "q").outputs, twice.outputs);
  expect_round_trip(network);
}

}  // namespace
}  // namespace systoliq::sw_ref
