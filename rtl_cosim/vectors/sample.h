// SPDX-License-Identifier: Apache-2.0
// Seeded choice, the same on every machine and library.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace systoliq::rtl {

/// SplitMix64.
class SampleRandom final {
 public:
  explicit SampleRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }

 private:
  std::uint64_t state_;
};

/// At most `capacity` of the items offered, every one as likely as every other (Vitter's algorithm R).
template <typename T>
class Reservoir final {
 public:
  Reservoir(std::int64_t capacity, std::uint64_t seed)
      : capacity_(static_cast<std::uint64_t>(capacity)), random_(seed) {}
  void offer(const T& item) {
    ++offered_;
    if (items_.size() < capacity_) {
      items_.push_back(item);
      return;
    }
    const std::uint64_t place = random_.below(offered_);
    if (place < capacity_) items_[static_cast<std::size_t>(place)] = item;
  }
  const std::vector<T>& items() const { return items_; }

 private:
  std::uint64_t capacity_, offered_ = 0;
  SampleRandom random_;
  std::vector<T> items_;
};

}  // namespace systoliq::rtl
