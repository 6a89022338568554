// SPDX-License-Identifier: Apache-2.0
// The STORE engine: activation buffer to memory.
//
// Theory of operation: words are read one a cycle and packed into a stream of bytes, of which each
// is appended when the word with its last bit comes; the address of a burst is offered when all its
// bytes have been read. A command ends with the response to its last burst;
// the next may start when all addresses have been accepted. Mirrors model/tlm/store_engine.cpp.

module systoliq_store #(
    parameter int unsigned Rows = 16,
    parameter int unsigned ActivationBits = 8,
    /// Bytes of a beat, of the longest burst; bursts in flight and slots of the data buffer.
    parameter int unsigned MemoryBytes = 16,
    parameter int unsigned BurstBytes = 256,
    parameter int unsigned Outstanding = 5
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic                          command_valid_i,
    input  systoliq_pkg::command_t        command_i,
    input  logic                          granted_i,
    output logic                          command_ready_o,
    output logic                          done_o,
    output logic                   [15:0] done_signal_o,
    output logic                          busy_o,

    output logic                           activation_read_o,
    output logic [                   31:0] activation_read_address_o,
    input  logic [Rows*ActivationBits-1:0] activation_read_data_i,

    output logic                     burst_valid_o,
    output logic [             31:0] burst_address_o,
    output logic [             31:0] burst_bytes_o,
    input  logic                     burst_ready_i,
    input  logic [             31:0] head_i,
    output logic [MemoryBytes*8-1:0] window_o,
    input  logic [             31:0] sent_i,
    input  logic                     response_i
);

  // A word may begin within a byte.
  localparam int unsigned WordBytes = (Rows * ActivationBits + 7 + 7) / 8;

  logic start, bursts_left, cutter_valid, last_burst, unused_row_begins, reading;
  assign start           = command_valid_i && granted_i && !bursts_left;
  assign command_ready_o = start;

  // The bursts: rows merged where they are contiguous in memory.
  logic [31:0] record_bytes, row_bytes, rows;
  logic row_merged;
  assign record_bytes = (command_i.fields[systoliq_isa_pkg::STORE_RECORD_LANES] *
      command_i.fields[systoliq_isa_pkg::STORE_ELEMENT_BITS] + 32'd7) >> 3;
  assign row_bytes = command_i.fields[systoliq_isa_pkg::STORE_ROW_RECORDS] * record_bytes;
  assign rows = command_i.fields[systoliq_isa_pkg::STORE_ROWS];
  assign row_merged = command_i.fields[systoliq_isa_pkg::STORE_MEMORY_ROW_PITCH] == row_bytes;
  systoliq_burst_cutter #(
      .BurstBytes(BurstBytes)
  ) u_cutter (
      .clk_i,
      .rst_ni,
      .clear_i        (1'b0),
      .start_i        (start),
      .address_i      (command_i.fields[systoliq_isa_pkg::STORE_MEMORY_ADDRESS]),
      .row_bytes_i    (row_merged ? row_bytes * rows : row_bytes),
      .pitch_i        (command_i.fields[systoliq_isa_pkg::STORE_MEMORY_ROW_PITCH]),
      .rows_i         (row_merged ? 32'd1 : rows),
      .busy_o         (bursts_left),
      .valid_o        (cutter_valid),
      .burst_address_o(burst_address_o),
      .burst_bytes_o  (burst_bytes_o),
      .row_begins_o   (unused_row_begins),
      .last_o         (last_burst),
      .take_i         (burst_ready_i)
  );

  // The words.
  logic [31:0] read_lanes, read_bytes;
  logic [2:0] read_bit;
  logic [4:0] element_bits;
  systoliq_store_reader #(
      .Rows       (Rows),
      .BurstBytes (BurstBytes),
      .Outstanding(Outstanding)
  ) u_reader (
      .clk_i,
      .rst_ni,
      .start_i       (start),
      .command_i,
      .row_bytes_i   (row_bytes),
      .sent_i,
      .busy_o        (reading),
      .read_o        (activation_read_o),
      .read_address_o(activation_read_address_o),
      .lanes_o       (read_lanes),
      .element_bits_o(element_bits),
      .bit_o         (read_bit),
      .bytes_o       (read_bytes)
  );

  // The word that comes in this cycle; the byte that it ends within waits for the next one.
  logic read_q;
  logic [2:0] bit_q;
  logic [4:0] element_bits_q;
  logic [7:0] begun_q;
  logic [31:0] lanes_q, bytes_q, read_bytes_q, addressed_q, full, unused_tail, unused_tail_next;
  logic [WordBytes*8-1:0] packed_bytes;
  systoliq_lane_packer #(
      .Lanes(Rows),
      .LaneBits(ActivationBits),
      .OutBytes(WordBytes)
  ) u_packer (
      .word_i        (activation_read_data_i),
      .lanes_i       (lanes_q),
      .element_bits_i(element_bits_q),
      .bit_i         (bit_q),
      .begun_i       ((bit_q == 3'd0) ? 8'd0 : begun_q),
      .bytes_o       (packed_bytes)
  );
  systoliq_byte_fifo #(
      .InBytes (WordBytes),
      .OutBytes(MemoryBytes),
      .Capacity(Outstanding * BurstBytes + WordBytes)
  ) u_stream (
      .clk_i,
      .rst_ni,
      .clear_i       (1'b0),
      .append_bytes_i(read_q ? bytes_q : 32'd0),
      .append_data_i (packed_bytes),
      .head_i,
      .window_o,
      .tail_o        (unused_tail),
      .tail_next_o   (unused_tail_next)
  );

  // Bytes of the stream that have been read, and that addresses have been accepted for.
  assign full          = read_bytes_q - addressed_q;
  assign burst_valid_o = cutter_valid && full >= burst_bytes_o;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_q         <= 1'b0;
      bit_q          <= '0;
      element_bits_q <= '0;
      begun_q        <= '0;
      lanes_q        <= '0;
      bytes_q        <= '0;
      read_bytes_q   <= '0;
      addressed_q    <= '0;
    end else begin
      read_q <= activation_read_o;
      if (activation_read_o) begin
        bit_q          <= read_bit;
        element_bits_q <= element_bits;
        lanes_q        <= read_lanes;
        bytes_q        <= read_bytes;
        read_bytes_q   <= read_bytes_q + read_bytes;
      end
      if (read_q) begun_q <= 8'(packed_bytes >> {bytes_q, 3'b000});
      if (burst_ready_i) addressed_q <= addressed_q + burst_bytes_o;
    end
  end

  // Responses outstanding: which ones end a command, and what it signals.
  logic ends, no_response, unused_full;
  logic [15:0] signal_mask, signal_mask_q;
  assign signal_mask = start ? command_i.signal_mask : signal_mask_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      signal_mask_q <= '0;
    end else begin
      signal_mask_q <= signal_mask;
    end
  end
  systoliq_fifo #(
      .Width(17),
      .Depth(Outstanding)
  ) u_responses (
      .clk_i,
      .rst_ni,
      .clear_i(1'b0),
      .push_i (burst_ready_i),
      .data_i ({last_burst, signal_mask}),
      .pop_i  (response_i),
      .head_o ({ends, done_signal_o}),
      .empty_o(no_response),
      .full_o (unused_full)
  );
  assign done_o = response_i && ends;
  assign busy_o = bursts_left || !no_response;

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_words :
      assert (!start || (rows != 32'd0 && row_bytes != 32'd0))
      else $error("STORE without words");
      a_reading :
      assert (!(start && reading))
      else $error("start while words are left");
      a_ready :
      assert (!(burst_ready_i && !burst_valid_o))
      else $error("a burst is accepted that is not offered");
    end
  end
`endif

endmodule : systoliq_store
