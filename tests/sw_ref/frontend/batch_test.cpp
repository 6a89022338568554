// SPDX-License-Identifier: Apache-2.0
// Models written for a fixed batch, read as they are and for one image.
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

/// [4, 2, 3] reshaped to [4, 6], which names the batch.
std::string reshape_model() {
  return test::model(node("Reshape", {"x", "shape"}, "flat") + node("Relu", {"flat"}, "y") +
                         input("x", {"4", "2", "3"}) + output("y", {"4", "6"}) + int64s("shape", {4, 6}),
                     13, 7);
}

TEST(Batch, IsKeptUnlessAskedFor) {
  const Graph graph = sw_ref::parse_onnx(reshape_model(), "test.onnx");
  EXPECT_EQ(graph.values.at("x").shape, (Shape{4, 2, 3}));
  EXPECT_EQ(graph.values.at("y").shape, (Shape{4, 6}));
}

TEST(Batch, BecomesOneEverywhere) {
  const Graph graph = sw_ref::parse_onnx(reshape_model(), "test.onnx", sw_ref::Batch::kOne);
  EXPECT_EQ(graph.values.at("x").shape, (Shape{1, 2, 3}));
  EXPECT_EQ(graph.values.at("flat").shape, (Shape{1, 6}));
  const FloatTensor image(Shape{1, 2, 3}, {-1, 2, -3, 4, -5, 6});
  EXPECT_EQ(sw_ref::run_float(graph, {{"x", image}}).at("y").data, (std::vector<float>{0, 2, 0, 4, 0, 6}));
}

TEST(Batch, DifferentBatchesAreRefused) {
  const std::string model = test::model(
      node("Add", {"a", "b"}, "y") + input("a", {"4", "3"}) + input("b", {"2", "3"}) + output("y", {"4", "3"}), 13, 7);
  try {
    sw_ref::parse_onnx(model, "test.onnx", sw_ref::Batch::kOne);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("batches of 4 and 2"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace systoliq
