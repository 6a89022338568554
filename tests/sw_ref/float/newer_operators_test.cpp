// SPDX-License-Identifier: Apache-2.0
// Operators that ONNX's own tests, which end at opset 17, do not cover: those of opset 18 to 24, ONNX Runtime's,
// QONNX's and PULP's, against values worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

using test::floats;
using test::int64s;
using test::node;

/// The output 'y' of the nodes for the input 'x'.
FloatTensor run(const std::string& nodes, const FloatTensor& x, std::int64_t opset, int type = test::kFloat) {
  std::vector<std::string> dims;
  for (const std::int64_t size : x.shape) dims.push_back(std::to_string(size));
  const std::string model =
      test::model(nodes + test::input("x", dims, type) + test::bytes(12, test::bytes(1, "y")), opset, 10);
  return sw_ref::run_float(sw_ref::parse_onnx(model, "test.onnx"), {{"x", x}}).at("y");
}

void expect_near(const FloatTensor& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.data.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found.data[i], expected[i], 1e-6F * std::max(1.0F, std::fabs(expected[i]))) << i;
  }
}

const FloatTensor& ramp() {
  static const FloatTensor kRamp({1, 2, 1, 2}, {1, 2, 3, 4});
  return kRamp;
}

TEST(NewerOperators, Activations) {
  const FloatTensor x({2}, {1.0F, -2.0F});
  expect_near(run(node("Mish", {"x"}, "y"), x, 18), {0.86509839F, -0.25250148F});
  expect_near(run(node("Gelu", {"x"}, "y"), x, 20), {0.84134475F, -0.04550026F});
  expect_near(run(node("Gelu", {"x"}, "y", test::string_attribute("approximate", "tanh")), x, 20),
              {0.84119199F, -0.04540231F});
  expect_near(run(node("Swish", {"x"}, "y", test::float_attribute("alpha", 2.0F)), x, 24), {0.88079708F, -0.03597242F});
}

TEST(NewerOperators, GroupNormalizationScalesChannels) {
  const std::string group = node("GroupNormalization", {"x", "s", "b"}, "y",
                                 test::int_attribute("num_groups", 1) + test::float_attribute("epsilon", 0.0F));
  expect_near(run(group + floats("s", {2}, {1, 2}) + floats("b", {2}, {0, 10}), ramp(), 21),
              {-1.3416408F, -0.4472136F, 10.8944272F, 12.6832816F});
  expect_near(run(group + floats("s", {1}, {2}) + floats("b", {1}, {1}), ramp(), 18),
              {-1.6832816F, 0.1055728F, 1.8944272F, 3.6832816F});
}

TEST(NewerOperators, AxesAsInputs) {
  EXPECT_EQ(run(node("ReduceMax", {"x", "a"}, "y") + int64s("a", {1}), ramp(), 18).data, (std::vector<float>{3, 4}));
  EXPECT_EQ(run(node("ReduceMean", {"x", "a"}, "y", test::int_attribute("keepdims", 0)) + int64s("a", {-1}), ramp(), 18)
                .shape,
            (Shape{1, 2, 1}));
  EXPECT_EQ(run(node("ReduceSum", {"x"}, "y", test::int_attribute("noop_with_empty_axes", 1)), ramp(), 18).data,
            ramp().data);
  EXPECT_EQ(run(node("Pad", {"x", "p", "", "a"}, "y", test::string_attribute("mode", "wrap")) + int64s("p", {1, 2}) +
                    int64s("a", {3}),
                ramp(), 19)
                .data,
            (std::vector<float>{2, 1, 2, 1, 2, 4, 3, 4, 3, 4}));
  EXPECT_EQ(
      run(node("Resize", {"x", "", "s"}, "y", test::ints_attribute("axes", {3})) + floats("s", {1}, {2}), ramp(), 18)
          .data,
      (std::vector<float>{1, 1, 2, 2, 3, 3, 4, 4}));
}

TEST(NewerOperators, SplitIntoUnequalParts) {
  const std::string split = test::bytes(1, test::bytes(1, "x") + test::bytes(2, "a") + test::bytes(2, "y") +
                                               test::bytes(4, "Split") + test::int_attribute("num_outputs", 2));
  EXPECT_EQ(run(split, FloatTensor({5}, {1, 2, 3, 4, 5}), 18).data, (std::vector<float>{4, 5}));
}

