// SPDX-License-Identifier: Apache-2.0
// The AXI4 read channels: command fetch goes before LOAD, at most Outstanding bursts are in flight,
// and beats go to the one who asked, with their bytes moved to the low end. Whoever asks has
// reserved the room, so data never wait. Mirrors model/tlm/memory_port.cpp and the channels of
// model/timing/memory_timing.h.

module systoliq_read_port #(
    /// Bytes of a beat, a power of two.
    parameter int unsigned MemoryBytes = 16,
    /// Bursts in flight.
    parameter int unsigned Outstanding = 5
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        fetch_valid_i,
    input  logic [63:0] fetch_address_i,
    input  logic [31:0] fetch_bytes_i,
    output logic        fetch_ready_o,

    input  logic        load_valid_i,
    input  logic [31:0] load_address_i,
    input  logic [31:0] load_bytes_i,
    output logic        load_ready_o,

    /// A beat for the fetch or for LOAD: `beat_bytes_o` bytes from the lowest bits of `beat_data_o`
    /// on.
    output logic                     beat_fetch_o,
    output logic                     beat_load_o,
    output logic [             31:0] beat_bytes_o,
    output logic [MemoryBytes*8-1:0] beat_data_o,
    output logic                     idle_o,
    output logic                     error_o,

    output logic                     axi_arvalid_o,
    input  logic                     axi_arready_i,
    output logic [             63:0] axi_araddr_o,
    output logic [              7:0] axi_arlen_o,
    output logic [              2:0] axi_arsize_o,
    output logic [              1:0] axi_arburst_o,
    input  logic                     axi_rvalid_i,
    output logic                     axi_rready_o,
    input  logic [MemoryBytes*8-1:0] axi_rdata_i,
    input  logic [              1:0] axi_rresp_i,
    input  logic                     axi_rlast_i
);

  localparam int unsigned OffsetMask = MemoryBytes - 1;
  localparam int unsigned SizeBits = $clog2(MemoryBytes);

  // An offer that the memory has not accepted stays as it is, even if a fetch comes meanwhile.
  logic load_offered_q, choose_load, accepted;
  logic order_full, order_empty;
  assign choose_load   = load_valid_i && (load_offered_q || !fetch_valid_i);
  assign axi_arvalid_o = (load_valid_i || fetch_valid_i) && !order_full;
  assign accepted      = axi_arvalid_o && axi_arready_i;
  assign load_ready_o  = accepted && choose_load;
  assign fetch_ready_o = accepted && !choose_load;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      load_offered_q <= 1'b0;
    end else begin
      load_offered_q <= axi_arvalid_o && !axi_arready_i && choose_load;
    end
  end

  logic [63:0] address;
  logic [31:0] bytes, beats;
  assign address       = choose_load ? {32'd0, load_address_i} : fetch_address_i;
  assign bytes         = choose_load ? load_bytes_i : fetch_bytes_i;
  assign beats         = ((address[31:0] & OffsetMask) + bytes + OffsetMask) >> SizeBits;
  assign axi_araddr_o  = address;
  assign axi_arlen_o   = 8'(beats - 32'd1);
  assign axi_arsize_o  = 3'(SizeBits);
  assign axi_arburst_o = 2'b01;

  // Bursts in flight, in order: whose, the first byte's place in its beat, and the bytes.
  logic head_is_fetch;
  logic [31:0] head_offset, head_bytes;
  logic last_beat;
  systoliq_fifo #(
      .Width(65),
      .Depth(Outstanding)
  ) u_order (
      .clk_i,
      .rst_ni,
      .clear_i(1'b0),
      .push_i (accepted),
      .data_i ({!choose_load, address[31:0] & OffsetMask, bytes}),
      .pop_i  (last_beat),
      .head_o ({head_is_fetch, head_offset, head_bytes}),
      .empty_o(order_empty),
      .full_o (order_full)
  );

  logic begun_q;
  logic [31:0] left_q, offset, left, room;
  assign offset       = begun_q ? 32'd0 : head_offset;
  assign left         = begun_q ? left_q : head_bytes;
  assign room         = MemoryBytes - offset;

  assign axi_rready_o = 1'b1;
  assign beat_bytes_o = !axi_rvalid_i ? 32'd0 : (left < room) ? left : room;
  assign beat_data_o  = axi_rdata_i >> (offset * 32'd8);
  assign beat_fetch_o = axi_rvalid_i && head_is_fetch;
  assign beat_load_o  = axi_rvalid_i && !head_is_fetch;
  assign last_beat    = axi_rvalid_i && left == beat_bytes_o;
  assign idle_o       = order_empty;
  assign error_o      = axi_rvalid_i && axi_rresp_i != 2'b00;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      begun_q <= 1'b0;
      left_q  <= '0;
    end else if (axi_rvalid_i) begin
      begun_q <= !last_beat;
      left_q  <= left - beat_bytes_o;
    end
  end

`ifndef SYNTHESIS
  systoliq_handshake #(
      .Width(96)
  ) u_fetch_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (fetch_valid_i),
      .ready_i  (fetch_ready_o),
      .payload_i({fetch_address_i, fetch_bytes_i})
  );
  systoliq_handshake #(
      .Width(64)
  ) u_load_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (load_valid_i),
      .ready_i  (load_ready_o),
      .payload_i({load_address_i, load_bytes_i})
  );
  systoliq_handshake #(
      .Width(77)
  ) u_ar_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (axi_arvalid_o),
      .ready_i  (axi_arready_i),
      .payload_i({axi_araddr_o, axi_arlen_o, axi_arsize_o, axi_arburst_o})
  );
  systoliq_handshake #(
      .Width(MemoryBytes * 8 + 3)
  ) u_r_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (axi_rvalid_i),
      .ready_i  (axi_rready_o),
      .payload_i({axi_rdata_i, axi_rresp_i, axi_rlast_i})
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_expected :
      assert (!(axi_rvalid_i && order_empty))
      else $error("data that nobody asked for");
      a_last :
      assert (!axi_rvalid_i || order_empty || axi_rlast_i == last_beat)
      else $error("RLAST at another beat");
      a_length :
      assert (!axi_arvalid_o || (beats >= 32'd1 && beats <= 32'd256))
      else $error("burst of %0d beats", beats);
      a_page :
      assert (!axi_arvalid_o || ((address[11:0] + 12'(bytes - 32'd1)) >= address[11:0]))
      else $error("burst across 4 KiB");
      a_bytes :
      assert (!axi_arvalid_o || bytes != 32'd0)
      else $error("burst without bytes");
      a_taken :
      assert ((!fetch_ready_o || fetch_valid_i) && (!load_ready_o || load_valid_i))
      else $error("a burst is taken that is not offered");
    end
  end
`endif

endmodule : systoliq_read_port
