// SPDX-License-Identifier: Apache-2.0
// The block has no state: the claims of semaphores are an input. The model's decoder keeps them, so that it is shown
// another engine's command first where the input is set.
#include "rtl_cosim/unit/command_check_cosim.h"

#include <cstddef>

#include "model/isa/isa_table.h"
#include "rtl_cosim/core/differing_bits.h"
#include "rtl_cosim/unit/random_commands.h"

namespace systoliq::rtl {
namespace {

std::string text_of(model::Verdict verdict) {
  return "reason " + std::to_string(static_cast<int>(verdict.reason)) + ", word " + std::to_string(verdict.word);
}

std::string words_of(const model::CommandWords& words) {
  std::string text;
  for (std::size_t word = 0; word < words.size(); ++word) {
    if (words[word] != 0) {
      text += " " + std::to_string(word) + ": " + std::to_string(static_cast<std::int32_t>(words[word]));
    }
  }
  return text;
}

}  // namespace

CommandCheckReport cosim_command_check(CommandCheckUnit& unit, std::int64_t commands, std::uint64_t seed) {
  CommandCheckReport report;
  RandomCommands stimuli(unit.config(), seed);
  Random random(mix_seed(seed, 1));
  const model::CommandDecoder fresh(unit.config(), model::Operations::kRtl);
  for (; report.commands < commands; ++report.commands) {
    model::CommandWords words = stimuli.next();
    model::CommandDecoder decoder = fresh;
    const std::uint32_t opcode = words[0] & 0xFF;
    const bool claimed =
        random.one_in(8) && opcode < model::isa_table().size() && model::isa_table()[opcode].has_semaphores;
    if (claimed) {
      model::CommandWords before = stimuli.good(static_cast<model::Opcode>(opcode));
      const std::uint32_t semaphore = 1U << random.between(0, 15);
      before[model::kSemaphoreWord] |= semaphore;
      words[model::kSemaphoreWord] |= semaphore;
      decoder.check(before);
    }
    const model::Verdict expected = decoder.check(words);
    const model::Verdict found = unit.check(words, claimed);
    if (expected.bad()) ++report.refused;
    if (expected.code() == found.code()) continue;
    report.mismatched_bits = differing_bits(expected.code(), found.code(), 32);
    report.mismatch = "command " + std::to_string(report.commands) + ": expected " + text_of(expected) + ", found " +
                      text_of(found) + (claimed ? ", claimed" : "") + "; words" + words_of(words);
    return report;
  }
  return report;
}

}  // namespace systoliq::rtl
