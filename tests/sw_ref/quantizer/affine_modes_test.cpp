// SPDX-License-Identifier: Apache-2.0
// The affine modes on worked examples, and as scales of a network.
#include "sw_ref/quantizer/calibration/affine_modes.h"

#include <algorithm>
#include <cmath>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/calibration/ranges.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {
namespace {

struct Example {
  AffineMode mode;
  std::vector<double> real;
  std::vector<std::int64_t> stored;
  std::vector<double> back;
};

TEST(AffineModes, WorkedExamples) {
  const std::vector<Example> examples = {{AffineMode::kNormal,
                                          {0.6004, -1.0151, 1.1885, 0.9948, -0.3187, -1.1111, 0.7827, -1.1217},
                                          {62, -116, 127, 106, -39, -127, 82, -128},
                                          {0.5979, -1.0147, 1.1868, 0.9966, -0.3171, -1.1143, 0.7791, -1.1234}},
                                         {AffineMode::kClip,
                                          {1.4243, -0.7382, -1.0199, 0.6312, -0.4644, -1.2151, 1.1037, 0.2785},
                                          {127, -128, -128, 101, -111, -128, 127, 33},
                                          {0.7644, -0.5527, -0.5527, 0.6301, -0.4649, -0.5527, 0.7644, 0.2789}}};
  for (const Example& example : examples) {
    const auto [low, high] = std::minmax_element(example.real.begin(), example.real.end());
    const AffineScale as = affine_scale(*low, *high, example.mode);
    const AffineValues values = quantize_affine(example.real, as, example.mode);
    EXPECT_EQ(values.stored, example.stored);
    EXPECT_EQ(values.changed_by_clamp, example.mode == AffineMode::kClip ? 5 : 0);
    const std::vector<double> back = dequantize_affine(values.stored, as);
    for (std::size_t i = 0; i < back.size(); ++i) EXPECT_NEAR(back[i], example.back[i], 2e-4);
  }
}

TEST(AffineModes, ZeroPointRoundsHalfToEven) {
  const AffineScale as = affine_scale(-0.3, 0.7, AffineMode::kNormal);
  EXPECT_EQ(as.zero_point, -52);  // -128 + 76.5
  EXPECT_EQ(quantize_affine({-0.3}, as, AffineMode::kNormal).stored.at(0), -128);
}

TEST(AffineModes, NormalCountsWhatWouldNotFit) {
  const AffineScale as{0.01, 0};
  const AffineValues values = quantize_affine({1.27, 1.28, -1.28, -1.30, 5.0}, as, AffineMode::kNormal);
  EXPECT_EQ(values.stored, (std::vector<std::int64_t>{127, 128, -128, -130, 500}));
  EXPECT_EQ(values.changed_by_clamp, 3);
}

TEST(AffineModes, RefusesWhatHasNoRange) {
  expect_refused([] { affine_scale(1.0, 1.0, AffineMode::kNormal); }, {"affine range", "first below"});
  expect_refused([] { affine_scale(0.0, INFINITY, AffineMode::kClip); }, {"finite"});
  expect_refused([] { quantize_affine({NAN}, {0.1, 0}, AffineMode::kClip); }, {"not finite"});
}

/// Behind a ReLU the formula of mode clip wants zero point -256. Taken literally 0 would read back as a quarter of the
/// range; with the zero point moved to -128 it stays 0, and only the upper half of the range saturates.
TEST(AffineModes, ClipBehindReluKeepsZeroOnlyWithItsZeroPointMoved) {
  std::vector<double> values(1000, 0.0);
  for (std::size_t i = 500; i < 1000; ++i) values[i] = static_cast<double>((i - 499) * (i - 499)) / 250000.0;  // to 1
  const AffineScale literal = affine_scale(0.0, 1.0, AffineMode::kClip);
  EXPECT_EQ(literal.zero_point, -256);
  const std::vector<double> back =
      dequantize_affine(quantize_affine(values, literal, AffineMode::kClip).stored, literal);
  EXPECT_NEAR(back.at(0), 128.0 / 511.0, 1e-9);
  Grid grid;
  grid.clip = true;
  const ScaleAndZero moved = fit({0.0, 1.0}, grid);
  EXPECT_EQ(moved.wanted_zero_point, -256);
  EXPECT_EQ(moved.zero_point, -128);
  double literal_error = 0.0;
  double moved_error = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int32_t stored = to_stored(static_cast<float>(values[i]), moved.scale, moved.zero_point, -128, 127);
    moved_error += std::pow((stored - moved.zero_point) * double{moved.scale} - values[i], 2);
    literal_error += std::pow(back[i] - values[i], 2);
  }
  EXPECT_LT(moved_error, 0.75 * literal_error);
}

TEST(AffineModes, ClipHalvesTheStepsOfANetwork) {
  const Graph graph = random_network("lenet5", 23);
  const std::vector<FloatTensor> images = digit_images(4, 23);
  QuantizeOptions options;
  options.per_channel = options.symmetric_weights = false;
  const QuantizedNetwork normal = quantize(graph, images, options);
  options.affine = AffineMode::kClip;
  QuantizeReport report;
  const QuantizedNetwork clip = quantize(graph, images, options, &report);
  for (std::size_t i = 0; i < clip.tensors.size(); ++i) {
    EXPECT_NEAR(clip.tensors[i].scale / normal.tensors[i].scale, 255.0 / 511.0, 1e-6) << clip.tensors[i].name;
    EXPECT_GE(clip.tensors[i].zero_point, -128);
  }
  // Behind a ReLU the range is [0, x], for which the formula asks for zero point -256.
  EXPECT_FALSE(report.moved_zero_points.empty());
  EXPECT_NEAR(clip.layers[0].weight_scales[0] / normal.layers[0].weight_scales[0], 255.0 / 511.0, 1e-6);
  expect_round_trip(clip);
}

}  // namespace
}  // namespace systoliq::sw_ref
