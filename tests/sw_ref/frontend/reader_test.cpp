// SPDX-License-Identifier: Apache-2.0
// What the reader makes of well-formed models: names, shapes, folded constants, automatic padding, symbolic batch.
#include <gtest/gtest.h>

#include "sw_ref/frontend/graph/window_geometry.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/layers.h"
#include "sw_ref/networks/networks.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

using test::floats;
using test::input;
using test::int64s;
using test::ints_attribute;
using test::node;
using test::output;

Graph parse(const std::string& graph, std::int64_t opset = 13, std::int64_t ir_version = 7) {
  return sw_ref::parse_onnx(test::model(graph, opset, ir_version), "test.onnx");
}

std::string convolution_graph(const std::string& attributes, const std::vector<std::string>& x = {"1", "1", "7", "6"}) {
  return node("Conv", {"x", "w"}, "y", attributes) + input("x", x) + output("y", {"n", "c", "h", "w"}) +
         floats("w", {1, 1, 3, 3}, std::vector<float>(9, 1.0F));
}

TEST(Reader, SymbolicBatchBecomesOne) {
  const Graph graph = parse(convolution_graph("", {"batch", "1", "7", "6"}));
  EXPECT_EQ(graph.values.at("x").shape, (Shape{1, 1, 7, 6}));
  EXPECT_EQ(graph.values.at("y").shape, (Shape{1, 1, 5, 4}));
  EXPECT_EQ(graph.nodes.at(0).name, "Conv_0");
}

TEST(Reader, OtherSymbolicSizesAreRefused) {
  try {
    parse(convolution_graph("", {"1", "1", "height", "6"}));
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(
        error.what(),
        "test.onnx: input 'x': axis 2 has the unknown size 'height'; accepted: a number, an unknown batch size "
        "on axis 0, or sizes given with --shape x=1,1,height,6");
  }
}

struct AutoPad {
  const char* mode;
  std::int64_t stride;
  Shape output;
  int top, left, bottom, right;
};

TEST(Reader, AutoPadYieldsTheSpecifiedShapesAndPads) {
  const AutoPad cases[] = {
      {"VALID", 1, {1, 1, 5, 4}, 0, 0, 0, 0},      {"VALID", 2, {1, 1, 3, 2}, 0, 0, 0, 0},
      {"SAME_UPPER", 1, {1, 1, 7, 6}, 1, 1, 1, 1}, {"SAME_UPPER", 2, {1, 1, 4, 3}, 1, 0, 1, 1},
      {"SAME_LOWER", 2, {1, 1, 4, 3}, 1, 1, 1, 0}, {"SAME_UPPER", 4, {1, 1, 2, 2}, 0, 0, 0, 1},
  };
  for (const AutoPad& expected : cases) {
    const Graph graph = parse(convolution_graph(test::string_attribute("auto_pad", expected.mode) +
                                                ints_attribute("strides", {expected.stride, expected.stride})));
    EXPECT_EQ(graph.values.at("y").shape, expected.output) << expected.mode << ' ' << expected.stride;
    const Window window = sw_ref::window_of(graph.nodes.at(0), graph.values.at("x").shape, graph.values.at("w").shape);
    EXPECT_EQ(window.pad_top, expected.top) << expected.mode << ' ' << expected.stride;
    EXPECT_EQ(window.pad_left, expected.left) << expected.mode << ' ' << expected.stride;
    EXPECT_EQ(window.pad_bottom, expected.bottom) << expected.mode << ' ' << expected.stride;
    EXPECT_EQ(window.pad_right, expected.right) << expected.mode << ' ' << expected.stride;
  }
}

/// What PyTorch exports for x.view(x.size(0), -1).
TEST(Reader, ComputedReshapeIsFolded) {
  const Graph graph =
      parse(node("Shape", {"x"}, "shape") + node("Gather", {"shape", "zero"}, "batch") +
            node("Unsqueeze", {"batch", "axes"}, "batch1") +
            node("Concat", {"batch1", "rest"}, "target", test::int_attribute("axis", 0)) +
            node("Reshape", {"x", "target"}, "y") + input("x", {"n", "2", "3", "4"}) + output("y", {"n", "24"}) +
            test::bytes(5, test::tensor("zero", test::kInt64, {}, std::string(8, '\0'))) + int64s("axes", {0}) +
            int64s("rest", {-1}));
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.values.at("y").shape, (Shape{1, 24}));
  EXPECT_EQ(graph.values.at("target").integers.data, (std::vector<std::int64_t>{1, -1}));
  EXPECT_EQ(graph.values.count("axes"), 0U) << "constants that no node reads are dropped";
}

TEST(Reader, MovedConstantsAreFolded) {
  const Graph graph =
      parse(node("Transpose", {"a"}, "t") + node("Reshape", {"t", "shape"}, "r") + node("Identity", {"r"}, "i") +
            node("Add", {"x", "i"}, "y") + input("x", {"1", "6"}) + output("y", {"1", "6"}) +
            floats("a", {2, 3}, {1, 2, 3, 4, 5, 6}) + int64s("shape", {1, 6}));
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_TRUE(graph.values.at("i").is_constant);
  EXPECT_EQ(graph.values.at("i").floats.data, (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

TEST(Reader, QuantizedConstantsAreFoldedButDequantizedOnesStay) {
  const Graph graph =
      parse(node("QuantizeLinear", {"w", "s", "z"}, "q") + node("DequantizeLinear", {"q", "s", "z"}, "d") +
            node("Add", {"x", "d"}, "y") + input("x", {"1", "4"}) + output("y", {"1", "4"}) +
            floats("w", {1, 4}, {0.25F, 0.75F, -1.25F, 900.0F}) + floats("s", {}, {0.5F}) + test::int8s("z", {}, {3}));
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.values.at("q").integers.data, (std::vector<std::int64_t>{3, 5, 1, 127}));
  EXPECT_EQ(graph.values.at("q").type, ElementType::kInt8);
  EXPECT_FALSE(graph.values.at("d").is_constant);
}

TEST(Reader, InitializersThatAreAlsoInputsAreConstants) {
  const Graph graph = parse(convolution_graph("") + input("w", {"1", "1", "3", "3"}), 8, 3);
  EXPECT_EQ(graph.inputs, std::vector<std::string>{"x"});
  EXPECT_EQ(graph.opset, 8);
}

TEST(Reader, MetadataArriveInTheGraph) {
  const std::string entry = test::bytes(14, test::bytes(1, "preset") + test::bytes(2, "ort_mlas"));
  const Graph graph = sw_ref::parse_onnx(test::model(convolution_graph("")) + entry, "test.onnx");
  EXPECT_EQ(graph.metadata.at("preset"), "ort_mlas");
}

TEST(Reader, BuiltInNetworksAreRead) {
  for (const std::string& name : sw_ref::network_names()) {
    if (name == "resnet18") continue;  // 47 MB; read by the system tests
    const auto parameters = sw_ref::random_parameters(name, 1);
    const Graph graph = sw_ref::parse_onnx(sw_ref::network_to_onnx(name, parameters), name);
    EXPECT_EQ(graph.inputs, std::vector<std::string>{"input"}) << name;
    ASSERT_EQ(graph.outputs.size(), 1U) << name;
    EXPECT_EQ(graph.outputs[0], name == "lenet5_1998" ? "probabilities" : "logits");
    EXPECT_EQ(graph.values.at(graph.outputs[0]).shape, (Shape{1, sw_ref::describe_network(name).classes})) << name;
    EXPECT_EQ(graph.opset, 13) << name;
  }
}

}  // namespace
}  // namespace systoliq
