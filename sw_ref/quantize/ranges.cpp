// SPDX-License-Identifier: Apache-2.0
// The range methods (docs/numerics.md, folding and ranges).
#include "sw_ref/quantize/ranges.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace systoliq::sw_ref {
namespace {

constexpr int kShrinkSteps = 64;
/// Products of two scales stay normal floats, so that every requantisation factor is one.
constexpr double kSmallestScale = 0x1p-60;

/// The point below which `share` of the total count lies.
double quantile(const Distribution& seen, double share) {
  const double total = std::accumulate(seen.counts.begin(), seen.counts.end(), 0.0);
  double below = 0.0;
  for (std::size_t i = 0; i < seen.points.size(); ++i) {
    below += seen.counts[i];
    if (below >= share * total) return seen.points[i];
  }
  return seen.maximum;
}

Range with_zero(double low, double high) { return {std::min(low, 0.0), std::max(high, 0.0)}; }

double squared_error(const Distribution& seen, const ScaleAndZero& fitted, const Grid& grid) {
  double error = 0.0;
  const double scale = double{fitted.scale};
  const double lowest = grid.lowest - fitted.zero_point;
  const double highest = grid.highest - fitted.zero_point;
  for (std::size_t i = 0; i < seen.points.size(); ++i) {
    const double stored = std::clamp(std::nearbyint(seen.points[i] / scale), lowest, highest);
    const double difference = stored * scale - seen.points[i];
    error += seen.counts[i] * difference * difference;
  }
  return error;
}

Range least_squared_error(const Distribution& seen, const Grid& grid) {
  const Range whole = with_zero(seen.minimum, seen.maximum);
  Range best = whole;
  double least = squared_error(seen, fit(whole, grid), grid);
  for (int step = kShrinkSteps - 1; step > 0; --step) {
    const double share = static_cast<double>(step) / kShrinkSteps;
    const Range range{whole.low * share, whole.high * share};
    const double error = squared_error(seen, fit(range, grid), grid);
    if (error < least) {
      least = error;
      best = range;
    }
  }
  return best;
}

}  // namespace

Distribution distribution_of(const double* values, std::size_t count, bool ascending) {
  Distribution seen;
  if (count == 0) return seen;
  seen.points.assign(values, values + count);
  if (ascending) std::sort(seen.points.begin(), seen.points.end());
  seen.counts.assign(count, 1.0);
  const auto [minimum, maximum] = std::minmax_element(seen.points.begin(), seen.points.end());
  seen.minimum = *minimum;
  seen.maximum = *maximum;
  seen.mean = std::accumulate(seen.points.begin(), seen.points.end(), 0.0) / static_cast<double>(count);
  double squares = 0.0;
  for (const double value : seen.points) squares += (value - seen.mean) * (value - seen.mean);
  seen.deviation = std::sqrt(squares / static_cast<double>(count));
  return seen;
}

Range choose_range(const Distribution& seen, RangeMethod method, const QuantizeOptions& options, const Grid& grid) {
  switch (method) {
    case RangeMethod::kMinMax:
      return with_zero(seen.minimum, seen.maximum);
    case RangeMethod::kSigma:
      return with_zero(std::max(seen.minimum, seen.mean - options.sigmas * seen.deviation),
                       std::min(seen.maximum, seen.mean + options.sigmas * seen.deviation));
    case RangeMethod::kPercentile: {
      const double cut = (1.0 - options.percentile / 100.0) / 2.0;
      return with_zero(quantile(seen, cut), quantile(seen, 1.0 - cut));
    }
    case RangeMethod::kMse:
      return least_squared_error(seen, grid);
  }
  throw InternalError("unknown range method");
}

ScaleAndZero fit(const Range& range, const Grid& grid) {
  const std::int32_t lowest = grid.clip ? 2 * grid.lowest : grid.lowest;
  const std::int32_t highest = grid.clip ? 2 * grid.highest + 1 : grid.highest;
  const double extent =
      grid.symmetric ? std::max(-range.low, range.high) / grid.highest : (range.high - range.low) / (highest - lowest);
  double scale = extent > 0.0 ? std::max(extent, kSmallestScale) : 1.0;
  if (grid.power_of_two) scale = std::exp2(std::round(std::log2(scale)));
  ScaleAndZero fitted;
  fitted.scale = static_cast<float>(scale);
  if (!grid.symmetric) {
    const double zero = std::nearbyint(lowest - range.low / double{fitted.scale});
    fitted.wanted_zero_point = static_cast<std::int32_t>(std::clamp(zero, double{1.0} * lowest, double{1.0} * highest));
    fitted.zero_point = std::clamp(fitted.wanted_zero_point, grid.lowest, grid.highest);
  }
  return fitted;
}

}  // namespace systoliq::sw_ref
