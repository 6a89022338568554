// SPDX-License-Identifier: Apache-2.0
// Numbers of a recipe: their shortest text and the check of their range. Internal to training.
#pragma once

#include <limits>
#include <sstream>
#include <string>

#include "types/error.h"

namespace systoliq::sw_ref {

/// The shortest decimal form that reads back as the same number.
inline std::string shortest(double value) {
  std::string text;
  for (int digits = 1; digits <= std::numeric_limits<double>::max_digits10; ++digits) {
    std::ostringstream stream;
    stream.precision(digits);
    stream << value;
    text = stream.str();
    if (std::stod(text) == value) break;
  }
  return text;
}

/// A negated comparison, so that a value that is no number is refused too.
inline void require(const char* key, double value, double low, double high, bool low_included = true) {
  if (value >= low && value <= high && (low_included || value > low)) return;
  std::ostringstream text;
  text << key << " = " << value << " is out of range; accepted: " << (low_included ? "" : "above ") << low << " to "
       << high;
  throw InputError(text.str());
}

}  // namespace systoliq::sw_ref
