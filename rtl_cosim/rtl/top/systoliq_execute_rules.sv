// SPDX-License-Identifier: Apache-2.0
// The rules by which the fields of an EXECUTE fit together, each within its range already. What
// they say stands in docs/architecture.md; model/isa/execute_rules.cpp says it again, and the
// co-simulation compares both.

module systoliq_execute_rules #(
    parameter int unsigned Rows             = 16,
    parameter int unsigned WeightBits       = 8,
    parameter int unsigned ActivationWords  = 8192,
    parameter int unsigned WeightWords      = 4096,
    parameter int unsigned AccumulatorWords = 1024,
    parameter int unsigned ParamWords       = 256,
    parameter bit          Codebook         = 1'b0
) (
    input  systoliq_pkg::command_t                                      command_i,
    /// Rules that do not hold, in their order.
    output logic                   [systoliq_isa_pkg::ExecuteRules-1:0] broken_o
);

  typedef logic signed [63:0] number_t;

  // Parameters as numbers with sign.
  localparam logic signed [63:0] WholeAccumulatorWords = 64'(AccumulatorWords);
  localparam logic signed [63:0] WholeParamWords = 64'(ParamWords);
  localparam logic signed [63:0] WholeRows = 64'(Rows);
  localparam logic signed [63:0] WholeWeightWords = 64'(WeightWords);
  localparam logic signed [63:0] TableWords = Codebook ? 64'(((1 << WeightBits) + 7) / 8) : 64'sd0;
  localparam logic signed [63:0] CoordinateMax = 64'(systoliq_isa_pkg::CoordinateMax);

  number_t
      input_address,
      row_pitch,
      pixel_pitch,
      block_pitch,
      input_height,
      input_width,
      blocks,
      last_block_lanes;
  number_t output_height, output_width, kernel_height, kernel_width, stride_height, stride_width;
  number_t dilation_height, dilation_width, weight_address, accumulator_address, codebook_address;
  assign input_address = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_ADDRESS]));
  assign row_pitch = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_ROW_PITCH]));
  assign pixel_pitch = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_PIXEL_PITCH]));
  assign block_pitch = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_BLOCK_PITCH]));
  assign input_height = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_HEIGHT]));
  assign input_width = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_WIDTH]));
  assign blocks = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_BLOCKS]));
  assign last_block_lanes = 64'($signed(
      command_i.fields[systoliq_isa_pkg::EXECUTE_LAST_BLOCK_LANES]
  ));
  assign output_height = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_OUTPUT_HEIGHT]));
  assign output_width = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_OUTPUT_WIDTH]));
  assign kernel_height = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_KERNEL_HEIGHT]));
  assign kernel_width = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_KERNEL_WIDTH]));
  assign stride_height = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_STRIDE_HEIGHT]));
  assign stride_width = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_STRIDE_WIDTH]));
  assign dilation_height = 64'($signed(
      command_i.fields[systoliq_isa_pkg::EXECUTE_DILATION_HEIGHT]
  ));
  assign dilation_width = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_DILATION_WIDTH]));
  assign weight_address = 64'($signed(command_i.fields[systoliq_isa_pkg::EXECUTE_WEIGHT_ADDRESS]));
  assign accumulator_address = 64'($signed(
      command_i.fields[systoliq_isa_pkg::EXECUTE_ACCUMULATOR_ADDRESS]
  ));
  assign codebook_address = 64'($signed(
      command_i.fields[systoliq_isa_pkg::EXECUTE_CODEBOOK_ADDRESS]
  ));

  // Outputs, taps, and the lanes of a tap, each of which takes a weight word.
  number_t outputs, taps, lanes;
  assign outputs = output_height * output_width;
  assign taps    = kernel_height * kernel_width;
  assign lanes   = (blocks - 64'sd1) * WholeRows + last_block_lanes;

  logic input_leaves;
  systoliq_word_extent #(
      .Words(ActivationWords)
  ) u_input (
      .address_i    (input_address),
      .rows_i       (input_height),
      .row_pitch_i  (row_pitch),
      .pixels_i     (input_width),
      .pixel_pitch_i(pixel_pitch),
      .blocks_i     (blocks),
      .block_pitch_i(block_pitch),
      .leaves_o     (input_leaves)
  );

  assign broken_o[systoliq_isa_pkg::EXECUTE_RULE_OUTPUT_HEIGHT] = outputs > WholeAccumulatorWords;
  assign broken_o[systoliq_isa_pkg::EXECUTE_RULE_ACCUMULATOR_ADDRESS] =
      accumulator_address + outputs > WholeAccumulatorWords;
  assign broken_o[systoliq_isa_pkg::EXECUTE_RULE_KERNEL_HEIGHT] = taps > WholeWeightWords;
  assign broken_o[systoliq_isa_pkg::EXECUTE_RULE_INPUT_BLOCKS] = lanes > WholeWeightWords;
  assign broken_o[systoliq_isa_pkg::EXECUTE_RULE_WEIGHT_ADDRESS] =
      weight_address + taps * lanes > WholeWeightWords;
  assign broken_o[systoliq_isa_pkg::EXECUTE_RULE_STRIDE_HEIGHT] =
      (output_height - 64'sd1) * stride_height + (kernel_height - 64'sd1) * dilation_height > CoordinateMax;
  assign broken_o[systoliq_isa_pkg::EXECUTE_RULE_STRIDE_WIDTH] =
      (output_width - 64'sd1) * stride_width + (kernel_width - 64'sd1) * dilation_width > CoordinateMax;
  assign broken_o[systoliq_isa_pkg::EXECUTE_RULE_INPUT_ADDRESS] =
      input_height != 64'sd0 && input_width != 64'sd0 && input_leaves;
  assign broken_o[systoliq_isa_pkg::EXECUTE_RULE_CODEBOOK_ADDRESS] =
      Codebook && (codebook_address < 64'sd0 || codebook_address + TableWords > WholeParamWords);

endmodule : systoliq_execute_rules
