// SPDX-License-Identifier: Apache-2.0
// Clusters on a line: the exact optimum against trying everything, k-means against the optimum, seeds, refusals.
#include "sw_ref/quantizer/calibration/clustering.h"

#include <algorithm>
#include <limits>
#include <set>

#include "quantize_helpers.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::uint32_t kSeed = 31;

std::vector<double> random_values(std::size_t count, std::uint32_t seed) {
  const FloatTensor tensor = random_tensor({static_cast<std::int64_t>(count)}, seed);
  return {tensor.data.begin(), tensor.data.end()};
}

double error_of_run(const std::vector<double>& sorted, std::size_t first, std::size_t end) {
  double sum = 0.0;
  for (std::size_t i = first; i < end; ++i) sum += sorted[i];
  const double mean = sum / static_cast<double>(end - first);
  double error = 0.0;
  for (std::size_t i = first; i < end; ++i) error += (sorted[i] - mean) * (sorted[i] - mean);
  return error;
}

/// The least error of [first, size) in k runs, by trying every split.
double least_error(const std::vector<double>& sorted, std::size_t first, std::size_t k) {
  if (k == 1) return error_of_run(sorted, first, sorted.size());
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t end = first + 1; end + k - 1 <= sorted.size(); ++end) {
    least = std::min(least, error_of_run(sorted, first, end) + least_error(sorted, end, k - 1));
  }
  return least;
}

TEST(Clustering, OptimumEqualsTryingEverything) {
  for (std::uint32_t seed = kSeed; seed < kSeed + 20; ++seed) {
    std::vector<double> values = random_values(13, seed);
    if (seed % 3 == 0) values[4] = values[5] = values[6];
    const std::size_t k = 2 + seed % 4;
    const Clustering found = cluster_optimal(values, k);
    std::sort(values.begin(), values.end());
    EXPECT_NEAR(found.squared_error, least_error(values, 0, k), 1e-12) << "seed " << seed << ", k " << k;
    EXPECT_EQ(found.centroids.size(), k);
  }
}

TEST(Clustering, OptimumByHand) {
  const Clustering found = cluster_optimal({0.0, 1.0, 10.0, 11.0, 12.0, 100.0}, 3);
  ASSERT_EQ(found.centroids.size(), 3U);
  EXPECT_NEAR(found.centroids[0], 0.5, 1e-12);
  EXPECT_NEAR(found.centroids[1], 11.0, 1e-12);
  EXPECT_NEAR(found.centroids[2], 100.0, 1e-12);
  EXPECT_NEAR(found.squared_error, 0.5 + 2.0, 1e-12);
}

TEST(Clustering, KmeansIsALocalOptimumNeverBetterThanTheBest) {
  const std::vector<double> values = random_values(500, kSeed);
  for (const std::size_t k : {4U, 16U, 64U}) {
    const double best = cluster_optimal(values, k).squared_error;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Clustering found = cluster_kmeans(values, k, seed);
      EXPECT_GE(found.squared_error, best * (1.0 - 1e-9));
      EXPECT_LE(found.squared_error, best * 2.0) << "k " << k << ", seed " << seed;
      std::vector<double> sums(found.centroids.size(), 0.0);
      std::vector<double> counts(found.centroids.size(), 0.0);
      for (const double value : values) {
        const std::size_t i = nearest(found.centroids, value);
        sums[i] += value;
        counts[i] += 1.0;
      }
      for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_NEAR(found.centroids[i], sums[i] / counts[i], 1e-12);
    }
  }
}

TEST(Clustering, SeedDecides) {
  const std::vector<double> values = random_values(500, kSeed);
  EXPECT_EQ(cluster_kmeans(values, 16, 7).centroids, cluster_kmeans(values, 16, 7).centroids);
  std::set<double> errors;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) errors.insert(cluster_kmeans(values, 16, seed).squared_error);
  EXPECT_GT(errors.size(), 1U);
}

TEST(Clustering, FewDistinctValuesAreKeptExactly) {
  const std::vector<double> values = {0.5, -1.0, 0.5, 3.0, -1.0};
  for (const bool optimal : {false, true}) {
    const Clustering found = optimal ? cluster_optimal(values, 4) : cluster_kmeans(values, 4, 1);
    EXPECT_EQ(found.centroids, (std::vector<double>{-1.0, 0.5, 3.0}));
    EXPECT_EQ(found.squared_error, 0.0);
  }
}

TEST(Clustering, NearestTakesTheLowerOfTwo) {
  const std::vector<double> centroids = {-1.0, 1.0, 4.0};
  EXPECT_EQ(nearest(centroids, -9.0), 0U);
  EXPECT_EQ(nearest(centroids, 0.0), 0U);
  EXPECT_EQ(nearest(centroids, 2.6), 2U);
  EXPECT_EQ(nearest(centroids, 9.0), 2U);
}

TEST(Clustering, RefusesWhatItCannotDo) {
  expect_refused([] { cluster_kmeans({}, 4, 1); }, {"no values"});
  expect_refused([] { cluster_optimal({1.0}, 0); }, {"0 clusters"});
  expect_refused([] { cluster_kmeans({1.0, NAN}, 2, 1); }, {"not finite"});
  std::vector<double> many(600000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  expect_refused([&] { cluster_optimal(many, 256); }, {"256 entries", "600000", "k-means"});
}

}  // namespace
}  // namespace systoliq::sw_ref
