// SPDX-License-Identifier: Apache-2.0
// Ranges as text in ONNX metadata.
#include "sw_ref/quantizer/calibration/given_ranges.h"

#include <cmath>
#include <limits>
#include <sstream>

#include "sw_ref/quantizer/metadata_keys.h"
#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

std::string shortest(double value) {
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

}  // namespace

std::string range_text(const Range& range) { return shortest(range.low) + " " + shortest(range.high); }

Range given_range(const Graph& graph, const std::string& tensor) {
  const std::string key = kActivationRangeKey + tensor;
  const auto found = graph.metadata.find(key);
  if (found == graph.metadata.end()) {
    throw InputError("network '" + graph.name + "', tensor '" + tensor + "': activation range given, but metadata '" +
                     key + "' is absent; accepted: a network trained with quantization, or another range method");
  }
  std::istringstream text(found->second);
  Range range;
  std::string rest;
  const bool two = text >> range.low >> range.high && !(text >> rest);
  if (!two || !std::isfinite(range.low) || !std::isfinite(range.high) || range.low > 0.0 || range.high < 0.0) {
    throw InputError("metadata '" + key + "' = '" + found->second +
                     "'; accepted: two numbers, the lower at most 0 and the upper at least 0");
  }
  return range;
}

}  // namespace systoliq::sw_ref
