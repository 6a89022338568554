// SPDX-License-Identifier: Apache-2.0
// PEs and weight decoders against their golden arithmetic: equal in every build, and a block with one wrong input bit
// is seen and described.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "rtl_cosim/unit/cell_cosim.h"
#include "rtl_cosim/unit/decoder_cosim.h"
#include "rtl_cosim/unit/pe_cosim.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr std::uint64_t kSeed = 271828;
constexpr std::int64_t kVectors = 100000;

TEST(CellCosim, EveryBuildEqualsItsModel) {
  std::set<std::string> kinds;
  for (CellBuild& build : make_cells()) {
    const CellReport report = cosim_cell(*build.cell, *build.model, kVectors, kSeed);
    EXPECT_EQ(report.mismatch, "") << build.unit << " " << build.name << ", seed " << kSeed;
    EXPECT_EQ(report.vectors, kVectors);
    EXPECT_EQ(report.mismatched_bits, 0);
    kinds.insert(build.unit + " " + build.what);
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"pe weight stationary", "output_pe output stationary", "decoder linear",
                                          "decoder codebook"}));
}

/// The lowest bit of one input is not what the model gets, in one clock in 1000.
class FlippedInput final : public Cell {
 public:
  FlippedInput(Cell& cell, std::size_t input) : cell_(cell), input_(input) {}
  void reset() override { cell_.reset(); }
  void clock(const CellValues& inputs, CellValues* outputs) override {
    CellValues changed = inputs;
    if (++clocks_ % 1000 == 0) changed[input_] ^= 1;
    cell_.clock(changed, outputs);
  }

 private:
  Cell& cell_;
  std::size_t input_;
  std::int64_t clocks_ = 0;
};

/// That a decoder has no need of: a linear one of tables, one with a codebook of the zero point, and with four entries
/// of the others in a table's word.
bool is_unused(const CellBuild& build, const std::string& input) {
  if (build.what == "linear") return input.find("table_") == 0;
  if (build.what != "codebook") return false;
  const bool four_entries = build.name.find("_w2_") != std::string::npos;
  return input == "zero_point_i" || (four_entries && input.find("entry") == 0 && input.back() >= '4');
}

TEST(CellCosim, FindsAFlippedBitOfEveryInputOfEveryBuild) {
  for (CellBuild& build : make_cells()) {
    for (std::size_t input = 0; input < build.model->inputs().size(); ++input) {
      const std::string& name = build.model->inputs()[input].name;
      if (is_unused(build, name)) continue;
      FlippedInput faulty(*build.cell, input);
      const CellReport report = cosim_cell(faulty, *build.model, kVectors, kSeed);
      EXPECT_NE(report.mismatch, "") << build.unit << " " << build.name << ", input " << name << ", seed " << kSeed;
      const bool asserted = report.mismatch.find("assertion") != std::string::npos;  // entries of one column more
      EXPECT_TRUE(report.mismatched_bits > 0 || (asserted && name == "valid_columns_i")) << report.mismatch;
      EXPECT_LT(report.vectors, kVectors);
    }
  }
}

TEST(CellCosim, DescribesTheFirstDifference) {
  for (CellBuild& build : make_cells()) {
    if (build.unit != "pe") continue;
    FlippedInput faulty(*build.cell, kPeSum);
    const CellReport report = cosim_cell(faulty, *build.model, kVectors, kSeed);
    for (const char* part : {"vector 999, cycle ", " after reset: sum_o: expected ", ", found ",
                             "\n  inputs: activation_i ", ", swap_i ", ", load_i ", ", operand_i ", ", sum_i "}) {
      EXPECT_NE(report.mismatch.find(part), std::string::npos) << part << " in " << report.mismatch;
    }
    return;
  }
  FAIL() << "no build of the PE";
}

/// Takes the tile's columns away.
class NoColumns final : public Cell {
 public:
  explicit NoColumns(Cell& cell) : cell_(cell) {}
  void reset() override { cell_.reset(); }
  void clock(const CellValues& inputs, CellValues* outputs) override {
    CellValues changed = inputs;
    changed[kDecoderValidColumns] = 0;
    cell_.clock(changed, outputs);
  }

 private:
  Cell& cell_;
};

TEST(CellCosim, AFailedAssertionIsADifference) {
  for (CellBuild& build : make_cells()) {
    if (build.name != "4_w4_to_8_codebook") continue;
    NoColumns faulty(*build.cell);
    const CellReport report = cosim_cell(faulty, *build.model, kVectors, kSeed);
    EXPECT_NE(report.mismatch.find("an assertion of the unit failed"), std::string::npos) << report.mismatch;
    EXPECT_EQ(cosim_cell(*build.cell, *build.model, 1000, kSeed).mismatch, "") << "after the failed one";
    return;
  }
  FAIL() << "no such build";
}

TEST(CellCosim, CornersAreWithinTheirBits) {
  Random random(kSeed);
  for (const int bits : {2, 3, 8, 48}) {
    std::int64_t low = 0, high = 0;
    for (int i = 0; i < 10000; ++i) {
      const std::int64_t value = corner_or_random(random, bits);
      low = std::min(low, value);
      high = std::max(high, value);
    }
    EXPECT_EQ(high, (std::int64_t{1} << (bits - 1)) - 1) << "seed " << kSeed;
    EXPECT_EQ(low, -high - 1) << "seed " << kSeed;
  }
}

}  // namespace
}  // namespace systoliq::rtl
