// SPDX-License-Identifier: Apache-2.0
// Which fields of a command of one opcode are outside their ranges, those of
// systoliq_isa_pkg::bound(). Mirrors the ranges of model/isa/isa_fields.h.

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
    parameter int unsigned ParamWords = 1024
) (
    /// From word FirstFieldWord on.
    input  logic [32*Fields-1:0] fields_i,
    output logic [Fields-1:0]    outside_o
);

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

`ifdef VERILATOR
    initial begin
      a_range :
      assert (Lowest <= Highest)
      else $error("field %0d of opcode %0d has no legal value", i, Opcode);
    end
`endif
  end

endmodule : systoliq_field_ranges
