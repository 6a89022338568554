// SPDX-License-Identifier: Apache-2.0
// Random numbers from a seed.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace systoliq::stimuli {

class RandomDraw final {
 public:
  explicit RandomDraw(std::uint64_t seed) : random_(seed) {}

  /// From low to high, both included.
  int uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  /// True so many times in a hundred.
  bool chance(int percent) { return uniform(0, 99) < percent; }
  int pick(const std::vector<int>& values) {
    return values[static_cast<std::size_t>(uniform(0, static_cast<int>(values.size()) - 1))];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace systoliq::stimuli
