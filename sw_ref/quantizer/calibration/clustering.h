// SPDX-License-Identifier: Apache-2.0
// Clustering of numbers on a line into k values with the least squared error: k-means, and the exact optimum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace systoliq::sw_ref {

struct Clustering {
  std::vector<double> centroids;  ///< ascending, distinct; at most k, fewer where there are fewer distinct values
  double squared_error = 0.0;     ///< sum over all values to their nearest centroid
};

/// Lloyd's iteration from a k-means++ seeding: the first center is a value drawn uniformly, every further one a value
/// drawn with a probability proportional to its squared distance from the nearest center so far. Ends when nothing
/// moves. A center that loses all its values vanishes. Throws InputError for no values or k < 1.
Clustering cluster_kmeans(std::vector<double> values, std::size_t k, std::uint64_t seed);

/// The least squared error that k centroids can have, by dynamic programming over the sorted distinct values (cost of a
/// run from prefix sums, divide and conquer over monotone splits: k n log n steps). Throws InputError where k * n
/// exceeds 2^27, which would take long and much memory.
Clustering cluster_optimal(std::vector<double> values, std::size_t k);

/// Index of the nearest of ascending `centroids`; the lower one of two at the same distance.
std::size_t nearest(const std::vector<double>& centroids, double value);

}  // namespace systoliq::sw_ref
