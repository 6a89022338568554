// SPDX-License-Identifier: Apache-2.0
// Damaged models: whatever is done to a graph, lowering and reading refuse it as bad input or yield a network that
// runs; no internal error, no crash. Changes are random and seeded.
#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "sw_ref/quantizer/qdq/write_quantized.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::uint32_t kSeed = 5;
constexpr int kRounds = 1500;

std::string small_network() {
  return small_onnx({2, 6, 6}, [](OnnxGraph& g) {
    add_random_floats(g, "w1", {3, 2, 3, 3}, 1);
    add_random_floats(g, "b1", {3}, 2);
    add_random_floats(g, "w2", {12, 4}, 3);
    g.add_floats("high", {}, {1.0F});
    g.add_floats("low", {}, {-1.0F});
    g.add_int64s("pads", {0, 0, 1, 1, 0, 0, 1, 1});
    g.add_node("Pad", "pad", {"x", "pads"}, "p");
    g.add_node("Conv", "conv", {"p", "w1", "b1"}, "c");
    g.add_node("Clip", "clip", {"c", "low", "high"}, "k");
    g.add_node("Sigmoid", "sigmoid", {"k"}, "s");
    g.add_node("Add", "sum", {"k", "s"}, "a");
    OnnxGraph::set_int(g.add_node("Concat", "join", {"a"}, "j"), "axis", 1);
    onnx::NodeProto& pool = g.add_node("MaxPool", "max", {"j"}, "m");
    OnnxGraph::set_ints(pool, "kernel_shape", {3, 3});
    OnnxGraph::set_ints(pool, "strides", {3, 3});
    g.add_node("Flatten", "flatten", {"m"}, "f");
    g.add_node("MatMul", "product", {"f", "w2"}, "y");
    g.add_output("y", {4});
  });
}

/// A random tensor name of the model.
std::string any_name(const onnx::GraphProto& graph, std::mt19937& generator) {
  std::vector<std::string> names = {"x", ""};
  for (const onnx::NodeProto& node : graph.node()) names.push_back(node.output(0));
  for (const onnx::TensorProto& tensor : graph.initializer()) names.push_back(tensor.name());
  return names[generator() % names.size()];
}

void damage(onnx::ModelProto* model, std::mt19937& generator) {
  onnx::GraphProto& graph = *model->mutable_graph();
  onnx::NodeProto& node = *graph.mutable_node(static_cast<int>(generator() % static_cast<unsigned>(graph.node_size())));
  onnx::TensorProto& tensor =
      *graph.mutable_initializer(static_cast<int>(generator() % static_cast<unsigned>(graph.initializer_size())));
  const char* kOps[] = {"Relu",    "Identity",       "Flatten",          "Sigmoid",
                        "Softmax", "QuantizeLinear", "DequantizeLinear", "GlobalAveragePool"};
  switch (generator() % 6) {
    case 0:
      node.set_op_type(kOps[generator() % 8]);
      break;
    case 1:
      if (node.input_size() > 0) {
        node.set_input(static_cast<int>(generator() % static_cast<unsigned>(node.input_size())),
                       any_name(graph, generator));
      }
      break;
    case 2:
      if (node.input_size() > 0) node.mutable_input()->RemoveLast();
      break;
    case 3:
      if (node.attribute_size() > 0) {
        onnx::AttributeProto& attribute = *node.mutable_attribute(0);
        if (attribute.ints_size() > 0) attribute.set_ints(0, static_cast<std::int64_t>(generator() % 7) - 2);
        attribute.set_i(static_cast<std::int64_t>(generator() % 5) - 2);
      }
      break;
    case 4: {
      std::string& raw = *tensor.mutable_raw_data();
      if (!raw.empty()) raw[generator() % raw.size()] = static_cast<char>(generator());
      break;
    }
    default:
      graph.mutable_output(0)->set_name(any_name(graph, generator));
      graph.mutable_output(0)->clear_type();
  }
}

/// Counts models that were executed; every other one must have been refused.
int read_damaged(const std::string& bytes, const std::function<QuantizedNetwork(const Graph&)>& read) {
  std::mt19937 generator(kSeed);
  int executed = 0;
  for (int round = 0; round < kRounds; ++round) {
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(bytes));
    damage(&model, generator);
    if (round % 3 == 0) damage(&model, generator);
    try {
      const Graph graph = parse_onnx(model.SerializeAsString(), "damaged");
      const QuantizedNetwork network = read(graph);
      const QuantizedTensor& input = network.tensors[static_cast<std::size_t>(network.inputs.at(0))];
      run_integers(network, random_tensor(input.shape, 1));
      ++executed;
    } catch (const InputError&) {
    } catch (const std::exception& error) {
      ADD_FAILURE() << "round " << round << ", seed " << kSeed << ": " << error.what();
    }
  }
  return executed;
}

TEST(DamagedGraph, FloatNetwork) {
  const int executed = read_damaged(small_network(), [](const Graph& graph) {
    return quantize(graph, random_images(graph.values.at(graph.inputs.at(0)).shape, 1, 1), {});
  });
  EXPECT_GT(executed, kRounds / 20);
  EXPECT_LT(executed, kRounds);
}

TEST(DamagedGraph, QuantizedNetwork) {
  const Graph graph = parse_onnx(small_network(), "small");
  QuantizeOptions options;
  options.activation_bits = 6;
  const std::string bytes = to_onnx_qdq(quantize(graph, random_images({1, 2, 6, 6}, 2, 1), options));
  const int executed = read_damaged(bytes, [](const Graph& damaged) { return read_quantized(damaged); });
  EXPECT_GT(executed, kRounds / 20);
  EXPECT_LT(executed, kRounds);
}

}  // namespace
}  // namespace systoliq::sw_ref
