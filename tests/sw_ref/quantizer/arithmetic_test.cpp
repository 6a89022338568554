// SPDX-License-Identifier: Apache-2.0
// Sums, differences and products with constants, and normalization anywhere: which layers they become.
#include "arithmetic_helpers.h"

namespace systoliq::sw_ref {
namespace {

TEST(Arithmetic, ConstantsBehindAConvolutionFold) {
  for (const char* op : {"Mul", "Div", "Sub", "Add"}) {
    for (const bool first : {false, true}) {
      if (first && std::string(op) == "Div") continue;
      SCOPED_TRACE(op);
      expect_layers({3, 6, 6}, {kConv}, [&](OnnxGraph& g) {
        convolution(g, "x", "c", 3, 4);
        g.add_floats("k", {1, 4, 1, 1}, {0.5F, -1.5F, 2.0F, 0.75F});
        g.add_node(op, "scale", first ? std::vector<std::string>{"k", "c"} : std::vector<std::string>{"c", "k"}, "y");
        g.add_output("y", {4, 6, 6});
      });
    }
  }
}

TEST(Arithmetic, ConstantsPerChannelAreADepthwiseLayer) {
  const QuantizedNetwork network = expect_layers({3, 6, 6}, {kConv, kConv}, [](OnnxGraph& g) {
    g.add_floats("mean", {1, 3, 1, 1}, {0.5F, -0.5F, 0.25F});
    g.add_floats("std", {3, 1, 1}, {0.25F, 0.5F, 0.75F});
    g.add_node("Sub", "center", {"x", "mean"}, "m");
    g.add_node("Div", "scale", {"m", "std"}, "n");
    convolution(g, "n", "y", 3, 4);
    g.add_output("y", {4, 6, 6});
  });
  EXPECT_EQ(network.layers[0].groups, 3);
}

TEST(Arithmetic, AFactorOfOneNumberIsTheReaders) {
  for (const char* op : {"Mul", "Div"}) {
    const QuantizedNetwork network = expect_layers({3, 6, 6}, {kConv, kConv, kAverage, kConv}, [op](OnnxGraph& g) {
      g.add_floats("k", {1}, {0.3F});
      g.add_node(op, "scale", {"x", "k"}, "s");
      convolution(g, "s", "a", 3, 4);
      g.add_node("Relu", "relu", {"a"}, "r");
      convolution(g, "r", "b", 4, 4);
      g.add_node("GlobalAveragePool", "pool", {"b"}, "p");
      g.add_node(op, "half", {"p", "k"}, "h");
      add_random_floats(g, "w", {4, 4, 1, 1}, 8);
      g.add_node("Conv", "c", {"h", "w"}, "y");
      g.add_output("y", {4, 1, 1});
    });
    EXPECT_EQ(network.layers[0].inputs, network.inputs);
  }
  expect_layers({3, 6, 6}, {kLookup, kConv, kAdd}, [](OnnxGraph& g) {  // read by something else too
    g.add_floats("k", {1}, {0.3F});
    g.add_node("Mul", "scale", {"x", "k"}, "s");
    convolution(g, "s", "a", 3, 3);
    g.add_node("Add", "sum", {"a", "s"}, "y");
    g.add_output("y", {3, 6, 6});
  });
}

TEST(Arithmetic, NormalizationAnywhere) {
  const auto normalize = [](OnnxGraph& g, const std::string& in, const std::string& out) {
    g.add_floats("scale", {2}, {1.5F, -0.5F});
    g.add_floats("shift", {2}, {0.25F, 1.0F});
    g.add_floats("mean", {2}, {0.5F, -1.0F});
    g.add_floats("variance", {2}, {0.5F, 2.0F});
    g.add_node("BatchNormalization", out + ".bn", {in, "scale", "shift", "mean", "variance"}, out);
  };
  expect_layers({2, 6, 6}, {kConv}, [&](OnnxGraph& g) {  // the network's input
    normalize(g, "x", "y");
    g.add_output("y", {2, 6, 6});
  });
  expect_layers({2, 6, 6}, {kConv, kConv}, [&](OnnxGraph& g) {  // behind a ReLU, with one of its own behind it
    convolution(g, "x", "c", 2, 2);
    g.add_node("Relu", "relu", {"c"}, "r");
    normalize(g, "r", "n");
    g.add_node("Relu", "relu2", {"n"}, "y");
    g.add_output("y", {2, 6, 6});
  });
  expect_layers({2, 6, 6}, {kConv, kConv, kAdd}, [&](OnnxGraph& g) {  // beside another reader
    convolution(g, "x", "c", 2, 2);
    normalize(g, "c", "n");
    g.add_node("Add", "sum", {"n", "c"}, "y");
    g.add_output("y", {2, 6, 6});
  });
}

TEST(Arithmetic, ConstantFeatureMaps) {
  for (const char* op : {"Add", "Sub", "Mul", "Div"}) {
    SCOPED_TRACE(op);
    const bool sum = op[0] == 'A' || op[0] == 'S';
    const QuantizedNetwork network = expect_layers({3, 6, 6}, {kConv, sum ? kAdd : kMultiply}, [&](OnnxGraph& g) {
      convolution(g, "x", "c", 3, 4);
      g.add_node("Relu", "relu", {"c"}, "r");
      FloatTensor map = random_tensor({1, 4, 6, 6}, 9);
      for (float& value : map.data) value = value < 0.0F ? value - 0.5F : value + 0.5F;
      g.add_floats("map", map.shape, map.data);
      g.add_node(op, "map.op", {"r", "map"}, "y");
      g.add_output("y", {4, 6, 6});
    });
    EXPECT_EQ(network.constants.size(), 1U);
  }
  expect_layers({3, 6, 6}, {kConv, kLookup, kAdd}, [&](OnnxGraph& g) {
    convolution(g, "x", "c", 3, 4);
    g.add_node("Relu", "relu", {"c"}, "r");
    add_random_floats(g, "map", {4, 6, 6}, 9);
    g.add_node("Sub", "from.map", {"map", "r"}, "y");
    g.add_output("y", {4, 6, 6});
  });
}

TEST(Arithmetic, NormalizationOfFeaturesBeforeAProduct) {
  const auto build = [](OnnxGraph& g, const std::string& last) {
    convolution(g, "x", "c", 2, 2);
    g.add_node("Relu", "relu", {"c"}, "r");
    g.add_node("Flatten", "flat", {"r"}, "f");
    add_random_floats(g, "scale", {32}, 1);
    add_random_floats(g, "shift", {32}, 2);
    add_random_floats(g, "mean", {32}, 3);
    std::vector<float> variance(32, 0.5F);
    variance[7] = 2.0F;
    g.add_floats("variance", {32}, variance);
    g.add_node("BatchNormalization", "bn", {"f", "scale", "shift", "mean", "variance"}, last == "MatMul" ? "n" : "y");
    if (last != "MatMul") return g.add_output("y", {32});
    add_random_floats(g, "w", {32, 5}, 4);
    g.add_node("MatMul", "product", {"n", "w"}, "y");
    g.add_output("y", {5});
  };
  expect_layers({2, 4, 4}, {kConv, kConv}, [&](OnnxGraph& g) { build(g, "MatMul"); });
  expect_refused(
      [&] {
        quantize(small_graph({2, 4, 4}, [&](OnnxGraph& g) { build(g, ""); }), random_images({1, 2, 4, 4}, 1, 1), {});
      },
      {"'bn'", "only matrix products read"});
}

}  // namespace
}  // namespace systoliq::sw_ref
