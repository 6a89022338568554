// SPDX-License-Identifier: Apache-2.0
// A stream of bytes of which any window can be read, wherever it begins.
//
// Theory of operation: bytes are numbered as they come; byte n lies in lane n mod Lanes of row n /
// Lanes of a small register file. Appended bytes are rotated to their lanes and written to at most
// two rows; a window is read from two rows and rotated back. Bytes that are appended in this cycle
// are already in the window. Whoever reads decides when bytes are no longer needed: the capacity is
// kept by the slots of the DMA engines, which reserve room beforehand.

module systoliq_byte_fifo #(
    /// Most bytes appended in a cycle.
    parameter int unsigned InBytes  = 16,
    /// Bytes of the window.
    parameter int unsigned OutBytes = 16,
    /// Bytes that stay readable behind the newest.
    parameter int unsigned Capacity = 64
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  clear_i,
    /// Bytes to append now, the first in the lowest bits; 0: none.
    input  logic [          31:0] append_bytes_i,
    input  logic [ InBytes*8-1:0] append_data_i,
    /// Number of the first byte of the window.
    input  logic [          31:0] head_i,
    output logic [OutBytes*8-1:0] window_o,
    /// Bytes appended so far, without and with those of this cycle.
    output logic [          31:0] tail_o,
    output logic [          31:0] tail_next_o
);

  localparam int unsigned WidestBytes = (InBytes > OutBytes) ? InBytes : OutBytes;
  localparam int unsigned LaneIndexBits = (WidestBytes > 1) ? $clog2(WidestBytes) : 1;
  localparam int unsigned Lanes = 1 << LaneIndexBits;
  localparam int unsigned RowIndexBits = $clog2(Capacity / Lanes + 2);
  localparam int unsigned Rows = 1 << RowIndexBits;

  logic [Lanes*8-1:0] rows_q[Rows];
  logic [31:0] tail_q;

  logic [RowIndexBits-1:0] tail_row, next_tail_row, head_row, next_head_row;
  logic [LaneIndexBits-1:0] tail_lane, head_lane;
  assign tail_lane     = tail_q[LaneIndexBits-1:0];
  assign tail_row      = tail_q[LaneIndexBits+:RowIndexBits];
  assign next_tail_row = tail_row + RowIndexBits'(1);
  assign head_lane     = head_i[LaneIndexBits-1:0];
  assign head_row      = head_i[LaneIndexBits+:RowIndexBits];
  assign next_head_row = head_row + RowIndexBits'(1);

  // Appended bytes in their lanes; the upper half belongs to the next row.
  logic [2*Lanes*8-1:0] incoming, incoming_mask;
  always_comb begin
    incoming      = '0;
    incoming_mask = '0;
    if (append_bytes_i != 32'd0) begin
      incoming = (2 * Lanes * 8)'(append_data_i) << {tail_lane, 3'b000};
      incoming_mask = ~({(2 * Lanes * 8) {1'b1}} << (append_bytes_i * 32'd8));
      incoming_mask = incoming_mask << {tail_lane, 3'b000};
    end
  end

  function automatic logic [Lanes*8-1:0] merged(input logic [Lanes*8-1:0] old,
                                                input logic [Lanes*8-1:0] data,
                                                input logic [Lanes*8-1:0] mask);
    merged = (old & ~mask) | (data & mask);
  endfunction

  logic [Lanes*8-1:0] low_data, low_mask, high_data, high_mask;
  assign low_data  = incoming[Lanes*8-1:0];
  assign low_mask  = incoming_mask[Lanes*8-1:0];
  assign high_data = incoming[2*Lanes*8-1:Lanes*8];
  assign high_mask = incoming_mask[2*Lanes*8-1:Lanes*8];

  always_ff @(posedge clk_i) begin
    if (append_bytes_i != 32'd0) begin
      rows_q[tail_row]      <= merged(rows_q[tail_row], low_data, low_mask);
      rows_q[next_tail_row] <= merged(rows_q[next_tail_row], high_data, high_mask);
    end
  end

  function automatic logic [Lanes*8-1:0] seen(input logic [RowIndexBits-1:0] row,
                                              input logic [Lanes*8-1:0] old);
    seen = old;
    if (row == tail_row) seen = merged(old, low_data, low_mask);
    else if (row == next_tail_row) seen = merged(old, high_data, high_mask);
  endfunction

  logic [2*Lanes*8-1:0] two_rows;
  assign two_rows = {seen(next_head_row, rows_q[next_head_row]), seen(head_row, rows_q[head_row])};
  assign window_o = (OutBytes * 8)'(two_rows >> {head_lane, 3'b000});

  assign tail_o = tail_q;
  assign tail_next_o = tail_q + append_bytes_i;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tail_q <= '0;
    end else if (clear_i) begin
      tail_q <= '0;
    end else begin
      tail_q <= tail_next_o;
    end
  end

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_width :
      assert (append_bytes_i <= InBytes)
      else $error("more bytes appended than fit");
    end
  end
`endif

endmodule : systoliq_byte_fifo