TEST(NewerOperators, TopKOrdersValuesAndIndices) {
  const auto top = [](const std::string& first, const std::string& second, std::int64_t largest) {
    return test::bytes(1, test::bytes(1, "x") + test::bytes(1, "k") + test::bytes(2, first) + test::bytes(2, second) +
                              test::bytes(4, "TopK") + test::int_attribute("largest", largest)) +
           int64s("k", {3});
  };
  const FloatTensor x({1, 5}, {4, 9, 9, -1, 7});
  EXPECT_EQ(run(top("y", "i", 1), x, 11).data, (std::vector<float>{9, 9, 7}));
  EXPECT_EQ(run(top("v", "y", 1), x, 11).data, (std::vector<float>{1, 2, 4}));
  EXPECT_EQ(run(top("v", "y", 0), x, 24).data, (std::vector<float>{3, 0, 4}));
}

TEST(NewerOperators, QuantRoundsToItsGrid) {
  const auto quant = [](const std::string& attributes, float bits) {
    return node("Quant", {"x", "s", "z", "b"}, "y", attributes, "qonnx.custom_op.general") + floats("s", {}, {0.25F}) +
           floats("z", {}, {0}) + floats("b", {}, {bits});
  };
  const FloatTensor x({4}, {0.3F, 0.375F, 10.0F, -10.0F});
  EXPECT_EQ(run(quant("", 3), x, 13).data, (std::vector<float>{0.25F, 0.5F, 0.75F, -1.0F}));
  EXPECT_EQ(run(quant(test::int_attribute("narrow", 1), 3), x, 13).data,
            (std::vector<float>{0.25F, 0.5F, 0.75F, -0.75F}));
  EXPECT_EQ(
      run(quant(test::string_attribute("rounding_mode", "FLOOR") + test::int_attribute("signed", 0), 3), x, 13).data,
      (std::vector<float>{0.25F, 0.25F, 1.75F, 0.0F}));
  EXPECT_EQ(run(node("BipolarQuant", {"x", "s"}, "y", "", "qonnx.custom_op.general") + floats("s", {1}, {0.5F}),
                FloatTensor({2}, {0.0F, -3.0F}), 13)
                .data,
            (std::vector<float>{0.5F, -0.5F}));
}

TEST(NewerOperators, RequantShiftRoundsHalvesUp) {
  const auto number = [](const std::string& name, float value) {
    std::string raw(4, '\0');
    std::memcpy(raw.data(), &value, 4);
    return test::bytes(
        5, test::bytes(1, name) + test::integer(20, 4) + test::bytes(5, test::tensor("", test::kFloat, {}, raw)));
  };
  const FloatTensor x({1, 3, 2}, {100, -100, 5000, -5000, 16, -48});  // the last: 0.5 and -1.5
  EXPECT_EQ(run(node("RequantShift", {"x", "m", "a"}, "y",
                     number("div", 64) + number("n_levels_out", 256) + number("signed", 1)) +
                    floats("m", {1, 3, 1}, {3, 2, 2}) + floats("a", {1, 3, 1}, {32, 0, 0}),
                x, 13)
                .data,
            (std::vector<float>{5, -4, 127, -128, 1, -1}));
}

TEST(NewerOperators, IntegersOfOnnxRuntime) {
  const std::string parameters = floats("sa", {}, {0.5F}) + floats("sb", {}, {0.25F}) + floats("sy", {}, {0.1F}) +
                                 test::int8s("za", {}, {0}) + test::int8s("zb", {}, {2}) + test::int8s("zy", {}, {3}) +
                                 test::int8s("b", {2}, {4, -2});
  const FloatTensor x({2}, {10, -20});
  const auto binary = [&](const char* op) {
    return run(node(op, {"x", "sa", "za", "b", "sb", "zb", "sy", "zy"}, "y", "", "com.microsoft") + parameters, x, 13,
               test::kInt8)
        .data;
  };
  EXPECT_EQ(binary("QLinearMul"), (std::vector<float>{28, 103}));
  EXPECT_EQ(binary("QLinearAdd"), (std::vector<float>{58, -107}));
  EXPECT_EQ(run(node("QLinearConcat", {"sy", "zy", "x", "sa", "za", "b", "sb", "zb"}, "y",
                     test::int_attribute("axis", 0), "com.microsoft") +
                    parameters,
                FloatTensor({2}, {2, -2}), 13, test::kInt8)
                .data,
            (std::vector<float>{13, -7, 8, -7}));
}

}  // namespace
}  // namespace systoliq
