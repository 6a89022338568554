// SPDX-License-Identifier: Apache-2.0
// Real numbers as text from which the same number is read back: two different values never look alike.
#pragma once

#include <charconv>
#include <cmath>
#include <string>

namespace systoliq {

/// The shortest decimal text that is nearer to `value` than to any other value of its type; with an exponent only below
/// 1e-4 and from 1e15 on, where that is shorter: "0.0003", "1e-07", "inf", "nan".
template <typename Real>
std::string number_text(Real value) {
  char text[64];
  const bool plain = std::abs(value) >= Real(1e-4) && std::abs(value) < Real(1e15);
  const auto end = plain ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed)
                         : std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

/// number_text() for a CSV file, where an infinity or NaN, which a spreadsheet would take for text, is empty.
inline std::string csv_number(double value) { return std::isfinite(value) ? number_text(value) : ""; }

}  // namespace systoliq
