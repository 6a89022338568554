// SPDX-License-Identifier: Apache-2.0
// Plots as SVG text: bars with reference marks, and distributions as small panels.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace systoliq::tb {

struct Bar {
  std::string name;
  double value = 0.0;
  std::optional<double> mark;  ///< a second figure, drawn as a stroke across the bar
};

/// Horizontal bars with their values, from `low` to `high`; `what` names the axis, `mark` what the strokes are.
std::string svg_bars(const std::string& title, const std::string& what, const std::string& mark,
                     const std::vector<Bar>& bars, double low, double high);

struct Distribution {
  std::string name;
  double low = 0.0, high = 0.0;
  std::vector<double> first, second;  ///< counts per bin, of equal number; `second` may be empty
};

/// Panels of three in a row: `first` filled, `second` as a line, each as its share of all values.
std::string svg_distributions(const std::string& title, const std::string& first, const std::string& second,
                              const std::vector<Distribution>& panels);

}  // namespace systoliq::tb
