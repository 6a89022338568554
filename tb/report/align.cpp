// SPDX-License-Identifier: Apache-2.0
// Alignment of columns.
#include "tb/report/align.h"

#include <algorithm>
#include <numeric>

#include "types/util/names.h"

namespace systoliq::tb {

std::string align(const Rows& texts, std::size_t left) {
  Rows rows = texts;
  for (auto& row : rows) std::transform(row.begin(), row.end(), row.begin(), shown);
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      const std::string padding(widths[i] - rows[r][i].size(), ' ');
      line += (i ? "  " : "") + (i < left ? rows[r][i] + padding : padding + rows[r][i]);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    if (r == 0) out += std::string(std::accumulate(widths.begin(), widths.end(), 2 * widths.size() - 2), '-') + "\n";
  }
  return out;
}

}  // namespace systoliq::tb
