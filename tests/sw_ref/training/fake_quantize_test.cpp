// SPDX-License-Identifier: Apache-2.0
// Rounding and gradients of the quantized forward pass, by hand.
#include "sw_ref/training/fake_quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace systoliq::sw_ref {
namespace {

std::vector<float> values_of(const torch::Tensor& tensor) {
  const torch::Tensor dense = tensor.detach().to(torch::kFloat32).contiguous();
  return std::vector<float>(dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel());
}

std::vector<float> rounded(const std::vector<float>& values, const IntegerGrid& grid) {
  return values_of(fake_quantize(torch::tensor(values), grid));
}

TEST(FakeQuantize, EveryRoundingByHand) {
  const std::vector<float> ties = {2.5F, -2.5F, 3.5F, -3.5F, 0.25F, -0.25F};
  for (const bool in_double : {false, true}) {
    const auto with = [&](Rounding rounding) { return rounded(ties, {{1.0}, -128, 127, rounding, in_double}); };
    EXPECT_EQ(with(Rounding::kFloor), (std::vector<float>{2, -3, 3, -4, 0, -1}));
    EXPECT_EQ(with(Rounding::kHalfUp), (std::vector<float>{3, -2, 4, -3, 0, 0}));
    EXPECT_EQ(with(Rounding::kHalfEven), (std::vector<float>{2, -2, 4, -4, 0, 0}));
    EXPECT_EQ(with(Rounding::kHalfAway), (std::vector<float>{3, -3, 4, -4, 0, 0}));
  }
}

TEST(FakeQuantize, JustBelowAHalfIsNotAHalf) {
  const float below = std::nextafter(0.5F, 0.0F);
  for (const Rounding rounding : {Rounding::kHalfUp, Rounding::kHalfAway, Rounding::kHalfEven}) {
    EXPECT_EQ(rounded({below, -below}, {{1.0}, -128, 127, rounding, false}), (std::vector<float>{0, 0}));
  }
}

/// Integers -2 to 1 of step 0.5: -1, -0.5, 0, 0.5. Half up, -1.25 / 0.5 = -2.5 becomes -2 and 0.75 / 0.5 becomes 2.
TEST(FakeQuantize, GradientPassesWhereNothingIsClamped) {
  torch::Tensor x = torch::tensor({-9.0F, -1.3F, -1.25F, -0.3F, 0.0F, 0.7F, 0.75F, 9.0F});
  x.set_requires_grad(true);
  const torch::Tensor y = fake_quantize(x, {{0.5}, -2, 1, Rounding::kHalfUp, false});
  EXPECT_EQ(values_of(y), (std::vector<float>{-1, -1, -1, -0.5F, 0, 0.5F, 0.5F, 0.5F}));
  (y * torch::tensor({1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F, 8.0F})).sum().backward();
  EXPECT_EQ(values_of(x.grad()), (std::vector<float>{0, 0, 3, 4, 5, 6, 0, 0}));
}

TEST(FakeQuantize, RowsHaveScalesOfTheirOwn) {
  const torch::Tensor x = torch::tensor({{1.2F, -3.4F}, {1.2F, -3.4F}});
  const torch::Tensor y = fake_quantize(x, {{1.0, 0.5}, -7, 7, Rounding::kHalfAway, true});
  EXPECT_EQ(values_of(y), (std::vector<float>{1, -3, 1, -3.5F}));
}

TEST(FakeQuantize, OrderOfMemoryDoesNotMatter) {
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({2, 3, 4, 5});
  const IntegerGrid grid{{0.1}, -8, 7, Rounding::kFloor, false};
  const torch::Tensor innermost = x.contiguous(at::MemoryFormat::ChannelsLast);
  EXPECT_TRUE(torch::equal(fake_quantize(x, grid), fake_quantize(innermost, grid)));
  EXPECT_TRUE(torch::equal(fake_quantize(x, grid).transpose(1, 3), fake_quantize(x.transpose(1, 3), grid)));
  EXPECT_TRUE(torch::equal(fake_quantize(x.slice(2, 1, 3), grid), fake_quantize(x, grid).slice(2, 1, 3)));
}

TEST(FakeQuantize, Bfloat16KeepsItsTypeAndItsGrid) {
  const torch::Tensor x = torch::linspace(-3.0, 3.0, 401).to(torch::kBFloat16);
  const IntegerGrid grid{{0.03125}, -128, 127, Rounding::kHalfEven, false};
  const torch::Tensor y = fake_quantize(x, grid);
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
  EXPECT_EQ(values_of(y), values_of(fake_quantize(x.to(torch::kFloat32), grid)));
}

TEST(FakeQuantize, WhatIsNotANumberStaysSo) {
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  for (const Rounding rounding : {Rounding::kHalfEven, Rounding::kHalfAway, Rounding::kHalfUp, Rounding::kFloor}) {
    EXPECT_TRUE(std::isnan(rounded({nothing}, {{1.0}, -8, 7, rounding, false})[0]));
  }
}

TEST(FakeQuantize, ExtremesOfLongTensors) {
  torch::Tensor x = torch::zeros({3, 50000});
  x.index_put_({2, 49999}, 7.0F);
  x.index_put_({0, 33333}, -3.0F);
  const Extremes found = extremes_of(x);
  EXPECT_EQ(found.low, -3.0);
  EXPECT_EQ(found.high, 7.0);
  EXPECT_EQ(extremes_of(x.slice(0, 1, 3)).low, 0.0);
}

/// W = C[I] with I = 0 1 1 3, dL/dW = 1 10 100 1000: dL/dC = 1, 110, 0, 1000.
TEST(LookUp, GradientOfACentroidIsTheSumOverItsWeights) {
  torch::Tensor centroids = torch::tensor({{-1.0F, 0.5F, 2.0F, 4.0F}});
  centroids.set_requires_grad(true);
  const torch::Tensor indices = torch::tensor({{0, 1}, {1, 3}}, torch::kInt32);
  const torch::Tensor weights = look_up(centroids, indices);
  EXPECT_EQ(weights.sizes(), indices.sizes());
  EXPECT_EQ(values_of(weights), (std::vector<float>{-1, 0.5F, 0.5F, 4}));
  (weights * torch::tensor({{1.0F, 10.0F}, {100.0F, 1000.0F}})).sum().backward();
  EXPECT_EQ(values_of(centroids.grad()), (std::vector<float>{1, 110, 0, 1000}));
  EXPECT_EQ(centroids.grad().sizes(), centroids.sizes());
}

/// The same through torch's own index_add.
TEST(LookUp, GradientEqualsIndexAdd) {
  torch::manual_seed(5);
  torch::Tensor centroids = torch::randn({3, 4});
  centroids.set_requires_grad(true);
  const torch::Tensor indices = torch::randint(0, 12, {6, 10}, torch::kInt32);
  const torch::Tensor upstream = torch::randn({6, 10});
  (look_up(centroids, indices) * upstream).sum().backward();
  const torch::Tensor expected =
      torch::zeros({12}).index_add(0, indices.flatten().to(torch::kInt64), upstream.flatten());
  EXPECT_TRUE(torch::allclose(centroids.grad().flatten(), expected, 1e-5, 1e-6));
}

}  // namespace
}  // namespace systoliq::sw_ref
