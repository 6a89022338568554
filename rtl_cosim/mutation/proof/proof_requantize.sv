// SPDX-License-Identifier: Apache-2.0
// Sound and faulty requantisation unit under the same legal vectors: the presets there are, multipliers and shifts as
// the unit's assertions and the corner lists of the co-simulation have them.

module proof (
  input  logic        clk_i,
  input  logic        valid_i,
  input  logic [3:0]  preset_i,
  input  logic [31:0] accumulator_i,
  input  logic [31:0] multiplier_i,
  input  logic [31:0] shift_i,
  input  logic [15:0] fault_i,
  output logic        differ_o
);

  logic        started_q;  // 0 in the first cycle, which resets both
  logic [3:0]  preset;
  logic [31:0] multiplier, shift;
  logic        is_float, is_pot;
  logic        valid_a, valid_b;
  logic [33:0] result_a, result_b;

  initial started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  assign preset   = preset_i > 4'd8 ? 4'd0 : preset_i;
  assign is_float = preset == 4'd2;
  assign is_pot   = preset >= 4'd7;
  // ort_mlas: a significand of 24 bits. A shift to the left of 31 is for pot and ort_mlas only.
  assign multiplier = is_float ? {8'd0, 1'b1, multiplier_i[22:0]} : multiplier_i;
  assign shift      = !is_float && !is_pot && $signed(shift_i) > 31 ? 32'd31 : shift_i;

  systoliq_requantize u_sound (
    .mutsel(16'd0), .clk_i(clk_i), .rst_ni(started_q), .valid_i(valid_i), .preset_i(preset),
    .accumulator_i(accumulator_i), .multiplier_i(multiplier), .shift_i(shift), .valid_o(valid_a), .result_o(result_a)
  );
  systoliq_requantize u_faulty (
    .mutsel(fault_i), .clk_i(clk_i), .rst_ni(started_q), .valid_i(valid_i), .preset_i(preset),
    .accumulator_i(accumulator_i), .multiplier_i(multiplier), .shift_i(shift), .valid_o(valid_b), .result_o(result_b)
  );

  assign differ_o = started_q && (valid_a != valid_b || (valid_a && result_a != result_b));

endmodule
