// SPDX-License-Identifier: Apache-2.0
// One column's entry of a param word, as it lies in external memory and in the param buffer: 16 bytes, little endian.
#pragma once

#include <cstdint>
#include <cstring>

namespace systoliq::model {

/// bytes 0..7 bias (folded: bias - zero_point_x * sum(w)), 8..11 multiplier, 12..15 shift.
/// Integer presets: y = round(acc * multiplier * 2^shift / 2^31) with the preset's roundings (shift > 0: left).
/// pot presets: multiplier 1, y = round(acc * 2^shift).
/// ort_mlas: multiplier = 24-bit mantissa of fl(fl(Sx*Sw)/Sy) in [2^23, 2^24), y = half_even(acc24 * multiplier *
/// 2^shift) with acc24 and the product rounded to 24 significant bits as fp32 does. litert_16x8:
/// multiplier and shift are the lower and the upper half of the double Sx*Sw/Sy. A lookup table takes
/// ceil(2^activation_bits / (cols * 8)) param words, 8 int16 entries per column entry, entry i for stored input i -
/// 2^(activation_bits-1), consecutive.
/// Codebooks take ceil(2^weight_bits / 8) param words: every column has its own table, 8 int16 entries per word, entry
/// i for index i.
struct ParamEntry {
  std::int64_t bias = 0;
  std::int32_t multiplier = 0;
  std::int32_t shift = 0;
};
static_assert(sizeof(ParamEntry) == 16);

inline constexpr int kTableEntries = 8;  ///< signed 16-bit table entries in one ParamEntry
static_assert(kTableEntries * sizeof(std::int16_t) == sizeof(ParamEntry));

/// Entry `index` of a table that begins at `words` and lies in consecutive ParamEntries.
inline std::int16_t table_entry(const ParamEntry* words, std::int64_t index) {
  std::int16_t value = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(words + index / kTableEntries);
  std::memcpy(&value, bytes + index % kTableEntries * std::int64_t{sizeof value}, sizeof value);
  return value;
}

/// Writes what table_entry() reads.
inline void set_table_entry(ParamEntry* words, std::int64_t index, std::int16_t value) {
  auto* bytes = reinterpret_cast<unsigned char*>(words + index / kTableEntries);
  std::memcpy(bytes + index % kTableEntries * std::int64_t{sizeof value}, &value, sizeof value);
}

}  // namespace systoliq::model
