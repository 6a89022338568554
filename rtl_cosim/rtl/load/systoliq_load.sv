// SPDX-License-Identifier: Apache-2.0
// The LOAD engine: memory to activation, weight or param buffer.
//
// Theory of operation: a command starts when the addresses of the one before it have been accepted;
// its bursts are offered from that cycle on, each when a slot of the data buffer is free. Commands
// that have started wait in a queue for their turn to write. Data pass through one stream of bytes,
// in which a word may lie anywhere. Mirrors model/tlm/load_engine.cpp.

module systoliq_load #(
    parameter int unsigned Rows = 16,
    parameter int unsigned Cols = 16,
    parameter int unsigned ActivationBits = 8,
    parameter int unsigned WeightBits = 8,
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

    output logic                     burst_valid_o,
    output logic [             31:0] burst_address_o,
    output logic [             31:0] burst_bytes_o,
    input  logic                     burst_ready_i,
    input  logic                     beat_valid_i,
    input  logic [             31:0] beat_bytes_i,
    input  logic [MemoryBytes*8-1:0] beat_data_i,

    output logic                           activation_write_o,
    output logic [                   31:0] activation_write_address_o,
    output logic [               Rows-1:0] activation_write_mask_o,
    output logic [Rows*ActivationBits-1:0] activation_write_data_o,
    output logic                           weight_write_o,
    output logic [                   31:0] weight_write_address_o,
    output logic [    Cols*WeightBits-1:0] weight_write_data_o,
    output logic                           param_write_o,
    output logic [                   31:0] param_write_address_o,
    output logic [           Cols*128-1:0] param_write_data_o
);

  // Elements of a word may begin at any bit of their first byte.
  localparam int unsigned ActivationBytes = (Rows * ActivationBits + 7 + 7) / 8;
  localparam int unsigned WeightBytes = (Cols * WeightBits + 7 + 7) / 8;
  localparam int unsigned ParamBytes = Cols * 16;
  localparam int unsigned PackedBytes = Rows * ((ActivationBits + 7) / 8);
  localparam int unsigned LaneBytes = (WeightBytes > ActivationBytes) ? WeightBytes : ActivationBytes;
  localparam int unsigned WiderBytes = (LaneBytes > PackedBytes) ? LaneBytes : PackedBytes;
  localparam int unsigned WindowBytes = (ParamBytes > WiderBytes) ? ParamBytes : WiderBytes;
  // LOADs between start and end. Each that fetches anything has a slot or is about to take one, so
  // that only LOADs of nothing but padding can fill the queue.
  localparam int unsigned Started = Outstanding + 1;

  // Start, and the bursts.
  logic start, bursts_left, cutter_valid, slot_free, started_full;
  logic [31:0] memory_address, row_bytes, pitch, rows;
  assign start           = command_valid_i && granted_i && !bursts_left && !started_full;
  assign command_ready_o = start;

  systoliq_load_rows u_rows (
      .clk_i,
      .rst_ni,
      .start_i    (start),
      .command_i,
      .address_o  (memory_address),
      .row_bytes_o(row_bytes),
      .pitch_o    (pitch),
      .rows_o     (rows)
  );

  logic unused_row_begins, unused_last;
  systoliq_burst_cutter #(
      .BurstBytes(BurstBytes)
  ) u_cutter (
      .clk_i,
      .rst_ni,
      .clear_i        (1'b0),
      .start_i        (start),
      .address_i      (memory_address),
      .row_bytes_i    (row_bytes),
      .pitch_i        (pitch),
      .rows_i         (rows),
      .busy_o         (bursts_left),
      .valid_o        (cutter_valid),
      .burst_address_o(burst_address_o),
      .burst_bytes_o  (burst_bytes_o),
      .row_begins_o   (unused_row_begins),
      .last_o         (unused_last),
      .take_i         (burst_ready_i)
  );
  assign burst_valid_o = cutter_valid && slot_free;

  // Commands between start and end; one that starts while there is none is at the front at once.
  systoliq_pkg::load_t starting, oldest, front;
  logic none_started;
  for (genvar i = 0; i < systoliq_isa_pkg::LoadFields; i++) begin : gen_fields
    assign starting.fields[i] = command_i.fields[i];
  end
  assign starting.signal_mask = command_i.signal_mask;
  assign front                = none_started ? starting : oldest;
  systoliq_fifo #(
      .Width($bits(starting)),
      .Depth(Started)
  ) u_started (
      .clk_i,
      .rst_ni,
      .clear_i(1'b0),
      .push_i (start),
      .data_i (starting),
      .pop_i  (done_o),
      .head_o (oldest),
      .empty_o(none_started),
      .full_o (started_full)
  );
  assign busy_o        = !none_started;
  assign done_signal_o = front.signal_mask;

  // The data.
  logic [31:0] head, arrived, unused_tail, drained_until;
  logic [WindowBytes*8-1:0] window;
  logic drain;
  systoliq_byte_fifo #(
      .InBytes (MemoryBytes),
      .OutBytes(WindowBytes),
      .Capacity(Outstanding * BurstBytes + WindowBytes)
  ) u_stream (
      .clk_i,
      .rst_ni,
      .clear_i       (1'b0),
      .append_bytes_i(beat_valid_i ? beat_bytes_i : 32'd0),
      .append_data_i (beat_data_i),
      .head_i        (head),
      .window_o      (window),
      .tail_o        (unused_tail),
      .tail_next_o   (arrived)
  );
  systoliq_load_slots #(
      .Outstanding(Outstanding)
  ) u_slots (
      .clk_i,
      .rst_ni,
      .take_i         (burst_ready_i),
      .take_bytes_i   (burst_bytes_o),
      .free_o         (slot_free),
      .arrived_i      (arrived),
      .drain_i        (drain),
      .drained_until_i(drained_until)
  );

  logic [31:0] write_address;
  systoliq_load_writer #(
      .Rows(Rows),
      .Cols(Cols),
      .ActivationBits(ActivationBits),
      .WeightBits(WeightBits),
      .WindowBytes(WindowBytes)
  ) u_writer (
      .clk_i,
      .rst_ni,
      .valid_i          (start || !none_started),
      .load_i           (front),
      .done_o,
      .arrived_i        (arrived),
      .head_o           (head),
      .window_i         (window),
      .drain_o          (drain),
      .drained_until_o  (drained_until),
      .activation_write_o,
      .weight_write_o,
      .param_write_o,
      .write_address_o  (write_address),
      .activation_mask_o(activation_write_mask_o),
      .activation_data_o(activation_write_data_o),
      .weight_data_o    (weight_write_data_o),
      .param_data_o     (param_write_data_o)
  );
  assign activation_write_address_o = write_address;
  assign weight_write_address_o     = write_address;
  assign param_write_address_o      = write_address;

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_ready :
      assert (!(burst_ready_i && !burst_valid_o))
      else $error("a burst is accepted that is not offered");
    end
  end
`endif

endmodule : systoliq_load
