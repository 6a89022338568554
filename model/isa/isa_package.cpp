// SPDX-License-Identifier: Apache-2.0
// The table as a SystemVerilog package.
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "model/isa/isa_error.h"
#include "model/isa/isa_rules.h"
#include "model/isa/isa_table.h"
#include "model/isa/isa_text.h"
#include "types/preset.h"

namespace systoliq::model {
namespace {

using Items = std::vector<std::pair<std::string, int>>;

std::string upper(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return text;
}

std::string lower(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

/// `bits` 0: an enumeration of int unsigned, for indices.
std::string enumeration(const std::string& comment, const std::string& name, int bits, const Items& items) {
  std::size_t width = 0;
  for (const auto& item : items) width = std::max(width, item.first.size());
  std::string text = "\n  /// " + comment + "\n  typedef enum ";
  text += bits == 0 ? "int unsigned {\n" : "logic [" + std::to_string(bits - 1) + ":0] {\n";
  for (std::size_t i = 0; i < items.size(); ++i) {
    text += "    " + items[i].first + std::string(width - items[i].first.size(), ' ') + " = ";
    text += (bits == 0 ? "" : std::to_string(bits) + "'d") + std::to_string(items[i].second);
    text += i + 1 < items.size() ? ",\n" : "\n";
  }
  return text + "  } " + name + ";\n";
}

std::string enumerations() {
  Items opcodes;
  for (const OpcodeSpec& spec : isa_table()) {
    opcodes.emplace_back("OPCODE_" + std::string(spec.name), static_cast<int>(spec.opcode));
  }
  Items presets;
  for (std::size_t i = 0; i < kRtlPresets; ++i) {
    presets.emplace_back("PRESET_" + upper(std::string(kPresetNames[i])), static_cast<int>(i));
  }
  const auto code = [](ErrorReason reason) { return static_cast<int>(reason); };
  return enumeration("Word 0 of a command, bits 7:0.", "opcode_e", 8, opcodes) +
         enumeration("LOAD's target.", "load_target_e", 2,
                     {{"TARGET_ACTIVATION", 0}, {"TARGET_WEIGHT", 1}, {"TARGET_PARAM", 2}}) +
         enumeration("POST's operation.", "post_op_e", 3,
                     {{"POST_OP_REQUANTIZE", 0},
                      {"POST_OP_MAX_POOL", 1},
                      {"POST_OP_AVERAGE_POOL", 2},
                      {"POST_OP_ADD", 3},
                      {"POST_OP_LOOKUP", 4},
                      {"POST_OP_FILL", 5}}) +
         enumeration("Requantization presets, types/preset.h.", "preset_e", 4, presets) +
         enumeration("Why a run ended with an error: register error_code, bits 7:0.", "error_reason_e", 8,
                     {{"ERROR_NONE", code(ErrorReason::kNone)},
                      {"ERROR_UNKNOWN_OPCODE", code(ErrorReason::kUnknownOpcode)},
                      {"ERROR_RESERVED", code(ErrorReason::kReserved)},
                      {"ERROR_RANGE", code(ErrorReason::kRange)},
                      {"ERROR_RULE", code(ErrorReason::kRule)},
                      {"ERROR_SEMAPHORE", code(ErrorReason::kSemaphore)},
                      {"ERROR_SEMAPHORE_OVERFLOW", code(ErrorReason::kSemaphoreOverflow)},
                      {"ERROR_BUS_READ", code(ErrorReason::kBusRead)},
                      {"ERROR_BUS_WRITE", code(ErrorReason::kBusWrite)}});
}

std::string fields_of(const OpcodeSpec& spec) {
  const std::string name = spec.name;
  Items items;
  for (const FieldSpec& field : spec.fields) {
    items.emplace_back(name + "_" + upper(field.name), static_cast<int>(items.size()));
  }
  std::string text =
      enumeration("Fields of " + name + ": field i is word FirstFieldWord + i.", lower(name) + "_field_e", 0, items);
  std::string camel = name.substr(0, 1) + lower(name.substr(1));
  text += "  localparam int unsigned " + camel + "Fields = " + std::to_string(items.size()) + ";\n";
  items.clear();
  for (const RuleSpec& rule : isa_rules(spec.opcode)) {
    items.emplace_back(name + "_RULE_" + upper(rule.field), static_cast<int>(items.size()));
  }
  text += enumeration("Rules of " + name + " in their order, each named by the field whose word it reports.",
                      lower(name) + "_rule_e", 0, items);
  text += "  localparam int unsigned " + camel + "Rules = " + std::to_string(items.size()) + ";\n";
  return text;
}

/// The end of a range as the RTL has it, which lacks the last operations and presets of POST.
Bound rtl_highest(const OpcodeSpec& spec, const FieldSpec& field) {
  if (spec.opcode != Opcode::kPost) return field.highest;
  if (std::string(field.name) == "op") return at(static_cast<std::int64_t>(kLastRtlPostOp));
  if (std::string(field.name) == "preset") return at(static_cast<std::int64_t>(kLastRtlPreset));
  return field.highest;
}

std::string label(bool highest, const OpcodeSpec& spec, std::size_t field) {
  return "      {1'b" + std::string(highest ? "1" : "0") + ", 3'd" + std::to_string(static_cast<int>(spec.opcode)) +
         ", 6'd" + std::to_string(field) + "}: bound = ";
}

std::string bound_function() {
  std::string text = R"(
  /// The lowest (highest = 0) or highest value of a field, of an opcode's bits 2:0, on a machine of these parameters.
  function automatic logic signed [31:0] bound(
      input logic highest, input logic [2:0] opcode, input logic [5:0] field, input logic signed [31:0] rows,
      input logic signed [31:0] cols, input logic signed [31:0] activation_bits,
      input logic signed [31:0] weight_bits, input logic signed [31:0] activation_words,
      input logic signed [31:0] weight_words, input logic signed [31:0] accumulator_words,
      input logic signed [31:0] param_words);
    logic signed [31:0] target_words, source_words, lane_bits, most_lanes, target_lanes;
    target_words = activation_words > weight_words ? activation_words : weight_words;
    target_words = target_words > param_words ? target_words : param_words;
    source_words = activation_words > accumulator_words ? activation_words : accumulator_words;
    lane_bits = activation_bits > weight_bits ? activation_bits : weight_bits;
    most_lanes = rows > cols ? rows : cols;
    target_lanes = weight_words > param_words ? weight_words * cols : param_words * cols;
    target_lanes = activation_words * rows > target_lanes ? activation_words * rows : target_lanes;
    case ({highest, opcode, field})
)";
  for (const OpcodeSpec& spec : isa_table()) {
    for (std::size_t i = 0; i < spec.fields.size(); ++i) {
      const FieldSpec& field = spec.fields[i];
      text += "      // " + std::string(spec.name) + "." + field.name + "\n";
      text += label(false, spec, i) + field.lowest.system_verilog() + ";\n";
      text += label(true, spec, i) + rtl_highest(spec, field).system_verilog() + ";\n";
    }
  }
  return text + "      default: bound = 32'sd0;\n    endcase\n  endfunction\n";
}

std::string rule_word_function() {
  std::string text = R"(
  /// The word that a rule reports, of an opcode's bits 2:0.
  function automatic logic [5:0] rule_word(input logic [2:0] opcode, input logic [5:0] rule);
    case ({opcode, rule})
)";
  for (const OpcodeSpec& spec : isa_table()) {
    int number = 0;
    for (const RuleSpec& rule : isa_rules(spec.opcode)) {
      text += "      {3'd" + std::to_string(static_cast<int>(spec.opcode)) + ", 6'd" + std::to_string(number++) +
              "}: rule_word = 6'd" + std::to_string(field_word(spec.opcode, rule.field)) + ";  // " + spec.name + "." +
              rule.field + "\n";
    }
  }
  return text + "      default: rule_word = 6'd0;\n    endcase\n  endfunction\n";
}

}  // namespace

