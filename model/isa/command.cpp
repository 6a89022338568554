// SPDX-License-Identifier: Apache-2.0
// Encoding, decoding and listing of commands: one generic walk over each command's list of fields.
#include "model/isa/command.h"

#include <cstdio>

#include "types/error.h"

namespace systoliq::model {
namespace {

constexpr std::size_t kFirstField = 3;
constexpr const char* kOpcodeNames[] = {"HALT", "FENCE", "LOAD", "EXECUTE", "POST", "STORE"};

#define SYSTOLIQ_VISIT(name, lowest, highest, unit, meaning) visit(#name, fields.name);
template <typename Fields, typename Visitor>
void visit_fields(Fields& fields, Visitor&& visit, const Load*) {
  SYSTOLIQ_LOAD_FIELDS(SYSTOLIQ_VISIT)
}
template <typename Fields, typename Visitor>
void visit_fields(Fields& fields, Visitor&& visit, const Execute*) {
  SYSTOLIQ_EXECUTE_FIELDS(SYSTOLIQ_VISIT)
}
template <typename Fields, typename Visitor>
void visit_fields(Fields& fields, Visitor&& visit, const Post*) {
  SYSTOLIQ_POST_FIELDS(SYSTOLIQ_VISIT)
}
template <typename Fields, typename Visitor>
void visit_fields(Fields& fields, Visitor&& visit, const Store*) {
  SYSTOLIQ_STORE_FIELDS(SYSTOLIQ_VISIT)
}
#undef SYSTOLIQ_VISIT
template <typename Fields, typename Visitor>
void visit_fields(Fields&, Visitor&&, const Fence*) {}
template <typename Fields, typename Visitor>
void visit_fields(Fields&, Visitor&&, const Halt*) {}

/// `word` is all of word 0: the bits above the opcode are reserved.
std::variant<Halt, Fence, Load, Execute, Post, Store> empty_body(std::uint32_t word) {
  const std::uint32_t opcode = word & 0xFF;
  if (opcode != word) {
    throw InputError("command word 0: bits 8 to 31 are reserved, must be 0; the word is " + std::to_string(word));
  }
  switch (static_cast<Opcode>(opcode)) {
    case Opcode::kHalt:
      return Halt{};
    case Opcode::kFence:
      return Fence{};
    case Opcode::kLoad:
      return Load{};
    case Opcode::kExecute:
      return Execute{};
    case Opcode::kPost:
      return Post{};
    case Opcode::kStore:
      return Store{};
  }
  throw InputError("command word 0: unknown opcode " + std::to_string(opcode) + "; accepted: 0 to 5");
}

}  // namespace

std::uint16_t awaited_by(const Command& command) {
  const auto* execute = std::get_if<Execute>(&command.body);
  return static_cast<std::uint16_t>(command.wait | (execute != nullptr ? execute->stream_wait : 0));
}

CommandWords encode(const Command& command) {
  CommandWords words{};
  words[0] = static_cast<std::uint32_t>(command.body.index());
  words[1] = command.wait | static_cast<std::uint32_t>(command.signal) << 16;
  words[2] = static_cast<std::uint32_t>(command.layer);
  std::visit(
      [&words](const auto& body) {
        std::size_t word = kFirstField;
        visit_fields(
            body, [&](const char*, std::int32_t value) { words[word++] = static_cast<std::uint32_t>(value); }, &body);
      },
      command.body);
  return words;
}

Command decode(const CommandWords& words) {
  Command command;
  command.wait = static_cast<std::uint16_t>(words[1] & 0xFFFF);
  command.signal = static_cast<std::uint16_t>(words[1] >> 16);
  command.layer = static_cast<std::int32_t>(words[2]);
  command.body = empty_body(words[0]);
  std::size_t word = kFirstField;
  std::visit(
      [&](auto& body) {
        visit_fields(
            body, [&](const char*, std::int32_t& value) { value = static_cast<std::int32_t>(words[word++]); }, &body);
      },
      command.body);
  for (; word < words.size(); ++word) {
    if (words[word] != 0) {
      throw InputError("command word " + std::to_string(word) + ": reserved, must be 0, is " +
                       std::to_string(words[word]));
    }
  }
  return command;
}

std::string disassemble(const Command& command) {
  char head[80];
  std::snprintf(head, sizeof head, "%s layer=%d wait=0x%04x signal=0x%04x", kOpcodeNames[command.body.index()],
                command.layer, command.wait, command.signal);
  std::string text = head;
  std::visit(
      [&text](const auto& body) {
        visit_fields(
            body,
            [&text](const char* name, std::int32_t value) {
              text += " " + std::string(name) + "=" + std::to_string(value);
            },
            &body);
      },
      command.body);
  return text;
}

}  // namespace systoliq::model
