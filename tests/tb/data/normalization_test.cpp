// SPDX-License-Identifier: Apache-2.0
// Pixels to reals: the formula, its text, and what is refused.
#include "tb/data/normalization.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tb/data/dataset.h"
#include "tests/tb/data/temporary_folder.h"

namespace systoliq::tb {
namespace {

TEST(Normalization, Formula) {
  EXPECT_EQ(Normalization().apply(0, 0), -1.0F);
  EXPECT_EQ(Normalization().apply(255, 2), 127.0F / 128);
  const Normalization given{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
  EXPECT_EQ(given.apply(255, 0), static_cast<float>((1.0 - 0.485) / 0.229));
  EXPECT_EQ(given.apply(0, 2), static_cast<float>(-0.406 / 0.225));
  EXPECT_EQ((Normalization{{0.5}, {}}).apply(255, 7), 0.5F);
  for (int pixel = 0; pixel < 256; ++pixel) {  // a network that takes pixels themselves
    EXPECT_EQ((Normalization{{}, {1.0 / 255.0}}).apply(static_cast<float>(pixel), 0), static_cast<float>(pixel));
  }
}

TEST(Normalization, TextRoundTrips) {
  const Normalization given{{0.1, 1.0 / 3.0, -2.0}, {1e-30, 0.25, 7.0}};
  const Normalization back = parse_normalization("key", to_text(given));
  EXPECT_EQ(back.mean, given.mean);
  EXPECT_EQ(back.std, given.std);
  EXPECT_EQ(to_text({{0.1307}, {0.3081}}), "mean 0.1307 std 0.3081");
  for (const char* bad : {"", "0.5", "mean x", "mean 1 deviation 2", "mean nan"}) {
    expect_refused([&] { parse_normalization("the.key", bad); }, {"'the.key'", "mean NUMBERS std NUMBERS"});
  }
}

TEST(Normalization, PadsWithTheValueOfBlack) {
  Dataset data;
  data.images = FloatTensor(Shape{1, 2, 2, 2}, 255.0F);
  data.labels = {0};
  const FloatTensor input = network_input(data, 0, {1, 2, 4, 4}, {{0.5, 0.25}, {0.5, 1.0}});
  EXPECT_EQ(input.data[0], -1.0F);
  EXPECT_EQ(input.data[5], 1.0F);
  EXPECT_EQ(input.data[16], -0.25F);
  EXPECT_EQ(input.data[16 + 5], 0.75F);
}

TEST(Normalization, Bad) {
  expect_refused([] { check_normalization({{0.1, 0.2}, {}}, 3); }, {"mean has 2 values", "3 channels"});
  expect_refused([] { check_normalization({{}, {0.0}}, 1); }, {"std 0", "above 0"});
  expect_refused([] { check_normalization({{INFINITY}, {}}, 1); }, {"mean inf"});
}

}  // namespace
}  // namespace systoliq::tb
