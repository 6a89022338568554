// SPDX-License-Identifier: Apache-2.0
// The overflow policy of every adder in the core: a signed value of InBits into OutBits, wrapped or
// saturated. The C++ twin is systoliq::model::narrow.

module systoliq_narrow #(
    /// Bits of the exact value; more than OutBits.
    parameter int unsigned InBits   = 34,
    /// Bits of the result.
    parameter int unsigned OutBits  = 32,
    /// 0: wrap, that is, keep the low bits; 1: saturate.
    parameter bit          Saturate = 1'b0
) (
    input  logic [ InBits-1:0] value_i,
    output logic [OutBits-1:0] narrowed_o,
    /// The value does not fit.
    output logic               overflow_o
);

  logic [InBits-OutBits:0] upper;
  logic                    sign;

  // It fits when all the bits above are copies of the result's sign.
  assign upper      = value_i[InBits-1:OutBits-1];
  assign sign       = value_i[InBits-1];
  assign overflow_o = upper != {(InBits - OutBits + 1) {sign}};

  if (Saturate) begin : gen_saturate
    assign narrowed_o = overflow_o ? {sign, {(OutBits - 1) {!sign}}} : value_i[OutBits-1:0];
  end else begin : gen_wrap
    assign narrowed_o = value_i[OutBits-1:0];
  end

endmodule : systoliq_narrow
