// SPDX-License-Identifier: Apache-2.0
// TILE of TensorFlow Lite files, and a RESHAPE whose shape the file computes but does not say.
#include <gtest/gtest.h>

#include "sw_ref/frontend/tflite/tflite_reader.h"
#include "tests/sw_ref/frontend/tflite_writer.h"
#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

using test::TfliteWriter;

constexpr std::int32_t kTile = 69;
constexpr auto kInt8 = tflite::TensorType_INT8;
constexpr auto kInt32 = tflite::TensorType_INT32;

std::string refusal(const std::string& bytes) {
  try {
    parse_tflite(bytes, "net.tflite");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::int32_t integers(TfliteWriter* w, const std::string& name, const std::vector<std::int32_t>& values) {
  return w->tensor(name, {static_cast<std::int32_t>(values.size())}, kInt32, {}, {}, w->buffer(values));
}

std::string tile(const std::vector<std::int32_t>& copies, const std::vector<std::int32_t>& out_shape, float scale) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 2, 3, 4}, kInt8, {0.1F}, {0});
  const std::int32_t y = w.tensor("y", out_shape, kInt8, {scale}, {0});
  w.add(kTile, {x, integers(&w, "copies", copies)}, {y});
  return w.finish({x}, {y});
}

/// Rows, columns, channels of the file are axes 2, 3, 1 of the graph.
TEST(TfliteTile, CopiesFollowTheAxes) {
  const TfliteNetwork network = parse_tflite(tile({1, 5, 6, 7}, {1, 10, 18, 28}, 0.1F), "net.tflite");
  bool found = false;
  for (const Node& node : network.graph.nodes) {
    if (node.op != "Tile") continue;
    found = true;
    EXPECT_EQ(network.graph.values.at(node.inputs.at(1)).integers.data, (std::vector<std::int64_t>{1, 7, 5, 6}));
    EXPECT_EQ(network.graph.values.at(node.outputs.at(0)).shape, (Shape{1, 28, 10, 18}));
  }
  EXPECT_TRUE(found);
}

TEST(TfliteTile, OtherOperandsAreRefusedByName) {
  EXPECT_NE(refusal(tile({1, 2, 2}, {1, 4, 6, 4}, 0.1F)).find("TILE_0"), std::string::npos);
  EXPECT_NE(refusal(tile({1, 2, 0, 1}, {1, 4, 6, 4}, 0.1F)).find("0 copies; accepted: 1 or more"), std::string::npos);
  EXPECT_NE(refusal(tile({1, 2, 2, 1}, {1, 4, 6, 4}, 0.2F)).find("equal ones"), std::string::npos);
  EXPECT_NE(refusal(tile({1, 2, 2, 1}, {1, 4, 7, 4}, 0.1F)).find("[1, 4, 7, 4]"), std::string::npos);
}

/// [1, 6, 4] of an image's own sizes, where the file says [1, 1, 4] for want of them.
std::string computed_reshape(const std::vector<std::int32_t>& sizes) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 2, 3, 4}, kInt8, {0.1F}, {0});
  const std::int32_t shape = w.tensor("shape", {4}, kInt32);
  const std::int32_t first = integers(&w, "first", {0}), second = integers(&w, "second", {1});
  const std::int32_t batch = w.tensor("batch", {1}, kInt32);
  const std::int32_t rest = integers(&w, "rest", sizes);
  const std::int32_t wanted = w.tensor("wanted", {3}, kInt32);
  const std::int32_t y = w.tensor("y", {1, 1, 4}, kInt8, {0.1F}, {0});
  const std::int32_t z = w.tensor("z", {1, 6, 4}, kInt8, {0.1F}, {0});
  w.add(test::kShape, {x}, {shape});
  w.add(test::kStridedSlice, {shape, first, second, second}, {batch}, tflite::BuiltinOptions_StridedSliceOptions,
        tflite::CreateStridedSliceOptions(w.builder()).Union());
  w.add(test::kConcatenation, {batch, rest}, {wanted}, tflite::BuiltinOptions_ConcatenationOptions,
        tflite::CreateConcatenationOptions(w.builder(), 0).Union());
  w.add(test::kReshape, {x, wanted}, {y});
  w.add(test::kRelu, {y}, {z});
  return w.finish({x}, {z});
}

TEST(TfliteTile, ReshapeTakesTheShapeThatTheFileComputes) {
  for (const std::vector<std::int32_t>& sizes : {std::vector<std::int32_t>{6, 4}, {-1, 4}}) {
    EXPECT_EQ(refusal(computed_reshape(sizes)), "");
  }
  for (const std::vector<std::int32_t>& sizes : {std::vector<std::int32_t>{5, 4}, {-1, 7}, {0, 4}}) {
    EXPECT_NE(refusal(computed_reshape(sizes)).find("RESHAPE_3"), std::string::npos) << sizes[0];
  }
}

}  // namespace
}  // namespace systoliq::sw_ref
