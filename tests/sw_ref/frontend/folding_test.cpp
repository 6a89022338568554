// SPDX-License-Identifier: Apache-2.0
// Constant folding: what exporters compute shapes and fillings with, and its limits.
#include <gtest/gtest.h>

#include <chrono>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

using test::floats;
using test::int64s;
using test::node;

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

/// The constant 'c' that `nodes` compute, added to the input.
Value folded(const std::string& nodes, std::int64_t opset = 13, const char* cast = "1") {
  const std::string graph = nodes + node("Cast", {"c"}, "f", test::int_attribute("to", std::stoll(cast))) +
                            node("Add", {"x", "f"}, "y") + node("Identity", {"c"}, "kept") + test::input("x", {"1"}) +
                            test::bytes(12, test::bytes(1, "y")) + test::bytes(12, test::bytes(1, "kept"));
  const Graph read = parse(graph, opset);
  EXPECT_EQ(read.nodes.size(), 1U);
  return read.values.at("kept");
}

std::vector<std::int64_t> integers(const std::string& nodes, std::int64_t opset = 13) {
  return folded(nodes, opset).integers.data;
}
std::vector<float> reals(const std::string& nodes, std::int64_t opset = 13) { return folded(nodes, opset).floats.data; }

std::string scalar(const std::string& name, std::int64_t value) {
  std::string raw(8, '\0');
  std::memcpy(raw.data(), &value, 8);
  return test::bytes(5, test::tensor(name, test::kInt64, {}, raw));
}

TEST(Folding, Arithmetic) {
  const std::string ab = int64s("a", {7, -7, 6}) + int64s("b", {2, 2, -4});
  EXPECT_EQ(integers(node("Add", {"a", "b"}, "c") + ab), (std::vector<std::int64_t>{9, -5, 2}));
  EXPECT_EQ(integers(node("Sub", {"a", "b"}, "c") + ab), (std::vector<std::int64_t>{5, -9, 10}));
  EXPECT_EQ(integers(node("Mul", {"a", "b"}, "c") + ab), (std::vector<std::int64_t>{14, -14, -24}));
  EXPECT_EQ(integers(node("Div", {"a", "b"}, "c") + ab), (std::vector<std::int64_t>{3, -3, -1}));
  EXPECT_EQ(integers(node("Mod", {"a", "b"}, "c") + ab), (std::vector<std::int64_t>{1, 1, -2}));
  EXPECT_EQ(integers(node("Max", {"a", "b"}, "c") + ab), (std::vector<std::int64_t>{7, 2, 6}));
  EXPECT_EQ(integers(node("Equal", {"a", "b"}, "e") + node("Where", {"e", "a", "b"}, "c") + ab),
            (std::vector<std::int64_t>{2, 2, -4}));
  EXPECT_EQ(reals(node("Sqrt", {"a"}, "s") + node("Div", {"s", "b"}, "c") + floats("a", {2}, {9, 16}) +
                  floats("b", {1}, {2})),
            (std::vector<float>{1.5F, 2.0F}));
}

TEST(Folding, Movement) {
  const std::string a = int64s("a", {1, 2, 3, 4, 5});
  EXPECT_EQ(integers(node("Slice", {"a", "s", "e", "", "t"}, "c") + a + int64s("s", {-1}) + int64s("e", {-100}) +
                     int64s("t", {-2})),
            (std::vector<std::int64_t>{5, 3, 1}));
  EXPECT_EQ(integers(node("Gather", {"a", "i"}, "c") + a + int64s("i", {-1, 0})), (std::vector<std::int64_t>{5, 1}));
  EXPECT_EQ(integers(node("Expand", {"one", "s"}, "c") + int64s("one", {4}) + int64s("s", {3})),
            (std::vector<std::int64_t>{4, 4, 4}));
  EXPECT_EQ(integers(node("Tile", {"two", "s"}, "c") + int64s("two", {4, 5}) + int64s("s", {2})),
            (std::vector<std::int64_t>{4, 5, 4, 5}));
  EXPECT_EQ(integers(node("Pad", {"two", "p"}, "c") + int64s("two", {4, 5}) + int64s("p", {1, -1})),
            (std::vector<std::int64_t>{0, 4}));
  EXPECT_EQ(integers(node("Range", {"r0", "r1", "r2"}, "c") + scalar("r0", 7) + scalar("r1", 0) + scalar("r2", -3)),
            (std::vector<std::int64_t>{7, 4, 1}));
  EXPECT_EQ(integers(node("ReduceProd", {"a"}, "c", test::int_attribute("keepdims", 0)) + a),
            (std::vector<std::int64_t>{120}));
  EXPECT_EQ(reals(node("ConstantOfShape", {"s"}, "c",
                       test::bytes(5, test::bytes(1, "value") + test::integer(20, 4) +
                                          test::bytes(5, test::tensor("", test::kFloat, {1},
                                                                      std::string("\0\0\xC0\x3F", 4))))) +
                  int64s("s", {2})),
            (std::vector<float>{1.5F, 1.5F}));
}

