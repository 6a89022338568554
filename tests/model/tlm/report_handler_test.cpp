// SPDX-License-Identifier: Apache-2.0
// SystemC's reports: what used to throw still throws, what used to be printed does not reach SystemC's own output.
#include "model/tlm/report_handler.h"

#include <gtest/gtest.h>

#include <iostream>
#include <sstream>
#include <systemc>

namespace systoliq::model::test {
namespace {

TEST(ReportHandler, ErrorsAndFatalsAreStillThrown) {
  install_report_handler();
  EXPECT_THROW(SC_REPORT_ERROR("systoliq", "an error"), sc_core::sc_report);
  EXPECT_NO_THROW(SC_REPORT_WARNING("systoliq", "a warning"));
}

TEST(ReportHandler, WarningsLeaveSystemCsOutputAlone) {
  install_report_handler();
  const std::ostringstream captured;
  std::streambuf* const output = std::cout.rdbuf(captured.rdbuf());
  SC_REPORT_WARNING("systoliq", "a warning");
  std::cout.rdbuf(output);
  EXPECT_EQ(captured.str(), "");
}

}  // namespace
}  // namespace systoliq::model::test
