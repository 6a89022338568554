// SPDX-License-Identifier: Apache-2.0
// The decoder's checks of a command: RTL against model, and what the stimuli reach.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "model/isa/isa_rules.h"
#include "model/isa/isa_table.h"
#include "rtl_cosim/unit/command_check_cosim.h"
#include "rtl_cosim/unit/random_commands.h"

namespace systoliq::rtl {
namespace {

using model::ErrorReason;

TEST(CommandCheck, AgreesWithTheModel) {
  for (const auto& unit : make_command_check_units()) {
    const CommandCheckReport report = cosim_command_check(*unit, 20000, 1);
    EXPECT_EQ(report.mismatch, "") << unit->name();
    EXPECT_EQ(report.commands, 20000);
    EXPECT_GT(report.refused, 5000);
    EXPECT_LT(report.refused, 19000);
  }
}

/// Every opcode good and bad, every field out of its range, every rule broken that this machine can break.
TEST(CommandCheck, StimuliReachEveryRangeAndRule) {
  const model::AcceleratorConfig config = make_command_check_units().back()->config();
  RandomCommands stimuli(config, 2);
  model::CommandDecoder decoder(config, model::Operations::kRtl);
  std::map<ErrorReason, std::set<std::pair<std::uint32_t, int>>> seen;
  for (int i = 0; i < 400000; ++i) {
    const model::CommandWords words = stimuli.next();
    const model::Verdict verdict = decoder.check(words);
    seen[verdict.reason].emplace(words[0] & 0xFF, verdict.word);
  }
  for (std::uint32_t opcode = 0; opcode < model::kOpcodes; ++opcode) {
    EXPECT_EQ(seen[ErrorReason::kNone].count({opcode, 0}), 1U) << opcode;
    EXPECT_EQ(seen[ErrorReason::kRange].count({opcode, model::kLayerWord}), 1U) << opcode;
    const auto& spec = model::isa_table()[opcode];
    for (std::size_t field = 0; field < spec.fields.size(); ++field) {
      const int word = model::kFirstFieldWord + static_cast<int>(field);
      EXPECT_EQ(seen[ErrorReason::kRange].count({opcode, word}), 1U) << model::word_name(spec.opcode, word);
    }
    for (const model::RuleSpec& rule : model::isa_rules(spec.opcode)) {
      const int word = model::field_word(spec.opcode, rule.field);
      EXPECT_EQ(seen[ErrorReason::kRule].count({opcode, word}), 1U) << model::word_name(spec.opcode, word);
    }
  }
  EXPECT_GT(seen[ErrorReason::kReserved].size(), 20U);
}

/// An RTL that lets one reserved bit through.
class Careless final : public CommandCheckUnit {
 public:
  explicit Careless(std::unique_ptr<CommandCheckUnit> unit) : unit_(std::move(unit)) {}
  const std::string& name() const override { return unit_->name(); }
  const model::AcceleratorConfig& config() const override { return unit_->config(); }
  model::Verdict check(const model::CommandWords& words, bool claimed) override {
    const model::Verdict verdict = unit_->check(words, claimed);
    return verdict.reason == ErrorReason::kReserved && verdict.word == 63 ? model::Verdict{} : verdict;
  }

 private:
  std::unique_ptr<CommandCheckUnit> unit_;
};

TEST(CommandCheck, ToldWithItsWords) {
  Careless unit(std::move(make_command_check_units().front()));
  const CommandCheckReport report = cosim_command_check(unit, 100000, 1);
  EXPECT_NE(report.mismatch.find("expected reason 2, word 63, found reason 0, word 0"), std::string::npos)
      << report.mismatch;
  EXPECT_GT(report.mismatched_bits, 0);
}

}  // namespace
}  // namespace systoliq::rtl
