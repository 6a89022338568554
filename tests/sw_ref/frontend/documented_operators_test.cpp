// SPDX-License-Identifier: Apache-2.0
// docs/import.md lists the operators that the reader knows.
#include <gtest/gtest.h>

#include <regex>

#include "sw_ref/frontend/graph/operator_rules.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

TEST(DocumentedOperators, AreThoseOfTheTable) {
  const std::string page = test::read_file(SYSTOLIQ_SOURCE_DIR "/docs/import.md");
  const std::string start = "<!-- operators: as the reader's own error lists them -->\n";
  const std::size_t from = page.find(start);
  ASSERT_NE(from, std::string::npos);
  const std::string list = page.substr(from + start.size(), page.find("\n\n", from) - from - start.size());
  EXPECT_EQ(std::regex_replace(list, std::regex("\n"), " "), sw_ref::supported_operators());
}

}  // namespace
}  // namespace systoliq
