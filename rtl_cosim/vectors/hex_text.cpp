// SPDX-License-Identifier: Apache-2.0
// Bits to digits, digits to files.
#include "rtl_cosim/vectors/hex_text.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

std::string hexadecimal(std::uint64_t value) {
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return text;
}

}  // namespace

HexWord& HexWord::add(std::int64_t value, int bits) {
  for (int bit = 0; bit < bits; ++bit) bits_.push_back((static_cast<std::uint64_t>(value) >> bit & 1) != 0);
  return *this;
}

std::string HexWord::text() const {
  std::string text((bits_.size() + 3) / 4, '0');
  for (std::size_t digit = 0; digit < text.size(); ++digit) {
    std::size_t value = 0;
    for (std::size_t bit = 0; bit < 4 && 4 * digit + bit < bits_.size(); ++bit) {
      value |= static_cast<std::size_t>(bits_[4 * digit + bit]) << bit;
    }
    text[text.size() - 1 - digit] = kDigits[value];
  }
  return text;
}

void SparseHex::add(std::int64_t address, const HexWord& word) {
  if (address != next_) text_ += "@" + hexadecimal(static_cast<std::uint64_t>(address)) + "\n";
  text_ += word.text() + "\n";
  next_ = address + 1;
}

std::string hex_bytes(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  text.reserve(bytes.size() * 3);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
    text += i % 32 == 31 || i + 1 == bytes.size() ? '\n' : ' ';
  }
  return text;
}

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(path + ": cannot be opened");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void make_folder(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (failure) throw InputError(path + ": the folder cannot be made: " + failure.message());
}

}  // namespace systoliq::rtl
