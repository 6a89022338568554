// SPDX-License-Identifier: Apache-2.0
// Text of $readmemh files, and files that appear whole or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systoliq::rtl {

/// A word put together from its lowest bits on.
class HexWord final {
 public:
  /// Appends the low `bits` bits (1 to 64) of `value` above what is there.
  HexWord& add(std::int64_t value, int bits);
  int bits() const { return static_cast<int>(bits_.size()); }
  /// Hexadecimal digits, the highest first.
  std::string text() const;

 private:
  std::vector<bool> bits_;  ///< lowest first
};

/// Words at ascending addresses: "@address" wherever they are not consecutive.
class SparseHex final {
 public:
  void add(std::int64_t address, const HexWord& word);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::int64_t next_ = -1;
};

/// Bytes, 32 a line, address 0 first.
std::string hex_bytes(const std::vector<std::uint8_t>& bytes);

/// Throws InputError naming the path.
std::string read_whole(const std::string& path);
/// Makes the folder and those above it. Throws InputError naming it.
void make_folder(const std::string& path);

}  // namespace systoliq::rtl
