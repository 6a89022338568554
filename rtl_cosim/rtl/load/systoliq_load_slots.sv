// SPDX-License-Identifier: Apache-2.0
// The slots of LOAD's data buffer: a burst takes one when its address is accepted and leaves it in
// the cycle in which all its bytes have come and no unwritten word ends within it. Mirrors the
// return value of LoadWriter::take() of model/timing/dma_timing.cpp.

module systoliq_load_slots #(
    /// Slots: bursts in flight or not yet drained.
    parameter int unsigned Outstanding = 5
) (
    input  logic        clk_i,
    input  logic        rst_ni,
    /// A burst of this length, the next of the stream, takes a slot.
    input  logic        take_i,
    input  logic [31:0] take_bytes_i,
    output logic        free_o,
    /// Bytes of the stream that have come, this cycle's included.
    input  logic [31:0] arrived_i,
    /// Bursts that have come and end at or before this byte of the stream leave.
    input  logic        drain_i,
    input  logic [31:0] drained_until_i
);

  localparam int unsigned IndexBits = (Outstanding > 1) ? $clog2(Outstanding) : 1;

  logic [Outstanding-1:0] used_q;
  logic [  IndexBits-1:0] next_q;
  logic [31:0] taken_q, taken_next;
  assign taken_next = taken_q + take_bytes_i;
  assign free_o     = !(&used_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      next_q  <= '0;
      taken_q <= '0;
    end else if (take_i) begin
      next_q  <= (next_q == IndexBits'(Outstanding - 1)) ? '0 : next_q + IndexBits'(1);
      taken_q <= taken_next;
    end
  end

  for (genvar slot = 0; slot < Outstanding; slot++) begin : gen_slot
    logic [31:0] end_q, beyond, missing;  // signed distances; positive: the burst ends later
    logic drained;
    assign beyond = end_q - drained_until_i;
    assign missing = end_q - arrived_i;
    assign drained = drain_i && (beyond[31] || beyond == 32'd0) &&
        (missing[31] || missing == 32'd0);
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        used_q[slot] <= 1'b0;
        end_q        <= '0;
      end else if (take_i && next_q == IndexBits'(slot)) begin
        used_q[slot] <= 1'b1;
        end_q        <= taken_next;
      end else if (drained) begin
        used_q[slot] <= 1'b0;
      end
    end
  end

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_room :
      assert (!(take_i && used_q[next_q]))
      else $error("a burst without a slot");
    end
  end
`endif

endmodule : systoliq_load_slots
