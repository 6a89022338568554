// SPDX-License-Identifier: Apache-2.0
// The weight stationary array: Rows × Cols processing elements with the registers that skew what
// goes in and unskew what comes out.
//
// Theory of operation: a word of Rows activations enters in cycle t; row r receives its lane in t +
// r, and PE (r, c) works on it in t + r + c. Partial sums start from 0 above row 0; those of one
// pixel leave the bottom row of column c in t + Rows + c and wait there for column Cols - 1, so
// that the whole word of sums is on sums_o in t + Rows + Cols - 1.
// Weights come a row at a time on one bus a column: a row that is written in cycle t reaches the
// shadow registers of column c in t + c, wherever its PEs are. Row r of the next pass may therefore
// be written r cycles after the first pixel of the pass before (which swaps the shadow away in that
// cycle), and must be written at least a cycle before the first pixel of its own pass has come to
// row r.

module systoliq_pe_array #(
    /// Rows of the array: lanes of the reduction.
    parameter int unsigned Rows            = 16,
    /// Columns of the array: output channels.
    parameter int unsigned Cols            = 16,
    /// Bits of an activation, signed.
    parameter int unsigned ActivationBits  = 8,
    /// Bits of a decoded weight, signed.
    parameter int unsigned OperandBits     = 9,
    /// Bits of a partial sum, signed.
    parameter int unsigned AccumulatorBits = 32,
    /// Overflow of a partial sum: 0 wraps, 1 saturates.
    parameter bit          Saturate        = 1'b0,
    /// Derived: bits of a row's number.
    parameter int unsigned RowBits         = Rows > 1 ? $clog2(Rows) : 1
) (
    input logic clk_i,
    input logic rst_ni,

    /// A pixel's lanes, lane 0 lowest, and whether it is the first of its pass.
    input logic [Rows*ActivationBits-1:0] activations_i,
    input logic                           swap_i,

    /// A row of decoded weights, column 0 lowest.
    input logic                        weight_write_i,
    input logic [         RowBits-1:0] weight_row_i,
    input logic [Cols*OperandBits-1:0] weights_i,

    /// A pixel's partial sums, column 0 lowest, Rows + Cols - 1 cycles after its activations.
    output logic [Cols*AccumulatorBits-1:0] sums_o
);

  // Index (r, c) of the activations and swaps is what PE (r, c) receives; column Cols is what falls
  // out on the right. Index (r, c) of the sums is what PE (r, c) receives; row Rows is what the
  // bottom row delivers.
  logic [ Rows*(Cols+1)*ActivationBits-1:0] activations;
  logic [                Rows*(Cols+1)-1:0] swaps;
  logic [(Rows+1)*Cols*AccumulatorBits-1:0] sums;
  logic [             Cols*(RowBits+1)-1:0] selects;
  logic [             Cols*OperandBits-1:0] operands;

  for (genvar r = 0; r < Rows; r++) begin : gen_row_skew
    systoliq_delay #(
        .Width(ActivationBits),
        .Depth(r)
    ) u_activation (
        .clk_i,
        .rst_ni,
        .data_i(activations_i[r*ActivationBits+:ActivationBits]),
        .data_o(activations[r*(Cols+1)*ActivationBits+:ActivationBits])
    );
    systoliq_delay #(
        .Width(1),
        .Depth(r == 0 ? 0 : 1)
    ) u_swap (
        .clk_i,
        .rst_ni,
        .data_i(r == 0 ? swap_i : swaps[(r==0?0 : r-1)*(Cols+1)]),
        .data_o(swaps[r*(Cols+1)])
    );
  end

  assign sums[0+:Cols*AccumulatorBits] = '0;

  for (genvar c = 0; c < Cols; c++) begin : gen_column
    logic               select_valid;
    logic [RowBits-1:0] select_row;

    systoliq_delay #(
        .Width(OperandBits),
        .Depth(c)
    ) u_operand (
        .clk_i,
        .rst_ni,
        .data_i(weights_i[c*OperandBits+:OperandBits]),
        .data_o(operands[c*OperandBits+:OperandBits])
    );
    systoliq_delay #(
        .Width(RowBits + 1),
        .Depth(c == 0 ? 0 : 1)
    ) u_select (
        .clk_i,
        .rst_ni,
        .data_i(c == 0 ? {weight_write_i, weight_row_i} :
                       selects[(c == 0 ? 0 : c-1)*(RowBits+1) +: RowBits+1]),
        .data_o(selects[c*(RowBits+1)+:RowBits+1])
    );
    assign select_valid = selects[c*(RowBits+1)+RowBits];
    assign select_row   = selects[c*(RowBits+1)+:RowBits];

    for (genvar r = 0; r < Rows; r++) begin : gen_row
      logic load;
      assign load = select_valid && select_row == RowBits'(r);

      systoliq_pe #(
          .ActivationBits (ActivationBits),
          .OperandBits    (OperandBits),
          .AccumulatorBits(AccumulatorBits),
          .Saturate       (Saturate)
      ) u_pe (
          .clk_i,
          .rst_ni,
          .activation_i(activations[(r*(Cols+1)+c)*ActivationBits+:ActivationBits]),
          .swap_i      (swaps[r*(Cols+1)+c]),
          .activation_o(activations[(r*(Cols+1)+c+1)*ActivationBits+:ActivationBits]),
          .swap_o      (swaps[r*(Cols+1)+c+1]),
          .load_i      (load),
          .operand_i   (operands[c*OperandBits+:OperandBits]),
          .sum_i       (sums[(r*Cols+c)*AccumulatorBits+:AccumulatorBits]),
          .sum_o       (sums[((r+1)*Cols+c)*AccumulatorBits+:AccumulatorBits])
      );
    end

    systoliq_delay #(
        .Width(AccumulatorBits),
        .Depth(Cols - 1 - c)
    ) u_unskew (
        .clk_i,
        .rst_ni,
        .data_i(sums[(Rows*Cols+c)*AccumulatorBits+:AccumulatorBits]),
        .data_o(sums_o[c*AccumulatorBits+:AccumulatorBits])
    );
  end

  // The rightmost PEs have no neighbor.
  for (genvar r = 0; r < Rows; r++) begin : gen_right_edge
    logic unused_edge;
    assign unused_edge = ^{activations[(r*(Cols+1)+Cols)*ActivationBits +: ActivationBits],
                           swaps[r*(Cols+1)+Cols]};
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && weight_write_i) begin
      assert (32'(weight_row_i) < Rows)
      else $error("a row outside the array is written: %0d", weight_row_i);
    end
  end
`endif

endmodule : systoliq_pe_array
