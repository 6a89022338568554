// SPDX-License-Identifier: Apache-2.0
// The arithmetic behind the C interface, and scoreboards in SystemVerilog that use it.
#include <gtest/gtest.h>

#include <string>

#include "rtl_cosim/dpi/dpi_example.h"
#include "rtl_cosim/dpi/systoliq_dpi.h"

namespace systoliq::rtl {
namespace {

TEST(Dpi, ComputesKnownCases) {
  EXPECT_EQ(sq_requantize(0, 1, 1 << 30, -1), 1) << "a quarter, rounded twice";
  EXPECT_EQ(sq_requantize(1, 1, 1 << 30, -1), 0);
  EXPECT_EQ(sq_requantize(3, -1, 1 << 30, -1), -1);
  EXPECT_EQ(sq_requantize(8, 5, 1, -1), 3);
  EXPECT_EQ(sq_mac(100, -3, 7, 20, 0), 79);
  EXPECT_EQ(sq_mac(2047, 1, 1, 12, 0), -2048);
  EXPECT_EQ(sq_mac(2047, 1, 1, 12, 1), 2047);
  EXPECT_EQ(sq_decode_weight(-128, 127), -255);
  const short table[] = {-32, -5, 7, 41};
  EXPECT_EQ(sq_decode_codebook_weight(-1, 2, table), 41);
  EXPECT_EQ(sq_average(0, -1, 1, 0, 2), -1);
  EXPECT_EQ(sq_average(2, -1, 1, 0, 2), 0);
  EXPECT_EQ(sq_add(2, 1, 1, 1 << 21, 0, 1 << 21, 0, 0, 22), 1);
  EXPECT_STREQ(sq_error(), "");
}

TEST(Dpi, RefusesArgumentsOutsideTheirRange) {
  EXPECT_EQ(sq_requantize(9, 1, 1, 0), 0);
  EXPECT_EQ(std::string(sq_error()), "sq_requantize: preset = 9; accepted: 0 to 8");
  EXPECT_STREQ(sq_error(), "") << "told once";
  sq_requantize(1, 1, 1 << 30, 32);
  EXPECT_NE(std::string(sq_error()).find("shift = 32"), std::string::npos);
  sq_requantize(2, 1, 1 << 24, 0);
  EXPECT_NE(std::string(sq_error()).find("multiplier"), std::string::npos);
  sq_mac(2048, 0, 0, 12, 0);
  EXPECT_NE(std::string(sq_error()).find("sum = 2048"), std::string::npos);
  sq_decode_codebook_weight(0, 9, nullptr);
  EXPECT_NE(std::string(sq_error()).find("weight_bits = 9"), std::string::npos);
  sq_average(0, 1, 1, 0, 0);
  EXPECT_NE(std::string(sq_error()).find("divisor = 0"), std::string::npos);
  sq_add(1, 1, 1, 1, 1, 1, 0, 1, 0);
  EXPECT_NE(std::string(sq_error()).find("shift_a = 1"), std::string::npos);
}

TEST(Dpi, ScoreboardsFindNoDifference) {
  const DpiExampleReport report = run_dpi_example(200000, 0);
  EXPECT_GT(report.requantize_checks, 150000U);
  EXPECT_EQ(report.requantize_mismatches, 0U);
  EXPECT_GT(report.decode_checks, 150000U);
  EXPECT_EQ(report.decode_mismatches, 0U);
  EXPECT_GT(report.mac_checks, 150000U);
  EXPECT_EQ(report.mac_mismatches, 0U);
  EXPECT_STREQ(sq_error(), "") << "no stimulus outside the model's range";
}

TEST(Dpi, ScoreboardsFindFaults) {
  EXPECT_GT(run_dpi_example(1000, 1).requantize_mismatches, 0U);
  EXPECT_GT(run_dpi_example(1000, 2).decode_mismatches, 0U);
  EXPECT_GT(run_dpi_example(1000, 3).mac_mismatches, 0U);
}

}  // namespace
}  // namespace systoliq::rtl
