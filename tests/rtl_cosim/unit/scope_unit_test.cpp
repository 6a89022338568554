// SPDX-License-Identifier: Apache-2.0
// All lines of scope unit, their seeds, and `systoliq cosim --scope unit` as a user runs it.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "rtl_cosim/unit/unit_cosim.h"
#include "tests/system/program_runner.h"

namespace systoliq::rtl {
namespace {

TEST(ScopeUnit, CoversEveryUnit) {
  std::set<std::string> units;
  const bool same = cosim_units(2000, 3, [&](const UnitResult& result) {
    units.insert(result.unit);
    EXPECT_EQ(result.mismatch, "") << result.unit << " " << result.build << " " << result.what;
    EXPECT_GE(result.vectors, 20);
  });
  EXPECT_TRUE(same);
  EXPECT_EQ(units, (std::set<std::string>{"command_check", "decoder", "output_pe", "pe", "post", "requantize"}));
}

TEST(ScopeUnit, NoTwoStreamsOverlap) {
  std::set<std::uint64_t> numbers;
  std::size_t drawn = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (std::uint64_t stream = 0; stream < 50; ++stream) {
      Random random(mix_seed(seed, stream));
      for (int i = 0; i < 1000; ++i, ++drawn) numbers.insert(random.next());
    }
  }
  EXPECT_EQ(numbers.size(), drawn);
}

}  // namespace
}  // namespace systoliq::rtl

namespace systoliq::test {
namespace {

using ScopeUnitProgram = ProgramTest;

TEST_F(ScopeUnitProgram, ReportsEveryLine) {
  const ProgramRun result = run("cosim --scope unit --vectors 1000 --seed 9");
  EXPECT_EQ(result.status, 0) << result.out << result.err;
  for (const char* line :
       {"requantize acc32_mul32 tflite_ref: 1000 vectors", "pe a8_w9_acc32 weight stationary: 100 vectors",
        "output_pe a4_w3_acc20_saturate output stationary: 100 vectors", "decoder 16_w8_to_9 linear: 100 vectors",
        "decoder 4_w4_to_8_codebook codebook: 100 vectors", "command_check 16x16_a8_w8 all opcodes: 20 vectors",
        "0 bits and 0 cycles differ"}) {
    EXPECT_NE(result.out.find(line), std::string::npos) << line << " in\n" << result.out;
  }
}

TEST_F(ScopeUnitProgram, RefusesToCompareNothingBad) {
  for (const char* arguments : {"--scope unit --vectors 0", "--scope unit --vectors -5", "--scope core --commands 0",
                                "--scope core --commands -1"}) {
    const ProgramRun result = run(std::string("cosim ") + arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_NE(result.err.find("not in range 1 to "), std::string::npos) << arguments << ": " << result.err;
  }
}

TEST_F(ScopeUnitProgram, RefusesOptionsOfOtherScopesBad) {
  for (const char* arguments :
       {"--scope unit lenet5", "--scope core lenet5", "--scope unit --images 2", "--scope core --config odd.toml",
        "--scope core --dataset random", "--scope core --vectors 10", "--scope unit --commands 10", "--vectors 10",
        "--commands 10", "--seed 2"}) {
    const ProgramRun result = run(std::string("cosim ") + arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_NE(result.err.find("accepted: with --scope "), std::string::npos) << arguments << ": " << result.err;
  }
}

}  // namespace
}  // namespace systoliq::test
