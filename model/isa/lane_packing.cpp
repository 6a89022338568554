// SPDX-License-Identifier: Apache-2.0
// Packing of narrow lanes.
#include "model/isa/lane_packing.h"

#include <cstring>

namespace systoliq::model {

void unpack_bits(const std::uint8_t* bytes, std::int64_t first, int bits, int lanes, std::int16_t* values) {
  if (bits == 8 && first % 8 == 0) {
    bytes += first / 8;
    for (int i = 0; i < lanes; ++i) values[i] = static_cast<std::int8_t>(bytes[i]);
    return;
  }
  for (int i = 0; i < lanes; ++i, first += bits) {
    std::uint32_t raw = 0;
    for (std::int64_t byte = first / 8; byte <= (first + bits - 1) / 8; ++byte)
      raw |= std::uint32_t{bytes[byte]} << (8 * (byte - first / 8));
    const std::uint32_t field = raw >> (first % 8) << (32 - bits);
    values[i] = static_cast<std::int16_t>(static_cast<std::int32_t>(field) >> (32 - bits));
  }
}

void unpack_lanes(const std::uint8_t* bytes, int bits, int lanes, std::int16_t* values) {
  unpack_bits(bytes, 0, bits, lanes, values);
}

void pack_bits(const std::int16_t* values, int bits, int lanes, std::uint8_t* bytes, std::int64_t first) {
  if (bits == 8 && first % 8 == 0) {
    bytes += first / 8;
    for (int i = 0; i < lanes; ++i) bytes[i] = static_cast<std::uint8_t>(values[i]);
    return;
  }
  const std::uint32_t mask = (std::uint32_t{1} << bits) - 1;
  for (int i = 0; i < lanes; ++i, first += bits) {
    const std::uint32_t field = (static_cast<std::uint32_t>(values[i]) & mask) << (first % 8);
    for (std::int64_t byte = first / 8; byte <= (first + bits - 1) / 8; ++byte)
      bytes[byte] = static_cast<std::uint8_t>(bytes[byte] | field >> (8 * (byte - first / 8)));
  }
}

void pack_lanes(const std::int16_t* values, int bits, int lanes, std::uint8_t* bytes) {
  std::memset(bytes, 0, static_cast<std::size_t>((lanes * bits + 7) / 8));
  pack_bits(values, bits, lanes, bytes, 0);
}

}  // namespace systoliq::model
