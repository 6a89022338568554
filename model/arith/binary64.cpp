// SPDX-License-Identifier: Apache-2.0
// Sign and magnitude: an exact product of 116 bits, two roundings, a shift.
#include "model/arith/binary64.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "types/error.h"
#include "types/util/number_text.h"

namespace systoliq::model {
namespace {

__extension__ using Bits = unsigned __int128;

constexpr int kSignificandBits = 53;
constexpr std::int64_t kLimit = std::int64_t{1} << 62;

int length_of(Bits value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  const auto low = static_cast<std::uint64_t>(value);
  if (high != 0) return 128 - __builtin_clzll(high);
  return low == 0 ? 0 : 64 - __builtin_clzll(low);
}

/// value / 2^shift; of ties the even one, or the larger one. shift below 128.
Bits dropped(Bits value, int shift, bool ties_to_even) {
  if (shift == 0) return value;
  const Bits kept = value >> shift;
  const Bits rest = value & ((Bits{1} << shift) - 1);
  const Bits half = Bits{1} << (shift - 1);
  const bool up = rest > half || (rest == half && (!ties_to_even || (kept & 1) != 0));
  return kept + (up ? 1 : 0);
}

}  // namespace

std::int64_t scale_binary64(std::int64_t value, std::int32_t low, std::int32_t high) {
  const std::uint64_t upper = static_cast<std::uint32_t>(high);
  const std::uint64_t fraction = (upper & 0xFFFFF) << 32 | static_cast<std::uint32_t>(low);
  const std::uint64_t significand = std::uint64_t{1} << (kSignificandBits - 1) | fraction;
  const int exponent = static_cast<int>(upper >> 20 & 0x7FF) - 1075;
  const std::uint64_t magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  if (magnitude == 0) return 0;
  const Bits product = static_cast<Bits>(magnitude) * significand;
  const int beyond = std::max(length_of(product) - kSignificandBits, 0);
  const Bits rounded = dropped(product, beyond, true);
  const int shift = exponent + beyond;
  if (shift < -100) return 0;                           // far below 1/2
  if (shift > 10) return value < 0 ? -kLimit : kLimit;  // 53 bits and 10 more
  const Bits result = shift < 0 ? dropped(rounded, -shift, false) : rounded << shift;
  const std::int64_t limited = result > static_cast<Bits>(kLimit) ? kLimit : static_cast<std::int64_t>(result);
  return value < 0 ? -limited : limited;
}

Multiplier binary64_multiplier(float scale_x, float scale_w, float scale_y) {
  const double factor = double{scale_x} * double{scale_w} / double{scale_y};
  if (!std::isnormal(factor) || factor < 0.0 || factor >= 128.0) {
    throw InputError("requantization factor " + number_text(factor) + "; accepted: normal, below 128");
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, &factor, sizeof bits);
  return {static_cast<std::int32_t>(static_cast<std::uint32_t>(bits)), static_cast<std::int32_t>(bits >> 32)};
}

}  // namespace systoliq::model
