// SPDX-License-Identifier: Apache-2.0
// The output stationary array: Rows × Cols processing elements with the registers that skew what
// goes in and unskew what comes out. Row r holds a pixel, column c an output channel.
//
// Theory of operation: in cycle t the activations of one lane of Rows pixels enter from the left
// and the weights of that lane from above; PE (r, c) works on them in t + r + c. `first_i` and
// `take_i` enter with a lane and pass the PEs as it does: a take that enters in cycle t, after a
// group's last lane, has copied the group's sums into the drain registers by t + Rows + Cols - 2,
// while the next group may already be summed. Start values come on one bus a column: a row that is
// written in cycle t reaches the start registers of column c in t + c. Sums leave the same way: the
// row that is selected in cycle t is read in column c in t + c; the whole word is on sums_o in t +
// Cols.

module systoliq_output_array #(
    /// Rows of the array: pixels of a group.
    parameter int unsigned Rows            = 16,
    /// Columns of the array: output channels.
    parameter int unsigned Cols            = 16,
    /// Bits of an activation, signed.
    parameter int unsigned ActivationBits  = 8,
    /// Bits of a decoded weight, signed.
    parameter int unsigned OperandBits     = 9,
    /// Bits of an accumulator, signed.
    parameter int unsigned AccumulatorBits = 32,
    /// Overflow of an accumulator: 0 wraps, 1 saturates.
    parameter bit          Saturate        = 1'b0,
    /// Bits of a start value, signed; more than an accumulator and a product have.
    parameter int unsigned StartBits       = 33,
    /// Bits of a row's number.
    parameter int unsigned RowBits         = 4
) (
    input logic clk_i,
    input logic rst_ni,

    /// A lane of every pixel, pixel 0 lowest; whether there is one; whether it is the first of a
    /// group; whether the group before it is complete.
    input logic [Rows*ActivationBits-1:0] activations_i,
    input logic                           valid_i,
    input logic                           first_i,
    input logic                           take_i,
    /// The lane's weights, column 0 lowest.
    input logic [   Cols*OperandBits-1:0] operands_i,

    /// Start values of one pixel, column 0 lowest.
    input logic                      start_write_i,
    input logic [       RowBits-1:0] start_row_i,
    input logic [Cols*StartBits-1:0] starts_i,

    /// The pixel whose sums leave, and these Cols cycles later, column 0 lowest.
    input  logic [             RowBits-1:0] select_i,
    output logic [Cols*AccumulatorBits-1:0] sums_o
);

  // Index (r, c) is what PE (r, c) receives; column Cols and row Rows are what falls out.
  logic [Rows*(Cols+1)*ActivationBits-1:0] activations;
  logic [             Rows*(Cols+1)*3-1:0] flags;
  logic [   (Rows+1)*Cols*OperandBits-1:0] operands;
  logic [              Cols*StartBits-1:0] starts;
  logic [            Cols*(RowBits+1)-1:0] writes;
  logic [                Cols*RowBits-1:0] selects;

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
        .Width(3),
        .Depth(r == 0 ? 0 : 1)
    ) u_flags (
        .clk_i,
        .rst_ni,
        .data_i(r == 0 ? {valid_i, first_i, take_i} : flags[(r==0?0 : r-1)*(Cols+1)*3+:3]),
        .data_o(flags[r*(Cols+1)*3+:3])
    );
  end

  for (genvar c = 0; c < Cols; c++) begin : gen_column
    // Column c's drain registers, row 0 lowest.
    logic [Rows*AccumulatorBits-1:0] drains;
    logic [     AccumulatorBits-1:0] selected_q;

    systoliq_delay #(
        .Width(OperandBits),
        .Depth(c)
    ) u_operand (
        .clk_i,
        .rst_ni,
        .data_i(operands_i[c*OperandBits+:OperandBits]),
        .data_o(operands[c*OperandBits+:OperandBits])
    );
    systoliq_delay #(
        .Width(StartBits),
        .Depth(c)
    ) u_start (
        .clk_i,
        .rst_ni,
        .data_i(starts_i[c*StartBits+:StartBits]),
        .data_o(starts[c*StartBits+:StartBits])
    );
    systoliq_delay #(
        .Width(RowBits + 1),
        .Depth(c == 0 ? 0 : 1)
    ) u_write (
        .clk_i,
        .rst_ni,
        .data_i(c == 0 ? {start_write_i, start_row_i} :
                writes[(c == 0 ? 0 : c-1)*(RowBits+1) +: RowBits+1]),
        .data_o(writes[c*(RowBits+1)+:RowBits+1])
    );
    systoliq_delay #(
        .Width(RowBits),
        .Depth(c == 0 ? 0 : 1)
    ) u_select (
        .clk_i,
        .rst_ni,
        .data_i(c == 0 ? select_i : selects[(c==0?0 : c-1)*RowBits+:RowBits]),
        .data_o(selects[c*RowBits+:RowBits])
    );

    for (genvar r = 0; r < Rows; r++) begin : gen_row
      logic write;
      assign write = writes[c*(RowBits+1)+RowBits] && writes[c*(RowBits+1)+:RowBits] == RowBits'(r);

      systoliq_output_pe #(
          .ActivationBits (ActivationBits),
          .OperandBits    (OperandBits),
          .AccumulatorBits(AccumulatorBits),
          .Saturate       (Saturate),
          .StartBits      (StartBits)
      ) u_pe (
          .clk_i,
          .rst_ni,
          .activation_i (activations[(r*(Cols+1)+c)*ActivationBits+:ActivationBits]),
          .valid_i      (flags[(r*(Cols+1)+c)*3+2]),
          .first_i      (flags[(r*(Cols+1)+c)*3+1]),
          .take_i       (flags[(r*(Cols+1)+c)*3]),
          .activation_o (activations[(r*(Cols+1)+c+1)*ActivationBits+:ActivationBits]),
          .valid_o      (flags[(r*(Cols+1)+c+1)*3+2]),
          .first_o      (flags[(r*(Cols+1)+c+1)*3+1]),
          .take_o       (flags[(r*(Cols+1)+c+1)*3]),
          .operand_i    (operands[(r*Cols+c)*OperandBits+:OperandBits]),
          .operand_o    (operands[((r+1)*Cols+c)*OperandBits+:OperandBits]),
          .start_write_i(write),
          .start_i      (starts[c*StartBits+:StartBits]),
          .drain_o      (drains[r*AccumulatorBits+:AccumulatorBits])
      );
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) selected_q <= '0;
      else selected_q <= drains[32'(selects[c*RowBits+:RowBits])*AccumulatorBits+:AccumulatorBits];
    end

    systoliq_delay #(
        .Width(AccumulatorBits),
        .Depth(Cols - 1 - c)
    ) u_unskew (
        .clk_i,
        .rst_ni,
        .data_i(selected_q),
        .data_o(sums_o[c*AccumulatorBits+:AccumulatorBits])
    );
  end

  // The PEs at the right and at the bottom have no neighbor.
  for (genvar r = 0; r < Rows; r++) begin : gen_right_edge
    logic unused_edge;
    assign unused_edge =
        ^{activations[(r*(Cols+1)+Cols)*ActivationBits +: ActivationBits],
          flags[(r*(Cols+1)+Cols)*3 +: 3]};
  end
  logic unused_bottom_edge;
  assign unused_bottom_edge = ^operands[Rows*Cols*OperandBits+:Cols*OperandBits];

endmodule : systoliq_output_array
