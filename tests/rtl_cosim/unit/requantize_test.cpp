// SPDX-License-Identifier: Apache-2.0
// The RTL requantization unit against the model: every preset of every build, and the comparison against wrong units.
#include "model/arith/requantize.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "rtl_cosim/unit/requantize_cosim.h"
#include "rtl_cosim/unit/unit_cosim.h"

namespace systoliq::rtl {
namespace {

constexpr std::uint64_t kSeed = 20260801;

class RequantizeUnitOfPreset : public testing::TestWithParam<Preset> {};

TEST_P(RequantizeUnitOfPreset, EqualsModelInEveryBuild) {
  int builds = 0;
  for (RequantizeBuild& build : make_requantize_units()) {
    if (!supports(*build.unit, GetParam())) continue;
    ++builds;
    const std::int64_t corners =
        RequantizeVectors(GetParam(), build.unit->accumulator_bits(), build.unit->multiplier_bits(), kSeed).corners();
    const RequantizeReport report = cosim_requantize(*build.unit, GetParam(), corners + 200000, kSeed);
    EXPECT_EQ(report.mismatch, "") << build.name << ", seed " << kSeed;
    EXPECT_EQ(report.vectors, corners + 200000) << build.name;
    EXPECT_EQ(report.shortest_latency, 3) << build.name << ": four stages";
    EXPECT_EQ(report.longest_latency, 3) << build.name;
  }
  EXPECT_GE(builds, 3);
}

/// No stage looks at the preset of the vector before or behind.
TEST(RequantizeUnitOfAllPresets, EqualsModelWhenThePresetChangesEveryCycle) {
  for (RequantizeBuild& build : make_requantize_units()) {
    const RequantizeReport report = cosim_mixed_requantize(*build.unit, 200000, kSeed);
    EXPECT_EQ(report.mismatch, "") << build.name << ", seed " << kSeed;
  }
}

INSTANTIATE_TEST_SUITE_P(AllPresets, RequantizeUnitOfPreset,
                         testing::Values(Preset::kTfliteRef, Preset::kTfliteSingle, Preset::kOrtMlas, Preset::kFloor,
                                         Preset::kHalfUp, Preset::kHalfEven, Preset::kHalfAway, Preset::kPotFloor,
                                         Preset::kPotHalfUp),
                         [](const testing::TestParamInfo<Preset>& preset) {
                           return std::string(to_string(preset.param));
                         });

/// A unit of one stage that computes what it is told to.
class UnitOfFormula final : public RequantizeUnit {
 public:
  using Formula = std::function<std::optional<std::int64_t>(const RequantizeVector&)>;
  explicit UnitOfFormula(Formula formula) : formula_(std::move(formula)) {}
  int accumulator_bits() const override { return 32; }
  int multiplier_bits() const override { return 32; }
  int result_bits() const override { return 34; }
  void reset() override {
    input_.reset();
    output_.reset();
  }
  void drive(const RequantizeVector* vector) override {
    if (vector == nullptr) {
      input_.reset();
    } else {
      input_ = *vector;
    }
  }
  bool accepts() override { return true; }
  void clock() override { output_ = input_ ? formula_(*input_) : std::nullopt; }
  bool has_result() const override { return output_.has_value(); }
  std::int64_t result() const override { return output_.value_or(0); }

 private:
  Formula formula_;
  std::optional<RequantizeVector> input_;
  std::optional<std::int64_t> output_;
};

TEST(RequantizeCosim, AcceptsARightUnit) {
  UnitOfFormula unit([](const RequantizeVector& v) { return expected_result(v, 34); });
  const RequantizeReport report = cosim_requantize(unit, Preset::kHalfEven, 50000, kSeed);
  EXPECT_EQ(report.mismatch, "");
  EXPECT_EQ(report.mismatched_bits, 0);
  EXPECT_EQ(report.longest_latency, 0);
}

TEST(RequantizeCosim, NamesTheVectorOfAWrongTie) {
  UnitOfFormula unit([](const RequantizeVector& v) {
    RequantizeVector wrong = v;
    wrong.preset = Preset::kHalfUp;
    return expected_result(wrong, 34);
  });
  const RequantizeReport report = cosim_requantize(unit, Preset::kHalfEven, 50000, kSeed);
  EXPECT_GT(report.mismatched_bits, 0);
  EXPECT_NE(report.mismatch.find("preset half_even, accumulator"), std::string::npos) << report.mismatch;
  EXPECT_NE(report.mismatch.find("expected"), std::string::npos) << report.mismatch;
}

TEST(RequantizeCosim, FindsALostResult) {
  std::int64_t count = 0;
  UnitOfFormula unit([&](const RequantizeVector& v) -> std::optional<std::int64_t> {
    if (++count == 1000) return std::nullopt;
    return expected_result(v, 34);
  });
  EXPECT_NE(cosim_requantize(unit, Preset::kFloor, 1000, kSeed).mismatch, "");
}

TEST(RequantizeCosim, FindsADoubledResult) {
  class Doubling final : public RequantizeUnit {
   public:
    int accumulator_bits() const override { return 32; }
    int multiplier_bits() const override { return 32; }
    int result_bits() const override { return 34; }
    void reset() override {}
    void drive(const RequantizeVector* vector) override {
      if (vector != nullptr) result_ = expected_result(*vector, 34);
      valid_ = vector != nullptr || valid_;
    }
    bool accepts() override { return true; }
    void clock() override {}
    bool has_result() const override { return valid_; }
    std::int64_t result() const override { return result_; }

   private:
    std::int64_t result_ = 0;
    bool valid_ = false;
  } unit;
  EXPECT_NE(cosim_requantize(unit, Preset::kFloor, 1000, kSeed).mismatch.find("to no vector"), std::string::npos);
}

}  // namespace
}  // namespace systoliq::rtl
