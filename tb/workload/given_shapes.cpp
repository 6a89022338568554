// SPDX-License-Identifier: Apache-2.0
// Parses the values of --shape.
#include "tb/workload/given_shapes.h"

#include <sstream>

namespace systoliq::tb {
namespace {

[[noreturn]] void refuse_text(const std::string& text) {
  throw InputError("--shape " + text + ": accepted: NAME=1,3,224,224, a positive size for each axis of an input");
}

std::int64_t size_of(const std::string& digits, const std::string& text) {
  const bool number =
      !digits.empty() && digits.size() <= 9 && digits.find_first_not_of("0123456789") == std::string::npos;
  if (!number || std::stoll(digits) < 1) refuse_text(text);
  return std::stoll(digits);
}

}  // namespace

std::map<std::string, Shape> parse_shapes(const std::vector<std::string>& texts) {
  std::map<std::string, Shape> shapes;
  for (const std::string& text : texts) {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size() || text.back() == ',') {
      refuse_text(text);
    }
    Shape shape;
    std::istringstream sizes(text.substr(equals + 1));
    for (std::string digits; std::getline(sizes, digits, ',');) shape.push_back(size_of(digits, text));
    if (!shapes.emplace(text.substr(0, equals), shape).second) {
      throw InputError("--shape " + text + ": the input's shape is given twice; accepted: once");
    }
  }
  return shapes;
}

}  // namespace systoliq::tb
