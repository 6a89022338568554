// SPDX-License-Identifier: Apache-2.0
// On a line a cluster is a run of the sorted values, so that prefix sums give its mean and its error at once.
#include "sw_ref/quantizer/calibration/clustering.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>

#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::size_t kLargestTable = std::size_t{1} << 27;
constexpr int kMostIterations = 1000;

/// Distinct values in ascending order, how often each occurs, and sums over all before each.
class SortedValues final {
 public:
  explicit SortedValues(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    mean_ = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    for (std::size_t i = 0; i < values.size();) {
      std::size_t end = i;
      while (end < values.size() && values[end] == values[i]) ++end;
      const double centered = values[i] - mean_;  // keeps the differences of sums of squares exact enough
      const auto times = static_cast<double>(end - i);
      points_.push_back(values[i]);
      weights_.push_back(weights_.back() + times);
      sums_.push_back(sums_.back() + times * centered);
      squares_.push_back(squares_.back() + times * centered * centered);
      i = end;
    }
  }

  std::size_t size() const { return points_.size(); }
  const std::vector<double>& points() const { return points_; }
  double count(std::size_t i) const { return weights_[i + 1] - weights_[i]; }
  double mean(std::size_t first, std::size_t end) const {
    if (end - first == 1) return points_[first];
    return mean_ + (sums_[end] - sums_[first]) / (weights_[end] - weights_[first]);
  }
  /// Squared error of [first, end) about its mean.
  double cost(std::size_t first, std::size_t end) const {
    if (end - first <= 1) return 0.0;
    const double sum = sums_[end] - sums_[first];
    return std::max(squares_[end] - squares_[first] - sum * sum / (weights_[end] - weights_[first]), 0.0);
  }
  Clustering finish(std::vector<double> centroids) const {
    Clustering result;
    result.centroids = std::move(centroids);
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const double distance = points_[i] - result.centroids[nearest(result.centroids, points_[i])];
      result.squared_error += count(i) * distance * distance;
    }
    return result;
  }

 private:
  double mean_ = 0.0;
  std::vector<double> points_;
  std::vector<double> weights_{0.0}, sums_{0.0}, squares_{0.0};
};

void check_request(const std::vector<double>& values, std::size_t k) {
  if (values.empty()) throw InputError("clustering: no values; at least one is needed");
  if (k < 1) throw InputError("clustering: 0 clusters; accepted: at least one");
  for (const double value : values) {
    if (!std::isfinite(value)) throw InputError("clustering: a value is not finite");
  }
}

std::vector<double> seed_plus_plus(const SortedValues& sorted, std::size_t k, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  const auto draw = [&generator](const std::vector<double>& shares) {
    const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
    // 53 random bits, the same on every platform, which std::uniform_real_distribution is not.
    double left = static_cast<double>(generator() >> 11) * 0x1p-53 * total;
    std::size_t last = 0;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (shares[i] == 0.0) continue;
      last = i;
      left -= shares[i];
      if (left < 0.0) break;
    }
    return last;
  };
  std::vector<double> shares(sorted.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) shares[i] = sorted.count(i);
  std::vector<double> centers = {sorted.points()[draw(shares)]};
  std::vector<double> distances(sorted.size(), std::numeric_limits<double>::infinity());
  while (centers.size() < k) {
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const double distance = sorted.points()[i] - centers.back();
      distances[i] = std::min(distances[i], distance * distance);
      shares[i] = sorted.count(i) * distances[i];
    }
    centers.push_back(sorted.points()[draw(shares)]);
  }
  std::sort(centers.begin(), centers.end());
  return centers;
}

/// Ends of the runs that are nearest to each of ascending `centers`.
std::vector<std::size_t> runs_of(const SortedValues& sorted, const std::vector<double>& centers) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i + 1 < centers.size(); ++i) {
    const double middle = (centers[i] + centers[i + 1]) / 2.0;
    const auto end = std::upper_bound(sorted.points().begin(), sorted.points().end(), middle);
    ends.push_back(static_cast<std::size_t>(end - sorted.points().begin()));
  }
  ends.push_back(sorted.size());
  return ends;
}

