// SPDX-License-Identifier: Apache-2.0
// The range methods (docs/numerics.md, folding and ranges).
#include "sw_ref/quantizer/calibration/ranges.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace systoliq::sw_ref {
namespace {

constexpr int kShrinkSteps = 64;
constexpr std::size_t kThresholds = 2048;
constexpr double kAtomShare = 256.0;
constexpr std::size_t kSurroundings = 8;
constexpr int kGreatestExponent = 8;  // of the power-of-two observer
/// Products of two scales stay normal floats, so that every requantization factor is one.
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

/// Histogram of |x| in kThresholds equal bins up to the greatest magnitude. `atoms` are values that very many elements
/// have exactly, such as a ReLU's 0 or what a constant background becomes: what a bin with more than 1 / kAtomShare of
/// all elements holds beyond the median of the bins around it. Counted among the others it would be spread
/// over its level's bins, which costs the more the wider the levels are, and so drive the threshold down, though a grid
/// holds a single value as well as another.
struct Magnitudes {
  std::vector<double> bins = std::vector<double>(kThresholds, 0.0);
  std::vector<double> atoms = std::vector<double>(kThresholds, 0.0);
  double total = 0.0;
};

/// Of the bins up to kSurroundings places away, itself included; the upper one of two.
double median_around(const std::vector<double>& bins, std::size_t i) {
  const std::size_t first = i - std::min(i, kSurroundings);
  const std::size_t end = std::min(i + kSurroundings + 1, bins.size());
  std::vector<double> around(bins.begin() + static_cast<std::ptrdiff_t>(first),
                             bins.begin() + static_cast<std::ptrdiff_t>(end));
  const auto middle = around.begin() + static_cast<std::ptrdiff_t>(around.size() / 2);
  std::nth_element(around.begin(), middle, around.end());
  return *middle;
}

Magnitudes magnitudes(const Distribution& seen, double greatest) {
  Magnitudes result;
  std::vector<double> counted(kThresholds, 0.0);
  for (std::size_t i = 0; i < seen.points.size(); ++i) {
    const auto bin = static_cast<std::size_t>(std::abs(seen.points[i]) / greatest * kThresholds);
    counted[std::min(bin, kThresholds - 1)] += seen.counts[i];
    result.total += seen.counts[i];
  }
  for (std::size_t i = 0; i < kThresholds; ++i) {
    const bool atom = counted[i] * kAtomShare > result.total;
    result.bins[i] = atom ? std::min(counted[i], median_around(counted, i)) : counted[i];
    result.atoms[i] = counted[i] - result.bins[i];
  }
  return result;
}

/// D(P || Q) of the first `size` bins, which hold `inside` elements, `atoms` of them in atoms.
double divergence(const Magnitudes& all, std::size_t size, std::size_t levels, double inside, double atoms) {
  const double tail = all.total - inside;
  double sum = atoms / all.total * std::log(inside / all.total);
  for (std::size_t level = 0; level < levels; ++level) {
    const std::size_t first = level * size / levels;
    const std::size_t end = (level + 1) * size / levels;
    double mass = 0.0;
    double filled = 0.0;
    for (std::size_t i = first; i < end; ++i) {
      mass += all.bins[i];
      filled += all.bins[i] > 0.0 ? 1.0 : 0.0;
    }
    for (std::size_t i = first; i < end; ++i) {
      const double p = (all.bins[i] + (i + 1 == size ? tail : 0.0)) / all.total;
      if (p == 0.0) continue;
      if (all.bins[i] == 0.0) return std::numeric_limits<double>::infinity();
      sum += p * std::log(p / (mass / filled / inside));
    }
  }
  return sum;
}

Range least_divergence(const Distribution& seen, const Grid& grid) {
  const Range whole = with_zero(seen.minimum, seen.maximum);
  const double greatest = std::max(-whole.low, whole.high);
  if (greatest == 0.0) return whole;
  const Magnitudes all = magnitudes(seen, greatest);
  const bool one_sided = !grid.symmetric && (whole.low == 0.0 || whole.high == 0.0);
  const auto range = static_cast<std::size_t>(grid.highest - grid.lowest + 1);
  const std::size_t levels = std::max<std::size_t>(one_sided ? range : range / 2, 1);
  std::size_t best = kThresholds;
  double least = std::numeric_limits<double>::infinity();
  double inside = 0.0;
  double atoms = 0.0;
  for (std::size_t size = 1; size <= kThresholds; ++size) {
    inside += all.bins[size - 1] + all.atoms[size - 1];
    atoms += all.atoms[size - 1];
    if (size < levels || inside == 0.0) continue;
    const double found = divergence(all, size, levels, inside, atoms);
    if (found < least) {
      least = found;
      best = size;
    }
  }
  const double threshold = greatest * static_cast<double>(best) / kThresholds;
  return {std::max(whole.low, -threshold), std::min(whole.high, threshold)};
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

RangeMethod method_on(const Grid& grid, RangeMethod method) {
  constexpr std::int32_t kHighestOfEightBits = 127;
  if (method != RangeMethod::kAuto) return method;
  return grid.observer || grid.highest >= kHighestOfEightBits ? RangeMethod::kMinMax : RangeMethod::kMse;
}

bool needs_histogram(const Grid& grid, RangeMethod method) {
  const RangeMethod used = method_on(grid, method);
  return used == RangeMethod::kPercentile || used == RangeMethod::kMse || used == RangeMethod::kKl;
}

Range choose_range(const Distribution& seen, RangeMethod method, const QuantizeOptions& options, const Grid& grid) {
  switch (method_on(grid, method)) {
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
    case RangeMethod::kKl:
      return least_divergence(seen, grid);
    case RangeMethod::kMovingAverage:
      return with_zero(seen.averaged_minimum, seen.averaged_maximum);
    case RangeMethod::kAuto:
    case RangeMethod::kGiven:
      break;  // not chosen by what is seen
  }
  throw InternalError("unknown range method");
}

ScaleAndZero fit(const Range& range, const Grid& grid) {
  const std::int32_t lowest = grid.clip ? 2 * grid.lowest : grid.lowest;
  const std::int32_t highest = grid.clip ? 2 * grid.highest + 1 : grid.highest;
  if (grid.observer) {
    ScaleAndZero observed;
    observed.scale = std::ldexp(1.0F, observer_exponent(range.low, range.high, grid.lowest, grid.highest));
    return observed;
  }
  const double steps = grid.span ? (highest - lowest) / 2.0 : grid.highest;
  const double extent =
      grid.symmetric ? std::max(-range.low, range.high) / steps : (range.high - range.low) / (highest - lowest);
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

int observer_exponent(double minimum, double maximum, std::int32_t lowest, std::int32_t highest) {
  double abs_max = std::max(std::abs(minimum), std::abs(maximum));
  if (!(abs_max > 0.0) || !std::isfinite(minimum) || !std::isfinite(maximum)) abs_max = 1e-6;
  const double scale = abs_max / ((highest - lowest) / 2.0);
  const double exponent = scale > 0.0 ? std::nearbyint(std::log2(scale)) : -1.0 * kGreatestExponent;
  return static_cast<int>(std::clamp(exponent, -1.0 * kGreatestExponent, 1.0 * kGreatestExponent));
}

}  // namespace systoliq::sw_ref
