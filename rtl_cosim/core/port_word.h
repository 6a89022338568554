// SPDX-License-Identifier: Apache-2.0
// Lanes of a Verilated port, whatever C++ type its width gives it (up to 8, 16, 32, 64 bits, or an array of words).
#pragma once

#include <verilated.h>

#include <cstddef>
#include <cstdint>

namespace systoliq::rtl {

inline std::uint32_t port_word(const CData& port, std::size_t) { return port; }
inline std::uint32_t port_word(const SData& port, std::size_t) { return port; }
inline std::uint32_t port_word(const IData& port, std::size_t) { return port; }
inline std::uint32_t port_word(const QData& port, std::size_t word) {
  return static_cast<std::uint32_t>(port >> (32 * word));
}
template <std::size_t kWords>
std::uint32_t port_word(const VlWide<kWords>& port, std::size_t word) {
  return port[word];
}

inline void set_port_word(CData& port, std::size_t, std::uint32_t value) { port = static_cast<CData>(value); }
inline void set_port_word(SData& port, std::size_t, std::uint32_t value) { port = static_cast<SData>(value); }
inline void set_port_word(IData& port, std::size_t, std::uint32_t value) { port = value; }
inline void set_port_word(QData& port, std::size_t word, std::uint32_t value) {
  const QData mask = QData{0xffffffff} << (32 * word);
  port = (port & ~mask) | (QData{value} << (32 * word));
}
template <std::size_t kWords>
void set_port_word(VlWide<kWords>& port, std::size_t word, std::uint32_t value) {
  port[word] = value;
}

/// Lane `lane` of `bits` (1 to 64) bits each, sign extended.
template <typename Port>
std::int64_t lane(const Port& port, int lane, int bits) {
  std::uint64_t value = 0;
  for (int bit = 0; bit < bits;) {
    const std::size_t at =
        static_cast<std::size_t>(lane) * static_cast<std::size_t>(bits) + static_cast<std::size_t>(bit);
    const int offset = static_cast<int>(at % 32);
    value |= static_cast<std::uint64_t>(port_word(port, at / 32) >> offset) << bit;
    bit += 32 - offset;
  }
  return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

/// Sets lane `lane` of `bits` (1 to 64) bits each to the low bits of `value`; the other lanes stay.
template <typename Port>
void set_lane(Port& port, int lane, int bits, std::int64_t value) {
  for (int bit = 0; bit < bits;) {
    const std::size_t at =
        static_cast<std::size_t>(lane) * static_cast<std::size_t>(bits) + static_cast<std::size_t>(bit);
    const int offset = static_cast<int>(at % 32);
    const int count = bits - bit < 32 - offset ? bits - bit : 32 - offset;
    const std::uint32_t mask = (count == 32 ? ~0U : (1U << count) - 1) << offset;
    const auto piece = static_cast<std::uint32_t>(static_cast<std::uint64_t>(value) >> bit) << offset;
    set_port_word(port, at / 32, (port_word(port, at / 32) & ~mask) | (piece & mask));
    bit += count;
  }
}

}  // namespace systoliq::rtl
