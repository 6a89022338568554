// SPDX-License-Identifier: Apache-2.0
// How many bits of two values differ, as the scopes of the co-simulation count them.
#pragma once

#include <cstdint>

namespace systoliq::rtl {

/// Of the lowest `bits` bits.
inline std::int64_t differing_bits(std::int64_t a, std::int64_t b, int bits) {
  std::uint64_t difference = static_cast<std::uint64_t>(a) ^ static_cast<std::uint64_t>(b);
  if (bits < 64) difference &= (std::uint64_t{1} << bits) - 1;
  return __builtin_popcountll(difference);
}

}  // namespace systoliq::rtl
