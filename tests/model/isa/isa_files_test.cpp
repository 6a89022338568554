// SPDX-License-Identifier: Apache-2.0
// What is written from the ISA's table is what is checked in: the RTL's package and the tables of docs/architecture.md.
// With SYSTOLIQ_WRITE_ISA in the environment the test writes both files instead of comparing them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "model/isa/isa_text.h"

namespace systoliq::model {
namespace {

std::string path_of(const std::string& name) { return std::string(SYSTOLIQ_SOURCE_DIR) + "/" + name; }

std::string read(const std::string& name) {
  std::ifstream file(path_of(name));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void expect_file(const std::string& name, const std::string& text) {
  if (std::getenv("SYSTOLIQ_WRITE_ISA") != nullptr) {
    std::ofstream(path_of(name)) << text;
    GTEST_SKIP() << "wrote " << name;
  }
  EXPECT_EQ(read(name), text) << name << " is not what the table says: run this test with SYSTOLIQ_WRITE_ISA=1";
}

TEST(IsaFiles, PackageOfTheRtl) { expect_file("rtl_cosim/rtl/common/systoliq_isa_pkg.sv", isa_package()); }

TEST(IsaFiles, TablesOfTheDocument) {
  expect_file("docs/architecture.md", with_isa_tables(read("docs/architecture.md")));
}

}  // namespace
}  // namespace systoliq::model
