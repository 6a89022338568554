// SPDX-License-Identifier: Apache-2.0
// Where CMake, SystemVerilog and documents must repeat the table of presets, they repeat types/preset.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "types/preset.h"

namespace systoliq {
namespace {

using Strings = std::vector<std::string>;

std::string read(const std::string& name) {
  std::ifstream in(std::string(SYSTOLIQ_SOURCE_DIR) + "/" + name);
  EXPECT_TRUE(in.good()) << name;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// All that the expression's only group matches in the text, in order.
Strings matches(const std::string& text, const std::string& expression) {
  const std::regex regex(expression);
  Strings found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) found.push_back((*at)[1]);
  return found;
}

/// What lies between the first `start` and the next `end`.
std::string between(const std::string& text, const std::string& start, const std::string& end) {
  const std::size_t from = text.find(start);
  EXPECT_NE(from, std::string::npos) << start;
  return from == std::string::npos ? "" : text.substr(from, text.find(end, from + start.size()) - from);
}

Strings names(const std::string& before = "", std::size_t count = kPresets.size()) {
  Strings list;
  for (std::size_t i = 0; i < count; ++i) {
    list.push_back((before.empty() ? "" : std::to_string(i) + before) + std::string(kPresets[i].name));
  }
  return list;
}

TEST(RestatedPresets, Cmake) {
  EXPECT_EQ(matches(between(read("cmake/systoliq_cosim.cmake"), "set(SYSTOLIQ_BLOCK_PRESETS ", ")"), " ([a-z0-9_]+)"),
            names("", kRtlPresets));
}

TEST(RestatedPresets, SystemVerilog) {
  const std::string package = read("rtl_cosim/rtl/common/systoliq_isa_pkg.sv");
  Strings expected;
  for (std::size_t i = 0; i < kRtlPresets; ++i) {
    std::string name(kPresets[i].name);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    expected.push_back(name + " = 4'd" + std::to_string(i));
  }
  Strings found;
  for (const std::string& line : matches(package, "PRESET_([A-Z0-9_]+ *= *4'd[0-9]+)")) {
    found.push_back(std::regex_replace(line, std::regex(" +"), " "));
  }
  EXPECT_EQ(found, expected);
}

TEST(RestatedPresets, DpiHeader) {
  const std::string list = between(read("rtl_cosim/dpi/systoliq_dpi.h"), "types/preset.h: ", "\n//\n");
  EXPECT_EQ(matches(std::regex_replace(list, std::regex("\n//"), ""), "([0-9] [a-z0-9_]+)[,.]"),
            names(" ", kRtlPresets));
}

TEST(RestatedPresets, DocumentsOfTheIsaAndTheNumbers) {
  EXPECT_EQ(matches(between(read("docs/architecture.md"), "| 4 | preset |", "\n"), "([0-9]+ `[a-z0-9_]+)`"),
            names(" `"));
  const std::string numerics = read("docs/numerics.md");
  EXPECT_EQ(matches(between(numerics, "| preset | stands for |", "\n\n"), "\n\\| `([a-z0-9_]+)`"), names());
}

/// The row of docs/numerics.md for a residual add's form names the presets that have it.
TEST(RestatedPresets, DocumentOfTheResidualAdd) {
  const std::string table = between(read("docs/numerics.md"), "| presets | form |", "\n\n");
  const auto with = [](AddForm form) {
    Strings list;
    for (const PresetTraits& traits : kPresets) {
      if (traits.add_form == form) list.emplace_back(traits.name);
    }
    return list;
  };
  Strings rows = matches(table, "\n(\\| `[^\n]+)");
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(matches(rows[0], "`([a-z0-9_]+)`"), with(AddForm::kDoubleRounding));
  EXPECT_EQ(matches(rows[1], "`([a-z0-9_]+)`"), with(AddForm::kSingleRounding));
  EXPECT_EQ(matches(rows[2], "`([a-z0-9_]+)`"), with(AddForm::kDoubleOf15));
  EXPECT_EQ(matches(rows[3], "`([a-z0-9_]+)`"), with(AddForm::kRatios));
  EXPECT_EQ(matches(rows[4], "`([a-z0-9_]+)`"), with(AddForm::kRatiosUp));
  EXPECT_EQ(matches(rows[5], "`([a-z0-9_]+)`"), with(AddForm::kFloat));
}

/// A reader that finds nothing would agree with nothing.
TEST(RestatedPresets, ReadersSeeAChange) {
  EXPECT_EQ(matches("x PRESET_A = 4'd1, PRESET_B   = 4'd3", "PRESET_([A-Z_]+ *= *4'd[0-9]+)").size(), 2U);
  EXPECT_EQ(between("a [b] c", "[", "]"), "[b");
  EXPECT_EQ(names(" ").front(), "0 tflite_ref");
}

}  // namespace
}  // namespace systoliq
