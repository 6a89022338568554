// SPDX-License-Identifier: Apache-2.0
// How words lie in external memory: lanes of a given width side by side, the first in the least significant bits.
#pragma once

#include <cstdint>

namespace systoliq::model {

/// Reads `lanes` signed values of `bits` bits from (lanes * bits + 7) / 8 bytes, and writes them.
void unpack_lanes(const std::uint8_t* bytes, int bits, int lanes, std::int16_t* values);
void pack_lanes(const std::int16_t* values, int bits, int lanes, std::uint8_t* bytes);

/// The same from bit `first` of the bytes on; pack_bits() needs bytes whose bits are 0 there.
void unpack_bits(const std::uint8_t* bytes, std::int64_t first, int bits, int lanes, std::int16_t* values);
void pack_bits(const std::int16_t* values, int bits, int lanes, std::uint8_t* bytes, std::int64_t first);

}  // namespace systoliq::model