std::string isa_package() {
  std::string text = R"(// SPDX-License-Identifier: Apache-2.0
// The ISA: opcodes, fields, ranges, rules and errors. Written from model/isa/isa_fields.h and *_rules.cpp, and compared
// with them by tests/model/isa/isa_files_test.cpp, which also writes it anew: do not edit. What the rules say stands in
// docs/architecture.md.

package systoliq_isa_pkg;

)";
  const auto parameter = [&text](const std::string& name, std::int64_t value) {
    text += "  localparam int unsigned " + name + " = " + std::to_string(value) + ";\n";
  };
  parameter("CommandBytes", kCommandBytes);
  parameter("CommandWords", kCommandWords);
  parameter("SemaphoreWord", kSemaphoreWord);
  parameter("LayerWord", kLayerWord);
  parameter("FirstFieldWord", kFirstFieldWord);
  parameter("LayerMax", kLayerMax);
  parameter("CoordinateMax", kCoordinateMax);
  parameter("WindowTapsMax", kWindowTapsMax);
  text += "  /// Bytes of the address space of commands.\n  localparam logic [63:0] MemoryBytes = 64'd" +
          std::to_string(kMemoryBytes) + ";\n";
  text += enumerations();
  for (const OpcodeSpec& spec : isa_table()) {
    if (!spec.fields.empty()) text += fields_of(spec);
  }
  return text + bound_function() + rule_word_function() + "\nendpackage : systoliq_isa_pkg\n";
}

}  // namespace systoliq::model
