// SPDX-License-Identifier: Apache-2.0
// The corners are products of three lists; random values choose their bit length first, so that small ones are common.
#include "rtl_cosim/unit/requantize_vectors.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace systoliq::rtl {
namespace {

constexpr int kSignificandBits = 24;
/// Prime and above any number of corners: every corner comes once, far from the one before.
constexpr std::size_t kCornerStep = 1000003;

/// `value` as a two's-complement number of `bits` bits.
std::int64_t wrap(std::int64_t value, int bits) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << (64 - bits)) >> (64 - bits);
}

template <typename T>
void keep_unique(std::vector<T>* values) {
  std::sort(values->begin(), values->end());
  values->erase(std::unique(values->begin(), values->end()), values->end());
}

}  // namespace

std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(next() % (static_cast<std::uint64_t>(high - low) + 1));
}

/// Random's states are an arithmetic sequence from its seed, hence seeds in that sequence or near each other are no
/// good; its outputs are.
std::uint64_t mix_seed(std::uint64_t seed, std::uint64_t stream) {
  return Random(Random(seed).next() ^ ~stream).next();
}

RequantizeVectors::RequantizeVectors(Preset preset, int accumulator_bits, int multiplier_bits, std::uint64_t seed)
    : preset_(preset), accumulator_bits_(accumulator_bits), multiplier_bits_(multiplier_bits), random_(seed) {
  list_corners();
}

/// A multiplier of fewer bits has only the upper ones (docs/numerics.md); a float's significand is given whole.
std::int32_t RequantizeVectors::fit(std::int32_t multiplier) const {
  if (preset_ == Preset::kOrtMlas || multiplier_bits_ == 0) return multiplier;
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(multiplier) & (~0U << (32 - multiplier_bits_)));
}

void RequantizeVectors::list_corners() {
  const std::int64_t high = (std::int64_t{1} << (accumulator_bits_ - 1)) - 1;
  accumulators_ = {-high - 1, -high, high, high - 1};
  for (std::int64_t value = -12; value <= 12; ++value) accumulators_.push_back(value);
  for (int bit = 3; bit < accumulator_bits_ - 1; bit += bit < 22 ? 4 : 1) {
    for (int offset = -1; offset <= 1; ++offset) {
      const std::int64_t value = (std::int64_t{1} << bit) + offset;
      accumulators_.push_back(value);
      accumulators_.push_back(-value);
    }
    // Odd halves of 24-bit significands: what a float rounds to even.
    if (bit > kSignificandBits) accumulators_.push_back((std::int64_t{1} << bit) + (std::int64_t{3} << (bit - 24)));
  }
  keep_unique(&accumulators_);
  if (is_shift_only(preset_)) {
    multipliers_ = {1};
    for (std::int32_t shift = -70; shift <= 70; ++shift) shifts_.push_back(shift);
    return;
  }
  if (preset_ == Preset::kOrtMlas) {
    multipliers_ = {1 << 23, (1 << 23) + 1, 0xC00000, 0xAAAAAB, 0xFFFFFE, 0xFFFFFF};
    for (std::int32_t shift = -150; shift <= 110; shift += shift < -75 || shift > 12 ? 5 : 1) shifts_.push_back(shift);
    return;
  }
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{1} << 30, (std::int64_t{1} << 30) + 1,
                                   std::int64_t{0x60000000}, std::int64_t{0x7FFFFFFF}, std::int64_t{1077952576},
                                   std::int64_t{1}, -std::int64_t{1}, -(std::int64_t{1} << 31)}) {
    multipliers_.push_back(fit(static_cast<std::int32_t>(value)));
  }
  keep_unique(&multipliers_);
  // To the left of 31 a single rounding is not defined (its scale would be above 2^31).
  for (std::int32_t shift = -60; shift <= 31; ++shift) shifts_.push_back(shift);
}

void RequantizeVectors::skip(std::int64_t corners) {
  corner_ += static_cast<std::size_t>(std::min(corners, this->corners() - static_cast<std::int64_t>(corner_)));
}

