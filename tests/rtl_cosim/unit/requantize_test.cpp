// SPDX-License-Identifier: Apache-2.0
// The RTL requantization unit against the model: every preset of every build, and the comparison against wrong units.
#include "model/arith/requantize.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <limits>
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

/// Whatever lies in a param word has a result (docs/numerics.md, Words that are data).
TEST_P(RequantizeUnitOfPreset, AnyWordHasTheModelsResult) {
  constexpr std::array<std::int32_t, 12> kEnds = {std::numeric_limits<std::int32_t>::min(),
                                                  std::numeric_limits<std::int32_t>::max(),
                                                  -257,
                                                  -256,
                                                  -255,
                                                  -127,
                                                  -64,
                                                  63,
                                                  127,
                                                  254,
                                                  255,
                                                  256};
  Random random(kSeed);
  for (RequantizeBuild& build : make_requantize_units()) {
    if (!supports(*build.unit, GetParam())) continue;
    const std::int64_t high = (std::int64_t{1} << (build.unit->accumulator_bits() - 1)) - 1;
    build.unit->reset();
    for (int i = 0; i < 5000; ++i) {
      RequantizeVector vector{GetParam(), random.between(-high - 1, high), static_cast<std::int32_t>(random.next()),
                              static_cast<std::int32_t>(random.between(-300, 300))};
      if (random.one_in(2)) vector.shift = kEnds[random.next() % kEnds.size()];
      if (random.one_in(4)) vector.multiplier = kEnds[random.next() % kEnds.size()];
      if (random.one_in(4)) vector.accumulator = random.between(-3, 3);
      for (const RequantizeVector* given = &vector; !build.unit->has_result() || given != nullptr; given = nullptr) {
        build.unit->drive(given);
        build.unit->clock();
      }
      const model::Multiplier word =
          model::as_data(GetParam(), {vector.multiplier, vector.shift}, build.unit->multiplier_bits());
      RequantizeVector read = vector;
      read.multiplier = word.multiplier;
      read.shift = word.shift;
      ASSERT_EQ(build.unit->result(), expected_result(read, build.unit->result_bits()))
          << build.name << ": accumulator " << vector.accumulator << ", multiplier " << vector.multiplier << ", shift "
          << vector.shift;
      build.unit->drive(nullptr);
      build.unit->clock();
    }
  }
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
