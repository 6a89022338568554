// SPDX-License-Identifier: Apache-2.0
// Pixels and random values as the integers of a network's input.
#include "tb/workload/integer_images.h"

#include <gtest/gtest.h>

namespace systoliq::tb {
namespace {

Graph graph_of(ElementType type) {
  Graph graph;
  graph.inputs = {"x"};
  graph.values["x"].type = type;
  return graph;
}

TEST(IntegerImages, PixelsComeOutExactly) {
  FloatTensor pixels(Shape{1, 1, 16, 16});
  for (int p = 0; p < 256; ++p) pixels.data[static_cast<std::size_t>(p)] = static_cast<float>(p - 128) / 128.0F;
  for (const ElementType type : {ElementType::kUint8, ElementType::kInt8}) {
    std::vector<FloatTensor> images = {pixels};
    to_input_integers(graph_of(type), &images);
    for (int p = 0; p < 256; ++p) {
      EXPECT_EQ(images[0].data[static_cast<std::size_t>(p)],
                static_cast<float>(type == ElementType::kUint8 ? p : p - 128));
    }
  }
  std::vector<FloatTensor> images = {pixels};
  to_input_integers(graph_of(ElementType::kFloat), &images);
  EXPECT_EQ(images[0].data, pixels.data);
}

TEST(IntegerImages, RandomValuesAreSpreadOverTheType) {
  std::vector<FloatTensor> images = {FloatTensor(Shape{1, 4}, {-1.0F, -0.001F, 0.9999F, 0.37F})};
  to_input_integers(graph_of(ElementType::kUint8), &images);
  EXPECT_EQ(images[0].data, (std::vector<float>{0.0F, 127.0F, 255.0F, 175.0F}));
}

}  // namespace
}  // namespace systoliq::tb
