// SPDX-License-Identifier: Apache-2.0
// A check that TOML text must pass before toml++ 3.3 sees it: that version assumes, rather than checks, that the name
// in a table header starts with a letter, a digit or a quote, which is undefined behavior in an optimized build.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include "types/error.h"

namespace systoliq {

/// Throws InputError naming `origin` and the line of a table header such as `[[[` or `[%`.
inline void check_table_headers(const std::string& text, const std::string& origin) {
  const std::string blanks = " \t";
  std::size_t line = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    ++line;
    std::size_t at = text.find_first_not_of(blanks, start);
    if (at < end && text[at] == '[') {
      if (++at < end && text[at] == '[') ++at;
      at = std::min(text.find_first_not_of(blanks, at), end);
      const char first = at < end ? text[at] : ']';
      const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
      const bool digit = first >= '0' && first <= '9';
      if (!letter && !digit && std::string("_-\"']\r").find(first) == std::string::npos) {
        throw InputError(origin + ":" + std::to_string(line) +
                         ": malformed table header; accepted: [name] with letters, digits, '_' or '-'");
      }
    }
    start = end + 1;
  }
}

}  // namespace systoliq
