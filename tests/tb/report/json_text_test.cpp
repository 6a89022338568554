// SPDX-License-Identifier: Apache-2.0
// JSON of whatever names and figures there are.
#include "types/util/json_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace systoliq {
namespace {

TEST(JsonText, HoldsEveryNameAndNoControls) {
  nlohmann::ordered_json json;
  json["na\xffme"] = {{"text", "\xfe"}, {"list", {"\x1b[2J", "größe", 3, 0.1, nullptr}}};
  const std::string text = json_text(json);
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= ' ' && c < 0x7f)) << static_cast<int>(c);
  const nlohmann::json read = nlohmann::json::parse(text);
  EXPECT_EQ(read["na\\xffme"]["text"], "\\xfe");
  EXPECT_EQ(read["na\\xffme"]["list"], nlohmann::json({"\x1b[2J", "größe", 3, 0.1, nullptr}));
}

TEST(JsonText, FiguresThatJsonLacksAreNull) {
  const double infinity = std::numeric_limits<double>::infinity();
  const nlohmann::ordered_json json = {infinity, -infinity, std::numeric_limits<double>::quiet_NaN(), 1.5};
  EXPECT_EQ(nlohmann::json::parse(json_text(json)), nlohmann::json({nullptr, nullptr, nullptr, 1.5}));
}

TEST(JsonText, KeepsTheOrderOfKeys) {
  const nlohmann::ordered_json json = {{"z", 1}, {"a", {{"y", 2}, {"b", 3}}}};
  EXPECT_EQ(json_text(json), "{\n  \"z\": 1,\n  \"a\": {\n    \"y\": 2,\n    \"b\": 3\n  }\n}\n");
}

}  // namespace
}  // namespace systoliq
