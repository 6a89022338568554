// SPDX-License-Identifier: Apache-2.0
// What an EXECUTE reads of the param buffer before its first pass: the decoders' tables, then the
// bias.
//
// Theory of operation: TableWords words are read from the command's start on, one a cycle, and go
// to the decoders in the cycle after. `first_o` is the cycle after the last of them is read, with
// no tables the start itself: then the first weights may be read, and the bias is.
//
// A bias has 64 bits. Clamped to BiasBits, which is more than an accumulator and a product have, it
// still saturates the first sum exactly as the whole one would, since nothing that is added can
// bring it back into range; where sums wrap, its low bits are all that counts.

module systoliq_execute_params #(
    /// Columns of the array: entries of a word.
    parameter int unsigned Cols       = 16,
    /// Bits of a bias that are kept.
    parameter int unsigned BiasBits   = 33,
    /// Overflow of an accumulator: 0 wraps, 1 saturates.
    parameter bit          Saturate   = 1'b0,
    /// Words of a codebook; 0 for linear weights.
    parameter int unsigned TableWords = 0,
    /// Words of the param buffer.
    parameter int unsigned ParamWords = 256,
    /// Biases that are kept: those of as many commands.
    parameter int unsigned Banks      = 1
) (
    input logic clk_i,
    input logic rst_ni,

    /// A command starts; its fields codebook_address, param_address, init and valid_columns.
    input  logic        start_i,
    /// It is dropped. Its stream begins in the next cycle: the next bias goes to the next bank.
    input  logic        drop_i,
    input  logic        stream_take_i,
    input  logic [31:0] codebook_address_i,
    input  logic [31:0] param_address_i,
    input  logic        init_i,
    input  logic [31:0] valid_columns_i,
    /// The first weights or activations may be read.
    output logic        first_o,

    /// The word that the buffer delivers in this cycle is this one of the tables.
    output logic                           table_write_o,
    output logic [                    4:0] table_word_o,
    /// Every bank's, column 0 lowest, 0 outside the tile; from two cycles after first_o on. Means
    /// nothing where init is set.
    output logic [Banks*Cols*BiasBits-1:0] bias_o,

    output logic                param_read_o,
    output logic [        31:0] param_read_address_o,
    input  logic [Cols*128-1:0] param_read_data_i
);

  localparam int unsigned BankBits = Banks > 1 ? $clog2(Banks) : 1;

  logic first, init, bias_read, bias_coming_q;
  logic [31:0] bias_address, valid_columns_q;
  logic [Cols*BiasBits-1:0] bias_d;
  logic [Banks*Cols*BiasBits-1:0] bias_q;
  logic [BankBits-1:0] bank_q, coming_bank_q;

  assign first_o   = first;
  assign bias_read = first && !init;

  if (TableWords == 0) begin : gen_linear
    logic unused_codebook_address;
    assign unused_codebook_address = ^codebook_address_i;
    assign first                   = start_i;
    assign init                    = init_i;
    assign bias_address            = param_address_i;
    assign param_read_o            = bias_read;
    assign param_read_address_o    = bias_address;
    logic unused_drop;
    assign unused_drop   = drop_i;
    assign table_write_o = 1'b0;
    assign table_word_o  = '0;
  end else begin : gen_codebook
    logic first_q, reading, reading_q, init_q, write_q;
    logic [4:0] word, word_q, write_word_q;
    logic [31:0] address, address_q, bias_address_q;

    assign first        = first_q;
    assign init         = init_q;
    assign bias_address = bias_address_q;
    assign reading      = start_i || reading_q;
    assign word         = start_i ? '0 : word_q;
    assign address      = start_i ? codebook_address_i : address_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        first_q        <= 1'b0;
        reading_q      <= 1'b0;
        init_q         <= 1'b0;
        word_q         <= '0;
        address_q      <= '0;
        bias_address_q <= '0;
        write_q        <= 1'b0;
        write_word_q   <= '0;
      end else begin
        if (start_i) begin
          init_q         <= init_i;
          bias_address_q <= param_address_i;
        end
        reading_q    <= reading && 32'(word) != TableWords - 1 && !drop_i;
        first_q      <= reading && 32'(word) == TableWords - 1 && !drop_i;
        write_q      <= reading;
        write_word_q <= word;
        if (reading) begin
          word_q    <= word + 5'd1;
          address_q <= address + 32'd1;
        end
      end
    end

    assign param_read_o         = reading || bias_read;
    assign param_read_address_o = reading ? address : bias_address;
    assign table_write_o        = write_q;
    assign table_word_o         = write_word_q;
  end

  for (genvar c = 0; c < Cols; c++) begin : gen_bias
    logic unused_entry, unused_overflow;
    logic [BiasBits-1:0] clamped;
    assign unused_entry = ^param_read_data_i[c*128+64+:64];
    systoliq_narrow #(
        .InBits  (64),
        .OutBits (BiasBits),
        .Saturate(Saturate)
    ) u_narrow (
        .value_i   (param_read_data_i[c*128 +: 64]),
        .narrowed_o(clamped),
        .overflow_o(unused_overflow)
    );
    assign bias_d[c*BiasBits+:BiasBits] = 32'(c) < valid_columns_q ? clamped : '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_columns_q <= '0;
      bias_coming_q   <= 1'b0;
      bank_q          <= '0;
      coming_bank_q   <= '0;
    end else begin
      if (start_i) valid_columns_q <= valid_columns_i;
      bias_coming_q <= bias_read;
      coming_bank_q <= bank_q;
      if (stream_take_i) bank_q <= 32'(bank_q) == Banks - 1 ? '0 : bank_q + BankBits'(1);
    end
  end

  for (genvar bank = 0; bank < Banks; bank++) begin : gen_bank
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        bias_q[bank*Cols*BiasBits+:Cols*BiasBits] <= '0;
      end else if (bias_coming_q && 32'(coming_bank_q) == bank) begin
        bias_q[bank*Cols*BiasBits+:Cols*BiasBits] <= bias_d;
      end
    end
  end

  assign bias_o = bias_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!param_read_o || param_read_address_o < ParamWords)
      else $error("param word %0d is outside the buffer", param_read_address_o);
      if (start_i) begin
        assert (valid_columns_i >= 1 && valid_columns_i <= Cols)
        else $error("valid_columns %0d is outside 1 to Cols", valid_columns_i);
      end
    end
  end
`endif

endmodule : systoliq_execute_params
