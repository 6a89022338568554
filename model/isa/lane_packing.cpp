// SPDX-License-Identifier: Apache-2.0
// Packing of narrow lanes.
#include "model/isa/lane_packing.h"

#include <cstring>

namespace systoliq::model {

void unpack_lanes(const std::uint8_t* bytes, int bits, int lanes, std::int16_t* values) {
  if (bits == 8) {
    for (int i = 0; i < lanes; ++i) values[i] = static_cast<std::int8_t>(bytes[i]);
    return;
  }
  for (int i = 0; i < lanes; ++i) {
    const int first = i * bits;
    std::uint32_t raw = 0;
    for (int byte = first / 8; byte <= (first + bits - 1) / 8; ++byte)
      raw |= std::uint32_t{bytes[byte]} << (8 * (byte - first / 8));
    const std::uint32_t field = raw >> (first % 8) << (32 - bits);
    values[i] = static_cast<std::int16_t>(static_cast<std::int32_t>(field) >> (32 - bits));
  }
}

void pack_lanes(const std::int16_t* values, int bits, int lanes, std::uint8_t* bytes) {
  if (bits == 8) {
    for (int i = 0; i < lanes; ++i) bytes[i] = static_cast<std::uint8_t>(values[i]);
    return;
  }
  std::memset(bytes, 0, static_cast<std::size_t>((lanes * bits + 7) / 8));
  for (int i = 0; i < lanes * bits; ++i) {
    const bool set = (static_cast<std::uint32_t>(values[i / bits]) >> (i % bits) & 1U) != 0;
    if (set) bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | 1U << (i % 8));
  }
}

}  // namespace systoliq::model
