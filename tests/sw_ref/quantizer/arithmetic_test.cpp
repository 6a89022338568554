// SPDX-License-Identifier: Apache-2.0
// Sums, differences and products with constants and of tensors, normalization anywhere, slopes per channel: which
// layers they become, that these compute the float network, and that the written network is the same.
#include <gtest/gtest.h>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {
namespace {

using Build = std::function<void(OnnxGraph&)>;
using Ops = std::vector<LayerOp>;

constexpr LayerOp kConv = LayerOp::kConvolution, kAdd = LayerOp::kAdd, kMultiply = LayerOp::kMultiply,
                  kLookup = LayerOp::kLookup, kAverage = LayerOp::kAveragePool;

void convolution(OnnxGraph& g, const std::string& in, const std::string& out, std::int64_t from, std::int64_t to) {
  add_random_floats(g, out + ".w", {to, from, 3, 3}, 5, 0.4F);
  OnnxGraph::set_ints(g.add_node("Conv", out, {in, out + ".w"}, out), "pads", {1, 1, 1, 1});
}

Ops ops_of(const QuantizedNetwork& network) {
  Ops ops;
  for (const QuantizedLayer& layer : network.layers) ops.push_back(layer.op);
  return ops;
}

/// The options of a preset, scales and widths of every kind.
std::vector<QuantizeOptions> kinds_of_options() {
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
QuantizedNetwork expect_layers(const Shape& rest, const Ops& ops, const Build& build, double sqnr = 30.0) {
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

/// Pixels divided by 255: the first convolution's weights take it over, so that it reads the network's input.
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

TEST(Arithmetic, TwoTensors) {
  const auto two = [](const std::string& op) {
    return [op](OnnxGraph& g) {
      convolution(g, "x", "a", 3, 4);
      add_random_floats(g, "w", {4, 3, 1, 1}, 8);
      g.add_node("Conv", "b", {"x", "w"}, "b");
      g.add_node(op, "pair", {"a", "b"}, "y");
      g.add_output("y", {4, 6, 6});
    };
  };
  expect_layers({3, 6, 6}, {kConv, kConv, kMultiply}, two("Mul"));
  expect_layers({3, 6, 6}, {kConv, kConv, kAdd}, two("Sum"));
  expect_layers({3, 6, 6}, {kConv, kConv, kLookup, kAdd}, two("Sub"));
  expect_refused(
      [&] {
        quantize(small_graph({3, 6, 6}, two("Div")), random_images({1, 3, 6, 6}, 1, 1), {});
      },
      {"'pair'", "divides two tensors"});
}

/// A sum of many is sums of two; its constants fold where they stand.
TEST(Arithmetic, SumsOfMany) {
  expect_layers({3, 6, 6}, {kConv, kConv, kConv, kAdd, kAdd}, [](OnnxGraph& g) {
    convolution(g, "x", "a", 3, 4);
    convolution(g, "x", "b", 3, 4);
    convolution(g, "x", "c", 3, 4);
    g.add_node("Sum", "sum", {"a", "b", "c"}, "y");
    g.add_output("y", {4, 6, 6});
  });
}

/// Squeeze and excite: the image times one pixel, in either order, and a pixel added.
TEST(Arithmetic, APixelRepeatsOverAnImage) {
  for (const char* op : {"Mul", "Add"}) {
    for (const bool first : {false, true}) {
      const LayerOp last = op[0] == 'M' ? kMultiply : kAdd;
      expect_layers({3, 6, 6}, {kConv, kAverage, kConv, kLookup, last}, [&](OnnxGraph& g) {
        convolution(g, "x", "c", 3, 4);
        g.add_node("GlobalAveragePool", "squeeze", {"c"}, "s");
        add_random_floats(g, "w", {4, 4, 1, 1}, 8, 2.0F);
        g.add_node("Conv", "excite", {"s", "w"}, "e");
        g.add_node("Sigmoid", "gate", {"e"}, "g");
        g.add_node(op, "apply", first ? std::vector<std::string>{"g", "c"} : std::vector<std::string>{"c", "g"}, "y");
        g.add_output("y", {4, 6, 6});
      });
    }
  }
}

/// Spatial attention: one channel repeats over all, and so does a single element.
TEST(Arithmetic, AChannelRepeatsOverAnImage) {
  constexpr LayerOp kConcat = LayerOp::kConcat;
  for (const char* op : {"Mul", "Add", "Sub"}) {
    const Ops last = op[0] == 'M'   ? Ops{kConcat, kMultiply}
                     : op[0] == 'A' ? Ops{kConcat, kAdd}
                                    : Ops{kLookup, kConcat, kAdd};
    Ops ops = {kConv, kConv, kLookup};
    ops.insert(ops.end(), last.begin(), last.end());
    expect_layers({3, 6, 6}, ops, [&](OnnxGraph& g) {
      convolution(g, "x", "c", 3, 4);
      convolution(g, "c", "m", 4, 1);
      g.add_node("Sigmoid", "gate", {"m"}, "g");
      g.add_node(op, "apply", {"c", "g"}, "y");
      g.add_output("y", {4, 6, 6});
    });
  }
  expect_layers({3, 6, 6}, {kConv, kConv, kAverage, kConcat, kMultiply}, [&](OnnxGraph& g) {
    convolution(g, "x", "c", 3, 4);
    convolution(g, "c", "m", 4, 1);
    g.add_node("GlobalAveragePool", "squeeze", {"m"}, "g");
    g.add_node("Mul", "apply", {"g", "c"}, "y");
    g.add_output("y", {4, 6, 6});
  });
}

/// A normalization of features between a flatten and a matrix product is the product's.
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

TEST(Arithmetic, ShapesThatDoNotCombineAreRefused) {
  const Graph graph = small_graph({3, 6, 6}, [](OnnxGraph& g) {
    convolution(g, "x", "a", 3, 4);
    OnnxGraph::set_ints(g.add_node("MaxPool", "row", {"a"}, "b"), "kernel_shape", {6, 1});
    g.add_node("Mul", "pair", {"a", "b"}, "y");
    g.add_output("y", {4, 6, 6});
  });
  expect_refused(
      [&] {
        quantize(graph, random_images({1, 3, 6, 6}, 1, 1), {});
      },
      {"'pair'", "a single pixel, a single channel"});
}

/// PRelu by parts: of the positive and the negative one, one is 0 everywhere, so that their sum is exact.
TEST(Arithmetic, SlopesPerChannel) {
  const auto build = [](OnnxGraph& g) {
    convolution(g, "x", "c", 3, 4);
    g.add_floats("slope", {4, 1, 1}, {0.25F, -0.5F, 0.0F, 1.5F});
    g.add_node("PRelu", "prelu", {"c", "slope"}, "y");
    g.add_output("y", {4, 6, 6});
  };
  const QuantizedNetwork network = expect_layers({3, 6, 6}, {kConv, kLookup, kLookup, kConv, kAdd}, build);
  const IntTensor in = run_integers(network, random_tensor({1, 3, 6, 6}, 21)).tensors.at(1);
  const IntTensor out = run_integers(network, random_tensor({1, 3, 6, 6}, 21)).tensors.back();
  const QuantizedTensor& x = network.tensors[1];
  const QuantizedTensor& y = network.tensors.back();
  const QuantizedLayer& slopes = network.layers[3];
  int negative = 0;
  for (std::size_t i = 0; i < out.data.size(); ++i) {
    const std::size_t c = i / 36;
    const int centered = in.data[i] - x.zero_point;
    const double scale_w = double{slopes.weight_scales[slopes.weight_scales.size() == 1 ? 0 : c]};
    const double slope = centered < 0 ? scale_w * slopes.weights.data[c] : 1.0;
    const double exact = centered * double{x.scale} * slope / double{y.scale} + y.zero_point;
    EXPECT_LE(std::abs(std::clamp(exact, -128.0, 127.0) - out.data[i]), 0.501) << i;
    negative += centered < 0 ? 1 : 0;
  }
  EXPECT_GT(negative, 20);
}

/// In a quantized network slopes and factors may be floats: integers 1, 0 and -1 carry them in their scales.
TEST(Arithmetic, FloatsBetweenIntegersAreExactFactors) {
  const auto pair = [](OnnxGraph& g, const std::string& from, const std::string& to, float scale) {
    g.add_floats(to + ".s", {}, {scale});
    g.add_bytes(to + ".z", {}, {-7}, false);
    g.add_node("QuantizeLinear", to + ".q", {from, to + ".s", to + ".z"}, to + ".q");
    g.add_node("DequantizeLinear", to + ".d", {to + ".q", to + ".s", to + ".z"}, to);
  };
  for (const char* op : {"PRelu", "Mul", "Div"}) {
    SCOPED_TRACE(op);
    const Graph graph = small_graph({4, 6, 6}, [&](OnnxGraph& g) {
      pair(g, "x", "a", 0.011F);
      g.add_floats("k", {4, 1, 1}, {0.37F, -1.21F, op[0] == 'D' ? 2.0F : 0.0F, 0.93F});
      g.add_node(op, "apply", {"a", "k"}, "f");
      pair(g, "f", "y", 0.0127F);
      g.add_output("y", {4, 6, 6});
    });
    const QuantizedNetwork network = read_quantized(graph);
    const bool slopes = op[0] == 'P';
    EXPECT_EQ(ops_of(network), slopes ? (Ops{kLookup, kLookup, kConv, kAdd}) : Ops{kConv});
    const QuantizedTensor& out = network.tensors.at(static_cast<std::size_t>(network.outputs[0]));
    for (const FloatTensor& image : random_images({1, 4, 6, 6}, 4, 7)) {
      const IntTensor expected = quantize_tensor(run_float(graph, {{"x", image}}).at("y"), out);
      EXPECT_EQ(run_integers(network, image).tensors.at(static_cast<std::size_t>(network.outputs[0])).data,
                expected.data);
    }
    const QuantizedNetwork again = read_quantized(parse_onnx(to_onnx_qdq(network), "again"));
    EXPECT_EQ(ops_of(again), ops_of(network));
  }
}

/// Options that run the network or change it first meet constants, functions and slopes too.
TEST(Arithmetic, OtherOrdersOfQuantization) {
  const Graph graph = small_graph({3, 6, 6}, [](OnnxGraph& g) {
    convolution(g, "x", "c", 3, 4);
    g.add_node("Relu", "relu", {"c"}, "r");
    convolution(g, "r", "e", 4, 4);
    add_random_floats(g, "map", {4, 6, 6}, 9);
    g.add_node("Sub", "from.map", {"map", "e"}, "s");
    g.add_node("Softplus", "smooth", {"s"}, "t");
    g.add_floats("slope", {4, 1, 1}, {0.25F, -0.5F, 0.0F, 1.5F});
    g.add_node("PRelu", "prelu", {"s", "slope"}, "p");
    g.add_node("Mul", "product", {"t", "p"}, "y");
    g.add_output("y", {4, 6, 6});
  });
  const std::vector<FloatTensor> images = random_images({1, 3, 6, 6}, 2, 3);
  for (int which = 0; which < 4; ++which) {
    QuantizeOptions options;
    options.bias_correction = which == 1;
    options.equalize = which == 2;
    options.unsigned_activations = which == 3;
    options.preset = which == 3 ? Preset::kOrtMlas : Preset::kTfliteRef;
    const QuantizedNetwork network = quantize(graph, images, options);
    EXPECT_GT(sqnr_of_output(network, graph, images), 25.0) << which;
    const QuantizedNetwork again = read_quantized(parse_onnx(to_onnx_qdq(network), "again"));
    EXPECT_EQ(run_integers(network, images[0]).tensors.at(static_cast<std::size_t>(network.outputs[0])).data,
              run_integers(again, images[0]).tensors.at(static_cast<std::size_t>(again.outputs[0])).data);
  }
}

/// Layer by layer, a negated tensor stands for its origin.
TEST(Arithmetic, LayerwiseCalibrationTakesConstants) {
  const Graph graph = small_graph({3, 6, 6}, [](OnnxGraph& g) {
    convolution(g, "x", "c", 3, 4);
    g.add_node("Relu", "relu", {"c"}, "r");
    add_random_floats(g, "map", {4, 6, 6}, 9);
    g.add_node("Sub", "from.map", {"map", "r"}, "y");
    g.add_output("y", {4, 6, 6});
  });
  const std::vector<FloatTensor> images = random_images({1, 3, 6, 6}, 2, 3);
  QuantizeOptions options;
  options.calibration = CalibrationOrder::kLayerwise;
  EXPECT_GT(sqnr_of_output(quantize(graph, images, options), graph, images), 30.0);
}

}  // namespace
}  // namespace systoliq::sw_ref
