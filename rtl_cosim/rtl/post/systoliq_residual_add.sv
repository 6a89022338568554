// SPDX-License-Identifier: Apache-2.0
// Residual add of one lane, in the form of the command's preset, before the output's zero point.
// Mirrors residual_add() of model/arith/requantize.h.
//
// Theory of operation: TFLite's form takes both centered operands times 2^20, rescales each, adds,
// and rescales the sum; a rescaling has two roundings (tflite_ref, floor, half_*) or one
// (tflite_single, pot_*). ONNX Runtime's form (ort_mlas) adds the products by 22-bit multipliers
// and rounds once. Stages, each ending in a register:
//   1 both operands times their multipliers    2 both rounded, added (ort_mlas: the products added)
//   3 the sum times the third multiplier       4 rounded, limited to ResultBits
// A command's preset, multipliers and shifts are constant while its operands pass.

module systoliq_residual_add #(
    /// Bits of a stored activation; a centered one has one more.
    parameter int unsigned ActivationBits = 8,
    /// Bits of the result, which saturates there.
    parameter int unsigned ResultBits = 34
) (
    input  logic                           clk_i,
    input  logic                           rst_ni,
    input  logic                           valid_i,
    input  logic signed [ActivationBits:0] a_i,
    input  logic signed [ActivationBits:0] b_i,
    input  logic        [             3:0] preset_i,
    input  logic signed [            31:0] multiplier_a_i,
    input  logic signed [            31:0] shift_a_i,
    input  logic signed [            31:0] multiplier_b_i,
    input  logic signed [            31:0] shift_b_i,
    input  logic signed [            31:0] multiplier_sum_i,
    input  logic signed [            31:0] shift_sum_i,
    output logic                           valid_o,
    output logic signed [  ResultBits-1:0] result_o
);

  localparam int unsigned HeadroomBits = 20;  // operands are taken times 2^20
  localparam int unsigned ScaledBits = ActivationBits + 1 + HeadroomBits;
  localparam int unsigned OperandBits = ScaledBits > 32 ? ScaledBits : 32;
  localparam int unsigned ProductBits = OperandBits + 32;
  // One rounded operand: 2^31 is the largest multiplier, shifts of the single form are not to the
  // left.
  localparam int unsigned SumBits = ActivationBits + 35;
  localparam int unsigned SumProductBits = SumBits + 32;
  localparam int unsigned ShiftBits = 7;  // 0 to 127: beyond every width above

  logic is_float, is_single;
  assign is_float = preset_i == systoliq_isa_pkg::PRESET_ORT_MLAS;
  assign is_single = preset_i == systoliq_isa_pkg::PRESET_TFLITE_SINGLE ||
                     preset_i == systoliq_isa_pkg::PRESET_POT_FLOOR ||
                     preset_i == systoliq_isa_pkg::PRESET_POT_HALF_UP;

  /// Wrapped to 32 bits after the left shift that a positive exponent stands for.
  function automatic logic signed [31:0] left_wrapped(input logic [31:0] value,
                                                      input logic signed [31:0] exponent);
    left_wrapped = exponent > 0 ? (exponent > 31 ? '0 : value << exponent[4:0]) : value;
  endfunction

  /// Right shift of a rescaling's last rounding, at most 127.
  function automatic logic [ShiftBits-1:0] last_shift(input logic single,
                                                      input logic signed [31:0] exponent);
    logic signed [31:0] right;
    right = single ? 32'sd31 - exponent : -exponent;
    last_shift = right <= 0 ? '0 : right > 127 ? 7'd127 : right[6:0];
  endfunction

  logic [1:0] rounding;
  assign rounding = is_single ? systoliq_pkg::ROUND_HALF_UP : systoliq_pkg::ROUND_HALF_AWAY;

  // Stages 1 and 2: the operands, alike.
  logic valid_1_q, valid_2_q, valid_3_q, valid_4_q;
  logic signed [ProductBits-1:0] product_a_1_q, product_b_1_q;
  logic signed [ProductBits-1:0] rounded_a, rounded_b;
  logic signed [SumBits-1:0] sum_2_q;

  function automatic logic signed [OperandBits-1:0] operand(
      input logic signed [ActivationBits:0] value, input logic signed [31:0] exponent);
    logic signed [OperandBits-1:0] scaled;
    scaled = OperandBits'(value);
    if (!is_float) begin
      scaled = scaled <<< HeadroomBits;
      if (!is_single) scaled = OperandBits'(left_wrapped(scaled[31:0], exponent));
    end
    operand = scaled;
  endfunction

  /// High half of a doubled product, ties up; only the product of both most negative numbers
  /// saturates.
  function automatic logic signed [ProductBits-1:0] high_half(
      input logic signed [ProductBits-1:0] product);
    high_half = (product + (ProductBits'(1) <<< 30)) >>> 31;
    if (high_half == ProductBits'(64'h8000_0000)) high_half = ProductBits'(64'h7FFF_FFFF);
  endfunction

  systoliq_rounding_shift #(
      .Width    (ProductBits),
      .ShiftBits(ShiftBits)
  ) u_round_a (
      .value_i   (is_single ? product_a_1_q : high_half(product_a_1_q)),
      .shift_i   (last_shift(is_single, shift_a_i)),
      .rounding_i(rounding),
      .quotient_o(rounded_a)
  );

  systoliq_rounding_shift #(
      .Width    (ProductBits),
      .ShiftBits(ShiftBits)
  ) u_round_b (
      .value_i   (is_single ? product_b_1_q : high_half(product_b_1_q)),
      .shift_i   (last_shift(is_single, shift_b_i)),
      .rounding_i(rounding),
      .quotient_o(rounded_b)
  );

  // Stages 3 and 4: the sum.
  logic signed [       SumBits-1:0] sum_operand;
  logic signed [SumProductBits-1:0] value_3_q;
  logic signed [SumProductBits-1:0] sum_high_half;
  logic signed [SumProductBits-1:0] sum_value;
  logic        [     ShiftBits-1:0] sum_shift;
  logic signed [SumProductBits-1:0] rounded_sum;
  logic signed [    ResultBits-1:0] limited;
  logic signed [    ResultBits-1:0] result_4_q;

  always_comb begin
    sum_operand   = is_single ? sum_2_q : SumBits'(left_wrapped(sum_2_q[31:0], shift_sum_i));
    sum_high_half = (value_3_q + (SumProductBits'(1) <<< 30)) >>> 31;
    if (sum_high_half == SumProductBits'(64'h8000_0000))
      sum_high_half = SumProductBits'(64'h7FFF_FFFF);
    sum_value = is_single || is_float ? value_3_q : sum_high_half;
    // ort_mlas gives its shift to the right as a positive number.
    sum_shift = last_shift(is_single, is_float ? -shift_sum_i : shift_sum_i);
  end

  systoliq_rounding_shift #(
      .Width    (SumProductBits),
      .ShiftBits(ShiftBits)
  ) u_round_sum (
      .value_i   (sum_value),
      .shift_i   (sum_shift),
      .rounding_i(rounding),
      .quotient_o(rounded_sum)
  );

  always_comb begin
    if ((rounded_sum >>> (ResultBits - 1)) == (rounded_sum >>> (SumProductBits - 1)))
      limited = ResultBits'(rounded_sum);
    else
      limited = {
        rounded_sum[SumProductBits-1], {(ResultBits - 1) {~rounded_sum[SumProductBits-1]}}
      };
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_1_q     <= 1'b0;
      valid_2_q     <= 1'b0;
      valid_3_q     <= 1'b0;
      valid_4_q     <= 1'b0;
      product_a_1_q <= '0;
      product_b_1_q <= '0;
      sum_2_q       <= '0;
      value_3_q     <= '0;
      result_4_q    <= '0;
    end else begin
      valid_1_q <= valid_i;
      valid_2_q <= valid_1_q;
      valid_3_q <= valid_2_q;
      valid_4_q <= valid_3_q;
      if (valid_i) begin
        product_a_1_q <= operand(a_i, shift_a_i) * multiplier_a_i;
        product_b_1_q <= operand(b_i, shift_b_i) * multiplier_b_i;
      end
      if (valid_1_q) begin
        sum_2_q <= is_float ? SumBits'(product_a_1_q) + SumBits'(product_b_1_q) :
                              SumBits'(rounded_a) + SumBits'(rounded_b);
      end
      if (valid_2_q)
        value_3_q <= is_float ? SumProductBits'(sum_2_q) : sum_operand * multiplier_sum_i;
      if (valid_3_q) result_4_q <= limited;
    end
  end

  assign valid_o  = valid_4_q;
  assign result_o = result_4_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && valid_i) begin
      assert (!is_single || (shift_a_i <= 0 && shift_b_i <= 0 && shift_sum_i <= 31))
      else
        $error(
            "residual add: shifts %0d, %0d, %0d of a single rounding",
            shift_a_i,
            shift_b_i,
            shift_sum_i
        );
      assert (!is_float || shift_sum_i >= 0)
      else $error("residual add: shift %0d of ort_mlas", shift_sum_i);
    end
    if (rst_ni && valid_1_q && !is_float) begin
      assert (rounded_a == ProductBits'(SumBits'(rounded_a)) && rounded_b == ProductBits'(SumBits'(rounded_b)))
      else $error("residual add: rescaled operand %0d or %0d too large", rounded_a, rounded_b);
    end
  end
`endif

endmodule : systoliq_residual_add
