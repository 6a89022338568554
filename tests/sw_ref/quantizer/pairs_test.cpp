// SPDX-License-Identifier: Apache-2.0
// Sums, differences and products of two tensors, slopes per channel, and options that run the network first.
#include "arithmetic_helpers.h"

namespace systoliq::sw_ref {
namespace {

TEST(Pairs, TwoTensors) {
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
  const QuantizedNetwork quotient = quantize(small_graph({3, 6, 6}, two("Div")), random_images({1, 3, 6, 6}, 1, 1), {});
  EXPECT_EQ(ops_of(quotient), (Ops{kConv, kConv}));
  EXPECT_EQ(quotient.host_parts.at(0).graph.nodes.at(0).name, "pair") << "a tail may begin with a quotient";
}

TEST(Pairs, QuotientsBetweenLayersAreTheHosts) {
  const Graph graph = small_graph({3, 6, 6}, [](OnnxGraph& g) {
    convolution(g, "x", "a", 3, 4);
    add_random_floats(g, "w", {4, 3, 1, 1}, 8);
    g.add_node("Conv", "b", {"x", "w"}, "b");
    g.add_node("Div", "pair", {"a", "b"}, "c");
    convolution(g, "c", "y", 4, 4);
    g.add_output("y", {4, 6, 6});
  });
  const QuantizedNetwork network = quantize(graph, random_images({1, 3, 6, 6}, 1, 1), {});
  EXPECT_EQ(ops_of(network), (Ops{kConv, kConv, kConv}));
  EXPECT_EQ(network.host_parts.at(0).graph.nodes.at(0).name, "pair");
}

TEST(Pairs, SumsOfMany) {
  expect_layers({3, 6, 6}, {kConv, kConv, kConv, kAdd, kAdd}, [](OnnxGraph& g) {
    convolution(g, "x", "a", 3, 4);
    convolution(g, "x", "b", 3, 4);
    convolution(g, "x", "c", 3, 4);
    g.add_node("Sum", "sum", {"a", "b", "c"}, "y");
    g.add_output("y", {4, 6, 6});
  });
}

TEST(Pairs, APixelRepeatsOverAnImage) {
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

TEST(Pairs, AChannelRepeatsOverAnImage) {
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

TEST(Pairs, ShapesThatDoNotCombineAreRefused) {
  const Graph graph = small_graph({3, 6, 6}, [](OnnxGraph& g) {
    convolution(g, "x", "a", 3, 4);
    OnnxGraph::set_ints(g.add_node("MaxPool", "row", {"a"}, "b"), "kernel_shape", {6, 1});
    g.add_node("Mul", "pair", {"a", "b"}, "c");
    convolution(g, "c", "y", 4, 4);
    g.add_output("y", {4, 6, 6});
  });
  expect_refused(
      [&] {
        quantize(graph, random_images({1, 3, 6, 6}, 1, 1), {});
      },
      {"'pair'", "a single pixel, a single channel"});
}

TEST(Pairs, SlopesPerChannel) {
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

TEST(Pairs, FloatsBetweenIntegersAreExactFactors) {
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

TEST(Pairs, OtherOrdersOfQuantization) {
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

TEST(Pairs, LayerwiseCalibrationTakesConstants) {
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
