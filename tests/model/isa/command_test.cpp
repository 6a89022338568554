// SPDX-License-Identifier: Apache-2.0
// The binary format of commands: every field of every opcode survives, and nothing unknown is accepted.
#include "model/isa/command.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "model/isa/isa_table.h"
#include "types/error.h"

namespace systoliq::model {
namespace {

std::size_t field_count(Opcode opcode) {
#define SYSTOLIQ_COUNT(name, lowest, highest, unit, meaning) +1
  switch (opcode) {
    case Opcode::kLoad:
      return SYSTOLIQ_LOAD_FIELDS(SYSTOLIQ_COUNT);
    case Opcode::kExecute:
      return SYSTOLIQ_EXECUTE_FIELDS(SYSTOLIQ_COUNT);
    case Opcode::kPost:
      return SYSTOLIQ_POST_FIELDS(SYSTOLIQ_COUNT);
    case Opcode::kStore:
      return SYSTOLIQ_STORE_FIELDS(SYSTOLIQ_COUNT);
    default:
      return 0;
  }
#undef SYSTOLIQ_COUNT
}

CommandWords random_words(std::uint32_t opcode, std::mt19937* random) {
  CommandWords words{};
  words[0] = opcode;
  const std::size_t end = 3 + field_count(static_cast<Opcode>(opcode));
  for (std::size_t i = 1; i < end; ++i) words[i] = static_cast<std::uint32_t>((*random)());
  return words;
}

TEST(Command, RandomFieldsSurviveEveryOpcode) {
  std::mt19937 random(1);
  for (std::uint32_t opcode = 0; opcode <= 5; ++opcode) {
    for (int repeat = 0; repeat < 200; ++repeat) {
      const CommandWords words = random_words(opcode, &random);
      const Command command = decode(words);
      EXPECT_EQ(command.body.index(), opcode);
      EXPECT_EQ(encode(command), words) << "opcode " << opcode;
    }
  }
}

TEST(Command, FieldsLieWhereTheListPutsThem) {
  Command command;
  command.wait = 0x8001;
  command.signal = 0x4002;
  command.layer = 7;
  Load load;
  load.target = 2;
  load.memory_address = -1;
  load.pad_value = -128;
  command.body = load;
  const CommandWords words = encode(command);
  EXPECT_EQ(words[0], 2U);
  EXPECT_EQ(words[1], 0x40028001U);
  EXPECT_EQ(words[2], 7U);
  EXPECT_EQ(words[3], 2U);
  EXPECT_EQ(words[4], 0xFFFFFFFFU);
  EXPECT_EQ(words[30], 0xFFFFFF80U);
  EXPECT_EQ(words[31], 0U);
  EXPECT_LE(3 + field_count(Opcode::kPost), words.size());
}

/// Changing any one word changes the command, so no field is forgotten or read twice.
TEST(Command, EveryWordMatters) {
  std::mt19937 random(2);
  for (std::uint32_t opcode = 2; opcode <= 5; ++opcode) {
    const CommandWords words = random_words(opcode, &random);
    const std::string text = disassemble(decode(words));
    for (std::size_t i = 1; i < 3 + field_count(static_cast<Opcode>(opcode)); ++i) {
      CommandWords changed = words;
      changed[i] ^= 0x10;
      EXPECT_NE(disassemble(decode(changed)), text) << "opcode " << opcode << " word " << i;
    }
  }
}

TEST(Command, UnknownOpcodesBad) {
  for (const std::uint32_t opcode : {6U, 7U, 255U, 256U, 0x102U, 0x80000002U, 0xFFFFFFFFU}) {
    CommandWords words{};
    words[0] = opcode;
    EXPECT_THROW(decode(words), InputError) << opcode;
  }
}

TEST(Command, ReservedWordsBad) {
  for (std::uint32_t opcode = 0; opcode <= 5; ++opcode) {
    for (std::size_t i = 3 + field_count(static_cast<Opcode>(opcode)); i < CommandWords{}.size(); ++i) {
      CommandWords words{};
      words[0] = opcode;
      words[i] = 1;
      try {
        decode(words);
        ADD_FAILURE() << "opcode " << opcode << " accepted reserved word " << i;
      } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("word " + std::to_string(i)), std::string::npos) << error.what();
      }
    }
  }
}

TEST(Disassemble, NamesEveryField) {
  Command command;
  command.wait = 1;
  command.signal = 2;
  Store store;
  store.memory_address = 4096;
  store.row_records = -3;
  command.body = store;
  std::string expected = "STORE layer=0 wait=0x0001 signal=0x0002";
  for (const FieldSpec& field : isa_table()[static_cast<std::size_t>(Opcode::kStore)].fields) {
    const std::string name = field.name;
    expected += " " + name + "=" + (name == "memory_address" ? "4096" : name == "row_records" ? "-3" : "0");
  }
  EXPECT_EQ(disassemble(command), expected);
  EXPECT_EQ(disassemble(Command{}), "HALT layer=0 wait=0x0000 signal=0x0000");
}

}  // namespace
}  // namespace systoliq::model
