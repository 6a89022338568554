// SPDX-License-Identifier: Apache-2.0
// From a word of the weight buffer to the array's operands: operand = weight - zero point, and 0 in columns outside the
// tile. One register.

module systoliq_weight_decoder #(
  /// Columns of the array: weights of a word.
  parameter int unsigned Cols = 16,
  /// Bits of a stored weight, signed.
  parameter int unsigned WeightBits = 8,
  /// Bits of a decoded one, signed; WeightBits + 1 holds every difference of two stored values.
  parameter int unsigned OperandBits = WeightBits + 1,
  /// Derived: bits of a row's number.
  parameter int unsigned RowBits = 4
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  /// A word that the weight buffer delivers in this cycle, and the row it is for.
  input  logic                        valid_i,
  input  logic [RowBits-1:0]          row_i,
  input  logic [Cols*WeightBits-1:0]  weights_i,

  /// Constant while a command's weights pass.
  input  logic [OperandBits-1:0]      zero_point_i,
  input  logic [31:0]                 valid_columns_i,

  /// The operands, one cycle later.
  output logic                        valid_o,
  output logic [RowBits-1:0]          row_o,
  output logic [Cols*OperandBits-1:0] operands_o
);

  logic [Cols*OperandBits-1:0] operands_d, operands_q;
  logic                        valid_q;
  logic [RowBits-1:0]          row_q;

  for (genvar c = 0; c < Cols; c++) begin : g_column
    logic signed [OperandBits-1:0] weight, difference;
    assign weight     = OperandBits'(signed'(weights_i[c*WeightBits +: WeightBits]));
    assign difference = weight - signed'(zero_point_i);
    assign operands_d[c*OperandBits +: OperandBits] = 32'(c) < valid_columns_i ? difference : '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q    <= 1'b0;
      row_q      <= '0;
      operands_q <= '0;
    end else begin
      valid_q <= valid_i;
      if (valid_i) begin
        row_q      <= row_i;
        operands_q <= operands_d;
      end
    end
  end

  assign valid_o    = valid_q;
  assign row_o      = row_q;
  assign operands_o = operands_q;

endmodule : systoliq_weight_decoder
