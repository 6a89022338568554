// SPDX-License-Identifier: Apache-2.0
// Turns words of Rows channels of one pixel into words of one channel of Rows pixels, for the
// output stationary array.
//
// Theory of operation: two banks of Rows × Rows activations. One is written a pixel a cycle while
// the other is read a lane a cycle; a lane asked for in cycle t leaves through a register in t + 1.

module systoliq_transposer #(
    /// Rows of the array: lanes of a word going in, pixels of a word coming out.
    parameter int unsigned Rows = 16,
    /// Bits of an activation.
    parameter int unsigned ActivationBits = 8,
    /// Bits of a row's number.
    parameter int unsigned RowBits = 4
) (
    input logic clk_i,
    input logic rst_ni,

    input logic                           write_i,
    input logic                           write_bank_i,
    input logic [            RowBits-1:0] write_pixel_i,
    input logic [Rows*ActivationBits-1:0] word_i,

    input  logic                           read_i,
    input  logic                           read_bank_i,
    input  logic [            RowBits-1:0] read_lane_i,
    output logic [Rows*ActivationBits-1:0] pixels_o
);

  logic [Rows*ActivationBits-1:0] pixels_d, pixels_q;

  for (genvar r = 0; r < Rows; r++) begin : gen_pixel
    logic [Rows*ActivationBits-1:0] first_q, second_q, word;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        first_q  <= '0;
        second_q <= '0;
      end else if (write_i && 32'(write_pixel_i) == r) begin
        if (write_bank_i) second_q <= word_i;
        else first_q <= word_i;
      end
    end

    assign word = read_bank_i ? second_q : first_q;
    assign pixels_d[r*ActivationBits +: ActivationBits] =
        word[32'(read_lane_i)*ActivationBits +: ActivationBits];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) pixels_q <= '0;
    else if (read_i) pixels_q <= pixels_d;
  end

  assign pixels_o = pixels_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(read_i && write_i && read_bank_i == write_bank_i))
      else $error("a bank of the transposer is written while it is read");
      assert (!write_i || 32'(write_pixel_i) < Rows)
      else $error("pixel %0d is outside the transposer", write_pixel_i);
      assert (!read_i || 32'(read_lane_i) < Rows)
      else $error("lane %0d is outside the transposer", read_lane_i);
    end
  end
`endif

endmodule : systoliq_transposer
