// SPDX-License-Identifier: Apache-2.0
// Pooling of one word of lanes, a tap a cycle: the largest value, or the exact average of
// model/arith/requantize.h, exact_average(): round(multiplier * 2^shift * S / (n * divisor)), S the
// sum of centered taps, n their number.
//
// Theory of operation. Taps gather in stage 1; after the last one the result passes four more
// stages, so that a window of one tap still gives a word a cycle:
//   2 magnitude of S times multiplier (numerator), n times divisor (denominator, one for all lanes)
//   3 the scale's power of two shifts the numerator up or the denominator up; a quotient that
//         cannot reach one half is
//     marked zero, one that no clamp can hold is marked large
//   4 upper half of the quotient's bits, by restoring division    5 lower half, rounding by the
//           remainder, sign
// No reciprocal is approximated: remainder and denominator are compared exactly. The quotient has
// ActivationBits + 2 bits, which passes every clamp.
//
// In raw mode (equal scales and zero points) stored values are summed as they are and divided by n:
// multiplier and divisor are then given as 1, and taps outside the source count as the zero point
// where they count at all.

module systoliq_pooling #(
    parameter int unsigned Rows = 16,
    parameter int unsigned ActivationBits = 8,
    /// A window has fewer than 2^CountBits taps.
    parameter int unsigned CountBits = 20,
    /// Bits of a lane's result.
    parameter int unsigned ResultBits = 34
) (
    input  logic                                  clk_i,
    input  logic                                  rst_ni,
    /// Stage 1: one tap of the window.
    input  logic                                  tap_valid_i,
    input  logic                                  tap_first_i,
    input  logic                                  tap_last_i,
    input  logic                                  tap_inside_i,
    input  logic        [Rows*ActivationBits-1:0] tap_i,
    /// Of the command: constant while its taps pass.
    input  logic                                  largest_i,
    input  logic                                  raw_i,
    input  logic                                  count_outside_i,
    input  logic                                  half_even_i,
    input  logic signed [     ActivationBits-1:0] zero_point_i,
    input  logic        [                   30:0] multiplier_i,
    input  logic signed [                   31:0] shift_i,
    input  logic        [                   30:0] divisor_i,
    output logic                                  valid_o,
    output logic        [    Rows*ResultBits-1:0] result_o
);

  // A centered value has a bit more.
  localparam int unsigned SumBits = ActivationBits + 1 + CountBits;
  localparam int unsigned QuotientBits = ActivationBits + 2;
  localparam int unsigned UpperBits = QuotientBits / 2;
  localparam int unsigned LowerBits = QuotientBits - UpperBits;
  localparam int unsigned NumeratorBits = SumBits + 31;
  localparam int unsigned DenominatorBits = CountBits + 31;
  // Holds twice a numerator, so that a denominator beyond it stands for 0, and 2^QuotientBits
  // denominators.
  localparam int unsigned LongBits = NumeratorBits + 1 > DenominatorBits + QuotientBits ?
      NumeratorBits + 1 : DenominatorBits + QuotientBits;

  logic valid_1_q, valid_2_q, valid_3_q, valid_4_q, valid_5_q;
  logic [CountBits-1:0] count_1_q;
  logic                 counts;

  assign counts = tap_inside_i | count_outside_i;

  // What the lanes share: number of taps, denominator, shift.
  logic [DenominatorBits-1:0] denominator_2_q;
  logic [LongBits-1:0] denominator_3_q, denominator_4_q;
  logic [LongBits-1:0] denominator_up;
  logic                denominator_lost;
  logic                shift_left;
  logic [        31:0] distance;

  always_comb begin
    shift_left       = shift_i >= 0;
    distance         = shift_left ? shift_i : -shift_i;
    denominator_up   = LongBits'(denominator_2_q);
    denominator_lost = 1'b0;
    if (!shift_left) begin
      denominator_up = distance < LongBits ? LongBits'(denominator_2_q) << distance : '0;
      denominator_lost = distance >= LongBits ||
          (LongBits'(denominator_2_q) >> (LongBits - distance)) != '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_1_q       <= 1'b0;
      valid_2_q       <= 1'b0;
      valid_3_q       <= 1'b0;
      valid_4_q       <= 1'b0;
      valid_5_q       <= 1'b0;
      count_1_q       <= '0;
      denominator_2_q <= '0;
      denominator_3_q <= '0;
      denominator_4_q <= '0;
    end else begin
      valid_1_q <= tap_valid_i & tap_last_i;
      valid_2_q <= valid_1_q;
      valid_3_q <= valid_2_q;
      valid_4_q <= valid_3_q;
      valid_5_q <= valid_4_q;
      if (tap_valid_i) count_1_q <= (tap_first_i ? '0 : count_1_q) + CountBits'(counts);
      if (valid_1_q) denominator_2_q <= count_1_q * divisor_i;
      if (valid_2_q) denominator_3_q <= denominator_up;
      if (valid_3_q) denominator_4_q <= denominator_3_q;
    end
  end

  assign valid_o = valid_5_q;

  for (genvar lane = 0; lane < Rows; lane++) begin : gen_lane
    // Stage 1: the window.
    logic signed [ActivationBits-1:0] tap;
    logic signed [  ActivationBits:0] addend;
    logic signed [       SumBits-1:0] sum_1_q;
    logic signed [ActivationBits-1:0] largest_1_q, largest_2_q, largest_3_q, largest_4_q;
    logic signed [ActivationBits-1:0] largest_before;

    assign tap = tap_i[ActivationBits*lane+:ActivationBits];
    assign largest_before = tap_first_i ? {1'b1, {(ActivationBits - 1) {1'b0}}} : largest_1_q;

    always_comb begin
      addend = '0;
      if (tap_inside_i)
        addend = (ActivationBits + 1)'(tap) - (raw_i ? '0 : (ActivationBits + 1)'(zero_point_i));
      else if (count_outside_i && raw_i) addend = (ActivationBits + 1)'(zero_point_i);
    end

    // Stage 2.
    logic [SumBits-1:0] magnitude;
    logic negative_2_q, negative_3_q, negative_4_q;
    logic [NumeratorBits-1:0] numerator_2_q;

    assign magnitude = sum_1_q < 0 ? -sum_1_q : sum_1_q;

    // Stage 3.
    logic [LongBits-1:0] numerator_up;
    logic                numerator_lost;
    logic [LongBits-1:0] numerator_3_q;
    logic zero_3_q, zero_4_q, large_3_q, large_4_q;

    always_comb begin
      numerator_up   = LongBits'(numerator_2_q);
      numerator_lost = 1'b0;
      if (shift_left) begin
        numerator_up = distance < LongBits ? LongBits'(numerator_2_q) << distance : '0;
        numerator_lost = numerator_2_q != '0 &&
            (distance >= LongBits || (LongBits'(numerator_2_q) >> (LongBits - distance)) != '0);
      end
    end

    // Stages 4 and 5: restoring division. Remainders stay below twice the denominator.
    logic [LongBits:0] remainder_upper, remainder_lower;
    logic [   LongBits:0] remainder_4_q;
    logic [LowerBits-1:0] numerator_4_q;
    logic [UpperBits-1:0] upper, upper_4_q;
    logic [   LowerBits-1:0] lower;
    logic [QuotientBits+1:0] rounded;
    logic                    up;
    logic [ResultBits-1:0] result, result_5_q;

    always_comb begin
      remainder_upper = (LongBits + 1)'(numerator_3_q) >> QuotientBits;
      upper           = '0;
      for (int unsigned i = 0; i < UpperBits; i++) begin
        remainder_upper = {remainder_upper[LongBits-1:0], numerator_3_q[QuotientBits-1-i]};
        if (remainder_upper >= {1'b0, denominator_3_q}) begin
          remainder_upper      = remainder_upper - {1'b0, denominator_3_q};
          upper[UpperBits-1-i] = 1'b1;
        end
      end
    end

    always_comb begin
      remainder_lower = remainder_4_q;
      lower           = '0;
      for (int unsigned i = 0; i < LowerBits; i++) begin
        remainder_lower = {remainder_lower[LongBits-1:0], numerator_4_q[LowerBits-1-i]};
        if (remainder_lower >= {1'b0, denominator_4_q}) begin
          remainder_lower      = remainder_lower - {1'b0, denominator_4_q};
          lower[LowerBits-1-i] = 1'b1;
        end
      end
      up = {remainder_lower, 1'b0} > {2'b0, denominator_4_q} ||
          ({remainder_lower, 1'b0} == {2'b0, denominator_4_q} && (lower[0] || !half_even_i));
      rounded = {2'b0, upper_4_q, lower} + {{(QuotientBits + 1) {1'b0}}, up};
      if (zero_4_q) rounded = '0;
      else if (large_4_q) rounded = {2'b01, {QuotientBits{1'b0}}};
      result = ResultBits'(rounded);
      if (negative_4_q) result = -result;
      if (largest_i) result = ResultBits'(largest_4_q);
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        sum_1_q       <= '0;
        largest_1_q   <= '0;
        largest_2_q   <= '0;
        largest_3_q   <= '0;
        largest_4_q   <= '0;
        negative_2_q  <= 1'b0;
        negative_3_q  <= 1'b0;
        negative_4_q  <= 1'b0;
        numerator_2_q <= '0;
        numerator_3_q <= '0;
        numerator_4_q <= '0;
        zero_3_q      <= 1'b0;
        zero_4_q      <= 1'b0;
        large_3_q     <= 1'b0;
        large_4_q     <= 1'b0;
        remainder_4_q <= '0;
        upper_4_q     <= '0;
        result_5_q    <= '0;
      end else begin
        if (tap_valid_i) begin
          sum_1_q     <= (tap_first_i ? '0 : sum_1_q) + SumBits'(addend);
          largest_1_q <= tap_inside_i && tap > largest_before ? tap : largest_before;
        end
        if (valid_1_q) begin
          negative_2_q  <= sum_1_q < 0;
          numerator_2_q <= magnitude * multiplier_i;
          largest_2_q   <= largest_1_q;
        end
        if (valid_2_q) begin
          negative_3_q  <= negative_2_q;
          numerator_3_q <= numerator_up;
          zero_3_q      <= denominator_lost;
          large_3_q     <= numerator_lost;
          largest_3_q   <= largest_2_q;
        end
        if (valid_3_q) begin
          negative_4_q  <= negative_3_q;
          remainder_4_q <= remainder_upper;
          numerator_4_q <= numerator_3_q[LowerBits-1:0];
          upper_4_q     <= upper;
          zero_4_q      <= zero_3_q;
          large_4_q     <= large_3_q || (numerator_3_q >> QuotientBits) >= denominator_3_q;
          largest_4_q   <= largest_3_q;
        end
        if (valid_4_q) result_5_q <= result;
      end
    end

    assign result_o[ResultBits*lane+:ResultBits] = result_5_q;
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && tap_valid_i) begin
      assert (tap_first_i || &count_1_q == 1'b0)
      else $error("pooling: more than %0d taps", (1 << CountBits) - 1);
    end
    if (rst_ni && valid_1_q && !largest_i) begin
      assert (count_1_q != '0 && divisor_i != '0)
      else $error("pooling: average of %0d taps, divisor %0d", count_1_q, divisor_i);
    end
  end
`endif

endmodule : systoliq_pooling
