// SPDX-License-Identifier: Apache-2.0
// SVG written element by element; colors tell apart for color-blind readers too.
#include "tb/report/svg_plot.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <sstream>

#include "types/error.h"
#include "types/util/names.h"

namespace systoliq::tb {
namespace {

constexpr const char* kBlue = "#1b6ca8";
constexpr const char* kRed = "#c8553d";
constexpr const char* kGrid = "#dddddd";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : shown(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// Collects elements and closes the document.
class Svg final {
 public:
  Svg(double width, double height) {
    out_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width << "\" height=\"" << height
         << "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  }
  void text(double x, double y, const std::string& text, const char* anchor = "start", bool bold = false) {
    out_ << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\""
         << (bold ? " font-weight=\"bold\"" : "") << ">" << escaped(text) << "</text>\n";
  }
  void line(double x1, double y1, double x2, double y2, const char* color, double width = 1.0) {
    out_ << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2 << "\" stroke=\"" << color
         << "\" stroke-width=\"" << width << "\"/>\n";
  }
  void rectangle(double x, double y, double width, double height, const char* color) {
    out_ << "<rect x=\"" << x << "\" y=\"" << y << "\" width=\"" << width << "\" height=\"" << height << "\" fill=\""
         << color << "\"/>\n";
  }
  void polyline(const std::vector<std::pair<double, double>>& points, const char* color) {
    out_ << "<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"" << color << "\" points=\"";
    for (const auto& [x, y] : points) out_ << x << "," << y << " ";
    out_ << "\"/>\n";
  }
  std::string take() {
    out_ << "</svg>\n";
    return out_.str();
  }

 private:
  std::ostringstream out_;
};

/// A bin's share of all values, for every bin.
std::vector<double> shares(const std::vector<double>& counts) {
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  std::vector<double> out;
  for (const double count : counts) out.push_back(total > 0.0 ? count / total : 0.0);
  return out;
}

constexpr double kPanelWidth = 260.0, kPanelHeight = 110.0, kPanelGap = 40.0, kTop = 62.0;

void draw_panel(Svg& svg, double x, double y, const Distribution& panel) {
  const std::vector<double> first = shares(panel.first), second = shares(panel.second);
  double top = *std::max_element(first.begin(), first.end());
  if (!second.empty()) top = std::max(top, *std::max_element(second.begin(), second.end()));
  if (top == 0.0) top = 1.0;
  const double step = kPanelWidth / static_cast<double>(first.size());
  const double base = y + kPanelHeight;
  for (std::size_t bin = 0; bin < first.size(); ++bin) {
    const double height = kPanelHeight * first[bin] / top;
    svg.rectangle(x + step * static_cast<double>(bin), base - height, step, height, kBlue);
  }
  std::vector<std::pair<double, double>> outline;
  for (std::size_t bin = 0; bin < second.size(); ++bin) {
    const double height = base - kPanelHeight * second[bin] / top;
    outline.emplace_back(x + step * static_cast<double>(bin), height);
    outline.emplace_back(x + step * static_cast<double>(bin + 1), height);
  }
  if (!outline.empty()) svg.polyline(outline, kRed);
  svg.line(x, base, x + kPanelWidth, base, "black");
  svg.text(x, y - 6, panel.name, "start", true);
  svg.text(x + kPanelWidth / 2, base + 15, "highest " + number(100.0 * top) + " %", "middle");
  svg.text(x, base + 15, number(panel.low));
  svg.text(x + kPanelWidth, base + 15, number(panel.high), "end");
}

}  // namespace

std::string svg_bars(const std::string& title, const std::string& what, const std::string& mark,
                     const std::vector<Bar>& bars, double low, double high) {
  check(high > low, "an axis has a length");
  constexpr double kNames = 300.0, kWidth = 420.0, kRow = 24.0;
  const double bottom = kTop + kRow * static_cast<double>(bars.size());
  Svg svg(kNames + kWidth + 90.0, bottom + 50.0);
  svg.text(12, 22, title, "start", true);
  const auto at = [&](double value) { return kNames + kWidth * (std::clamp(value, low, high) - low) / (high - low); };
  for (int tick = 0; tick <= 5; ++tick) {
    const double value = low + (high - low) * tick / 5.0;
    svg.line(at(value), kTop - 8, at(value), bottom, kGrid);
    svg.text(at(value), bottom + 16, number(value), "middle");
  }
  bool marked = false;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double y = kTop + kRow * static_cast<double>(i);
    svg.text(kNames - 8, y + 13, bars[i].name, "end");
    svg.rectangle(kNames, y + 2, std::max(0.0, at(bars[i].value) - kNames), kRow - 9, kBlue);
    if (bars[i].mark) {
      svg.line(at(*bars[i].mark), y - 1, at(*bars[i].mark), y + kRow - 4, kRed, 3.0);
      marked = true;
    }
    svg.text(kNames + kWidth + 12, y + 13, number(bars[i].value));
  }
  svg.text(kNames + kWidth / 2, bottom + 36, what, "middle");
  if (marked) {
    svg.line(kNames, 32, kNames, 46, kRed, 3.0);
    svg.text(kNames + 8, 44, mark);
  }
  return svg.take();
}

std::string svg_distributions(const std::string& title, const std::string& first, const std::string& second,
                              const std::vector<Distribution>& panels) {
  constexpr std::size_t kColumns = 3;
  const std::size_t rows = (panels.size() + kColumns - 1) / kColumns;
  Svg svg(kPanelGap + kColumns * (kPanelWidth + kPanelGap),
          kTop + static_cast<double>(rows) * (kPanelHeight + 54.0) + 8.0);
  svg.text(12, 20, title, "start", true);
  svg.rectangle(12, 28, 12, 12, kBlue);
  svg.text(30, 39, first);
  if (!second.empty()) {
    svg.line(250, 34, 270, 34, kRed, 2.0);
    svg.text(276, 39, second);
  }
  for (std::size_t i = 0; i < panels.size(); ++i) {
    check(!panels[i].first.empty(), "a distribution has bins");
    const std::size_t row = i / kColumns, column = i % kColumns;
    draw_panel(svg, kPanelGap / 2 + static_cast<double>(column) * (kPanelWidth + kPanelGap),
               kTop + 14.0 + static_cast<double>(row) * (kPanelHeight + 54.0), panels[i]);
  }
  return svg.take();
}

}  // namespace systoliq::tb
