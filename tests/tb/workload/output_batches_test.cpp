// SPDX-License-Identifier: Apache-2.0
// Outputs of several images as one array: names, shapes, reals and the file's integers.
#include "tb/workload/output_batches.h"

#include <gtest/gtest.h>

namespace systoliq::tb {
namespace {

QuantizedNetwork network_of(std::int32_t storage_offset) {
  QuantizedNetwork network;
  network.tensors.push_back({"inner", {1, 2, 1, 1}, 0.5F, 3, 8, storage_offset});
  network.outputs = {0};
  network.output_names = {"probabilities"};
  return network;
}

const ImageTensors kImages = {{IntTensor({1, 2, 1, 1}, {3, 5})}, {IntTensor({1, 2, 1, 1}, {-128, 127})}};

TEST(OutputBatches, BearTheGraphsName) { EXPECT_EQ(output_name(network_of(0), 0), "probabilities"); }

TEST(OutputBatches, HoldWhatTheHostComputedInTheGraphsType) {
  const HostValues images = {{{"best", FloatTensor({1, 1}, {3.0F})}}, {{"best", FloatTensor({1, 1}, {70000.0F})}}};
  EXPECT_EQ(host_batch(images, "best", {2, 1}).data, (std::vector<float>{3.0F, 70000.0F}));
  EXPECT_EQ(whole_batch<std::int64_t>(images, "best", {2, 1}).data, (std::vector<std::int64_t>{3, 70000}));
}

TEST(OutputBatches, HaveTheImagesAlongTheFirstAxis) {
  EXPECT_EQ(batch_of({1, 2}, 7), (Shape{7, 2}));
  EXPECT_EQ(batch_of({1, 2}, 1), (Shape{1, 2}));
  EXPECT_EQ(batch_of({4, 2}, 7), (Shape{7, 4, 2}));
  EXPECT_EQ(batch_of({4, 2}, 1), (Shape{4, 2}));
  EXPECT_EQ(batch_of({}, 3), (Shape{3}));
}

TEST(OutputBatches, HoldRealsOrTheIntegersOfTheFile) {
  EXPECT_EQ(real_batch(network_of(0), kImages, 0, {2, 2}).data, (std::vector<float>{0.0F, 1.0F, -65.5F, 62.0F}));
  EXPECT_EQ(stored_batch<std::int8_t>(network_of(0), kImages, 0, {2, 2}).data,
            (std::vector<std::int8_t>{3, 5, -128, 127}));
  EXPECT_EQ(stored_batch<std::uint8_t>(network_of(128), kImages, 0, {2, 2}).data,
            (std::vector<std::uint8_t>{131, 133, 0, 255}));
}

}  // namespace
}  // namespace systoliq::tb
