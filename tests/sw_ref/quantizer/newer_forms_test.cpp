// SPDX-License-Identifier: Apache-2.0
// Forms of newer opsets on their way into integers: output types by attribute, 4-bit weights, lines, partial windows;
// and what the reader knows but no layer computes, which is refused by name.
#include <gtest/gtest.h>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/qdq/float_twin.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq::sw_ref {
namespace {

using test::floats;
using test::node;

Graph parse(const std::string& nodes, const std::vector<std::string>& input, std::int64_t opset) {
  return parse_onnx(test::model(nodes + test::input("x", input) + test::bytes(12, test::bytes(1, "y")), opset, 10),
                    "forms");
}

/// The integers of the machine's arithmetic, and the graph executed by its definition, differ by one at most.
void expect_same_meaning(const Graph& graph, const QuantizedNetwork& network) {
  const QuantizedTensor& out = network.tensors[static_cast<std::size_t>(network.outputs.at(0))];
  for (const FloatTensor& image : random_images(graph.values.at("x").shape, 3, 7)) {
    const IntTensor expected = quantize_tensor(run_float(graph, {{"x", image}}).at("y"), out);
    const IntTensor found = run_integers(network, image).tensors[static_cast<std::size_t>(network.outputs[0])];
    ASSERT_EQ(expected.data.size(), found.data.size());
    for (std::size_t i = 0; i < found.data.size(); ++i) EXPECT_LE(std::abs(expected.data[i] - found.data[i]), 1) << i;
  }
}

std::string quantize_as(const std::string& from, const std::string& to, std::int64_t type) {
  return node("QuantizeLinear", {from, "s"}, to + "q", test::int_attribute("output_dtype", type)) +
         node("DequantizeLinear", {to + "q", "s"}, to);
}

TEST(NewerForms, OutputTypeByAttribute) {
  for (const std::int64_t type : {test::kInt8, test::kUint8}) {
    const Graph graph = parse(
        quantize_as("x", "a", type) + node("Relu", {"a"}, "r") + quantize_as("r", "y", type) + floats("s", {}, {0.02F}),
        {"1", "2", "3", "3"}, 21);
    const QuantizedNetwork network = read_quantized(graph);
    EXPECT_EQ(network.tensors.at(0).storage_offset, type == test::kUint8 ? 128 : 0);
    expect_same_meaning(graph, network);
  }
}

/// INT16 and UINT16, INT4 and UINT4: the type's width and half its range.
TEST(NewerForms, OutputTypesOfOtherWidths) {
  struct Type {
    std::int64_t code;
    int bits, offset;
  };
  for (const Type& type : {Type{5, 16, 0}, Type{4, 16, 32768}, Type{22, 4, 0}, Type{21, 4, 8}}) {
    const Graph graph = parse(quantize_as("x", "a", type.code) + node("Relu", {"a"}, "r") +
                                  quantize_as("r", "y", type.code) + floats("s", {}, {0.02F}),
                              {"1", "2", "3", "3"}, 21);
    const QuantizedNetwork network = read_quantized(graph);
    for (const QuantizedTensor& tensor : network.tensors) {
      EXPECT_EQ(tensor.bits, type.bits);
      EXPECT_EQ(tensor.storage_offset, type.offset);
    }
    expect_same_meaning(graph, network);
  }
}

/// A line convolved with 4-bit weights, signed or with a zero point of 8.
TEST(NewerForms, FourBitWeightsOfALine) {
  constexpr int kUint4 = 21, kInt4 = 22;
  for (const int type : {kInt4, kUint4}) {
    const std::string nodes =
        quantize_as("x", "a", test::kInt8) + node("DequantizeLinear", {"w", "sw", "zw"}, "wd") +
        node("Conv", {"a", "wd"}, "c", test::ints_attribute("pads", {1, 1}) + test::ints_attribute("strides", {2})) +
        quantize_as("c", "y", test::kInt8) + floats("s", {}, {0.02F}) + floats("sw", {}, {0.1F}) +
        test::bytes(5, test::tensor("w", type, {2, 2, 3}, "\x1F\x72\x83\xC4\x05\x6A")) +
        test::bytes(5, test::tensor("zw", type, {}, std::string(1, type == kUint4 ? '\x08' : '\0')));
    const Graph graph = parse(nodes, {"1", "2", "9"}, 21);
    EXPECT_EQ(graph.values.at("y").shape, (Shape{1, 2, 5}));
    const QuantizedNetwork network = read_quantized(graph);
    EXPECT_EQ(network.layers.at(0).weights.shape, (Shape{2, 2, 1, 3}));
    EXPECT_EQ(network.layers[0].weights.data[0], type == kInt4 ? -1 : 15);
    expect_same_meaning(graph, network);
  }
}

TEST(NewerForms, PartialWindowsBecomePads) {
  for (const char* op : {"MaxPool", "AveragePool"}) {
    const Graph graph =
        parse(quantize_as("x", "a", test::kInt8) +
                  node(op, {"a"}, "p",
                       test::ints_attribute("kernel_shape", {3, 3}) + test::ints_attribute("strides", {2, 2}) +
                           test::int_attribute("ceil_mode", 1)) +
                  quantize_as("p", "y", test::kInt8) + floats("s", {}, {0.02F}),
              {"1", "2", "6", "8"}, 21);
    EXPECT_EQ(graph.values.at("y").shape, (Shape{1, 2, 3, 4})) << op;
    expect_same_meaning(graph, read_quantized(graph));
  }
}

TEST(NewerForms, MovesBetweenTwoScalesRequantize) {
  const Graph graph =
      parse(quantize_as("x", "a", test::kInt8) + node("Slice", {"a", "first", "end", "axis"}, "m") +
                node("QuantizeLinear", {"m", "s2"}, "yq", test::int_attribute("output_dtype", test::kInt8)) +
                node("DequantizeLinear", {"yq", "s2"}, "y") + floats("s", {}, {0.02F}) + floats("s2", {}, {0.03F}) +
                test::int64s("first", {1}) + test::int64s("end", {3}) + test::int64s("axis", {2}),
            {"1", "2", "4", "3"}, 21);
  const QuantizedNetwork network = read_quantized(graph);
  ASSERT_EQ(network.layers.size(), 2U);
  EXPECT_EQ(network.layers[0].op, LayerOp::kLookup);
  EXPECT_EQ(network.layers[1].op, LayerOp::kMove);
  expect_same_meaning(graph, network);
}

/// Before opset 13 the axes of Squeeze are an attribute; the twin keeps the opset that says so.
TEST(NewerForms, TwinsKeepTheirOpset) {
  const auto pair = [](const std::string& from, const std::string& to) {
    return node("QuantizeLinear", {from, "s", "z"}, to + "q") + node("DequantizeLinear", {to + "q", "s", "z"}, to);
  };
  const Graph graph = parse(pair("x", "a") + node("GlobalAveragePool", {"a"}, "g") +
                                node("Squeeze", {"g"}, "f", test::ints_attribute("axes", {2, 3})) + pair("f", "y") +
                                floats("s", {}, {0.02F}) + test::int8s("z", {}, {0}),
                            {"1", "1", "4", "4"}, 10);
  const Graph twin = float_twin(graph);
  const FloatTensor image(Shape{1, 1, 4, 4}, 0.5F);
  EXPECT_EQ(run_float(twin, {{"x", image}}).at("y").data, (std::vector<float>{0.5F}));
  EXPECT_EQ(run_float(twin, {{"x", image}}).at("y").shape, (Shape{1, 1}));
}

TEST(NewerForms, WhatNoLayerComputesIsRefusedByName) {
  const std::vector<std::string> image = {"1", "2", "4", "4"};
  const auto refused = [&](const std::string& op, const std::string& attributes = "") {
    const Graph graph = parse(node("Relu", {"x"}, "r") + node(op, {"r"}, "y", attributes), image, 20);
    expect_refused([&] { quantize(graph, random_images({1, 2, 4, 4}, 1, 1), {}); }, {"(" + op + ")", "not supported"});
  };
  for (const char* op : {"ReduceL1", "ReduceL2", "ReduceProd", "ReduceSumSquare"}) refused(op);
}

}  // namespace
}  // namespace systoliq::sw_ref
