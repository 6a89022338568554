// SPDX-License-Identifier: Apache-2.0
// Normalization of pixels, and its text in metadata.
#include "tb/data/normalization.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "types/error.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

/// The value of a channel, or the one for all.
double at(const std::vector<double>& values, std::int64_t channel, double none) {
  if (values.empty()) return none;
  return values.size() == 1 ? values.front() : nth(values, channel);
}

/// The shortest text that reads back as the same double.
std::string shortest(double value) {
  char text[32];
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

void check_values(const char* what, const std::vector<double>& values, bool positive, std::int64_t channels) {
  if (values.size() > 1 && static_cast<std::int64_t>(values.size()) != channels) {
    throw InputError(std::string("normalization: ") + what + " has " + std::to_string(values.size()) +
                     " values for images of " + std::to_string(channels) +
                     " channels; accepted: one, or one a channel");
  }
  for (const double value : values) {
    if (std::isfinite(value) && (!positive || value > 0.0)) continue;
    throw InputError(std::string("normalization: ") + what + " " + shortest(value) + "; accepted: a finite number" +
                     (positive ? " above 0" : ""));
  }
}

}  // namespace

float Normalization::apply(float pixel, std::int64_t channel) const {
  if (is_default()) return (pixel - 128.0F) / 128.0F;
  return static_cast<float>((double{pixel} / 255.0 - at(mean, channel, 0.0)) / at(std, channel, 1.0));
}

void check_normalization(const Normalization& normalization, std::int64_t channels) {
  check_values("mean", normalization.mean, false, channels);
  check_values("std", normalization.std, true, channels);
}

std::string to_text(const Normalization& normalization) {
  std::string text = "mean";
  for (const double value : normalization.mean) text += " " + shortest(value);
  text += " std";
  for (const double value : normalization.std) text += " " + shortest(value);
  return text;
}

Normalization parse_normalization(const std::string& key, const std::string& text) {
  const auto refuse = [&](const std::string& word) {
    throw InputError("metadata '" + key + "' is '" + text + "', in which '" + word +
                     "' stands; accepted: mean NUMBERS std NUMBERS");
  };
  Normalization normalization;
  std::vector<double>* values = nullptr;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == "mean" || word == "std") {
      values = word == "mean" ? &normalization.mean : &normalization.std;
      continue;
    }
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    if (values == nullptr || *end != '\0' || !std::isfinite(value)) refuse(word);
    values->push_back(value);
  }
  if (values == nullptr) refuse(text);
  return normalization;
}

}  // namespace systoliq::tb
