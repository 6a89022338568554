// SPDX-License-Identifier: Apache-2.0
// UTF-8 after RFC 3629: no overlong form, no surrogate, nothing beyond U+10FFFF.
#include "types/util/names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace systoliq {
namespace {

constexpr std::size_t kLongestStem = 100;

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  ///< 0: the text holds no character here
};

/// The character that begins at byte `at`.
Character decode(const std::string& text, std::size_t at) {
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};  // by the number of bytes
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + bytes > text.size()) return {};
  std::uint32_t code = first & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0U) != 0x80) return {};
    code = code << 6 | (next & 0x3FU);
  }
  if (code < kLeast[bytes] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  return {code, bytes};
}

/// Does not appear as itself: controls, separators of lines, marks of direction, what has no width.
bool is_invisible(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return true;
  return code == 0x061C || (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x2069) || code == 0xFEFF;
}

std::string escape(std::uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\t') return "\\t";
  if (code == '\r') return "\\r";
  char text[16];
  std::snprintf(text, sizeof text, code < 0x80 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(code));
  return text;
}

std::string escape_byte(char byte) {
  char text[8];
  std::snprintf(text, sizeof text, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

std::string safe_stem(const std::string& name) {
  const auto is_plain = [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  std::string stem = name.substr(0, kLongestStem);
  std::replace_if(
      stem.begin(), stem.end(), [&](char c) { return !is_plain(c); }, '_');
  if (stem.empty() || stem.front() == '.' || stem.front() == '-') stem.insert(0, "_");
  return stem;
}

}  // namespace

std::string shown(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = decode(text, at);
    if (character.bytes == 0) {
      out += escape_byte(text[at++]);
      continue;
    }
    out += is_invisible(character.code) ? escape(character.code) : text.substr(at, character.bytes);
    at += character.bytes;
  }
  return out;
}

std::string shown_lines(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    out += shown(text.substr(at, end - at));
    if (end == std::string::npos) break;
    out += '\n';
    at = end + 1;
  }
  return out;
}

std::string utf8_text(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = decode(text, at).bytes;
    if (bytes == 0) return shown(text);
    at += bytes;
  }
  return text;
}

std::string csv_text(const std::string& text) {
  const std::string quoted = csv_quoted(text);
  const std::string field = quoted.substr(1, quoted.size() - 2);
  const bool plain = field.find_first_of(",\"") == std::string::npos &&
                     (field.empty() || (field.front() != ' ' && field.back() != ' '));
  return plain ? field : quoted;
}

std::string csv_quoted(const std::string& text) {
  const std::string field = shown(text);
  const bool formula = !field.empty() && std::string("=+-@").find(field.front()) != std::string::npos;
  std::string quoted = formula ? "\"'" : "\"";
  for (const char c : field) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

FileNames::FileNames(std::vector<std::string> endings, const std::vector<std::string>& taken)
    : endings_(std::move(endings)) {
  for (const std::string& name : taken) taken_.insert(in_lower_case(name));
}

std::string FileNames::claim(const std::string& name) {
  const std::string first = safe_stem(name);
  std::string stem = first;
  const auto is_taken = [&](const std::string& ending) { return taken_.count(in_lower_case(stem + ending)) != 0; };
  for (int number = 2; std::any_of(endings_.begin(), endings_.end(), is_taken); ++number) {
    stem = first + "_" + std::to_string(number);
  }
  for (const std::string& ending : endings_) taken_.insert(in_lower_case(stem + ending));
  return stem;
}

}  // namespace systoliq
