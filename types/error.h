// SPDX-License-Identifier: Apache-2.0
// The errors every layer throws: what a user can mend (InputError) and what only we can (InternalError).
#pragma once

#include <stdexcept>
#include <string>

namespace systoliq {

/// Bad user input. The text names the file, node or key, the value, the rule it breaks and what would be accepted.
class InputError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A broken invariant of the program itself; reported with exit status 3.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Checks an invariant in every build type. Throws InternalError.
inline void check(bool holds, const char* what) {
  if (!holds) throw InternalError(what);
}
inline void check(bool holds, const std::string& what) { check(holds, what.c_str()); }

}  // namespace systoliq
