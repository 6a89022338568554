// SPDX-License-Identifier: Apache-2.0
// The rules by which the fields of a LOAD fit together, each within its range already. What they
// say stands in docs/architecture.md; model/isa/load_store_rules.cpp says it again, and the
// co-simulation compares both.

module systoliq_load_rules #(
    parameter int unsigned Rows = 16,
    parameter int unsigned Cols = 16,
    parameter int unsigned ActivationBits = 8,
    parameter int unsigned WeightBits = 8,
    parameter int unsigned ActivationWords = 8192,
    parameter int unsigned WeightWords = 4096,
    parameter int unsigned ParamWords = 256
) (
    input  systoliq_pkg::command_t                                   command_i,
    /// Rules that do not hold, in their order.
    output logic                   [systoliq_isa_pkg::LoadRules-1:0] broken_o
);

  typedef logic signed [63:0] number_t;

  // Parameters as numbers with sign.
  localparam logic signed [63:0] WholeActivationBits = 64'(ActivationBits);
  localparam logic signed [63:0] WholeActivationWords = 64'(ActivationWords);
  localparam logic signed [63:0] WholeParamWords = 64'(ParamWords);
  localparam logic signed [63:0] WholeRows = 64'(Rows);
  localparam logic signed [63:0] WholeWeightWords = 64'(WeightWords);
  localparam logic signed [63:0] MemoryBytes = systoliq_isa_pkg::MemoryBytes;
  localparam logic signed [63:0] ActivationBytes = 64'((Rows * ActivationBits + 7) / 8);
  localparam logic signed [63:0] WeightBytes = 64'((Cols * WeightBits + 7) / 8);
  localparam logic signed [63:0] ParamBytes = 64'(Cols * 16);
  localparam logic signed [63:0] CoordinateMax = 64'(systoliq_isa_pkg::CoordinateMax);

  number_t target, memory_address, memory_row_pitch, memory_word_bytes, rows, row_words;
  number_t buffer_address, buffer_row_pitch, buffer_word_pitch;
  number_t kernel_width, channels, stride, row_stride, width, height, lane_offset;
  assign target = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_TARGET]));
  assign memory_address = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_MEMORY_ADDRESS]));
  assign memory_row_pitch = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_MEMORY_ROW_PITCH]));
  assign memory_word_bytes = 64'($signed(
      command_i.fields[systoliq_isa_pkg::LOAD_MEMORY_WORD_BYTES]
  ));
  assign buffer_address = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ADDRESS]));
  assign buffer_row_pitch = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ROW_PITCH]));
  assign buffer_word_pitch = 64'($signed(
      command_i.fields[systoliq_isa_pkg::LOAD_BUFFER_WORD_PITCH]
  ));
  assign rows = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_ROWS]));
  assign row_words = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_ROW_WORDS]));
  assign kernel_width = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_KERNEL_WIDTH]));
  assign channels = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_CHANNELS]));
  assign stride = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_STRIDE]));
  assign row_stride = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_ROW_STRIDE]));
  assign width = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_WIDTH]));
  assign height = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_HEIGHT]));
  assign lane_offset = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_LANE_OFFSET]));

  // Of the target: its words, and how many bytes one takes in memory.
  logic tap_packed;
  number_t words, word_bytes;
  assign tap_packed = kernel_width != 0;
  always_comb begin
    unique case (command_i.fields[systoliq_isa_pkg::LOAD_TARGET][1:0])
      systoliq_isa_pkg::TARGET_ACTIVATION: begin
        words      = WholeActivationWords;
        word_bytes = ActivationBytes;
      end
      systoliq_isa_pkg::TARGET_WEIGHT: begin
        words      = WholeWeightWords;
        word_bytes = WeightBytes;
      end
      default: begin
        words      = WholeParamWords;
        word_bytes = ParamBytes;
      end
    endcase
    if (tap_packed) word_bytes = (channels * WholeActivationBits + 64'sd7) >>> 3;
  end

  // The last word of the buffer, and the end in memory: of the words, or of the tensor.
  number_t last_word, memory_end;
  assign last_word  = buffer_address + (rows - 64'sd1) * buffer_row_pitch + (row_words - 64'sd1) * buffer_word_pitch;
  assign memory_end = memory_address + ((tap_packed ? height : rows) - 64'sd1) * memory_row_pitch +
                      (tap_packed ? width : row_words) * memory_word_bytes;

  assign broken_o[systoliq_isa_pkg::LOAD_RULE_TARGET] =
      tap_packed && target != 64'(systoliq_isa_pkg::TARGET_ACTIVATION);
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_CHANNELS] = tap_packed && channels < 64'sd1;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_KERNEL_WIDTH] =
      tap_packed && lane_offset + kernel_width * channels > WholeRows;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_MEMORY_WORD_BYTES] = memory_word_bytes != word_bytes;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_STRIDE] =
      tap_packed && (stride < 64'sd1 || (row_words - 64'sd1) * stride + kernel_width > CoordinateMax);
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_ROW_STRIDE] =
      tap_packed && (row_stride < 64'sd1 || (rows - 64'sd1) * row_stride > CoordinateMax);
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_WIDTH] = tap_packed && width < 64'sd1;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_HEIGHT] = tap_packed && height < 64'sd1;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_ROWS] = rows * row_words > words;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_BUFFER_ADDRESS] = last_word >= words;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_MEMORY_ADDRESS] = memory_end > MemoryBytes;

endmodule : systoliq_load_rules