/// What is read as an attribute in one opset and as an input in another.
TEST(Folding, AttributesThatBecameInputs) {
  const std::string a = int64s("a", {1, 2, 3, 4}), axes = int64s("axes", {0});
  const std::vector<std::int64_t> cut = {2, 3};
  EXPECT_EQ(
      integers(node("Slice", {"a"}, "c", test::ints_attribute("starts", {1}) + test::ints_attribute("ends", {3})) + a,
               9),
      cut);
  EXPECT_EQ(integers(node("Slice", {"a", "s", "e"}, "c") + a + int64s("s", {1}) + int64s("e", {3}), 10), cut);
  const auto sum = [&](std::int64_t opset, bool by_input) {
    return node("ReduceSum", by_input ? std::vector<std::string>{"a", "axes"} : std::vector<std::string>{"a"}, "c",
                by_input ? "" : test::ints_attribute("axes", {0})) +
           a + (by_input ? axes : "");
    (void)opset;
  };
  EXPECT_EQ(integers(sum(12, false), 12), (std::vector<std::int64_t>{10}));
  EXPECT_EQ(integers(sum(13, true), 13), (std::vector<std::int64_t>{10}));
  EXPECT_NE(refusal(sum(13, false) + test::bytes(12, test::bytes(1, "c")), 13).find("'axes' is not known in opset 13"),
            std::string::npos);
  EXPECT_NE(refusal(node("ReduceMean", {"x"}, "y", test::ints_attribute("axes", {1})) + test::input("x", {"1", "4"}) +
                        test::bytes(12, test::bytes(1, "y")),
                    18)
                .find("'axes' is not known in opset 18"),
            std::string::npos);
}

TEST(FoldingBad, ResultsThatDoNotExist) {
  const std::string output = test::bytes(12, test::bytes(1, "c"));
  const auto binary = [&](const char* op, std::int64_t a, std::int64_t b) {
    return refusal(node(op, {"a", "b"}, "c") + int64s("a", {a}) + int64s("b", {b}) + output);
  };
  EXPECT_NE(binary("Div", 1, 0).find("of 1 and 0 yields no INT64"), std::string::npos);
  EXPECT_NE(binary("Mul", std::int64_t{1} << 62, 4).find("yields no INT64"), std::string::npos);
  EXPECT_NE(refusal(node("Gather", {"a", "i"}, "c") + int64s("a", {1}) + int64s("i", {1}) + output).find("index 1"),
            std::string::npos);
  EXPECT_NE(
      refusal(node("Range", {"r0", "r1", "r2"}, "c") + scalar("r0", 0) + scalar("r1", 1) + scalar("r2", 0) + output)
          .find("in steps of 0"),
      std::string::npos);
}

/// A few bytes must not take gigabytes: node and size are named before memory is taken.
TEST(FoldingBad, HugeConstantsAreRefusedBeforeTheyAreMade) {
  const std::string output = test::bytes(12, test::bytes(1, "y")) + test::input("x", {"1"});
  const auto constant = [&](std::int64_t side) {
    return node("ConstantOfShape", {"s"}, "c") + node("Add", {"x", "c"}, "y") + int64s("s", {side, side}) + output;
  };
  EXPECT_EQ(
      refusal(constant(16384)),
      "test.onnx: node 'ConstantOfShape_0' (ConstantOfShape): the constant of shape [16384, 16384] takes 1024 MiB "
      "beside the 0 MiB of others; accepted: constants of 1024 MiB in all");
  EXPECT_NE(refusal(constant(1 << 20)).find("node 'ConstantOfShape_0'"), std::string::npos);
  EXPECT_NE(refusal(constant(std::int64_t{1} << 40)).find("2^40 elements"), std::string::npos);
  EXPECT_NE(refusal(node("Expand", {"one", "s"}, "c") + node("Add", {"x", "c"}, "y") + int64s("s", {1 << 14, 1 << 14}) +
                    int64s("one", {1}) + output)
                .find("node 'Expand_0' (Expand): the constant of shape [16384, 16384] takes 2048 MiB"),
            std::string::npos);
  std::string chain = node("Expand", {"x", "s"}, "t0") + int64s("s", {1 << 14, 1 << 13});
  for (int i = 0; i < 8; ++i) chain += node("Relu", {"t" + std::to_string(i)}, "t" + std::to_string(i + 1));
  EXPECT_NE(refusal(chain + test::input("x", {"1"}) + test::bytes(12, test::bytes(1, "t8"))).find("elements in all"),
            std::string::npos);
}

TEST(Folding, ConstantsThatNothingReadsAnyMoreAreForgotten) {
  std::string nodes = node("ConstantOfShape", {"s"}, "t0") + int64s("s", {1 << 13, 1 << 13});  // 256 MiB each
  for (int i = 0; i < 6; ++i) nodes += node("Relu", {"t" + std::to_string(i)}, "t" + std::to_string(i + 1));
  const Value value =
      folded(nodes + node("ReduceSum", {"t6"}, "r") + node("Reshape", {"r", "one"}, "c") + int64s("one", {1}));
  EXPECT_EQ(value.floats.data, (std::vector<float>{0.0F}));
}

/// Seconds to read a chain of `length` nodes.
double chain_seconds(int length) {
  std::string nodes;
  for (int i = 0; i < length; ++i) nodes += node("Relu", {"t" + std::to_string(i)}, "t" + std::to_string(i + 1));
  const std::string model = test::model(nodes + test::input("t0", {"1", "4"}) +
                                        test::bytes(12, test::bytes(1, "t" + std::to_string(length))));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(sw_ref::parse_onnx(model, "chain").nodes.size(), static_cast<std::size_t>(length));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(Folding, LongChainsTakeTimeInProportion) { EXPECT_LT(chain_seconds(20000), 5.0); }

}  // namespace
}  // namespace systoliq
