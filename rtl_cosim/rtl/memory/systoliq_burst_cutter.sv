// SPDX-License-Identifier: Apache-2.0
// Cuts rows of bytes in memory into bursts that cross no BurstBytes boundary, one at a time: the
// first is offered in the cycle of the start, the next the cycle after one was taken. Mirrors
// append_bursts() of model/timing/memory_timing.cpp.

module systoliq_burst_cutter #(
    /// Longest burst, a power of two; bursts are aligned to it.
    parameter int unsigned BurstBytes  = 256,
    /// Bits of an address.
    parameter int unsigned AddressBits = 32
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic                   clear_i,
    /// Begins with these rows; only while not busy.
    input  logic                   start_i,
    input  logic [AddressBits-1:0] address_i,
    input  logic [           31:0] row_bytes_i,
    /// Bytes from one row to the next.
    input  logic [AddressBits-1:0] pitch_i,
    /// 0: nothing to do.
    input  logic [           31:0] rows_i,
    /// Bursts of this start are left after this cycle's, in registers.
    output logic                   busy_o,
    output logic                   valid_o,
    output logic [AddressBits-1:0] burst_address_o,
    output logic [           31:0] burst_bytes_o,
    /// The burst is the first of a row; the last of all.
    output logic                   row_begins_o,
    output logic                   last_o,
    input  logic                   take_i
);

  logic busy_q;
  logic [AddressBits-1:0] address_q, row_address_q, pitch_q;
  logic [31:0] left_q, row_bytes_q, rows_q;

  logic [AddressBits-1:0] address, row_address, pitch, next_row;
  logic [31:0] left, row_bytes, rows, to_boundary;
  assign address         = busy_q ? address_q : address_i;
  assign row_address     = busy_q ? row_address_q : address_i;
  assign pitch           = busy_q ? pitch_q : pitch_i;
  assign left            = busy_q ? left_q : row_bytes_i;
  assign row_bytes       = busy_q ? row_bytes_q : row_bytes_i;
  assign rows            = busy_q ? rows_q : rows_i;
  assign next_row        = row_address + pitch;

  assign to_boundary     = BurstBytes - (address[31:0] & (BurstBytes - 32'd1));
  assign valid_o         = busy_q || (start_i && rows_i != 32'd0);
  assign busy_o          = busy_q;
  assign burst_address_o = address;
  assign burst_bytes_o   = (left < to_boundary) ? left : to_boundary;
  assign row_begins_o    = address == row_address;
  assign last_o          = rows == 32'd1 && left == burst_bytes_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q        <= 1'b0;
      address_q     <= '0;
      row_address_q <= '0;
      pitch_q       <= '0;
      left_q        <= '0;
      row_bytes_q   <= '0;
      rows_q        <= '0;
    end else if (clear_i) begin
      busy_q <= 1'b0;
    end else if (valid_o) begin
      busy_q        <= !(take_i && last_o);
      pitch_q       <= pitch;
      row_bytes_q   <= row_bytes;
      row_address_q <= row_address;
      address_q     <= address;
      left_q        <= left;
      rows_q        <= rows;
      if (take_i && left == burst_bytes_o) begin
        row_address_q <= next_row;
        address_q     <= next_row;
        left_q        <= row_bytes;
        rows_q        <= rows - 32'd1;
      end else if (take_i) begin
        address_q <= address + AddressBits'(burst_bytes_o);
        left_q    <= left - burst_bytes_o;
      end
    end
  end

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_start :
      assert (!(start_i && busy_q))
      else $error("start while bursts are left");
      a_take :
      assert (!(take_i && !valid_o))
      else $error("a burst is taken that is not offered");
      a_row :
      assert (!(start_i && rows_i != 32'd0 && row_bytes_i == 32'd0))
      else $error("rows without bytes");
    end
  end
`endif

endmodule : systoliq_burst_cutter
