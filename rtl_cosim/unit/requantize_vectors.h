// SPDX-License-Identifier: Apache-2.0
// Stimuli of a requantization unit: corner cases first, then random ones bent towards ties, carries and saturation.
#pragma once

#include <cstdint>
#include <vector>

#include "types/preset.h"

namespace systoliq::rtl {

/// One requantization as the unit takes it; multiplier and shift as in model/isa/param_word.h.
struct RequantizeVector {
  Preset preset = Preset::kTfliteRef;
  std::int64_t accumulator = 0;
  std::int32_t multiplier = 0, shift = 0;
};

/// Small and fast: the generator decides how many vectors a second are possible.
class Random final {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// In [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high);
  bool one_in(unsigned n) { return next() % n == 0; }

 private:
  std::uint64_t state_;
};

/// Seed of one of many streams of random numbers of the same run: neighboring streams share none of them.
std::uint64_t mix_seed(std::uint64_t seed, std::uint64_t stream);

class RequantizeVectors final {
 public:
  /// accumulator_bits 12 to 48; multiplier_bits 8 to 32, or 0 with the pot presets (25 or more with ort_mlas).
  RequantizeVectors(Preset preset, int accumulator_bits, int multiplier_bits, std::uint64_t seed);
  RequantizeVector next();
  /// Leaves out the next `corners` corners.
  void skip(std::int64_t corners);
  /// Vectors before the random ones begin.
  std::int64_t corners() const {
    return static_cast<std::int64_t>(accumulators_.size() * multipliers_.size() * shifts_.size());
  }

 private:
  void list_corners();
  std::int64_t random_accumulator();
  std::int32_t random_multiplier();
  std::int32_t random_shift();
  std::int32_t far_shift();
  void make_small(RequantizeVector* vector);
  void make_tie(int half, RequantizeVector* vector);
  std::int32_t fit(std::int32_t multiplier) const;

  Preset preset_;
  int accumulator_bits_, multiplier_bits_;
  Random random_;
  std::vector<std::int64_t> accumulators_;
  std::vector<std::int32_t> multipliers_, shifts_;
  std::size_t corner_ = 0;
};

}  // namespace systoliq::rtl
