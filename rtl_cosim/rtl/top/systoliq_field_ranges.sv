// SPDX-License-Identifier: Apache-2.0
// Which fields of a command of one opcode are outside their ranges, those of
// systoliq_isa_pkg::bound(). Mirrors the ranges of model/isa/isa_fields.h.
//
// The rules look at `narrowed_o`: a field within its range is the same there, and of one outside it
// nothing is asked but that it is outside. With few bits the products of the rules are small.

module systoliq_field_ranges #(
    /// An opcode_e, and how many fields it has.
    parameter int unsigned Opcode = 2,
    parameter int unsigned Fields = 20,
    parameter int unsigned Rows = 16,
    parameter int unsigned Cols = 16,
    parameter int unsigned ActivationBits = 8,
    parameter int unsigned WeightBits = 8,
    parameter int unsigned ActivationWords = 8192,
    parameter int unsigned WeightWords = 4096,
    parameter int unsigned AccumulatorWords = 1024,
    parameter int unsigned ParamWords = 256
) (
    /// From word FirstFieldWord on.
    input  logic [32*Fields-1:0] fields_i,
    output logic [Fields-1:0]    outside_o,
    /// The fields, each with only those bits that a value within its range needs, extended.
    output logic [32*Fields-1:0] narrowed_o
);

  /// Bits of a number with sign that holds both.
  function automatic int unsigned bits_for(input logic signed [31:0] lowest,
                                           input logic signed [31:0] highest);
    bits_for = 32;
    for (int unsigned bits = 31; bits > 0; bits--) begin
      if (32'(lowest >>> (bits - 1)) == {32{lowest[31]}} && 32'(highest >>> (bits - 1)) == {32{highest[31]}}) begin
        bits_for = bits;
      end
    end
  endfunction

  for (genvar i = 0; i < Fields; i++) begin : gen_field
    localparam logic signed [31:0] Lowest = systoliq_isa_pkg::bound(
        1'b0,
        3'(Opcode),
        6'(i),
        Rows,
        Cols,
        ActivationBits,
        WeightBits,
        ActivationWords,
        WeightWords,
        AccumulatorWords,
        ParamWords
    );
    localparam logic signed [31:0] Highest = systoliq_isa_pkg::bound(
        1'b1,
        3'(Opcode),
        6'(i),
        Rows,
        Cols,
        ActivationBits,
        WeightBits,
        ActivationWords,
        WeightWords,
        AccumulatorWords,
        ParamWords
    );
    logic signed [32:0] value;
    assign value        = 33'($signed(fields_i[32*i+:32]));
    assign outside_o[i] = value < 33'(Lowest) || value > 33'(Highest);

    localparam int unsigned Bits = bits_for(Lowest, Highest);
    if (Lowest < 0) begin : gen_signed
      assign narrowed_o[32*i+:32] = 32'($signed(fields_i[32*i+:Bits]));
    end else if (Bits > 1) begin : gen_unsigned
      assign narrowed_o[32*i+:32] = 32'(fields_i[32*i+:Bits-1]);
    end else begin : gen_zero
      assign narrowed_o[32*i+:32] = 32'd0;
    end

`ifdef VERILATOR
    initial begin
      a_range :
      assert (Lowest <= Highest)
      else $error("field %0d of opcode %0d has no legal value", i, Opcode);
    end
`endif
  end

endmodule : systoliq_field_ranges
