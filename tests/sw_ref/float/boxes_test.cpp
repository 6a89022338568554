// SPDX-License-Identifier: Apache-2.0
// NonMaxSuppression by hand: order, overlap, limits, boxes by corners and by center; and what is refused.
#include <gtest/gtest.h>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq::sw_ref {
namespace {

std::string model_of(std::int64_t most, float overlap, float score, std::int64_t centered,
                     const std::string& last = "s") {
  return test::model(test::node("NonMaxSuppression", {"b", last, "most", "overlap", "score"}, "y",
                                test::int_attribute("center_point_box", centered)) +
                         test::input("b", {"1", "4", "4"}) + test::input("s", {"1", "2", "4"}) +
                         test::int64s("most", {most}) + test::floats("overlap", {1}, {overlap}) +
                         test::floats("score", {1}, {score}) + test::bytes(12, test::bytes(1, "y")),
                     13);
}

std::vector<float> kept(std::int64_t most, float overlap, float score, const std::vector<float>& boxes,
                        std::int64_t centered = 0) {
  const Graph graph = parse_onnx(model_of(most, overlap, score, centered), "boxes");
  const FloatTensor scores({1, 2, 4}, {0.5F, 0.9F, 0.9F, 0.1F, 0.2F, 0.1F, 0.3F, 0.8F});
  const FloatTensor found = run_float(graph, {{"b", FloatTensor({1, 4, 4}, boxes)}, {"s", scores}}).at("y");
  EXPECT_EQ(found.shape, (Shape{static_cast<std::int64_t>(found.data.size() / 3), 3}));
  return found.data;
}

/// Box 1 covers 9/11 of the union with box 0; box 2 has its corners the other way round; box 3 has no area.
const std::vector<float> kCorners = {0, 0, 10, 10, 0, 1, 10, 11, 30, 30, 20, 20, 5, 5, 5, 9};

TEST(Boxes, TheBestComeFirstAndSuppressWhatOverlaps) {
  EXPECT_EQ(kept(3, 0.5F, 0.15F, kCorners), (std::vector<float>{0, 0, 1, 0, 0, 2, 0, 1, 3, 0, 1, 2, 0, 1, 0}));
  EXPECT_EQ(kept(4, 0.9F, 0.4F, kCorners), (std::vector<float>{0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 1, 3}));
  EXPECT_EQ(kept(1, 0.5F, 0.0F, kCorners), (std::vector<float>{0, 0, 1, 0, 1, 3}));
  EXPECT_TRUE(kept(1, 0.5F, 0.95F, kCorners).empty());
}

TEST(Boxes, ByCenterAndSize) {
  const std::vector<float> centers = {5, 5, 10, 10, 5, 6, 10, 10, 25, 25, 10, 10, 5, 7, 0, 4};
  EXPECT_EQ(kept(3, 0.5F, 0.15F, centers, 1), kept(3, 0.5F, 0.15F, kCorners));
}

TEST(Boxes, Bad) {
  EXPECT_THROW(parse_onnx(model_of(0, 0.5F, 0.0F, 0), "boxes"), InputError);
  EXPECT_THROW(parse_onnx(model_of(1, 0.5F, 0.0F, 0, "overlap"), "boxes"), InputError);
}

}  // namespace
}  // namespace systoliq::sw_ref
