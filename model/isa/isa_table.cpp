// SPDX-License-Identifier: Apache-2.0
// The lists of isa_fields.h as a table.
#include "model/isa/isa_table.h"

#include "model/isa/isa_fields.h"

namespace systoliq::model {
namespace {

#define SYSTOLIQ_SPEC(name, lowest, highest, unit, meaning) FieldSpec{#name, lowest, highest, unit, meaning},

std::vector<OpcodeSpec> make_table() {
  return {
      {Opcode::kHalt, "HALT", {}, false},
      {Opcode::kFence, "FENCE", {}, false},
      {Opcode::kLoad, "LOAD", {SYSTOLIQ_LOAD_FIELDS(SYSTOLIQ_SPEC)}, true},
      {Opcode::kExecute, "EXECUTE", {SYSTOLIQ_EXECUTE_FIELDS(SYSTOLIQ_SPEC)}, true},
      {Opcode::kPost, "POST", {SYSTOLIQ_POST_FIELDS(SYSTOLIQ_SPEC)}, true},
      {Opcode::kStore, "STORE", {SYSTOLIQ_STORE_FIELDS(SYSTOLIQ_SPEC)}, true},
  };
}

#undef SYSTOLIQ_SPEC

}  // namespace

const std::vector<OpcodeSpec>& isa_table() {
  static const std::vector<OpcodeSpec> table = make_table();
  return table;
}

const FieldSpec& layer_field() {
  static const FieldSpec field = {"layer", at(0), at(kLayerMax), "",
                                  "index of the layer: for counters and reports only"};
  return field;
}

std::string word_name(Opcode opcode, int word) {
  const OpcodeSpec& spec = isa_table().at(static_cast<std::size_t>(opcode));
  const int field = word - kFirstFieldWord;
  std::string name = "word " + std::to_string(word);
  if (word == kLayerWord) name = layer_field().name;
  if (field >= 0 && field < static_cast<int>(spec.fields.size()))
    name = spec.fields[static_cast<std::size_t>(field)].name;
  return std::string(spec.name) + "." + name;
}

int field_word(Opcode opcode, const std::string& name) {
  const OpcodeSpec& spec = isa_table().at(static_cast<std::size_t>(opcode));
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    if (name == spec.fields[i].name) return kFirstFieldWord + static_cast<int>(i);
  }
  throw InternalError(std::string(spec.name) + " has no field " + name);
}

}  // namespace systoliq::model
