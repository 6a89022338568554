// SPDX-License-Identifier: Apache-2.0
// Writes the words of LOADs, one after the other and at most one a cycle, each no earlier than the
// cycle of the beat that brings the last byte it needs. Mirrors LoadWriter of
// model/timing/dma_timing.cpp and the data of model/functional/load_store.cpp.
//
// Theory of operation: the bytes of all LOADs are one numbered stream. The word to be written next
// has a first byte and a number of bytes that must have come (`needed`). A word of tap packing sees
// the pixels from the first one inside the tensor on; of padding it needs nothing.

module systoliq_load_writer #(
    parameter int unsigned Rows = 16,
    parameter int unsigned Cols = 16,
    parameter int unsigned ActivationBits = 8,
    parameter int unsigned WeightBits = 8,
    /// Bytes of the stream that are visible at a time, at least the widest word.
    parameter int unsigned WindowBytes = 256
) (
    input logic clk_i,
    input logic rst_ni,

    /// The oldest LOAD that has not ended.
    input  logic                valid_i,
    input  systoliq_pkg::load_t load_i,
    /// Its last word is written in this cycle.
    output logic                done_o,

    /// Bytes of the stream that have come, this cycle's included; the window from `head_o` on.
    input  logic [             31:0] arrived_i,
    output logic [             31:0] head_o,
    input  logic [WindowBytes*8-1:0] window_i,
    /// Bursts that end at or before this byte are not needed in the data buffer after this cycle.
    output logic                     drain_o,
    output logic [             31:0] drained_until_o,

    output logic                           activation_write_o,
    output logic                           weight_write_o,
    output logic                           param_write_o,
    output logic [                   31:0] write_address_o,
    output logic [               Rows-1:0] activation_mask_o,
    output logic [Rows*ActivationBits-1:0] activation_data_o,
    output logic [    Cols*WeightBits-1:0] weight_data_o,
    output logic [           Cols*128-1:0] param_data_o
);

  localparam int unsigned ActivationBytes = (Rows * ActivationBits + 7) / 8;
  localparam int unsigned WeightBytes = (Cols * WeightBits + 7) / 8;
  localparam int unsigned ParamBytes = Cols * 16;
  localparam int unsigned PackedBytes = Rows * ((ActivationBits + 7) / 8);

  // The command.
  logic [1:0] target;  // a load_target_e, or none
  logic tap_packed;
  logic [31:0] pixel_bytes, kernel_width, row_words, rows, word_bytes;
  logic signed [31:0] pad_left, width, height, first, past_last, column_end;
  assign target = load_i.fields[systoliq_isa_pkg::LOAD_TARGET][1:0];
  assign kernel_width = load_i.fields[systoliq_isa_pkg::LOAD_PACK_KERNEL_WIDTH];
  assign tap_packed = kernel_width != 32'd0;
  assign pixel_bytes = load_i.fields[systoliq_isa_pkg::LOAD_MEMORY_WORD_BYTES];
  assign row_words = load_i.fields[systoliq_isa_pkg::LOAD_ROW_WORDS];
  assign rows = load_i.fields[systoliq_isa_pkg::LOAD_ROWS];
  assign pad_left = $signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_PAD_LEFT]);
  assign width = $signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_WIDTH]);
  assign height = $signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_HEIGHT]);
  assign first = (pad_left < 0) ? -pad_left : 32'sd0;
  assign past_last = $signed(
      (row_words - 32'd1) * load_i.fields[systoliq_isa_pkg::LOAD_PACK_STRIDE] + kernel_width
  ) - pad_left;
  assign column_end = (past_last < width) ? past_last : width;
  always_comb begin
    unique case (target)
      systoliq_isa_pkg::TARGET_WEIGHT: word_bytes = WeightBytes;
      systoliq_isa_pkg::TARGET_PARAM:  word_bytes = ParamBytes;
      default:                         word_bytes = ActivationBytes;
    endcase
  end

  // Which word is next: word x of row y, its buffer address, its window's first column and row, and
  // the number in the stream of its first byte (plain) or of its row's first byte (tap packing).
  logic begun_q;
  logic [31:0] x_q, y_q, address_q, row_address_q, base_q;
  logic signed [31:0] column_q, row_q;
  logic [31:0] x, y, address, row_address;
  logic signed [31:0] column, row;
  assign x = begun_q ? x_q : 32'd0;
  assign y = begun_q ? y_q : 32'd0;
  assign address = begun_q ? address_q : load_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ADDRESS];
  assign row_address = begun_q ? row_address_q : load_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ADDRESS];
  assign column = begun_q ? column_q : -pad_left;
  assign row = begun_q ? row_q : -$signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_PAD_TOP]);

  logic row_exists;
  assign row_exists = row >= 0 && row < height && column_end > first;

  // The word after it.
  logic row_ends, last, write;
  logic [31:0] x_after, y_after, address_after, row_address_after, base_after, row_stream_bytes;
  logic signed [31:0] column_after, row_after;
  assign row_ends         = x + 32'd1 == row_words;
  assign last             = row_ends && y + 32'd1 == rows;
  assign row_stream_bytes = row_exists ? $unsigned(column_end - first) * pixel_bytes : 32'd0;
  always_comb begin
    x_after           = x + 32'd1;
    y_after           = y;
    row_address_after = row_address;
    address_after     = address + load_i.fields[systoliq_isa_pkg::LOAD_BUFFER_WORD_PITCH];
    column_after      = column + $signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_STRIDE]);
    row_after         = row;
    base_after        = tap_packed ? base_q : base_q + word_bytes;
    if (row_ends) begin
      x_after           = '0;
      y_after           = y + 32'd1;
      row_address_after = row_address + load_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ROW_PITCH];
      address_after     = row_address_after;
      column_after      = -pad_left;
      row_after         = row + $signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_ROW_STRIDE]);
      if (tap_packed) base_after = base_q + row_stream_bytes;
    end
  end

  // Bytes of the stream up to the last one that a word needs.
  function automatic logic [31:0] needed(input logic [31:0] base,
                                         input logic signed [31:0] at_column,
                                         input logic signed [31:0] at_row);
    logic signed [31:0] pixels;
    pixels = at_column + $signed(kernel_width) - first;
    if (pixels > column_end - first) pixels = column_end - first;
    if (pixels < 0 || at_row < 0 || at_row >= height) pixels = 32'sd0;
    needed = tap_packed ? base + $unsigned(pixels) * pixel_bytes : base + word_bytes;
  endfunction

  logic [31:0] needed_now, missing, needed_next;
  assign needed_now      = needed(base_q, column, row);
  assign missing         = needed_now - arrived_i;  // not positive: all has come
  assign write           = valid_i && (missing[31] || missing == 32'd0);
  assign needed_next     = write ? needed(base_after, column_after, row_after) : needed_now;
  assign done_o          = write && last;
  assign drain_o         = valid_i;
  assign drained_until_o = done_o ? base_after : needed_next - 32'd1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      begun_q       <= 1'b0;
      x_q           <= '0;
      y_q           <= '0;
      address_q     <= '0;
      row_address_q <= '0;
      column_q      <= '0;
      row_q         <= '0;
      base_q        <= '0;
    end else if (write) begin
      begun_q       <= !last;
      x_q           <= x_after;
      y_q           <= y_after;
      address_q     <= address_after;
      row_address_q <= row_address_after;
      column_q      <= column_after;
      row_q         <= row_after;
      base_q        <= base_after;
    end
  end

  // The data.
  logic signed [31:0] window_column;
  assign window_column = (column > first) ? column : first;
  assign head_o = tap_packed ? base_q + $unsigned(window_column - first) * pixel_bytes : base_q;

  logic [Rows-1:0] packed_mask;
  logic [Rows*ActivationBits-1:0] packed_word;
  systoliq_tap_packer #(
      .Rows(Rows),
      .ActivationBits(ActivationBits),
      .WindowBytes(PackedBytes)
  ) u_tap_packer (
      .window_i       (window_i[PackedBytes*8-1:0]),
      .row_exists_i   (row_exists),
      .column_i       (column),
      .window_column_i(window_column),
      .column_end_i   (column_end),
      .taps_i         (tap_packed ? kernel_width : 32'd0),
      .channels_i     (load_i.fields[systoliq_isa_pkg::LOAD_PACK_CHANNELS]),
      .pixel_bytes_i  (pixel_bytes),
      .lane_offset_i  (load_i.fields[systoliq_isa_pkg::LOAD_LANE_OFFSET]),
      .clear_lanes_i  (load_i.fields[systoliq_isa_pkg::LOAD_CLEAR_LANES] != 32'd0),
      .pad_value_i    (load_i.fields[systoliq_isa_pkg::LOAD_PAD_VALUE][ActivationBits-1:0]),
      .mask_o         (packed_mask),
      .word_o         (packed_word)
  );

  assign activation_write_o = write && target == systoliq_isa_pkg::TARGET_ACTIVATION;
  assign weight_write_o     = write && target == systoliq_isa_pkg::TARGET_WEIGHT;
  assign param_write_o      = write && target == systoliq_isa_pkg::TARGET_PARAM;
  assign write_address_o    = address;
  assign activation_mask_o  = tap_packed ? packed_mask : '1;
  assign activation_data_o  = tap_packed ? packed_word : window_i[Rows*ActivationBits-1:0];
  assign weight_data_o      = window_i[Cols*WeightBits-1:0];
  assign param_data_o       = window_i[Cols*128-1:0];

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni && valid_i) begin
      a_words :
      assert (rows != 32'd0 && row_words != 32'd0)
      else $error("LOAD without words");
      a_target :
      assert (!tap_packed || target == systoliq_isa_pkg::TARGET_ACTIVATION)
      else $error("taps elsewhere");
      a_lanes :
      assert (!tap_packed || load_i.fields[systoliq_isa_pkg::LOAD_LANE_OFFSET] +
                        kernel_width * load_i.fields[systoliq_isa_pkg::LOAD_PACK_CHANNELS] <= Rows)
      else $error("LOAD: lanes outside the word");
    end
  end
`endif

endmodule : systoliq_load_writer
