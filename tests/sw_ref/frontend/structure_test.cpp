// SPDX-License-Identifier: Apache-2.0
// How a graph hangs together: the order of nodes, what no output needs, several outputs, sizes that the user gives.
#include <gtest/gtest.h>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

using test::floats;
using test::input;
using test::int64s;
using test::node;
using test::output;

Graph parse(const std::string& graph, std::int64_t opset = 13) {
  return sw_ref::parse_onnx(test::model(graph, opset, 8), "test.onnx");
}

std::string refusal(const std::string& graph, std::int64_t opset = 13) {
  try {
    parse(graph, opset);
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return "";
}

std::string borders() { return input("x", {"1", "4"}) + output("y", {"1", "4"}); }

/// A node with two outputs.
std::string node2(const std::string& op, const std::string& in, const std::string& first, const std::string& second) {
  return test::bytes(1, test::bytes(1, in) + test::bytes(2, first) + test::bytes(2, second) + test::bytes(4, op));
}

TEST(Structure, NodesMayComeInAnyOrder) {
  const Graph graph =
      parse(node("Tanh", {"b"}, "y") + node("Sigmoid", {"a"}, "b") + node("Relu", {"x"}, "a") + borders());
  ASSERT_EQ(graph.nodes.size(), 3U);
  EXPECT_EQ(graph.nodes[0].name, "Relu_2");
  EXPECT_EQ(graph.nodes[2].name, "Tanh_0");
}

TEST(Structure, SortedNodesKeepTheirOrder) {
  const Graph graph = parse(node("Relu", {"x"}, "a") + node("Tanh", {"x"}, "b") + node("Sigmoid", {"a"}, "c") +
                            node("Add", {"b", "c"}, "y") + borders());
  std::vector<std::string> names;
  for (const Node& each : graph.nodes) names.push_back(each.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Relu_0", "Tanh_1", "Sigmoid_2", "Add_3"}));
}

TEST(Structure, CyclesAndUndefinedNamesAreRefused) {
  EXPECT_EQ(refusal(node("Tanh", {"b"}, "y") + node("Add", {"x", "c"}, "b") + node("Relu", {"b"}, "c") + borders()),
            "test.onnx: node 'Add_1' (Add): depends on its own output (a cycle); accepted: graphs without cycles");
  EXPECT_NE(refusal(node("Add", {"x", "w"}, "y") + borders()).find("input 'w' is defined nowhere"), std::string::npos);
  EXPECT_NE(refusal(node("Relu", {"x"}, "y") + node("Tanh", {"x"}, "y") + borders()).find("'y' is defined twice"),
            std::string::npos);
}

TEST(Structure, WhatNoOutputNeedsIsLeftOut) {
  const Graph graph = parse(node("Relu", {"x"}, "y") + node("Einsum", {"x"}, "dead") + node("Tanh", {"dead"}, "end") +
                            floats("unused", {1}, {1}) + borders());
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.values.count("unused"), 0U);
}

TEST(Structure, FurtherOutputsMatterOnlyWhereTheyAreUsed) {
  const Graph graph = parse(node2("Dropout", "x", "a", "mask") + node("Relu", {"a"}, "y") + borders());
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[0].outputs, std::vector<std::string>{"a"});
  const std::string error = refusal(node2("Dropout", "x", "a", "mask") + node("Relu", {"mask"}, "y") + borders());
  EXPECT_NE(error.find("further output 'mask'"), std::string::npos) << error;
}

TEST(Structure, SplitBecomesANodeForEachOutput) {
  const Graph graph =
      parse(node2("Split", "x", "a", "b") + node("Sub", {"a", "b"}, "y") + input("x", {"4"}) + output("y", {"2"}));
  ASSERT_EQ(graph.nodes.size(), 3U);
  EXPECT_EQ(graph.nodes[0].name, "Split_0");
  EXPECT_EQ(graph.nodes[1].name, "Split_0.1");
  const FloatTensor x({4}, {1, 2, 30, 50});
  EXPECT_EQ(sw_ref::run_float(graph, {{"x", x}}).at("y").data, (std::vector<float>{-29, -48}));
}

