// SPDX-License-Identifier: Apache-2.0
// The errors every layer throws: what a user can mend (InputError) and what only we can (InternalError).
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace systoliq {

/// `text` with its NULs, which would cut what what() tells, as \x00.
inline std::string without_nul(std::string text) {
  for (std::size_t at = 0; (at = text.find('\0', at)) != std::string::npos;) text.replace(at, 1, "\\x00");
  return text;
}

/// Bad user input. The text names the file, node or key, the value, the rule it breaks and what would be accepted.
class InputError final : public std::runtime_error {
 public:
  explicit InputError(const std::string& text) : std::runtime_error(without_nul(text)) {}
};

/// A broken invariant of the program itself; reported with exit status 3.
class InternalError : public std::logic_error {
 public:
  explicit InternalError(const std::string& text) : std::logic_error(without_nul(text)) {}
};

/// Checks an invariant in every build type. Throws InternalError.
inline void check(bool holds, const char* what) {
  if (!holds) throw InternalError(what);
}
inline void check(bool holds, const std::string& what) { check(holds, what.c_str()); }

}  // namespace systoliq