/// Fills one row of the table between `low` and `high`: best[end] for `end` values, whose last run begins at a split
/// between `first` and `last`.
struct Row {
  const SortedValues& sorted;
  const std::vector<double>& previous;
  std::vector<double>* best;
  std::uint32_t* split;

  void fill(std::size_t low, std::size_t high, std::size_t first, std::size_t last) const {
    if (low > high) return;
    const std::size_t middle = (low + high) / 2;
    double least = std::numeric_limits<double>::infinity();
    std::size_t where = first;
    for (std::size_t at = first; at <= std::min(last, middle - 1); ++at) {
      const double error = previous[at] + sorted.cost(at, middle);
      if (error < least) {
        least = error;
        where = at;
      }
    }
    (*best)[middle] = least;
    split[middle] = static_cast<std::uint32_t>(where);
    if (middle > low) fill(low, middle - 1, first, where);
    fill(middle + 1, high, where, last);
  }
};

}  // namespace

std::size_t nearest(const std::vector<double>& centroids, double value) {
  const auto above = std::lower_bound(centroids.begin(), centroids.end(), value);
  if (above == centroids.begin()) return 0;
  const auto index = static_cast<std::size_t>(above - centroids.begin());
  if (above == centroids.end()) return index - 1;
  return value - centroids[index - 1] <= *above - value ? index - 1 : index;
}

Clustering cluster_kmeans(std::vector<double> values, std::size_t k, std::uint64_t seed) {
  check_request(values, k);
  const SortedValues sorted(std::move(values));
  if (sorted.size() <= k) return sorted.finish(sorted.points());
  std::vector<double> centers = seed_plus_plus(sorted, k, seed);
  std::vector<std::size_t> ends;
  for (int iteration = 0; iteration < kMostIterations; ++iteration) {
    const std::vector<std::size_t> next = runs_of(sorted, centers);
    if (next == ends) break;
    ends = next;
    centers.clear();
    std::size_t first = 0;
    for (const std::size_t end : ends) {
      if (end > first) centers.push_back(sorted.mean(first, end));
      first = std::max(first, end);
    }
  }
  return sorted.finish(std::move(centers));
}

Clustering cluster_optimal(std::vector<double> values, std::size_t k) {
  check_request(values, k);
  const SortedValues sorted(std::move(values));
  const std::size_t n = sorted.size();
  if (n <= k) return sorted.finish(sorted.points());
  if (n > kLargestTable / k) {
    throw InputError("the optimal codebook of " + std::to_string(k) + " entries for " + std::to_string(n) +
                     " distinct values needs a table of more than 2^27 steps; accepted: k-means, or a codebook per "
                     "channel");
  }
  std::vector<std::uint32_t> splits(k * (n + 1), 0);
  std::vector<double> previous(n + 1, 0.0);
  for (std::size_t end = 1; end <= n; ++end) previous[end] = sorted.cost(0, end);
  for (std::size_t clusters = 2; clusters <= k; ++clusters) {
    std::vector<double> best(n + 1, 0.0);
    const Row row{sorted, previous, &best, splits.data() + (clusters - 1) * (n + 1)};
    row.fill(clusters, n, clusters - 1, n - 1);
    previous = std::move(best);
  }
  std::vector<double> centroids(k);
  std::size_t end = n;
  for (std::size_t clusters = k; clusters > 0; --clusters) {
    const std::size_t first = clusters == 1 ? 0 : splits[(clusters - 1) * (n + 1) + end];
    centroids[clusters - 1] = sorted.mean(first, end);
    end = first;
  }
  return sorted.finish(std::move(centroids));
}

}  // namespace systoliq::sw_ref
