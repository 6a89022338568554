// SPDX-License-Identifier: Apache-2.0
// XNNPACK's mean of integers over a plane, and the machine's one rounded product that gives the same integers.
#pragma once

#include <cstdint>
#include <optional>

#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// A mean of `count` signed 8-bit integers.
struct XnnMean {
  float scale_x = 1.0F, scale_y = 1.0F;
  std::int32_t zero_x = 0, zero_y = 0;
  std::int64_t count = 1;

  /// y of the sum of the stored integers, not yet limited to 8 bits: half even(fl(fl(sum · f) + b)) with
  /// f = fl(fl(Sx / Sy) · fl(1 / n)) and b = fl(Zy − fl(fl(n · Zx) · f)).
  std::int64_t of_sum(std::int64_t sum) const;
};

/// The same y, limited to 8 bits, as half even(fl(fl(times · sum + bias) · factor)) + Zy.
struct XnnMeanForm {
  std::int32_t times = 1;
  std::int64_t bias = 0;
  float factor = 1.0F;

  std::int64_t of_sum(const XnnMean& mean, std::int64_t sum) const;
};

/// The form with the smallest `times`, of at most 127, that gives the mean's integers for every sum that there is: both
/// rise with the sum, so that equal places of all 255 steps are enough. Nothing where there is none.
std::optional<XnnMeanForm> xnn_mean_form(const XnnMean& mean);

/// A normal float above 0 as significand and exponent.
ExactFactor exact_factor(float factor);

}  // namespace systoliq::sw_ref
