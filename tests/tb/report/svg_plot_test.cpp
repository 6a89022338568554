// SPDX-License-Identifier: Apache-2.0
// Places and lengths in the plots.
#include "tb/report/svg_plot.h"

#include <gtest/gtest.h>

#include <regex>

namespace systoliq::tb {
namespace {

/// The numbers that a pattern's first group finds, in order.
std::vector<double> numbers(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<double> found;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match) {
    found.push_back(std::stod((*match)[1]));
  }
  return found;
}

TEST(SvgBars, LengthsAreProportional) {
  const std::string svg = svg_bars("a < b", "%", "published", {{"x", 100.0, {}}, {"y", 50.0, 75.0}}, 0.0, 100.0);
  const std::vector<double> widths = numbers(svg, "<rect x=\"300\"[^>]* width=\"([0-9.]+)\"");
  ASSERT_EQ(widths.size(), 2U);
  EXPECT_DOUBLE_EQ(widths[1], widths[0] / 2.0);
  EXPECT_NE(svg.find("a &lt; b"), std::string::npos);
  EXPECT_EQ(numbers(svg, "<line x1=\"([0-9.]+)\"[^>]*stroke-width=\"3\"").front(), 300.0 + 0.75 * widths[0]);
}

TEST(SvgBars, ValuesBeyondTheAxisStopThere) {
  const std::string svg = svg_bars("t", "%", "m", {{"low", -5.0, {}}, {"high", 500.0, {}}}, 0.0, 100.0);
  const std::vector<double> widths = numbers(svg, "<rect x=\"300\"[^>]* width=\"([0-9.]+)\"");
  EXPECT_EQ(widths, (std::vector<double>{0.0, 420.0}));
}

TEST(SvgDistributions, HeightsAreShares) {
  const std::string svg = svg_distributions("t", "f", "q", {{"p", -1.0, 1.0, {1.0, 3.0}, {10.0, 0.0}}});
  // The highest share, all of the second's values in one bin, fills the panel of 110.
  const std::vector<double> heights = numbers(svg, "<rect[^>]* width=\"130\" height=\"([0-9.]+)\"");
  ASSERT_EQ(heights.size(), 2U);
  EXPECT_DOUBLE_EQ(heights[0], 110.0 * 0.25);
  EXPECT_DOUBLE_EQ(heights[1], 110.0 * 0.75);
  EXPECT_NE(svg.find("highest 100 %"), std::string::npos);
}

}  // namespace
}  // namespace systoliq::tb
