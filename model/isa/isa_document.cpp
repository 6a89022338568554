// SPDX-License-Identifier: Apache-2.0
// The table as it stands in docs/architecture.md.
#include "model/isa/isa_rules.h"
#include "model/isa/isa_table.h"
#include "model/isa/isa_text.h"

namespace systoliq::model {
namespace {

std::string range_text(const FieldSpec& field) {
  const std::string lowest = field.lowest.text();
  const std::string highest = field.highest.text();
  return lowest == highest ? lowest : lowest + " to " + highest;
}

std::string meaning_text(const FieldSpec& field) {
  const std::string unit = field.unit;
  const std::string meaning = field.meaning;
  return unit + (unit.empty() || meaning.empty() ? "" : ", ") + meaning;
}

/// Writes `between` between the two markers of an opcode.
std::string replaced(const std::string& document, const OpcodeSpec& spec) {
  const std::string begin = "<!-- isa " + std::string(spec.name) + ": written by tests/model/isa -->\n";
  const std::string end = "<!-- isa " + std::string(spec.name) + " end -->\n";
  const std::size_t from = document.find(begin);
  const std::size_t to = document.find(end);
  check(from != std::string::npos && to != std::string::npos && from < to,
        "the document has no markers for the fields of " + std::string(spec.name));
  return document.substr(0, from + begin.size()) + isa_document(spec.opcode) + document.substr(to);
}

}  // namespace

std::string isa_document(Opcode opcode) {
  const OpcodeSpec& spec = isa_table().at(static_cast<std::size_t>(opcode));
  std::string text = "\n| word | field | accepted | meaning |\n| --- | --- | --- | --- |\n";
  int word = kFirstFieldWord;
  for (const FieldSpec& field : spec.fields) {
    text += "| " + std::to_string(word++) + " | " + field.name + " | " + range_text(field) + " | " +
            meaning_text(field) + " |\n";
  }
  text += "\n| rule | reports word | where | must hold |\n| --- | --- | --- | --- |\n";
  int number = 1;
  for (const RuleSpec& rule : isa_rules(opcode)) {
    text += "| R" + std::to_string(number++) + " | " + std::to_string(field_word(opcode, rule.field)) + " " +
            rule.field + " | " + rule.when + " | " + rule.holds + " |\n";
  }
  return text + "\n";
}

std::string with_isa_tables(const std::string& document) {
  std::string text = document;
  for (const OpcodeSpec& spec : isa_table()) {
    if (!spec.fields.empty()) text = replaced(text, spec);
  }
  return text;
}

}  // namespace systoliq::model
