// SPDX-License-Identifier: Apache-2.0
// A magnitude rounded to 24 significant bits, half even, as a 32-bit float holds it: magnitude ~
// significand * 2^exponent. Combinational; the model's round_to_24_bits().

module systoliq_significand #(
    /// Bits of the magnitude, 25 or more.
    parameter int unsigned Width = 48
) (
    input  logic [Width-1:0] magnitude_i,
    output logic [     23:0] significand_o,
    output logic [      6:0] exponent_o
);

  logic [ 6:0] drop;
  logic [24:0] to_guard;
  logic [23:0] kept;
  logic        up;
  logic [24:0] rounded;

  /// Bits that a magnitude has beyond 24.
  always_comb begin
    drop = 7'd0;
    for (int unsigned bit_index = 24; bit_index < Width; bit_index++) begin
      if (magnitude_i[bit_index]) drop = 7'(bit_index) - 7'd23;
    end
  end

  always_comb begin
    if (drop == 7'd0) begin
      to_guard = '0;
      kept     = magnitude_i[23:0];
      up       = 1'b0;
    end else begin
      to_guard = 25'(magnitude_i >> (drop - 7'd1));
      kept = to_guard[24:1];
      up = to_guard[0] & (kept[0] | ((magnitude_i & ~({Width{1'b1}} << (drop - 7'd1))) != '0));
    end
    rounded = {1'b0, kept} + {24'd0, up};
    // A carry out leaves a power of two: one bit more of exponent, one less of significand.
    significand_o = rounded[24] ? rounded[24:1] : rounded[23:0];
    exponent_o    = drop + {6'd0, rounded[24]};
  end

endmodule : systoliq_significand
