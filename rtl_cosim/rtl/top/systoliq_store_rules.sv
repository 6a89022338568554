// SPDX-License-Identifier: Apache-2.0
// The rules by which the fields of a STORE fit together, each within its range already. What they
// say stands in docs/architecture.md; model/isa/load_store_rules.cpp says it again, and the
// co-simulation compares both.

module systoliq_store_rules #(
    parameter int unsigned Rows = 16,
    parameter int unsigned ActivationWords = 8192
) (
    input  systoliq_pkg::command_t                                    command_i,
    /// Rules that do not hold, in their order.
    output logic                   [systoliq_isa_pkg::StoreRules-1:0] broken_o
);

  typedef logic signed [63:0] number_t;

  // Parameters as numbers with sign.
  localparam logic signed [63:0] WholeActivationWords = 64'(ActivationWords);
  localparam logic signed [63:0] MemoryBytes = systoliq_isa_pkg::MemoryBytes;
  localparam logic signed [63:0] WholeRows = 64'(Rows);
  number_t memory_address, memory_row_pitch, rows, row_records, record_words, record_lanes;
  number_t element_bits, row_words, record_bytes;
  number_t buffer_address, buffer_row_pitch, buffer_word_pitch, last_word, memory_end;
  assign memory_address = 64'($signed(command_i.fields[systoliq_isa_pkg::STORE_MEMORY_ADDRESS]));
  assign memory_row_pitch = 64'($signed(
      command_i.fields[systoliq_isa_pkg::STORE_MEMORY_ROW_PITCH]
  ));
  assign buffer_address = 64'($signed(command_i.fields[systoliq_isa_pkg::STORE_BUFFER_ADDRESS]));
  assign buffer_row_pitch = 64'($signed(
      command_i.fields[systoliq_isa_pkg::STORE_BUFFER_ROW_PITCH]
  ));
  assign buffer_word_pitch = 64'($signed(
      command_i.fields[systoliq_isa_pkg::STORE_BUFFER_WORD_PITCH]
  ));
  assign rows = 64'($signed(command_i.fields[systoliq_isa_pkg::STORE_ROWS]));
  assign row_records = 64'($signed(command_i.fields[systoliq_isa_pkg::STORE_ROW_RECORDS]));
  assign record_words = 64'($signed(command_i.fields[systoliq_isa_pkg::STORE_RECORD_WORDS]));
  assign record_lanes = 64'($signed(command_i.fields[systoliq_isa_pkg::STORE_RECORD_LANES]));
  assign element_bits = 64'($signed(command_i.fields[systoliq_isa_pkg::STORE_ELEMENT_BITS]));
  assign row_words = row_records * record_words;
  assign record_bytes = (record_lanes * element_bits + 64'sd7) >>> 3;
  assign last_word  = buffer_address + (rows - 64'sd1) * buffer_row_pitch + (row_words - 64'sd1) * buffer_word_pitch;
  assign memory_end = memory_address + (rows - 64'sd1) * memory_row_pitch + row_records * record_bytes;

  assign broken_o[systoliq_isa_pkg::STORE_RULE_RECORD_LANES] =
      record_lanes > record_words * WholeRows || record_lanes <= (record_words - 64'sd1) * WholeRows;
  assign broken_o[systoliq_isa_pkg::STORE_RULE_ROW_RECORDS] = row_words > WholeActivationWords;
  assign broken_o[systoliq_isa_pkg::STORE_RULE_ROWS] = rows * row_words > WholeActivationWords;
  assign broken_o[systoliq_isa_pkg::STORE_RULE_BUFFER_ADDRESS] = last_word >= WholeActivationWords;
  assign broken_o[systoliq_isa_pkg::STORE_RULE_MEMORY_ADDRESS] = memory_end > MemoryBytes;

endmodule : systoliq_store_rules
