// SPDX-License-Identifier: Apache-2.0
// A chain of registers: what goes in comes out Depth cycles later; Depth 0 is a wire. It skews and
// unskews the words of the array and carries flags beside its wave.

module systoliq_delay #(
    /// Bits of a word.
    parameter int unsigned Width = 8,
    /// Registers, 0 upwards.
    parameter int unsigned Depth = 1
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic [Width-1:0] data_i,
    output logic [Width-1:0] data_o
);

  if (Depth == 0) begin : gen_wire
    logic unused_clock;
    assign unused_clock = ^{clk_i, rst_ni};
    assign data_o = data_i;
  end else begin : gen_chain
    logic [Depth*Width-1:0] stages_q;

    if (Depth == 1) begin : gen_one
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) stages_q <= '0;
        else stages_q <= data_i;
      end
    end else begin : gen_many
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) stages_q <= '0;
        else stages_q <= {stages_q[(Depth-1)*Width-1:0], data_i};
      end
    end

    assign data_o = stages_q[(Depth-1)*Width+:Width];
  end

endmodule : systoliq_delay
