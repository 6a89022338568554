// SPDX-License-Identifier: Apache-2.0
// The built-in digits: the same on every host, distinct from each other, and drawn with plausible ink.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tb/data/dataset.h"
#include "tests/tb/data/temporary_folder.h"

namespace systoliq::tb {
namespace {

constexpr std::size_t kPixels = 32 * 32;

/// FNV-1a over the pixels as bytes.
std::uint64_t fingerprint(const FloatTensor& images) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const float pixel : images.data) hash = (hash ^ static_cast<std::uint8_t>(pixel)) * 1099511628211ULL;
  return hash;
}

TEST(Digits, SamePixelsOnEveryHost) {
  // Regenerate only when the strokes or distortions change on purpose: shipped networks were trained on these pixels.
  EXPECT_EQ(fingerprint(make_digits(100, 1).images), 16795846565162923402ULL);
  EXPECT_EQ(fingerprint(make_digits(100, 2).images), 12130078663466058567ULL);
}

TEST(Digits, SmallerSetBeginsTheLargerOne) {
  const Dataset small = make_digits(15, 33), large = make_digits(40, 33);
  EXPECT_EQ(large.images.shape, (Shape{40, 1, 32, 32}));
  EXPECT_TRUE(std::equal(small.images.data.begin(), small.images.data.end(), large.images.data.begin()));
  for (std::size_t i = 0; i < large.labels.size(); ++i) EXPECT_EQ(large.labels[i], static_cast<int>(i % 10));
}

TEST(Digits, SeedsDiffer) { EXPECT_NE(make_digits(10, 1).images.data, make_digits(10, 2).images.data); }

TEST(Digits, PixelsAreWholeBytesWithInkInTheMiddle) {
  const Dataset data = make_digits(500, 7);
  for (std::size_t i = 0; i < data.labels.size(); ++i) {
    double ink = 0.0, border = 0.0;
    for (std::size_t p = 0; p < kPixels; ++p) {
      const float pixel = data.images.data[i * kPixels + p];
      ASSERT_TRUE(pixel >= 0.0F && pixel <= 255.0F && pixel == std::floor(pixel)) << "image " << i << ": " << pixel;
      ink += pixel;
      const std::size_t y = p / 32, x = p % 32;
      if (y == 0 || y == 31 || x == 0 || x == 31) border = std::max(border, static_cast<double>(pixel));
    }
    EXPECT_GT(ink / 255.0, 15.0) << "image " << i << " is nearly empty";
    EXPECT_LT(ink / 255.0, 300.0) << "image " << i << " is nearly full";
    EXPECT_LE(border, 60.0) << "image " << i << " of digit " << data.labels[i] << " touches the border";
  }
}

TEST(Digits, NearestMeanTellsMostDigitsApart) {
  const Dataset train = make_digits(2000, 1), test = make_digits(500, 2);
  std::vector<std::vector<double>> means(10, std::vector<double>(kPixels, 0.0));
  for (std::size_t i = 0; i < train.labels.size(); ++i) {
    auto& mean = means[static_cast<std::size_t>(train.labels[i])];
    for (std::size_t p = 0; p < kPixels; ++p) mean[p] += train.images.data[i * kPixels + p] / 200.0;
  }
  int correct = 0;
  for (std::size_t i = 0; i < test.labels.size(); ++i) {
    std::vector<double> distances(10, 0.0);
    for (std::size_t digit = 0; digit < 10; ++digit) {
      for (std::size_t p = 0; p < kPixels; ++p) {
        const double difference = test.images.data[i * kPixels + p] - means[digit][p];
        distances[digit] += difference * difference;
      }
    }
    const auto nearest = std::min_element(distances.begin(), distances.end()) - distances.begin();
    correct += nearest == test.labels[i] ? 1 : 0;
  }
  EXPECT_GT(correct, 300) << "of 500; the digits do not look like their class";
  EXPECT_LT(correct, 495) << "of 500; the digits hardly vary";
}

TEST(Digits, CountsOutsideTheRangeBad) {
  for (const std::int64_t count : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'000'001}, kAllImages}) {
    expect_refused([count] { make_digits(count, 1); }, {"digits", std::to_string(count), "1 to 1000000"});
  }
}

}  // namespace
}  // namespace systoliq::tb
