// SPDX-License-Identifier: Apache-2.0
// Reads the words of a STORE from the activation buffer, at most one a cycle, each when the slot of
// the burst in which it begins is free. Bursts are numbered through all STOREs; number
// n takes the slot of number n - Outstanding, once that has been sent. Mirrors StoreReader of
// model/timing/dma_timing.cpp.

module systoliq_store_reader #(
    /// Lanes of a word.
    parameter int unsigned Rows        = 16,
    parameter int unsigned BurstBytes  = 256,
    /// Slots of the data buffer.
    parameter int unsigned Outstanding = 5
) (
    input  logic                          clk_i,
    input  logic                          rst_ni,
    input  logic                          start_i,
    input  systoliq_pkg::command_t        command_i,
    /// Of the command that starts.
    input  logic                   [31:0] row_bytes_i,
    /// Bursts sent before this cycle.
    input  logic                   [31:0] sent_i,
    output logic                          busy_o,
    output logic                          read_o,
    output logic                   [31:0] read_address_o,
    /// Of the word that is read: its lanes that are stored, the bits of each, the bit of a byte where
    /// they begin, and how many bytes they complete; a record ends with its byte.
    output logic                   [31:0] lanes_o,
    output logic                   [ 4:0] element_bits_o,
    output logic                   [ 2:0] bit_o,
    output logic                   [31:0] bytes_o
);

  localparam int unsigned BurstShift = $clog2(BurstBytes);

  logic busy_q, row_merged_q, row_merged, last, row_ends, record_ends;
  logic [31:0] records_q, rows_q, row_records_q, pitch_q, word_pitch_q, memory_pitch_q;
  logic [31:0] records, rows, row_records, pitch, word_pitch, memory_pitch;
  // Lanes of the record that are left; of all of it.
  logic [31:0] lanes_q, record_lanes_q, lanes, record_lanes, end_bit;
  logic [4:0] element_bits_q;
  logic [2:0] bit_q;
  logic [31:0] buffer_q, buffer_row_q, byte_q, byte_row_q, first_burst_q;
  logic [31:0] buffer, buffer_row, byte_address, byte_row;
  logic [31:0] next_row, past_row, bursts_of_row, number, ahead;

  assign row_merged = busy_q ? row_merged_q : command_i.fields[systoliq_isa_pkg::STORE_MEMORY_ROW_PITCH] == row_bytes_i;
  assign rows = busy_q ? rows_q : command_i.fields[systoliq_isa_pkg::STORE_ROWS];
  assign row_records = busy_q ? row_records_q : command_i.fields[systoliq_isa_pkg::STORE_ROW_RECORDS];
  assign records = busy_q ? records_q : command_i.fields[systoliq_isa_pkg::STORE_ROW_RECORDS];
  assign record_lanes = busy_q ? record_lanes_q : command_i.fields[systoliq_isa_pkg::STORE_RECORD_LANES];
  assign lanes = busy_q ? lanes_q : command_i.fields[systoliq_isa_pkg::STORE_RECORD_LANES];
  assign element_bits_o = busy_q ? element_bits_q : command_i.fields[systoliq_isa_pkg::STORE_ELEMENT_BITS][4:0];
  assign bit_o = busy_q ? bit_q : 3'd0;
  assign pitch = busy_q ? pitch_q : command_i.fields[systoliq_isa_pkg::STORE_BUFFER_ROW_PITCH];
  assign word_pitch   = busy_q ? word_pitch_q : command_i.fields[systoliq_isa_pkg::STORE_BUFFER_WORD_PITCH];
  assign memory_pitch = busy_q ? memory_pitch_q : command_i.fields[systoliq_isa_pkg::STORE_MEMORY_ROW_PITCH];
  assign buffer = busy_q ? buffer_q : command_i.fields[systoliq_isa_pkg::STORE_BUFFER_ADDRESS];
  assign buffer_row   = busy_q ? buffer_row_q : command_i.fields[systoliq_isa_pkg::STORE_BUFFER_ADDRESS];
  assign byte_address = busy_q ? byte_q : command_i.fields[systoliq_isa_pkg::STORE_MEMORY_ADDRESS];
  assign byte_row = busy_q ? byte_row_q : command_i.fields[systoliq_isa_pkg::STORE_MEMORY_ADDRESS];

  // What the word adds.
  assign record_ends = lanes <= Rows;
  assign lanes_o = record_ends ? lanes : Rows;
  assign end_bit = 32'(bit_o) + lanes_o * 32'(element_bits_o);
  assign bytes_o = (record_ends ? end_bit + 32'd7 : end_bit) >> 3;

  // The burst of the word's first byte: bursts of the rows before, and aligned bursts passed in
  // this row. Contiguous rows are one row of memory.
  assign number = first_burst_q + (byte_address >> BurstShift) - (byte_row >> BurstShift);
  assign ahead = number - sent_i;
  assign read_o = (busy_q || start_i) && ahead < Outstanding;
  assign read_address_o = buffer;
  assign busy_o = busy_q;

  assign row_ends = record_ends && records == 32'd1;
  assign last = row_ends && rows == 32'd1;
  assign next_row = byte_row + memory_pitch;
  assign past_row = byte_address + bytes_o;
  assign bursts_of_row = ((past_row - 32'd1) >> BurstShift) - (byte_row >> BurstShift) + 32'd1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q         <= 1'b0;
      row_merged_q   <= 1'b0;
      records_q      <= '0;
      rows_q         <= '0;
      row_records_q  <= '0;
      lanes_q        <= '0;
      record_lanes_q <= '0;
      element_bits_q <= '0;
      bit_q          <= '0;
      pitch_q        <= '0;
      word_pitch_q   <= '0;
      memory_pitch_q <= '0;
      buffer_q       <= '0;
      buffer_row_q   <= '0;
      byte_q         <= '0;
      byte_row_q     <= '0;
      first_burst_q  <= '0;
    end else if (busy_q || start_i) begin
      busy_q         <= !(read_o && last);
      row_merged_q   <= row_merged;
      row_records_q  <= row_records;
      record_lanes_q <= record_lanes;
      element_bits_q <= element_bits_o;
      lanes_q        <= lanes;
      bit_q          <= bit_o;
      pitch_q        <= pitch;
      word_pitch_q   <= word_pitch;
      memory_pitch_q <= memory_pitch;
      records_q      <= records;
      rows_q         <= rows;
      buffer_q       <= buffer;
      buffer_row_q   <= buffer_row;
      byte_q         <= byte_address;
      byte_row_q     <= byte_row;
      if (read_o) begin
        lanes_q  <= lanes - Rows;
        bit_q    <= end_bit[2:0];
        buffer_q <= buffer + word_pitch;
        byte_q   <= past_row;
        if (record_ends) begin
          lanes_q   <= record_lanes;
          bit_q     <= '0;
          records_q <= records - 32'd1;
        end
        if (row_ends) begin
          records_q    <= row_records;
          rows_q       <= rows - 32'd1;
          buffer_q     <= buffer_row + pitch;
          buffer_row_q <= buffer_row + pitch;
          if (!row_merged) begin
            byte_q     <= next_row;
            byte_row_q <= next_row;
          end
          if (!row_merged || last) first_burst_q <= first_burst_q + bursts_of_row;
        end
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_start :
      assert (!(start_i && busy_q))
      else $error("start while words are left");
      a_words :
      assert (!(busy_q || start_i) || ($signed(
          lanes
      ) > 0 && $signed(
          records
      ) > 0 && $signed(
          rows
      ) > 0))
      else
        $error(
            "STORE of %0d lanes of %0d records of %0d rows",
            $signed(
                lanes
            ),
            $signed(
                records
            ),
            $signed(
                rows
            )
        );
      a_memory :
      assert (!(busy_q || start_i) || !byte_address[31])
      else $error("STORE to address %0d", $signed(byte_address));
      a_buffer :
      assert (!(busy_q || start_i) || !buffer[31])
      else $error("STORE of word %0d", $signed(buffer));
      a_number :
      assert (!(busy_q || start_i) || !ahead[31])
      else $error("a word of burst %0d is left after burst %0d was sent", number, sent_i - 32'd1);
    end
  end
`endif

endmodule : systoliq_store_reader
