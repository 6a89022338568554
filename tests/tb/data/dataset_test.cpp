// SPDX-License-Identifier: Apache-2.0
// Data sets by name, their form as network inputs, and the real ones where they are present.
#include "tb/data/dataset.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/tb/data/temporary_folder.h"

namespace systoliq::tb {
namespace {

Dataset ramp(std::int64_t channels, std::int64_t height, std::int64_t width) {
  Dataset data;
  data.name = "ramp";
  data.images = FloatTensor(Shape{2, channels, height, width});
  for (std::size_t i = 0; i < data.images.data.size(); ++i) data.images.data[i] = static_cast<float>(i % 256);
  data.labels = {0, 1};
  return data;
}

TEST(OpenDataset, DigitsSplitsDiffer) {
  const Dataset train = open_dataset("digits", "train", 20), test = open_dataset("digits", "test", 20);
  EXPECT_EQ(train.images.shape, (Shape{20, 1, 32, 32}));
  EXPECT_NE(train.images.data, test.images.data);
}

TEST(OpenDataset, UnknownNamesAndSplitsBad) {
  for (const char* spec : {"", "digit", "mnist", "mnist:", "cifar1000:/tmp", "digits:/tmp"}) {
    expect_refused([spec] { open_dataset(spec, "train", 10); }, {"'" + std::string(spec) + "'", "cifar10:DIR"});
  }
  expect_refused([] { open_dataset("digits", "validation", 10); }, {"'validation'", "train, test"});
  expect_refused([] { open_dataset("mnist:/no/such/folder", "train", 10); },
                 {"/no/such/folder/train-images-idx3-ubyte", ".gz"});
}

TEST(NetworkInput, NormalizesPixels) {
  const Dataset data = ramp(1, 2, 2);
  EXPECT_EQ(network_input(data, 1, {1, 1, 2, 2}).data,
            (std::vector<float>{-124.0F / 128, -123.0F / 128, -122.0F / 128, -121.0F / 128}));
}

TEST(NetworkInput, PadsWithTheValueOfBlack) {
  const Dataset data = ramp(2, 1, 3);
  const FloatTensor input = network_input(data, 0, {1, 2, 3, 5});
  ASSERT_EQ(input.shape, (Shape{1, 2, 3, 5}));
  for (std::int64_t c = 0; c < 2; ++c) {
    for (std::int64_t y = 0; y < 3; ++y) {
      for (std::int64_t x = 0; x < 5; ++x) {
        const bool inside = y == 1 && x >= 1 && x <= 3;
        const float expected = inside ? (static_cast<float>(c * 3 + x - 1) - 128.0F) / 128.0F : -1.0F;
        EXPECT_EQ(input.data[static_cast<std::size_t>((c * 3 + y) * 5 + x)], expected) << c << " " << y << " " << x;
      }
    }
  }
}

TEST(NetworkInput, FlattensForAVectorInput) {
  const Dataset data = ramp(1, 3, 5);
  const FloatTensor flat = network_input(data, 1, {1, 15});
  EXPECT_EQ(flat.shape, (Shape{1, 15}));
  EXPECT_EQ(flat.data, network_input(data, 1, {1, 1, 3, 5}).data);
}

TEST(NetworkInput, TakesTheMiddleOfLargerImages) {
  const Dataset data = ramp(1, 32, 32);
  const FloatTensor whole = network_input(data, 0, {1, 1, 32, 32});
  const FloatTensor middle = network_input(data, 0, {1, 1, 28, 28});
  for (std::size_t y = 0; y < 28; ++y) {
    for (std::size_t x = 0; x < 28; ++x) {
      ASSERT_EQ(middle.data[y * 28 + x], whole.data[(y + 2) * 32 + x + 2]) << y << ", " << x;
    }
  }
}

TEST(NetworkInput, ShapesThatDoNotFitBad) {
  const Dataset data = ramp(1, 4, 4);
  for (const Shape& shape :
       {Shape{1, 3, 4, 4}, Shape{1, 1, 2, 2}, Shape{1, 1, 5, 5}, Shape{1, 1, 6, 8}, Shape{1, 15}, Shape{2, 1, 4, 4}}) {
    expect_refused([&] { network_input(data, 0, shape); }, {"'ramp'", "[1, 4, 4]", to_string(shape)});
  }
  EXPECT_THROW(network_input(data, 2, {1, 1, 4, 4}), InternalError);
}

struct RealSet {
  const char* kind;
  const char* folder;
  std::array<int, 10> test_counts;
};

/// Images per class of the published test sets.
class RealData : public testing::TestWithParam<RealSet> {};

TEST_P(RealData, HasThePublishedCounts) {
  const std::string folder = real_data() + "/" + GetParam().folder;
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent; set SYSTOLIQ_DATA to the data folder";
  const std::string spec = std::string(GetParam().kind) + ":" + folder;
  const Dataset test = open_dataset(spec, "test", kAllImages);
  EXPECT_EQ(test.images.shape, (Shape{10000, 1, 28, 28}));
  std::array<int, 10> counts{};
  for (const int label : test.labels) ++counts[static_cast<std::size_t>(label)];
  EXPECT_EQ(counts, GetParam().test_counts);
  const Dataset train = open_dataset(spec, "train", kAllImages);
  EXPECT_EQ(train.images.shape, (Shape{60000, 1, 28, 28}));
  EXPECT_EQ(train.labels.size(), 60000U);
  EXPECT_EQ(open_dataset(spec, "train", 7).labels, std::vector<int>(train.labels.begin(), train.labels.begin() + 7));
}

INSTANTIATE_TEST_SUITE_P(
    Idx, RealData,
    testing::Values(RealSet{"mnist", "mnist", {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}},
                    RealSet{"fashion", "fashion_mnist", {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000}}),
    [](const auto& set) { return set.param.kind; });

TEST(RealCifar10, BatchFileServesAsASet) {
  const std::string path = real_data() + "/cifar10/train_first4000.bin.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent; set SYSTOLIQ_DATA to the data folder";
  const Dataset data = open_dataset("cifar10:" + path, "train", kAllImages);
  EXPECT_EQ(data.images.shape, (Shape{4000, 3, 32, 32}));
  EXPECT_EQ(std::vector<int>(data.labels.begin(), data.labels.begin() + 5), (std::vector<int>{6, 9, 9, 4, 1}));
}

}  // namespace
}  // namespace systoliq::tb
