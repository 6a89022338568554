// SPDX-License-Identifier: Apache-2.0
// Checks in the documented order, and their messages.
#include "model/isa/command_decoder.h"

#include "model/isa/isa_rules.h"

namespace systoliq::model {
namespace {

Opcode opcode_of(const CommandWords& words) { return static_cast<Opcode>(words[0] & 0xFF); }
std::int64_t field_value(const CommandWords& words, int word) {
  return static_cast<std::int32_t>(words[static_cast<std::size_t>(word)]);
}
std::uint16_t wait_mask(const CommandWords& words) { return awaited_by(decode(words)); }

int first_bit(unsigned mask) {
  int bit = 0;
  while ((mask >> bit & 1) == 0) ++bit;
  return bit;
}

}  // namespace

CommandDecoder::CommandDecoder(const AcceleratorConfig& config, Operations operations) : config_(config) {
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    for (const FieldSpec& field : isa_table()[i].fields) {
      ranges_[i].push_back({field.lowest.value(config), field.highest.value(config)});
      if (isa_table()[i].opcode != Opcode::kPost || operations != Operations::kRtl) continue;
      const std::string name = field.name;
      if (name == "op") ranges_[i].back().highest = static_cast<std::int64_t>(kLastRtlPostOp);
      if (name == "preset") ranges_[i].back().highest = static_cast<std::int64_t>(kLastRtlPreset);
    }
  }
}

Verdict CommandDecoder::check(const CommandWords& words) {
  if ((words[0] & 0xFF) >= kOpcodes) return {ErrorReason::kUnknownOpcode, 0};
  Verdict verdict = check_reserved(words);
  if (!verdict.bad()) verdict = check_ranges(words);
  if (verdict.bad()) return verdict;
  if (const auto rule = broken_rule(decode(words), config_)) {
    const Opcode opcode = opcode_of(words);
    return {ErrorReason::kRule, field_word(opcode, isa_rules(opcode)[static_cast<std::size_t>(*rule)].field)};
  }
  return check_semaphores(words);
}

Verdict CommandDecoder::check_reserved(const CommandWords& words) const {
  const OpcodeSpec& spec = isa_table()[static_cast<std::size_t>(opcode_of(words))];
  if (words[0] >> 8 != 0) return {ErrorReason::kReserved, 0};
  if (!spec.has_semaphores && words[kSemaphoreWord] != 0) return {ErrorReason::kReserved, kSemaphoreWord};
  for (int word = kFirstFieldWord + static_cast<int>(spec.fields.size()); word < kCommandWords; ++word) {
    if (words[static_cast<std::size_t>(word)] != 0) return {ErrorReason::kReserved, word};
  }
  return {};
}

Verdict CommandDecoder::check_ranges(const CommandWords& words) const {
  const std::int64_t layer = field_value(words, kLayerWord);
  if (layer < 0 || layer > kLayerMax) return {ErrorReason::kRange, kLayerWord};
  int word = kFirstFieldWord;
  for (const Range& range : ranges_[static_cast<std::size_t>(opcode_of(words))]) {
    const std::int64_t value = field_value(words, word);
    if (value < range.lowest || value > range.highest) return {ErrorReason::kRange, word};
    ++word;
  }
  return {};
}

Verdict CommandDecoder::check_semaphores(const CommandWords& words) {
  const auto engine = static_cast<std::size_t>(opcode_of(words));
  const std::uint16_t mask = wait_mask(words);
  for (std::size_t other = 0; other < awaited_.size(); ++other) {
    if (other != engine && (awaited_[other] & mask) != 0) return {ErrorReason::kSemaphore, kSemaphoreWord};
  }
  awaited_[engine] = static_cast<std::uint16_t>(awaited_[engine] | mask);
  return {};
}

CommandError CommandDecoder::error(std::int64_t command, const CommandWords& words, Verdict verdict,
                                   std::int64_t cycles) const {
  return {"command " + std::to_string(command) + ": " + describe(command, words, verdict), command, verdict, cycles};
}

std::string CommandDecoder::describe(std::int64_t command, const CommandWords& words, Verdict verdict) const {
  const Opcode opcode = opcode_of(words);
  const std::string raw = std::to_string(words[static_cast<std::size_t>(verdict.word)]);
  if (verdict.reason == ErrorReason::kUnknownOpcode) {
    return "word 0: unknown opcode " + std::to_string(words[0] & 0xFF) + "; accepted: 0 to " +
           std::to_string(kOpcodes - 1);
  }
  if (verdict.reason == ErrorReason::kReserved) {
    const bool semaphores = verdict.word == kSemaphoreWord;
    return word_name(opcode, verdict.word) + " = " + raw + " is reserved" +
           (semaphores ? " (FENCE and HALT have no semaphores)" : "") + "; accepted: 0";
  }
  if (verdict.reason == ErrorReason::kSemaphore) return describe_semaphore(command, words);
  const std::string head =
      word_name(opcode, verdict.word) + " = " + std::to_string(field_value(words, verdict.word)) + "; accepted: ";
  if (verdict.reason == ErrorReason::kRange) {
    if (verdict.word == kLayerWord) return head + "0 to " + std::to_string(kLayerMax);
    const Range& range =
        ranges_[static_cast<std::size_t>(opcode)][static_cast<std::size_t>(verdict.word - kFirstFieldWord)];
    return head + std::to_string(range.lowest) + " to " + std::to_string(range.highest);
  }
  const RuleSpec& rule = isa_rules(opcode)[static_cast<std::size_t>(broken_rule(decode(words), config_).value_or(0))];
  return head + rule.holds + (rule.when.empty() ? "" : " (where: " + rule.when + ")");
}

std::string CommandDecoder::describe_semaphore(std::int64_t command, const CommandWords& words) const {
  const auto engine = static_cast<std::size_t>(opcode_of(words));
  for (std::size_t other = 0; other < awaited_.size(); ++other) {
    const unsigned both = awaited_[other] & wait_mask(words);
    if (other == engine || both == 0) continue;
    return "semaphore " + std::to_string(first_bit(both)) + ": awaited by " + isa_table()[engine].name + " command " +
           std::to_string(command) + ", but also by " + isa_table()[other].name +
           "; a semaphore has one consuming engine";
  }
  return "semaphores";
}

}  // namespace systoliq::model
