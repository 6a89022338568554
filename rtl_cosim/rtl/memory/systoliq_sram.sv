// SPDX-License-Identifier: Apache-2.0
// An on-chip buffer: words of lanes, a write port for every engine that writes it (with a mask of
// lanes) and a read port for every engine that reads it, so that no engine delays another. Data of
// a read come in the cycle after its address; a read in the cycle of a write sees the word before
// it. Mirrors the buffers of model/functional/storage.h.

module systoliq_sram #(
    /// Words of the buffer.
    parameter int unsigned Words = 1024,
    /// Lanes of a word, each written on its own.
    parameter int unsigned Lanes = 16,
    /// Bits of a lane.
    parameter int unsigned LaneBits = 8,
    /// Write ports; a later port wins where two write one lane in the same cycle.
    parameter int unsigned Writers = 1,
    /// Read ports.
    parameter int unsigned Readers = 1
) (
    input  logic                              clk_i,
    input  logic                              rst_ni,
    input  logic [               Writers-1:0] write_i,
    input  logic [            Writers*32-1:0] write_address_i,
    input  logic [         Writers*Lanes-1:0] write_mask_i,
    input  logic [Writers*Lanes*LaneBits-1:0] write_data_i,
    input  logic [               Readers-1:0] read_i,
    input  logic [            Readers*32-1:0] read_address_i,
    output logic [Readers*Lanes*LaneBits-1:0] read_data_o
);

  localparam int unsigned Width = Lanes * LaneBits;
  localparam int unsigned AddressBits = (Words > 1) ? $clog2(Words) : 1;

  logic [Width-1:0] words_q[Words];

  logic [Writers*Width-1:0] bit_mask;
  for (genvar lane = 0; lane < Writers * Lanes; lane++) begin : gen_mask
    assign bit_mask[lane*LaneBits+:LaneBits] = {LaneBits{write_mask_i[lane]}};
  end

  // The word after each writer, on top of what earlier writers write to the same word in this
  // cycle.
  logic [Width-1:0] written[Writers];
  logic [AddressBits-1:0] write_address[Writers];
  for (genvar port = 0; port < Writers; port++) begin : gen_write_address
    assign write_address[port] = write_address_i[port*32+:AddressBits];
  end
  always_comb begin
    for (int unsigned port = 0; port < Writers; port++) begin
      written[port] = words_q[write_address[port]];
      for (int unsigned earlier = 0; earlier < port; earlier++) begin
        if (write_i[earlier] && write_address[earlier] == write_address[port])
          written[port] = written[earlier];
      end
      written[port] = (written[port] & ~bit_mask[port*Width+:Width]) |
                      (write_data_i[port*Width+:Width] & bit_mask[port*Width+:Width]);
    end
  end
  always_ff @(posedge clk_i) begin
    for (int unsigned port = 0; port < Writers; port++) begin
      if (write_i[port]) words_q[write_address[port]] <= written[port];
    end
  end

  for (genvar port = 0; port < Readers; port++) begin : gen_read
    logic [AddressBits-1:0] address;
    logic [Width-1:0] data_q;
    assign address = read_address_i[port*32+:AddressBits];
    always_ff @(posedge clk_i) begin
      if (read_i[port]) data_q <= words_q[address];
    end
    assign read_data_o[port*Width+:Width] = data_q;
  end

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      for (int unsigned port = 0; port < Writers; port++) begin
        a_write_range :
        assert (!write_i[port] || write_address_i[port*32+:32] < Words)
        else $error("write to word %0d of %0d", write_address_i[port*32+:32], Words);
      end
      for (int unsigned port = 0; port < Readers; port++) begin
        a_read_range :
        assert (!read_i[port] || read_address_i[port*32+:32] < Words)
        else $error("read of word %0d of %0d", read_address_i[port*32+:32], Words);
      end
    end
  end
`endif

endmodule : systoliq_sram
