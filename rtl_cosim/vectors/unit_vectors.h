// SPDX-License-Identifier: Apache-2.0
// Unit scope: requantizations as they happen in the network's layers, and the corners of those layers' scales.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rtl_cosim/vectors/vectors.h"

namespace systoliq::rtl {

/// One accumulator on its way to an activation: scaled = requantize(preset, accumulator, multiplier, shift), output =
/// clamp(scaled + zero_point, clamp_min, clamp_max).
struct UnitVector {
  Preset preset = Preset::kTfliteRef;
  std::int64_t accumulator = 0;
  std::int32_t multiplier = 0, shift = 0, zero_point = 0, clamp_min = 0, clamp_max = 0;
  std::int64_t scaled = 0;
  std::int32_t output = 0;
};
/// Fills `scaled` and `output`.
UnitVector with_golden_result(UnitVector vector);

/// Consecutive vectors of one origin.
struct UnitRange {
  int layer = 0;
  bool corners = false;  ///< else sampled from the run
  std::int64_t first = 0, count = 0;
};

struct UnitVectors {
  std::vector<UnitVector> vectors;
  std::vector<UnitRange> ranges;
};

/// For every layer that requantizes: `samples` of its accumulators, every one as likely as every other, with their
/// channel's scale; then, for up to four of those scales, the ends of the accumulator's range, the values around 0, and
/// the accumulators at which the result enters and leaves the clamps and passes the zero point.
UnitVectors make_unit_vectors(const VectorSource& source, const VectorOptions& options);

/// A line a vector; the word is, from its highest bits: preset 8, accumulator 64, multiplier 32, shift 32, zero_point
/// 32, clamp_min 32, clamp_max 32, scaled 64, output 32.
std::string to_hex(const std::vector<UnitVector>& vectors);

}  // namespace systoliq::rtl
