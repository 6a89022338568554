// SPDX-License-Identifier: Apache-2.0
// The reference's overflow of an accumulator, with a remainder instead of the machine's masks.
#pragma once

#include <algorithm>
#include <cstdint>

#include "types/accumulation.h"

namespace systoliq::sw_ref {

/// Two's complement of `accumulator_bits` bits: clamped or taken modulo 2^bits; then *overflows grows by one.
inline std::int64_t limit_to_width(std::int64_t value, const AccumulationOrder& order, std::int64_t* overflows) {
  const std::int64_t half = std::int64_t{1} << (order.accumulator_bits - 1);
  if (-half <= value && value < half) return value;
  ++*overflows;
  if (order.overflow == Overflow::kSaturate) return std::clamp(value, -half, half - 1);
  const std::int64_t modulus = 2 * half;
  const std::int64_t residue = ((value + half) % modulus + modulus) % modulus;
  return residue - half;
}

}  // namespace systoliq::sw_ref
