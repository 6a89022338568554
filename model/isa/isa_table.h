// SPDX-License-Identifier: Apache-2.0
// The ISA's table at run time: opcodes, fields, ranges (isa_fields.h) and the rules by which fields fit together.
#pragma once

#include <string>
#include <vector>

#include "model/isa/command.h"
#include "model/isa/isa_bound.h"

namespace systoliq::model {

inline constexpr int kOpcodes = 6;
inline constexpr int kSemaphoreWord = 1, kLayerWord = 2, kFirstFieldWord = 3;
inline constexpr int kCommandWords = kCommandBytes / 4;

struct FieldSpec {
  const char* name;
  Bound lowest, highest;
  const char* unit;
  const char* meaning;
};

struct OpcodeSpec {
  Opcode opcode;
  const char* name;               ///< "LOAD"
  std::vector<FieldSpec> fields;  ///< of words kFirstFieldWord, kFirstFieldWord + 1, …
  bool has_semaphores;            ///< false: word 1 is reserved
};

/// Ordered by opcode.
const std::vector<OpcodeSpec>& isa_table();
/// Word 2 of every command.
const FieldSpec& layer_field();
/// "LOAD.rows", "HALT.layer", "POST.word 1": how messages name a word.
std::string word_name(Opcode opcode, int word);
/// Throws InternalError for a name that the opcode does not have.
int field_word(Opcode opcode, const std::string& name);

}  // namespace systoliq::model
