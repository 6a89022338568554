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
  localparam logic signed [63:0] WholeCols = 64'(Cols);
  localparam logic signed [63:0] WholeWeightBits = 64'(WeightBits);
  localparam logic signed [63:0] ParamBits = 64'sd128;
  localparam logic signed [63:0] CoordinateMax = 64'(systoliq_isa_pkg::CoordinateMax);

  number_t target, memory_address, memory_row_pitch, memory_bit, rows, row_records, record_words;
  number_t record_lanes, word_lanes, element_bits, lead_words, group_words, group_first_words;
  number_t pad_value;
  number_t buffer_address, buffer_row_pitch, buffer_word_pitch;
  number_t kernel_width, channels, stride, row_stride, width, height, lane_offset;
  assign target = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_TARGET]));
  assign memory_address = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_MEMORY_ADDRESS]));
  assign memory_row_pitch = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_MEMORY_ROW_PITCH]));
  assign memory_bit = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_MEMORY_BIT]));
  assign buffer_address = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ADDRESS]));
  assign buffer_row_pitch = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ROW_PITCH]));
  assign buffer_word_pitch = 64'($signed(
      command_i.fields[systoliq_isa_pkg::LOAD_BUFFER_WORD_PITCH]
  ));
  assign rows = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_ROWS]));
  assign row_records = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_ROW_RECORDS]));
  assign record_words = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_RECORD_WORDS]));
  assign record_lanes = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_RECORD_LANES]));
  assign word_lanes = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_WORD_LANES]));
  assign element_bits = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_ELEMENT_BITS]));
  assign lead_words = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_LEAD_WORDS]));
  assign group_words = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_GROUP_WORDS]));
  assign group_first_words = 64'($signed(
      command_i.fields[systoliq_isa_pkg::LOAD_GROUP_FIRST_WORDS]
  ));
  assign pad_value = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PAD_VALUE]));
  assign kernel_width = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_KERNEL_WIDTH]));
  assign channels = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_CHANNELS]));
  assign stride = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_STRIDE]));
  assign row_stride = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_ROW_STRIDE]));
  assign width = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_WIDTH]));
  assign height = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_HEIGHT]));
  assign lane_offset = 64'($signed(command_i.fields[systoliq_isa_pkg::LOAD_LANE_OFFSET]));

  // Of the target: its words, lanes, bits of a lane, and where a row may begin within a byte.
  logic tap_packed, bits_fit, pad_fits, any_bit;
  number_t words, lanes, lane_half;
  assign tap_packed = kernel_width != 0;
  always_comb begin
    unique case (command_i.fields[systoliq_isa_pkg::LOAD_TARGET][1:0])
      systoliq_isa_pkg::TARGET_ACTIVATION: begin
        words     = WholeActivationWords;
        lanes     = WholeRows;
        bits_fit  = element_bits <= WholeActivationBits;
        lane_half = 64'sd1 <<< (WholeActivationBits - 64'sd1);
        any_bit   = row_records == 64'sd1;
      end
      systoliq_isa_pkg::TARGET_WEIGHT: begin
        words     = WholeWeightWords;
        lanes     = WholeCols;
        bits_fit  = element_bits <= WholeWeightBits;
        lane_half = 64'sd1 <<< (WholeWeightBits - 64'sd1);
        any_bit   = 1'b1;
      end
      default: begin
        words     = WholeParamWords;
        lanes     = WholeCols;
        bits_fit  = element_bits == ParamBits;
        lane_half = 64'sd1 <<< 16;  // padding is 0, whatever the field
        any_bit   = 1'b0;
      end
    endcase
    if (tap_packed) any_bit = 1'b0;
    pad_fits = pad_value >= -lane_half && pad_value < lane_half;
  end

  // Elements that the words of a record can take; bytes of a row, or of a tensor's.
  number_t row_words, most_lanes, record_bits, record_pitch, row_bytes;
  assign row_words = row_records * record_words;
  assign most_lanes = (record_words - lead_words) * word_lanes;
  assign record_bits = record_lanes * element_bits;
  assign record_pitch = (target == 64'(systoliq_isa_pkg::TARGET_ACTIVATION)) ?
      (record_bits + 64'sd7) & ~64'sd7 : record_bits;
  assign row_bytes = tap_packed ? width * ((channels * element_bits + 64'sd7) >>> 3) :
      (memory_bit + (row_records - 64'sd1) * record_pitch + record_bits + 64'sd7) >>> 3;

  // The last word of the buffer, and the end in memory: of the words, or of the tensor.
  number_t last_word, memory_end;
  assign last_word  = buffer_address + (rows - 64'sd1) * buffer_row_pitch + (row_words - 64'sd1) * buffer_word_pitch;
  assign memory_end = memory_address + ((tap_packed ? height : rows) - 64'sd1) * memory_row_pitch + row_bytes;

  assign broken_o[systoliq_isa_pkg::LOAD_RULE_TARGET] =
      tap_packed && target != 64'(systoliq_isa_pkg::TARGET_ACTIVATION);
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_CHANNELS] = tap_packed && channels < 64'sd1;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_KERNEL_WIDTH] =
      tap_packed && lane_offset + kernel_width * channels > WholeRows;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_ELEMENT_BITS] = !bits_fit;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_MEMORY_BIT] = memory_bit != 64'sd0 && !any_bit;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_WORD_LANES] = !tap_packed && word_lanes > lanes;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_LEAD_WORDS] = !tap_packed && lead_words >= record_words;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_RECORD_LANES] =
      !tap_packed && (record_lanes > most_lanes || record_lanes <= most_lanes - word_lanes);
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_GROUP_WORDS] =
      !tap_packed && group_words != 64'sd0 && target != 64'(systoliq_isa_pkg::TARGET_WEIGHT);
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_GROUP_FIRST_WORDS] =
      !tap_packed && group_words != 64'sd0 && group_first_words < 64'sd1;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_STRIDE] =
      tap_packed && (stride < 64'sd1 || (row_records - 64'sd1) * stride + kernel_width > CoordinateMax);
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_ROW_STRIDE] =
      tap_packed && (row_stride < 64'sd1 || (rows - 64'sd1) * row_stride > CoordinateMax);
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_WIDTH] = tap_packed && width < 64'sd1;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PACK_HEIGHT] = tap_packed && height < 64'sd1;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_RECORD_WORDS] = tap_packed && record_words != 64'sd1;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_ROW_RECORDS] = row_words > words;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_ROWS] = rows * row_words > words;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_BUFFER_ADDRESS] = last_word >= words;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_PAD_VALUE] = !pad_fits;
  assign broken_o[systoliq_isa_pkg::LOAD_RULE_MEMORY_ADDRESS] = memory_end > MemoryBytes;

endmodule : systoliq_load_rules
