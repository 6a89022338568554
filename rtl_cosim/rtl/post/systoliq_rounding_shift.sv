// SPDX-License-Identifier: Apache-2.0
// Arithmetic right shift with a rounding that is chosen at run time: quotient = round(value /
// 2^shift). Combinational.
//
// Theory of operation: the quotient is the floor, one is added where the rounding asks for it.
// `guard` is the first bit dropped, `sticky` tells whether any further one is set. Half up adds
// guard; half even lets a tie (guard without sticky) go to the even neighbor; half away lets the
// tie of a negative value stay at the floor.

module systoliq_rounding_shift #(
    /// Bits of value and quotient.
    parameter int unsigned Width = 64,
    /// Bits of the shift; every shift they hold is exact, those beyond Width too.
    parameter int unsigned ShiftBits = 7
) (
    input  logic signed [    Width-1:0] value_i,
    input  logic        [ShiftBits-1:0] shift_i,
    input  logic        [          1:0] rounding_i,
    output logic signed [    Width-1:0] quotient_o
);

  logic signed [Width-1:0] to_guard;
  logic signed [Width-1:0] quotient;
  logic                    guard;
  logic                    sticky;
  logic                    up;

  always_comb begin
    if (shift_i == '0) begin
      to_guard = '0;
      quotient = value_i;
      guard    = 1'b0;
      sticky   = 1'b0;
    end else begin
      to_guard = value_i >>> (shift_i - 1'b1);
      quotient = to_guard >>> 1;
      guard    = to_guard[0];
      sticky   = (value_i & ~({Width{1'b1}} << (shift_i - 1'b1))) != '0;
    end
    case (rounding_i)
      systoliq_pkg::ROUND_HALF_UP:   up = guard;
      systoliq_pkg::ROUND_HALF_EVEN: up = guard & (sticky | quotient[0]);
      systoliq_pkg::ROUND_HALF_AWAY: up = guard & (sticky | ~value_i[Width-1]);
      default:                       up = 1'b0;
    endcase
    quotient_o = quotient + $signed({{(Width - 1) {1'b0}}, up});
  end

endmodule : systoliq_rounding_shift
