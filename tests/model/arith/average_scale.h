// SPDX-License-Identifier: Apache-2.0
// An average computed as a POST command computes it, its rational scale taken from the two float scales.
#pragma once

#include <cmath>

#include "model/arith/requantize.h"

namespace systoliq::model {

/// Scale Sx / Sy = multiplier * 2^shift / divisor, exactly, with the 24-bit significands; see average_pool in
/// model/isa/command.h.
inline std::int64_t average_from_scales(Preset preset, std::int64_t sum, std::int64_t count, float scale_x,
                                        std::int32_t zero_x, float scale_y, std::int32_t zero_y) {
  if (averages_raw_sums(preset) && scale_x == scale_y && zero_x == zero_y)
    return exact_average(preset, sum, 1, 0, count);
  int exponent_x = 0;
  int exponent_y = 0;
  const auto multiplier = static_cast<std::int32_t>(std::ldexp(std::frexp(scale_x, &exponent_x), 24));
  const auto divisor = static_cast<std::int32_t>(std::ldexp(std::frexp(scale_y, &exponent_y), 24));
  return exact_average(preset, sum - count * zero_x, multiplier, exponent_x - exponent_y, count * divisor) + zero_y;
}

}  // namespace systoliq::model
