// SPDX-License-Identifier: Apache-2.0
// The rows of memory that a LOAD fetches: records, rows merged into one where they are
// contiguous, or with tap packing the pixels in use of the tensor's rows that exist. Mirrors
// load_bursts() of model/timing/memory_timing.cpp.

module systoliq_load_rows (
    /// For the assertions: the command starts in this cycle.
    input  logic                          clk_i,
    input  logic                          rst_ni,
    input  logic                          start_i,
    input  systoliq_pkg::command_t        command_i,
    output logic                   [31:0] address_o,
    output logic                   [31:0] row_bytes_o,
    output logic                   [31:0] pitch_o,
    output logic                   [31:0] rows_o
);

  logic [31:0]
      memory_address, memory_row_pitch, rows, row_records, row_stride, pixel_bytes, element_bits;
  logic signed [31:0] pad_top, pad_left, width, height;
  assign memory_address = command_i.fields[systoliq_isa_pkg::LOAD_MEMORY_ADDRESS];
  assign memory_row_pitch = command_i.fields[systoliq_isa_pkg::LOAD_MEMORY_ROW_PITCH];
  assign rows = command_i.fields[systoliq_isa_pkg::LOAD_ROWS];
  assign row_records = command_i.fields[systoliq_isa_pkg::LOAD_ROW_RECORDS];
  assign row_stride = command_i.fields[systoliq_isa_pkg::LOAD_PACK_ROW_STRIDE];
  assign element_bits = command_i.fields[systoliq_isa_pkg::LOAD_ELEMENT_BITS];
  assign pixel_bytes      = (command_i.fields[systoliq_isa_pkg::LOAD_PACK_CHANNELS] * element_bits + 32'd7) >> 3;
  assign pad_top = $signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_PAD_TOP]);
  assign pad_left = $signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_PAD_LEFT]);
  assign width = $signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_WIDTH]);
  assign height = $signed(command_i.fields[systoliq_isa_pkg::LOAD_PACK_HEIGHT]);

  // Plain: records of activations begin on bytes, others follow the one before. Bits of a row may be
  // more than 32 can count.
  logic [63:0] record_bits, record_pitch, row_bits;
  logic [31:0] plain_bytes;
  assign record_bits = 64'(command_i.fields[systoliq_isa_pkg::LOAD_RECORD_LANES]) * 64'(element_bits);
  assign record_pitch =
      (command_i.fields[systoliq_isa_pkg::LOAD_TARGET] == 32'(systoliq_isa_pkg::TARGET_ACTIVATION)) ?
      (record_bits + 64'd7) & ~64'd7 : record_bits;
  assign row_bits = 64'(command_i.fields[systoliq_isa_pkg::LOAD_MEMORY_BIT]) +
      (64'(row_records) - 64'd1) * record_pitch + record_bits;
  assign plain_bytes = 32'((row_bits + 64'd7) >> 3);

  // Tap packing: pixels [first, column_end) of the rows first_row + n * row_stride that lie in [0,
  // height).
  logic signed [31:0] first, past_last, column_end, columns, first_row, rows_below;
  logic [31:0] skipped, existing, left;
  assign first = (pad_left < 0) ? -pad_left : 32'sd0;
  assign past_last = $signed(
      (row_records - 32'd1) * command_i.fields[systoliq_isa_pkg::LOAD_PACK_STRIDE] +
                              command_i.fields[systoliq_isa_pkg::LOAD_PACK_KERNEL_WIDTH]
  ) - pad_left;
  assign column_end = (past_last < width) ? past_last : width;
  assign columns = column_end - first;
  assign skipped = (pad_top > 0) ? ($unsigned(pad_top) + row_stride - 32'd1) / row_stride : 32'd0;
  assign first_row = $signed(skipped * row_stride) - pad_top;
  assign rows_below = height - first_row;
  assign existing = (rows_below > 0) ? ($unsigned(
      rows_below
  ) + row_stride - 32'd1) / row_stride : 32'd0;
  assign left = (rows > skipped) ? rows - skipped : 32'd0;

  always_comb begin
    address_o   = memory_address;
    row_bytes_o = plain_bytes;
    pitch_o     = memory_row_pitch;
    rows_o      = rows;
    if (command_i.fields[systoliq_isa_pkg::LOAD_PACK_KERNEL_WIDTH] != 32'd0) begin
      address_o = memory_address + $unsigned(first_row) * memory_row_pitch +
          $unsigned(first) * pixel_bytes;
      row_bytes_o = $unsigned(columns) * pixel_bytes;
      pitch_o = row_stride * memory_row_pitch;
      rows_o = (columns <= 0) ? 32'd0 : (existing < left) ? existing : left;
    end else if (memory_row_pitch == plain_bytes) begin
      row_bytes_o = plain_bytes * rows;
      rows_o      = 32'd1;
    end
  end

`ifndef SYNTHESIS
  logic tap_packed;
  assign tap_packed = command_i.fields[systoliq_isa_pkg::LOAD_PACK_KERNEL_WIDTH] != 32'd0;

  always_ff @(posedge clk_i) begin
    if (rst_ni && start_i) begin
      a_target :
      assert (command_i.fields[systoliq_isa_pkg::LOAD_TARGET] <= 32'(systoliq_isa_pkg::TARGET_PARAM))
      else $error("LOAD into buffer %0d", command_i.fields[systoliq_isa_pkg::LOAD_TARGET]);
      a_words :
      assert ($signed(rows) > 0 && $signed(row_records) > 0)
      else $error("LOAD without words");
      a_memory :
      assert (!memory_address[31])
      else $error("LOAD from address %0d", $signed(memory_address));
      a_buffer :
      assert (!command_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ADDRESS][31])
      else
        $error(
            "LOAD to word %0d", $signed(command_i.fields[systoliq_isa_pkg::LOAD_BUFFER_ADDRESS])
        );
      a_packed :
      assert (!tap_packed || ($signed(
          row_stride
      ) > 0 && $signed(
          pixel_bytes
      ) > 0 && width > 0 && height > 0 && $signed(
          command_i.fields[systoliq_isa_pkg::LOAD_PACK_KERNEL_WIDTH]
      ) > 0 && $signed(
          command_i.fields[systoliq_isa_pkg::LOAD_PACK_CHANNELS]
      ) > 0 && $signed(
          command_i.fields[systoliq_isa_pkg::LOAD_PACK_STRIDE]
      ) > 0))
      else $error("LOAD packs taps of nothing");
      a_rows :
      assert (rows_o <= rows && (rows_o == 32'd0 || (!address_o[31] && $signed(row_bytes_o) > 0)))
      else $error("LOAD of %0d rows of %0d bytes from address %0d", rows_o, row_bytes_o, address_o);
    end
  end
`endif

endmodule : systoliq_load_rows
