// SPDX-License-Identifier: Apache-2.0
// An engine's queue of commands. A command pushed in one cycle is visible to the engine in the
// next; a place that is freed in one cycle can be taken in the next. What is dropped in a cycle is
// gone in the next, but for the head if the engine takes it in that very cycle. Mirrors
// model/tlm/command_queue.cpp.

module systoliq_command_queue (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    /// All commands are dropped.
    input  logic                   drop_i,
    input  logic                   push_i,
    input  systoliq_pkg::command_t command_i,
    output logic                   full_o,
    output logic                   valid_o,
    output systoliq_pkg::command_t command_o,
    input  logic                   pop_i
);

  logic empty;
  systoliq_fifo #(
      .Width($bits(command_i)),
      .Depth(systoliq_pkg::QueueDepth)
  ) u_fifo (
      .clk_i,
      .rst_ni,
      .clear_i(drop_i),
      .push_i,
      .data_i (command_i),
      .pop_i,
      .head_o (command_o),
      .empty_o(empty),
      .full_o
  );
  assign valid_o = !empty;

`ifndef SYNTHESIS
  systoliq_handshake #(
      .Width($bits(command_o))
  ) u_head_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (valid_o),
      .ready_i  (pop_i || drop_i),
      .payload_i(command_o)
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_pop :
      assert (!pop_i || valid_o)
      else $error("a command is taken that is not there");
      a_drop :
      assert (!(drop_i && push_i))
      else $error("a command is pushed that would be dropped");
    end
  end
`endif

endmodule : systoliq_command_queue
