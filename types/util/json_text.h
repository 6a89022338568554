// SPDX-License-Identifier: Apache-2.0
// The one way from a JSON value to text, whatever names it holds.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "types/util/names.h"

namespace systoliq {

/// `json` with utf8_text() of every string and key.
inline nlohmann::ordered_json with_utf8_text(const nlohmann::ordered_json& json) {
  if (json.is_string()) return utf8_text(json.get_ref<const std::string&>());
  if (!json.is_structured()) return json;
  nlohmann::ordered_json copy = json.is_array() ? nlohmann::ordered_json::array() : nlohmann::ordered_json::object();
  for (const auto& [key, value] : json.items()) {
    if (json.is_array()) {
      copy.push_back(with_utf8_text(value));
    } else {
      copy[utf8_text(key)] = with_utf8_text(value);
    }
  }
  return copy;
}

/// Indented text that ends in a newline, of ASCII alone, so that a terminal may show it. A string that is not UTF-8
/// stands there escaped as shown() does it; infinities and NaN, which JSON does not have, are null.
inline std::string json_text(const nlohmann::ordered_json& json) {
  return with_utf8_text(json).dump(2, ' ', true) + "\n";
}

}  // namespace systoliq
