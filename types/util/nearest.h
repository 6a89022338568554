// SPDX-License-Identifier: Apache-2.0
// What somebody may have meant by a name that does not exist.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

namespace systoliq {

/// Levenshtein's distance.
inline std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t above_left = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above_left + (a[i - 1] == b[j - 1] ? 0 : 1);
      above_left = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

/// The one of `names` nearest to `text`, the first of several; empty where all are more than half of
/// the text away.
inline std::string nearest_name(const std::string& text, const std::vector<std::string>& names) {
  std::string nearest;
  std::size_t least = (text.size() + 1) / 2 + 1;
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(text, name);
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest;
}

/// "; did you mean NAME?", or nothing.
inline std::string did_you_mean(const std::string& text, const std::vector<std::string>& names) {
  const std::string name = nearest_name(text, names);
  return name.empty() ? "" : "; did you mean " + name + "?";
}

}  // namespace systoliq
