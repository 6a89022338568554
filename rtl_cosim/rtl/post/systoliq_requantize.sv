// SPDX-License-Identifier: Apache-2.0
// Requantization unit of one lane: an accumulator scaled by multiplier and shift, rounded as the
// preset of that very cycle asks; every preset at run time, one result a cycle, before the zero
// point. Mirrors requantize() of model/arith/requantize.h.
//
// Theory of operation, a stage a line, each ending in a register:
//   1 operand    accumulator; tflite_ref: wrapped to 32 bits after its left shift; ort_mlas: rounded to 24 significant
//                bits as a float holds it
//   2 multiply   by the multiplier's MultiplierBits upper bits (ort_mlas: 24 lower bits, a float's significand; pot: 1)
//   3 normalize  tflite_ref: high half of the doubled product, its first rounding; ort_mlas: product to 24 significant
//                bits; else as it is
//   4 round      right shift by what is left of the scale, or left shift, which saturates at ResultBits
// A multiplier of m bits holds the upper m of 32 (docs/numerics.md, QuantizeMultiplier): the
// product is 2^(32 - m) times smaller and the shifts to the right are that much shorter.

module systoliq_requantize #(
    /// Bits of the accumulator, 12 to 48.
    parameter int unsigned AccumulatorBits = 32,
    /// Bits of the multiplier, sign included: 8 to 32, or 0 for a unit that only shifts (pot
    /// presets).
    parameter int unsigned MultiplierBits = 32,
    /// Bits of the result, which saturates there.
    parameter int unsigned ResultBits = 34
) (
    input  logic                              clk_i,
    input  logic                              rst_ni,
    input  logic                              valid_i,
    input  logic        [                3:0] preset_i,
    input  logic signed [AccumulatorBits-1:0] accumulator_i,
    input  logic signed [               31:0] multiplier_i,
    input  logic signed [               31:0] shift_i,
    output logic                              valid_o,
    output logic signed [     ResultBits-1:0] result_o
);

  localparam int unsigned OperandBits = AccumulatorBits > 32 ? AccumulatorBits : 32;
  localparam int unsigned FactorBits = MultiplierBits == 0 ? 2 : MultiplierBits;
  localparam int unsigned ProductBits = OperandBits + FactorBits;
  localparam int unsigned MagnitudeBits = AccumulatorBits > 25 ? AccumulatorBits : 25;
  // Exponents and shifts; a shift beyond 8 bits and sign is as good as the largest.
  localparam int unsigned ScaleBits = 11;
  localparam int unsigned RoundShiftBits = $clog2(ProductBits + 2);
  localparam logic signed [ScaleBits-1:0] LargestShift = 11'sd255;
  localparam logic signed [ScaleBits-1:0] LargestRight = ScaleBits'(ProductBits + 1);
  localparam logic signed [ScaleBits-1:0] ScaleOfInteger = ScaleBits'(FactorBits) - 11'sd1;

  // Stage 1: the operand.
  logic is_float, is_double, is_pot;
  logic        [MagnitudeBits-1:0] magnitude;
  logic        [             23:0] significand;
  logic        [              6:0] exponent;
  logic signed [    ScaleBits-1:0] shift;
  logic signed [  OperandBits-1:0] extended;
  logic        [             31:0] shifted;
  logic signed [  OperandBits-1:0] operand;
  logic signed [   FactorBits-1:0] factor;
  logic signed [    ScaleBits-1:0] right;

  assign is_float = preset_i == systoliq_isa_pkg::PRESET_ORT_MLAS;
  assign is_double = preset_i == systoliq_isa_pkg::PRESET_TFLITE_REF;
  assign is_pot    = preset_i == systoliq_isa_pkg::PRESET_POT_FLOOR || preset_i == systoliq_isa_pkg::PRESET_POT_HALF_UP;
  assign extended = OperandBits'(accumulator_i);

  always_comb begin
    magnitude = MagnitudeBits'(accumulator_i);
    if (accumulator_i[AccumulatorBits-1]) magnitude = -magnitude;
    // The most negative accumulator is its own negative: read without a sign it is the magnitude.
    if (MagnitudeBits > AccumulatorBits)
      magnitude = magnitude & ({MagnitudeBits{1'b1}} >> (MagnitudeBits - AccumulatorBits));
  end

  systoliq_significand #(
      .Width(MagnitudeBits)
  ) u_accumulator_significand (
      .magnitude_i  (magnitude),
      .significand_o(significand),
      .exponent_o   (exponent)
  );

  logic unused_multiplier;
  assign unused_multiplier = ^multiplier_i;  // a narrow one has bits that are neither upper nor lower ones

  always_comb begin
    if (shift_i > 32'sd255) shift = LargestShift;
    else if (shift_i < -32'sd256) shift = -LargestShift - 11'sd1;
    else shift = ScaleBits'(shift_i);
    shifted = shift <= 0 ? extended[31:0] : extended[31:0] << shift[7:0];
    operand = extended;
    factor  = FactorBits'(1);
    right   = -shift;
    if (is_float) begin
      operand = OperandBits'($signed({1'b0, significand}));
      if (accumulator_i[AccumulatorBits-1]) operand = -operand;
      factor = FactorBits'($signed({1'b0, multiplier_i[23:0]}));
      right  = -shift - $signed({4'b0, exponent});
    end else if (!is_pot) begin
      factor = multiplier_i[31-:FactorBits];
      if (is_double) begin
        operand = OperandBits'($signed(shifted));
        right   = shift < 0 ? -shift : '0;
      end else begin
        right = ScaleOfInteger - shift;
      end
    end
  end

  logic valid_1_q, valid_2_q, valid_3_q, valid_4_q;
  logic [3:0] preset_1_q, preset_2_q, preset_3_q;
  logic signed [OperandBits-1:0] operand_1_q;
  logic signed [ FactorBits-1:0] factor_1_q;
  logic signed [ScaleBits-1:0] right_1_q, right_2_q, right_3_q;

  // Stage 2: the product.
  logic signed [ProductBits-1:0] product_2_q;

  // Stage 3: the first rounding of the presets that have two.
  logic        [ProductBits-1:0] product_magnitude;
  logic        [           23:0] product_significand;
  logic        [            6:0] product_exponent;
  logic signed [ProductBits-1:0] high_half;
  logic signed [ProductBits-1:0] normalized;
  logic signed [  ScaleBits-1:0] normalized_right;
  logic signed [ProductBits-1:0] value_3_q;

  assign product_magnitude = product_2_q < 0 ? -product_2_q : product_2_q;

  systoliq_significand #(
      .Width(ProductBits)
  ) u_product_significand (
      .magnitude_i  (product_magnitude),
      .significand_o(product_significand),
      .exponent_o   (product_exponent)
  );

  always_comb begin
    high_half = (product_2_q + (ProductBits'(1) <<< (FactorBits - 2))) >>> (FactorBits - 1);
    // Only the product of both most negative numbers reaches 2^31.
    if (high_half == ProductBits'(64'h8000_0000)) high_half = ProductBits'(64'h7FFF_FFFF);
    normalized       = product_2_q;
    normalized_right = right_2_q;
    if (preset_2_q == systoliq_isa_pkg::PRESET_TFLITE_REF) begin
      normalized = high_half;
    end else if (preset_2_q == systoliq_isa_pkg::PRESET_ORT_MLAS) begin
      normalized = ProductBits'($signed({1'b0, product_significand}));
      if (product_2_q < 0) normalized = -normalized;
      normalized_right = right_2_q - $signed({4'b0, product_exponent});
    end
  end

  // Stage 4: the last rounding, or a shift to the left.
  logic        [               1:0] rounding;
  logic        [RoundShiftBits-1:0] round_shift;
  logic signed [   ProductBits-1:0] rounded;
  logic signed [     ScaleBits-1:0] left;
  logic                             fits;
  logic signed [    ResultBits-1:0] result_4_q;
  logic signed [    ResultBits-1:0] limited;

  always_comb begin
    case (preset_3_q)
      systoliq_isa_pkg::PRESET_TFLITE_REF, systoliq_isa_pkg::PRESET_HALF_AWAY:
      rounding = systoliq_pkg::ROUND_HALF_AWAY;
      systoliq_isa_pkg::PRESET_ORT_MLAS, systoliq_isa_pkg::PRESET_HALF_EVEN:
      rounding = systoliq_pkg::ROUND_HALF_EVEN;
      systoliq_isa_pkg::PRESET_FLOOR, systoliq_isa_pkg::PRESET_POT_FLOOR:
      rounding = systoliq_pkg::ROUND_FLOOR;
      default: rounding = systoliq_pkg::ROUND_HALF_UP;
    endcase
    left        = right_3_q < 0 ? -right_3_q : '0;
    round_shift = '0;
    if (right_3_q > LargestRight) round_shift = LargestRight[RoundShiftBits-1:0];
    else if (right_3_q > 0) round_shift = right_3_q[RoundShiftBits-1:0];
  end

  systoliq_rounding_shift #(
      .Width    (ProductBits),
      .ShiftBits(RoundShiftBits)
  ) u_rounding_shift (
      .value_i   (value_3_q),
      .shift_i   (round_shift),
      .rounding_i(rounding),
      .quotient_o(rounded)
  );

  always_comb begin
    // Shifted left by `left`, the value fits where all bits from the result's sign on are alike.
    fits = 1'b0;
    if (rounded == 0) fits = 1'b1;
    else if (left < ScaleBits'(ResultBits)) begin
      fits = (rounded >>> (ScaleBits'(ResultBits - 1) - left)) == (rounded >>> (ProductBits - 1));
    end
    limited = fits ? ResultBits'(rounded <<< left[7:0]) :
                     {rounded[ProductBits-1], {(ResultBits - 1) {~rounded[ProductBits-1]}}};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_1_q   <= 1'b0;
      valid_2_q   <= 1'b0;
      valid_3_q   <= 1'b0;
      valid_4_q   <= 1'b0;
      preset_1_q  <= '0;
      preset_2_q  <= '0;
      preset_3_q  <= '0;
      operand_1_q <= '0;
      factor_1_q  <= '0;
      right_1_q   <= '0;
      right_2_q   <= '0;
      right_3_q   <= '0;
      product_2_q <= '0;
      value_3_q   <= '0;
      result_4_q  <= '0;
    end else begin
      valid_1_q <= valid_i;
      valid_2_q <= valid_1_q;
      valid_3_q <= valid_2_q;
      valid_4_q <= valid_3_q;
      if (valid_i) begin
        preset_1_q  <= preset_i;
        operand_1_q <= operand;
        factor_1_q  <= factor;
        right_1_q   <= right;
      end
      if (valid_1_q) begin
        preset_2_q  <= preset_1_q;
        product_2_q <= operand_1_q * factor_1_q;
        right_2_q   <= right_1_q;
      end
      if (valid_2_q) begin
        preset_3_q <= preset_2_q;
        value_3_q  <= normalized;
        right_3_q  <= normalized_right;
      end
      if (valid_3_q) result_4_q <= limited;
    end
  end

  assign valid_o  = valid_4_q;
  assign result_o = result_4_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && valid_i) begin
      assert (preset_i <= systoliq_isa_pkg::PRESET_POT_HALF_UP)
      else $error("requantize: unknown preset %0d", preset_i);
      assert (is_pot || MultiplierBits != 0)
      else $error("requantize: preset %0d needs a multiplier", preset_i);
      assert (!is_float || MultiplierBits >= 25)
      else $error("requantize: ort_mlas needs a multiplier of 25 bits");
    end
  end
`endif

endmodule : systoliq_requantize