TEST(Structure, InitializersNeedNotBeInputs) {
  for (const std::int64_t ir : {3, 4, 12}) {
    const std::string graph = node("Add", {"x", "w"}, "y") + borders() + floats("w", {4}, {1, 2, 3, 4});
    EXPECT_EQ(sw_ref::parse_onnx(test::model(graph, 7, ir), "old").inputs, std::vector<std::string>{"x"}) << ir;
  }
}

TEST(Structure, LineConvolutionsKeepTheirRank) {
  const Graph graph =
      parse(node("Conv", {"x", "w"}, "c", test::ints_attribute("pads", {1, 0}) + test::ints_attribute("strides", {2})) +
            node("MaxPool", {"c"}, "y", test::ints_attribute("kernel_shape", {2})) + input("x", {"1", "1", "6"}) +
            output("y", {"1", "1", "2"}) + floats("w", {1, 1, 2}, {1, 10}));
  const FloatTensor x({1, 1, 6}, {1, 2, 3, 4, 5, 6});
  const auto tensors = sw_ref::run_float(graph, {{"x", x}});
  EXPECT_EQ(tensors.at("c").data, (std::vector<float>{10, 32, 54}));
  EXPECT_EQ(tensors.at("y").shape, (Shape{1, 1, 2}));
  EXPECT_EQ(tensors.at("y").data, (std::vector<float>{32, 54}));
}

std::string open_sizes() {
  return test::model(node("Relu", {"x"}, "y") + node("Relu", {"z"}, "t") + input("x", {"n", "3", "h", "w"}) +
                         input("z", {"h", "2"}) + output("y", {"n", "3", "h", "w"}) + output("t", {"h", "2"}),
                     13);
}

Graph parse_with(const std::map<std::string, Shape>& shapes) {
  sw_ref::ReadOptions options;
  options.shapes = shapes;
  return sw_ref::parse_onnx(open_sizes(), "test.onnx", options);
}

std::string refused_shapes(const std::map<std::string, Shape>& shapes) {
  try {
    parse_with(shapes);
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return "";
}

TEST(Structure, OpenSizesAreGivenByTheUser) {
  const Graph graph = parse_with({{"x", {2, 3, 5, 7}}});
  EXPECT_EQ(graph.values.at("y").shape, (Shape{2, 3, 5, 7}));
  EXPECT_EQ(graph.values.at("z").shape, (Shape{5, 2})) << "a symbol is one size everywhere";
}

TEST(Structure, GivenSizesThatDoNotFitAreRefused) {
  EXPECT_EQ(refused_shapes({{"q", {1}}}), "test.onnx: --shape q: the network has no such input; accepted: 'x', 'z'");
  EXPECT_NE(refused_shapes({{"x", {1, 4, 5, 5}}}).find("axis 1 is 4; accepted: 3"), std::string::npos);
  EXPECT_NE(refused_shapes({{"x", {1, 3, 5}}}).find("has 3 sizes; accepted: 4"), std::string::npos);
  EXPECT_NE(refused_shapes({{"x", {1, 3, 0, 5}}}).find("axis 2 is 0"), std::string::npos);
  EXPECT_NE(refused_shapes({{"x", {1, 3, 5, 5}}, {"z", {6, 2}}}).find("axis 0 ('h') is 6; accepted: 5"),
            std::string::npos);
}

TEST(Structure, OpsetsHaveTheirOwnAttributesAndOperators) {
  EXPECT_NE(refusal(node("HardSwish", {"x"}, "y") + borders(), 13).find("does not exist in opset 13"),
            std::string::npos);
  EXPECT_EQ(parse(node("HardSwish", {"x"}, "y") + borders(), 14).nodes.size(), 1U);
  EXPECT_NE(refusal(node("Upsample", {"x", "s"}, "y") + borders() + floats("s", {2}, {1, 1}), 10)
                .find("accepted: opset 7 to 9"),
            std::string::npos);
  EXPECT_NE(refusal(node("DequantizeLinear", {"q", "s"}, "y", test::int_attribute("block_size", 2)) + borders() +
                        floats("s", {2}, {1, 1}) + test::int8s("q", {4}, {1, 2, 3, 4}),
                    21)
                .find("block_size is 2; accepted: 0"),
            std::string::npos);
}

}  // namespace
}  // namespace systoliq
