// SPDX-License-Identifier: Apache-2.0
// From observed values to a range, and from a range to scale and zero point.
#pragma once

#include <cstdint>
#include <vector>

#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {

/// Values with their weights; a histogram (ascending) or the values themselves.
struct Distribution {
  double minimum = 0.0, maximum = 0.0, mean = 0.0, deviation = 0.0;
  double averaged_minimum = 0.0, averaged_maximum = 0.0;  ///< moving averages over the images in order, c = 0.01
  std::vector<double> points, counts;                     ///< may be empty where the method needs moments only
};

/// The distribution of all `count` values from `values` on; ascending only where asked for, as kPercentile needs it.
Distribution distribution_of(const double* values, std::size_t count, bool ascending);

struct Range {
  double low = 0.0, high = 0.0;
};

/// The integers that are laid over a range, and what constrains their scale.
struct Grid {
  std::int32_t lowest = -128, highest = 127;
  bool symmetric = false;  ///< zero point 0
  bool power_of_two = false;
  bool span = false;      ///< symmetric: scale = max / ((highest - lowest) / 2)
  bool observer = false;  ///< scale = 2^observer_exponent(), whatever else is said
  bool clip = false;      ///< asymmetric: the scale lays a grid of one bit more over the range
};

struct ScaleAndZero {
  float scale = 1.0F;
  std::int32_t zero_point = 0;
  std::int32_t wanted_zero_point = 0;  ///< before it was taken into the stored range
};

/// What kAuto stands for on a grid: kMinMax where it has 8 bits or more, and for the power-of-two observer, which takes
/// what was seen; else kMse, since few integers laid over all that was seen leave most values at 0. Others are
/// themselves.
RangeMethod method_on(const Grid& grid, RangeMethod method);

/// True where the method needs more than moments.
bool needs_histogram(const Grid& grid, RangeMethod method);

/// By method_on(). kMinMax: what was seen. kSigma: mean -+ sigmas * deviation, within what was seen. kPercentile: the
/// central `percentile` % of the values. kMse: of 64 shrunken copies of the range seen, that with the least mean
/// squared error. kKl: of the thresholds T = i / 2048 of the greatest magnitude, i from the number of levels on, the
/// one with the least divergence D(P || Q), where P is the histogram of |x| up to T, the rest added to its last bin,
/// and Q the same merged into as many levels as integers cover [0, T]; thresholds at which Q vanishes where P does not
/// are passed over, and values that very many elements have exactly do not spread over their level. kMovingAverage: the
/// averaged extremes. The result always holds 0.
Range choose_range(const Distribution& seen, RangeMethod method, const QuantizeOptions& options, const Grid& grid);

/// Scale and zero point that lay the grid over the range. Asymmetric: scale = (high - low) / (highest - lowest), zero
/// point = lowest - low / scale, rounded half to even, so that 0 is an integer. With `clip` the formula uses [2 lowest,
/// 2 highest + 1], and the zero point is then taken into the stored range. Symmetric: scale = max(|low|, |high|) /
/// highest. Power of two: 2^round(log2(scale)). A range without extent gets scale 1.
ScaleAndZero fit(const Range& range, const Grid& grid);

/// round half even(log2(abs_max / ((highest - lowest) / 2))) clamped to [-8, 8], with abs_max = max(|minimum|,
/// |maximum|), 1e-6 where that is 0 or not finite.
int observer_exponent(double minimum, double maximum, std::int32_t lowest, std::int32_t highest);

}  // namespace systoliq::sw_ref
