// SPDX-License-Identifier: Apache-2.0
// The two affine modes, in double precision.
#include "sw_ref/quantizer/calibration/affine_modes.h"

#include <algorithm>
#include <cmath>

#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLowest = -128, kHighest = 127;

}  // namespace

AffineScale affine_scale(double low, double high, AffineMode mode) {
  if (!std::isfinite(low) || !std::isfinite(high) || !(low < high)) {
    throw InputError("affine range " + number_text(low) + " to " + number_text(high) +
                     "; accepted: finite ends, the first below the second");
  }
  const std::int64_t factor = mode == AffineMode::kClip ? 2 : 1;
  const auto lowest = static_cast<double>(factor * kLowest);
  const auto highest = static_cast<double>(factor * (kHighest + 1) - 1);
  AffineScale as;
  as.scale = (high - low) / (highest - lowest);
  as.zero_point = std::llrint(lowest - low / as.scale);
  return as;
}

AffineValues quantize_affine(const std::vector<double>& values, const AffineScale& as, AffineMode mode) {
  AffineValues result;
  for (const double value : values) {
    const double exact = std::nearbyint(value / as.scale + static_cast<double>(as.zero_point));
    if (!(std::abs(exact) < 0x1p62)) throw InputError("a value is not finite or too large to be quantized");
    const auto stored = static_cast<std::int64_t>(exact);
    const std::int64_t fitting = std::clamp(stored, kLowest, kHighest);
    if (fitting != stored) ++result.changed_by_clamp;
    result.stored.push_back(mode == AffineMode::kClip ? fitting : stored);
  }
  return result;
}

std::vector<double> dequantize_affine(const std::vector<std::int64_t>& stored, const AffineScale& as) {
  std::vector<double> values;
  for (const std::int64_t q : stored) values.push_back(static_cast<double>(q - as.zero_point) * as.scale);
  return values;
}

}  // namespace systoliq::sw_ref