RequantizeVector RequantizeVectors::next() {
  if (corner_ < static_cast<std::size_t>(corners())) {
    const std::size_t at = corner_++ * kCornerStep % static_cast<std::size_t>(corners());
    const std::size_t scale = at / accumulators_.size();
    return {preset_, accumulators_[at % accumulators_.size()], multipliers_[scale % multipliers_.size()],
            shifts_[scale / multipliers_.size()]};
  }
  RequantizeVector vector = {preset_, random_accumulator(), random_multiplier(), random_shift()};
  if (random_.one_in(2)) make_small(&vector);
  return vector;
}

/// The shift with which the result has few bits, so that its rounding counts even behind a narrow clamp.
void RequantizeVectors::make_small(RequantizeVector* vector) {
  const auto length = [](double value) { return std::ilogb(std::max(std::abs(value), 1.0)); };
  const auto bits = static_cast<int>(random_.between(-1, 6));
  if (random_.one_in(2)) make_tie(bits + 1, vector);
  int shift = bits - length(static_cast<double>(vector->accumulator));
  if (!is_shift_only(preset_)) shift -= length(vector->multiplier) - (preset_ == Preset::kOrtMlas ? 0 : 31);
  vector->shift = std::clamp(shift, -60, 31);
}

/// A product whose leading bits end in one half, `half` bits below the first; three in four times with a single bit
/// below, which makes it more than a tie.
void RequantizeVectors::make_tie(int half, RequantizeVector* vector) {
  const auto number = [&](int top) {
    std::int64_t value = std::int64_t{1} << top | std::int64_t{1} << (top - half);
    value |= random_.between(0, (1 << half) - 1) << (top - half);
    if (!random_.one_in(4)) value |= std::int64_t{1} << random_.between(0, top - half);
    return value;
  };
  const int top = accumulator_bits_ - 2;
  if (is_shift_only(preset_)) {
    vector->accumulator = number(top);
  } else {
    vector->accumulator = std::int64_t{1} << random_.between(0, top);
    vector->multiplier =
        fit(static_cast<std::int32_t>(number(preset_ == Preset::kOrtMlas ? kSignificandBits - 1 : 30)));
  }
  if (random_.one_in(2)) vector->accumulator = -vector->accumulator;
}

std::int64_t RequantizeVectors::random_accumulator() {
  const int bits = static_cast<int>(random_.between(1, accumulator_bits_));
  std::int64_t value = wrap(static_cast<std::int64_t>(random_.next()), bits);
  // Few significant bits make ties and carries.
  if (random_.one_in(3)) value &= -(std::int64_t{1} << random_.between(0, bits - 1));
  if (random_.one_in(4)) value += random_.between(-1, 1);
  return wrap(value, accumulator_bits_);
}

std::int32_t RequantizeVectors::random_multiplier() {
  if (is_shift_only(preset_)) return 1;
  if (preset_ == Preset::kOrtMlas) {
    const std::int64_t significand = random_.between(1 << 23, (1 << 24) - 1);
    return static_cast<std::int32_t>(random_.one_in(4) ? (significand >> 20 << 20 | 1 << 23) : significand);
  }
  if (random_.one_in(8)) return fit(static_cast<std::int32_t>(random_.next()));
  const std::int64_t value = random_.between(std::int64_t{1} << 30, std::numeric_limits<std::int32_t>::max());
  return fit(static_cast<std::int32_t>(random_.one_in(4) ? value >> 27 << 27 : value));
}

/// Beyond every width; a unit keeps 8 bits and the sign of a shift.
std::int32_t RequantizeVectors::far_shift() {
  switch (random_.between(0, 3)) {
    case 0:
      return static_cast<std::int32_t>(random_.between(32, 127));
    case 1:
      return static_cast<std::int32_t>(random_.between(128, 300));
    case 2:
      return static_cast<std::int32_t>(random_.between(-300, -61));
    default:
      return static_cast<std::int32_t>(random_.next());
  }
}

std::int32_t RequantizeVectors::random_shift() {
  if (random_.one_in(8)) return far_shift();
  if (is_shift_only(preset_)) return static_cast<std::int32_t>(random_.between(-accumulator_bits_ - 2, 40));
  if (preset_ == Preset::kOrtMlas) return static_cast<std::int32_t>(random_.between(-24 - accumulator_bits_ - 2, 12));
  return static_cast<std::int32_t>(random_.between(-accumulator_bits_ - 2, random_.one_in(4) ? 31 : 2));
}

}  // namespace systoliq::rtl
