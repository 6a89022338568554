// SPDX-License-Identifier: Apache-2.0
// Writes the words of LOADs, one after the other and at most one a cycle, each no earlier than the
// cycle of the beat that brings the last byte it needs. Mirrors LoadWriter of
// model/timing/dma_timing.cpp and the data of model/functional/load_store.cpp.
//
// Theory of operation: the bytes of all LOADs are one numbered stream. The word to be written next
// begins at a bit of a byte and takes some elements, so that bytes up to `needed` must have come;
// its lanes are filled by systoliq_lane_spreader. A word of tap packing sees the pixels from the
// first one inside the tensor on; of padding it needs nothing.

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

  localparam int unsigned ActivationBytes = (Rows * ActivationBits + 7 + 7) / 8;
  localparam int unsigned WeightBytes = (Cols * WeightBits + 7 + 7) / 8;
  localparam int unsigned PackedBytes = Rows * ((ActivationBits + 7) / 8);

  // The command.
  logic [1:0] target;  // a load_target_e, or none
  logic tap_packed, activations;
  logic [31:0] pixel_bytes, kernel_width, row_records, rows, record_words, element_bits, word_lanes;
  logic [31:0] lead_words, group_words;
  logic signed [31:0] pad_left, width, height, first, past_last, column_end;
  assign target = load_i.fields[systoliq_isa_pkg::LOAD_TARGET][1:0];
  assign kernel_width = load_i.fields[systoliq_isa_pkg::LOAD_PACK_KERNEL_WIDTH];
  assign tap_packed = kernel_width != 32'd0;
  assign activations = target == systoliq_isa_pkg::TARGET_ACTIVATION;
  assign element_bits = load_i.fields[systoliq_isa_pkg::LOAD_ELEMENT_BITS];
  assign pixel_bytes = (load_i.fields[systoliq_isa_pkg::LOAD_PACK_CHANNELS] * element_bits + 32'd7) >> 3;
  assign row_records = load_i.fields[systoliq_isa_pkg::LOAD_ROW_RECORDS];
  assign record_words = load_i.fields[systoliq_isa_pkg::LOAD_RECORD_WORDS];
  assign word_lanes = load_i.fields[systoliq_isa_pkg::LOAD_WORD_LANES];
  assign lead_words = load_i.fields[systoliq_isa_pkg::LOAD_LEAD_WORDS];
  assign group_words = load_i.fields[systoliq_isa_pkg::LOAD_GROUP_WORDS];
  assign rows = load_i.fields[systoliq_isa_pkg::LOAD_ROWS];
  assign pad_left = $signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_PAD_LEFT]);
  assign width = $signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_WIDTH]);
  assign height = $signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_HEIGHT]);
  assign first = (pad_left < 0) ? -pad_left : 32'sd0;
  assign past_last = $signed(
      (row_records - 32'd1) * load_i.fields[systoliq_isa_pkg::LOAD_PACK_STRIDE] + kernel_width
  ) - pad_left;
  assign column_end = (past_last < width) ? past_last : width;

  // Which word is next: word `word` of record x of row y, its buffer address, its window's first
  // column and row, and the byte of the stream (of tap packing that of its row) and the bit in it
  // where its elements begin. Of its record: elements left, lane, words left in the group.
  logic begun_q;
  logic [31:0] x_q, y_q, word_q, left_q, group_left_q, address_q, row_address_q, base_q;
  logic [2:0] bit_q;
  logic signed [31:0] column_q, row_q, lane_q;
  logic [31:0] x, y, word, left, group_left, address, row_address;
  logic [2:0] bit_now, memory_bit;
  logic signed [31:0] column, row, lane, first_lane;
  assign memory_bit = load_i.fields[systoliq_isa_pkg::LOAD_MEMORY_BIT][2:0];
  assign first_lane = (group_words != 32'd0) ? $signed(
      load_i.fields[systoliq_isa_pkg::LOAD_GROUP_LANE]
  ) : 32'sd0;
  assign x = begun_q ? x_q : 32'd0;
  assign y = begun_q ? y_q : 32'd0;
  assign word = begun_q ? word_q : 32'd0;
  assign left = begun_q ? left_q : load_i.fields[systoliq_isa_pkg::LOAD_RECORD_LANES];
  assign lane = begun_q ? lane_q : first_lane;
  assign group_left = begun_q ? group_left_q : load_i.fields[systoliq_isa_pkg::LOAD_GROUP_FIRST_WORDS];
  assign bit_now = begun_q ? bit_q : memory_bit;
  assign address = begun_q ? address_q : load_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ADDRESS];
  assign row_address = begun_q ? row_address_q : load_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ADDRESS];
  assign column = begun_q ? column_q : -pad_left;
  assign row = begun_q ? row_q : -$signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_PAD_TOP]);

  // Elements of a word, and bits of its first byte up to its last one.
  function automatic logic [31:0] elements_of(input logic [31:0] at_word,
                                              input logic [31:0] at_left);
    elements_of = (at_left < word_lanes) ? at_left : word_lanes;
    if (at_word < lead_words) elements_of = 32'd0;
  endfunction
  logic [31:0] elements, end_bit;
  assign elements = elements_of(word, left);
  assign end_bit  = 32'(bit_now) + elements * element_bits;

  logic row_exists;
  assign row_exists = row >= 0 && row < height && column_end > first;

  // The word after it.
  logic record_ends, row_ends, last, write;
  logic [31:0] x_after, y_after, word_after, left_after, group_left_after, address_after;
  logic [31:0] row_address_after, base_after, row_stream_bytes;
  logic [2:0] bit_after;
  logic signed [31:0] column_after, row_after, lane_after;
  assign record_ends      = word + 32'd1 == record_words;
  assign row_ends         = record_ends && x + 32'd1 == row_records;
  assign last             = row_ends && y + 32'd1 == rows;
  assign row_stream_bytes = row_exists ? $unsigned(column_end - first) * pixel_bytes : 32'd0;
  always_comb begin
    x_after           = x;
    y_after           = y;
    word_after        = word + 32'd1;
    left_after        = left - elements;
    lane_after        = lane;
    group_left_after  = group_left;
    row_address_after = row_address;
    address_after     = address + load_i.fields[systoliq_isa_pkg::LOAD_BUFFER_WORD_PITCH];
    column_after      = column + $signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_STRIDE]);
    row_after         = row;
    base_after        = base_q;
    bit_after         = bit_now;
    if (!tap_packed) begin
      base_after = base_q + (end_bit >> 3);
      bit_after  = end_bit[2:0];
    end
    if (group_words != 32'd0 && word >= lead_words) begin
      group_left_after = group_left - 32'd1;
      if (group_left == 32'd1) begin
        group_left_after = group_words;
        lane_after       = lane + $signed(word_lanes);
      end
    end
    if (record_ends) begin
      x_after          = x + 32'd1;
      word_after       = '0;
      left_after       = load_i.fields[systoliq_isa_pkg::LOAD_RECORD_LANES];
      lane_after       = first_lane;
      group_left_after = load_i.fields[systoliq_isa_pkg::LOAD_GROUP_FIRST_WORDS];
      if (!tap_packed && (activations || row_ends)) begin
        base_after = base_q + ((end_bit + 32'd7) >> 3);
        bit_after  = '0;
      end
    end
    if (row_ends) begin
      x_after           = '0;
      y_after           = y + 32'd1;
      row_address_after = row_address + load_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ROW_PITCH];
      address_after     = row_address_after;
      column_after      = -pad_left;
      row_after         = row + $signed(load_i.fields[systoliq_isa_pkg::LOAD_PACK_ROW_STRIDE]);
      bit_after         = memory_bit;
      if (tap_packed) base_after = base_q + row_stream_bytes;
    end
  end

  // Bytes of the stream up to the last one that a word needs.
  function automatic logic [31:0] needed(
      input logic [31:0] base, input logic [2:0] at_bit, input logic [31:0] at_elements,
      input logic signed [31:0] at_column, input logic signed [31:0] at_row);
    logic signed [31:0] pixels;
    pixels = at_column + $signed(kernel_width) - first;
    if (pixels > column_end - first) pixels = column_end - first;
    if (pixels < 0 || at_row < 0 || at_row >= height) pixels = 32'sd0;
    needed = base + $unsigned(pixels) * pixel_bytes;
    if (!tap_packed) needed = base + ((32'(at_bit) + at_elements * element_bits + 32'd7) >> 3);
  endfunction

  logic [31:0] needed_now, missing, needed_next;
  assign needed_now = needed(base_q, bit_now, elements, column, row);
  assign missing = needed_now - arrived_i;  // not positive: all has come
  assign write = valid_i && (missing[31] || missing == 32'd0);
  assign needed_next = write ? needed(
      base_after, bit_after, elements_of(word_after, left_after), column_after, row_after
  ) : needed_now;
  assign done_o = write && last;
  assign drain_o = valid_i;
  assign drained_until_o = done_o ? base_after : needed_next - 32'd1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      begun_q       <= 1'b0;
      x_q           <= '0;
      y_q           <= '0;
      word_q        <= '0;
      left_q        <= '0;
      lane_q        <= '0;
      group_left_q  <= '0;
      bit_q         <= '0;
      address_q     <= '0;
      row_address_q <= '0;
      column_q      <= '0;
      row_q         <= '0;
      base_q        <= '0;
    end else if (write) begin
      begun_q       <= !last;
      x_q           <= x_after;
      y_q           <= y_after;
      word_q        <= word_after;
      left_q        <= left_after;
      lane_q        <= lane_after;
      group_left_q  <= group_left_after;
      bit_q         <= bit_after;
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
      .element_bits_i (element_bits),
      .lane_offset_i  (load_i.fields[systoliq_isa_pkg::LOAD_LANE_OFFSET]),
      .clear_lanes_i  (load_i.fields[systoliq_isa_pkg::LOAD_CLEAR_LANES] != 32'd0),
      .pad_value_i    (load_i.fields[systoliq_isa_pkg::LOAD_PAD_VALUE][ActivationBits-1:0]),
      .mask_o         (packed_mask),
      .word_o         (packed_word)
  );

  logic [Rows*ActivationBits-1:0] spread_activations;
  systoliq_lane_spreader #(
      .Lanes(Rows),
      .LaneBits(ActivationBits),
      .WindowBytes(ActivationBytes)
  ) u_activation_spreader (
      .window_i      (window_i[ActivationBytes*8-1:0]),
      .bit_i         (bit_now),
      .element_bits_i(element_bits[4:0]),
      .elements_i    (elements),
      .first_lane_i  (32'sd0),
      .pad_value_i   (load_i.fields[systoliq_isa_pkg::LOAD_PAD_VALUE][ActivationBits-1:0]),
      .word_o        (spread_activations)
  );
  systoliq_lane_spreader #(
      .Lanes(Cols),
      .LaneBits(WeightBits),
      .WindowBytes(WeightBytes)
  ) u_weight_spreader (
      .window_i      (window_i[WeightBytes*8-1:0]),
      .bit_i         (bit_now),
      .element_bits_i(element_bits[4:0]),
      .elements_i    (elements),
      .first_lane_i  (lane),
      .pad_value_i   (load_i.fields[systoliq_isa_pkg::LOAD_PAD_VALUE][WeightBits-1:0]),
      .word_o        (weight_data_o)
  );
  for (genvar entry = 0; entry < Cols; entry++) begin : gen_param
    assign param_data_o[entry*128+:128] = (entry < elements) ? window_i[entry*128+:128] : 128'd0;
  end

  assign activation_write_o = write && target == systoliq_isa_pkg::TARGET_ACTIVATION;
  assign weight_write_o     = write && target == systoliq_isa_pkg::TARGET_WEIGHT;
  assign param_write_o      = write && target == systoliq_isa_pkg::TARGET_PARAM;
  assign write_address_o    = address;
  assign activation_mask_o  = tap_packed ? packed_mask : '1;
  assign activation_data_o  = tap_packed ? packed_word : spread_activations;

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni && valid_i) begin
      a_words :
      assert (rows != 32'd0 && row_records != 32'd0 && record_words != 32'd0)
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
