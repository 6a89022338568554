// SPDX-License-Identifier: Apache-2.0
// A requantization unit written differently from systoliq_requantize, as an example of a designer's
// own block: sign and magnitude instead of two's complement, one rounding unit that the presets
// with two roundings pass twice, and so an input that sometimes has to wait.
//
// Theory of operation. Four stages: 1 sign and magnitude (ort_mlas: significand), 2 product of
// magnitudes, 3 rounding, 4 left shift, limit and sign. A rounding of magnitudes adds a constant
// below the bits that stay, then cuts: half a step; half a step less one where a tie goes down
// (half up of a negative value, half even to an even neighbor); nothing or one step less one for
// the floor. tflite_ref and ort_mlas stay in stage 3 for a second cycle, in which nothing behind
// them moves.

module pipelined_requantize #(
    parameter int unsigned AccumulatorBits = 32,
    parameter int unsigned ResultBits = 34,
    /// 1: half_even treats a tie as half_away does. For showing what the co-simulation says.
    parameter bit TieBug = 1'b0
) (
    input  logic                              clk_i,
    input  logic                              rst_ni,
    input  logic                              valid_i,
    output logic                              ready_o,
    input  logic        [                3:0] preset_i,
    input  logic signed [AccumulatorBits-1:0] accumulator_i,
    input  logic signed [               31:0] multiplier_i,
    input  logic signed [               31:0] shift_i,
    output logic                              valid_o,
    output logic signed [     ResultBits-1:0] result_o
);

  localparam logic [3:0] TfliteRef = 4'd0, OrtMlas = 4'd2, Floor = 4'd3;
  localparam logic [3:0] HalfEven = 4'd5, HalfAway = 4'd6;
  localparam logic [3:0] PotFloor = 4'd7, PotHalfUp = 4'd8;

  localparam int unsigned MagnitudeBits = AccumulatorBits > 32 ? AccumulatorBits : 32;
  localparam int unsigned ProductBits = MagnitudeBits + 32;

  typedef logic [ProductBits-1:0] magnitude_t;
  typedef logic signed [11:0] exponent_t;

  /// Highest set bit, counted from 1.
  function automatic exponent_t length(input magnitude_t value);
    length = '0;
    for (int i = 0; i < int'(ProductBits); i++) if (value[i]) length = exponent_t'(i + 1);
  endfunction

  /// value / 2^right, rounded; negative: the value stands for its opposite.
  function automatic magnitude_t round(input magnitude_t value, input exponent_t right,
                                       input logic [3:0] rule, input logic negative);
    logic [ProductBits:0] half, constant;
    round = value;
    if (right > exponent_t'(ProductBits)) begin
      round = magnitude_t'((rule == Floor || rule == PotFloor) && negative && value != '0);
    end else if (right > 0) begin
      half = (ProductBits + 1)'(1) << (right - 1);
      case (rule)
        Floor, PotFloor: constant = negative ? (half << 1) - 1'b1 : '0;
        HalfAway: constant = half;
        HalfEven:
        constant = TieBug || (((ProductBits + 1)'(value) >> right) & 1) != '0 ? half : half - 1'b1;
        default: constant = negative ? half - 1'b1 : half;  // half up
      endcase
      round = magnitude_t'(((ProductBits + 1)'(value) + constant) >> right);
    end
  endfunction

  // Stage 1.
  logic signed [31:0] wrapped;
  logic [MagnitudeBits-1:0] magnitude;
  logic [31:0] factor;
  exponent_t shift, excess, right;
  logic is_pot;

  always_comb begin
    is_pot = preset_i == PotFloor || preset_i == PotHalfUp;
    shift = shift_i > 255 ? 12'sd255 : shift_i < -255 ? -12'sd255 : exponent_t'(shift_i);
    wrapped = 32'(accumulator_i);
    magnitude = MagnitudeBits'(accumulator_i);
    if (accumulator_i < 0) magnitude = MagnitudeBits'(-(MagnitudeBits + 1)'(accumulator_i));
    factor = multiplier_i < 0 ? -multiplier_i : multiplier_i;
    right  = 12'sd31 - shift;
    excess = '0;
    if (preset_i == TfliteRef) begin
      if (shift > 0) wrapped = shift > 31 ? '0 : wrapped <<< shift;
      magnitude = MagnitudeBits'(unsigned'(wrapped < 0 ? -wrapped : wrapped));
      right     = shift < 0 ? -shift : '0;
    end else if (preset_i == OrtMlas) begin
      excess = length(magnitude_t'(magnitude)) - 12'sd24;
      right  = -shift;
      if (excess > 0) begin
        magnitude = MagnitudeBits'(round(magnitude_t'(magnitude), excess, HalfEven, 1'b0));
        right     = right - excess;
      end
    end else if (is_pot) begin
      factor = 32'd1;
      right  = -shift;
    end
  end

  logic stall;
  logic valid_1_q, negative_1_q;
  logic      [              3:0] preset_1_q;
  logic      [MagnitudeBits-1:0] magnitude_1_q;
  logic      [             31:0] factor_1_q;
  exponent_t                     right_1_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_1_q     <= 1'b0;
      negative_1_q  <= 1'b0;
      preset_1_q    <= '0;
      magnitude_1_q <= '0;
      factor_1_q    <= '0;
      right_1_q     <= '0;
    end else if (!stall) begin
      valid_1_q <= valid_i;
      negative_1_q <= (preset_i == TfliteRef ? wrapped < 0 : accumulator_i < 0) ^
          (!is_pot && multiplier_i < 0);
      preset_1_q <= preset_i;
      magnitude_1_q <= magnitude;
      factor_1_q <= factor;
      right_1_q <= right;
    end
  end

  // Stages 2 and 3: the product, and what its first rounding leaves.
  logic valid_2_q, negative_2_q, second_q;
  logic [3:0] preset_2_q;
  magnitude_t value_2_q, rounded;
  exponent_t right_2_q, first_right, length_2;
  logic [3:0] rule;

  assign stall   = valid_2_q && !second_q && (preset_2_q == TfliteRef || preset_2_q == OrtMlas);
  assign ready_o = !stall;

  always_comb begin
    length_2    = length(value_2_q);
    first_right = preset_2_q == TfliteRef ? 12'sd31 : length_2 > 24 ? length_2 - 12'sd24 : '0;
    rule        = preset_2_q;
    if (preset_2_q == OrtMlas) rule = HalfEven;
    else if (preset_2_q == TfliteRef) rule = second_q ? HalfAway : TfliteRef;
    rounded = round(value_2_q, stall ? first_right : right_2_q, rule, negative_2_q);
    // Only the square of the most negative number reaches 2^31.
    if (stall && preset_2_q == TfliteRef && rounded == magnitude_t'(64'h8000_0000) &&
        !negative_2_q) begin
      rounded = magnitude_t'(64'h7FFF_FFFF);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_2_q    <= 1'b0;
      negative_2_q <= 1'b0;
      second_q     <= 1'b0;
      preset_2_q   <= '0;
      value_2_q    <= '0;
      right_2_q    <= '0;
    end else if (stall) begin
      second_q  <= 1'b1;
      value_2_q <= rounded;
      if (preset_2_q == OrtMlas) right_2_q <= right_2_q - first_right;
    end else begin
      second_q     <= 1'b0;
      valid_2_q    <= valid_1_q;
      negative_2_q <= negative_1_q;
      preset_2_q   <= preset_1_q;
      value_2_q    <= magnitude_t'(magnitude_1_q) * magnitude_t'(factor_1_q);
      right_2_q    <= right_1_q;
    end
  end

  // Stage 4.
  logic valid_3_q, negative_3_q, valid_4_q;
  magnitude_t value_3_q;
  exponent_t left_3_q, length_3;
  logic signed [ResultBits-1:0] result_4_q, limited;

  always_comb begin
    length_3 = length(value_3_q) + left_3_q;
    if (value_3_q == '0) limited = '0;
    else if (length_3 > exponent_t'(ResultBits - 1)) begin
      limited = {negative_3_q, {(ResultBits - 1) {!negative_3_q}}};
    end else begin
      limited = ResultBits'(value_3_q) <<< left_3_q;
      if (negative_3_q) limited = -limited;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_3_q    <= 1'b0;
      negative_3_q <= 1'b0;
      value_3_q    <= '0;
      left_3_q     <= '0;
      valid_4_q    <= 1'b0;
      result_4_q   <= '0;
    end else begin
      valid_3_q    <= valid_2_q && !stall;
      negative_3_q <= negative_2_q;
      value_3_q    <= rounded;
      left_3_q     <= right_2_q < 0 ? -right_2_q : '0;
      valid_4_q    <= valid_3_q;
      result_4_q   <= limited;
    end
  end

  assign valid_o  = valid_4_q;
  assign result_o = result_4_q;

endmodule : pipelined_requantize
