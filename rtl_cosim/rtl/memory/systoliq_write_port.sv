// SPDX-License-Identifier: Apache-2.0
// The AXI4 write channels: at most Outstanding bursts in flight, the data of a burst from the cycle
// after its address on, each beat with the strobes of the bytes that belong to it. Mirrors
// model/tlm/memory_port.cpp and the channels of model/timing/memory_timing.h.

module systoliq_write_port #(
    /// Bytes of a beat, a power of two.
    parameter int unsigned MemoryBytes = 16,
    /// Bursts in flight.
    parameter int unsigned Outstanding = 5
) (
    input logic clk_i,
    input logic rst_ni,

    /// A burst whose data are all in the stream.
    input  logic        burst_valid_i,
    input  logic [31:0] burst_address_i,
    input  logic [31:0] burst_bytes_i,
    output logic        burst_ready_o,

    /// The bytes of the stream from number `head_o` on.
    output logic [             31:0] head_o,
    input  logic [MemoryBytes*8-1:0] window_i,
    /// Bursts whose last beat has passed; a response has come.
    output logic [             31:0] sent_o,
    output logic                     response_o,
    output logic                     idle_o,
    output logic                     error_o,

    output logic                     axi_awvalid_o,
    input  logic                     axi_awready_i,
    output logic [             63:0] axi_awaddr_o,
    output logic [              7:0] axi_awlen_o,
    output logic [              2:0] axi_awsize_o,
    output logic [              1:0] axi_awburst_o,
    output logic                     axi_wvalid_o,
    input  logic                     axi_wready_i,
    output logic [MemoryBytes*8-1:0] axi_wdata_o,
    output logic [  MemoryBytes-1:0] axi_wstrb_o,
    output logic                     axi_wlast_o,
    input  logic                     axi_bvalid_i,
    output logic                     axi_bready_o,
    input  logic [              1:0] axi_bresp_i
);

  localparam int unsigned OffsetMask = MemoryBytes - 1;
  localparam int unsigned SizeBits = $clog2(MemoryBytes);
  localparam int unsigned CountBits = $clog2(Outstanding + 1);

  logic accepted;
  logic [CountBits-1:0] in_flight_q;
  logic [31:0] beats;
  assign axi_awvalid_o = burst_valid_i && in_flight_q != CountBits'(Outstanding);
  assign accepted      = axi_awvalid_o && axi_awready_i;
  assign burst_ready_o = accepted;
  assign beats         = ((burst_address_i & OffsetMask) + burst_bytes_i + OffsetMask) >> SizeBits;
  assign axi_awaddr_o  = {32'd0, burst_address_i};
  assign axi_awlen_o   = 8'(beats - 32'd1);
  assign axi_awsize_o  = 3'(SizeBits);
  assign axi_awburst_o = 2'b01;

  assign axi_bready_o  = 1'b1;
  assign response_o    = axi_bvalid_i;
  assign error_o       = axi_bvalid_i && axi_bresp_i != 2'b00;
  assign idle_o        = in_flight_q == '0;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      in_flight_q <= '0;
    end else if (accepted && !axi_bvalid_i) begin
      in_flight_q <= in_flight_q + CountBits'(1);
    end else if (!accepted && axi_bvalid_i) begin
      in_flight_q <= in_flight_q - CountBits'(1);
    end
  end

  // Bursts whose data have not all passed.
  logic [31:0] burst_offset, burst_bytes;
  logic none_to_send, unused_full, beat;
  systoliq_fifo #(
      .Width(64),
      .Depth(Outstanding)
  ) u_to_send (
      .clk_i,
      .rst_ni,
      .clear_i(1'b0),
      .push_i (accepted),
      .data_i ({burst_address_i & OffsetMask, burst_bytes_i}),
      .pop_i  (beat && axi_wlast_o),
      .head_o ({burst_offset, burst_bytes}),
      .empty_o(none_to_send),
      .full_o (unused_full)
  );

  logic begun_q;
  logic [31:0] left_q, offset, left, room, count;
  logic [MemoryBytes-1:0] strobes;
  assign offset       = begun_q ? 32'd0 : burst_offset;
  assign left         = begun_q ? left_q : burst_bytes;
  assign room         = MemoryBytes - offset;
  assign count        = (left < room) ? left : room;
  assign strobes      = ~({MemoryBytes{1'b1}} << count);
  assign axi_wvalid_o = !none_to_send;
  assign axi_wstrb_o  = strobes << offset;
  assign axi_wlast_o  = left == count;
  assign beat         = axi_wvalid_o && axi_wready_i;

  // Lanes without a strobe are 0: the bytes of the stream behind this burst may come while the beat
  // waits.
  logic [MemoryBytes*8-1:0] aligned;
  assign aligned = window_i << (offset * 32'd8);
  for (genvar i = 0; i < MemoryBytes; i++) begin : gen_lane
    assign axi_wdata_o[8*i+:8] = axi_wstrb_o[i] ? aligned[8*i+:8] : 8'd0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      begun_q <= 1'b0;
      left_q  <= '0;
      head_o  <= '0;
      sent_o  <= '0;
    end else if (beat) begin
      begun_q <= !axi_wlast_o;
      left_q  <= left - count;
      head_o  <= head_o + count;
      if (axi_wlast_o) sent_o <= sent_o + 32'd1;
    end
  end

`ifndef SYNTHESIS
  systoliq_handshake #(
      .Width(64)
  ) u_burst_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (burst_valid_i),
      .ready_i  (burst_ready_o),
      .payload_i({burst_address_i, burst_bytes_i})
  );
  systoliq_handshake #(
      .Width(77)
  ) u_aw_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (axi_awvalid_o),
      .ready_i  (axi_awready_i),
      .payload_i({axi_awaddr_o, axi_awlen_o, axi_awsize_o, axi_awburst_o})
  );
  systoliq_handshake #(
      .Width(MemoryBytes * 9 + 1)
  ) u_w_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (axi_wvalid_o),
      .ready_i  (axi_wready_i),
      .payload_i({axi_wdata_o, axi_wstrb_o, axi_wlast_o})
  );
  systoliq_handshake #(
      .Width(2)
  ) u_b_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (axi_bvalid_i),
      .ready_i  (axi_bready_o),
      .payload_i(axi_bresp_i)
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_expected :
      assert (!(axi_bvalid_i && in_flight_q == '0))
      else $error("a response that nobody waits for");
      a_length :
      assert (!axi_awvalid_o || (beats >= 32'd1 && beats <= 32'd256))
      else $error("burst of %0d beats", beats);
      a_page :
      assert (!axi_awvalid_o ||
              ((burst_address_i[11:0] + 12'(burst_bytes_i - 32'd1)) >= burst_address_i[11:0]))
      else $error("burst across 4 KiB");
      a_bytes :
      assert (!axi_awvalid_o || burst_bytes_i != 32'd0)
      else $error("burst without bytes");
      a_strobes :
      assert (!axi_wvalid_o || axi_wstrb_o != '0)
      else $error("a beat without bytes");
    end
  end
`endif

endmodule : systoliq_write_port
