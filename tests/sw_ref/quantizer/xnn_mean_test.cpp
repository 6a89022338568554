// SPDX-License-Identifier: Apache-2.0
// XNNPACK's mean as a product of the machine: at every sum that there is.
#include "sw_ref/quantizer/tflite/xnn_mean.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace systoliq::sw_ref {
namespace {

std::int64_t limited(std::int64_t value) { return std::clamp<std::int64_t>(value, -128, 127); }

/// Recorded from LiteRT 2.3.0 with XNNPACK: 64 elements, sums -3504 and 2868, where another order of the roundings
/// gives -117 and -42.
TEST(XnnMean, RecordedIntegers) {
  const XnnMean mean{0.058112882F, 0.0058112885F, -48, -50, 64};
  EXPECT_EQ(mean.of_sum(-432 + 64 * -48), -118);
  EXPECT_EQ(mean.of_sum(48 + 64 * -48), -43);
  const XnnMean other{0.0556969F, 0.0055696904F, 54, 39, 64};
  EXPECT_EQ(other.of_sum(400 + 64 * 54), 102);
}

TEST(XnnMean, FormsGiveTheSameAtEverySum) {
  std::mt19937 random(3);
  int found = 0, several = 0;
  for (int draw = 0; draw < 600; ++draw) {
    const auto scale = [&] { return 0.01F + 0.09F * static_cast<float>(random() % 4096) / 4096.0F; };
    XnnMean mean;
    mean.scale_x = scale();
    mean.scale_y = draw % 4 == 0 ? mean.scale_x * 0.1F : draw % 4 == 1 ? mean.scale_x : scale();
    mean.zero_x = static_cast<std::int32_t>(random() % 256) - 128;
    mean.zero_y = static_cast<std::int32_t>(random() % 256) - 128;
    mean.count = 1 + static_cast<std::int64_t>(random() % 64);
    const std::optional<XnnMeanForm> form = xnn_mean_form(mean);
    if (!form) continue;
    ++found;
    several += form->times > 1 ? 1 : 0;
    const ExactFactor exact = exact_factor(form->factor);
    ASSERT_EQ(std::ldexp(static_cast<float>(exact.multiplier), exact.exponent), form->factor);
    for (std::int64_t sum = mean.count * -128; sum <= mean.count * 127; ++sum) {
      ASSERT_EQ(limited(form->of_sum(mean, sum)), limited(mean.of_sum(sum))) << "draw " << draw << ", sum " << sum;
    }
  }
  EXPECT_GT(found, 400);
  EXPECT_GT(several, 0) << "some need weights above 1";
}

/// Two elements at equal scales: every odd sum is a tie, and an odd zero point turns all of them around.
TEST(XnnMean, TiesOfAnOddZeroPointHaveNoForm) {
  EXPECT_FALSE(xnn_mean_form({0.5F, 0.5F, 0, 1, 2}));
  EXPECT_TRUE(xnn_mean_form({0.5F, 0.5F, 0, 2, 2}));
}

}  // namespace
}  // namespace systoliq::sw_ref
