// SPDX-License-Identifier: Apache-2.0
// Look-up of one word of activations in a table held by the param buffer: 16-bit entries, eight to
// a column's entry, entry i for the stored value i - 2^(ActivationBits - 1)
// (model/isa/param_word.h).
//
// Theory of operation, a stage a line: 1 index of every lane; 2 every lane reads its own param
// word, so that the param buffer has a read port a lane (in silicon: one copy of the table a lane,
// since a word a cycle is promised); 3 the entry is cut out of the word; 4 and 5 wait for the
// slowest of the post-processing units.

module systoliq_activation_table #(
    parameter int unsigned Rows = 16,
    parameter int unsigned Cols = 16,
    parameter int unsigned ActivationBits = 8,
    /// Bits of a lane's result.
    parameter int unsigned ResultBits = 34
) (
    input  logic                           clk_i,
    input  logic                           rst_ni,
    input  logic                           valid_i,
    input  logic [Rows*ActivationBits-1:0] activation_i,
    /// Param word where the table begins; constant while the command's words pass.
    input  logic [                   31:0] table_address_i,
    output logic                           table_read_o,
    output logic [            Rows*32-1:0] table_read_address_o,
    input  logic [      Rows*Cols*128-1:0] table_read_data_i,
    output logic                           valid_o,
    output logic [    Rows*ResultBits-1:0] result_o
);

  localparam int unsigned EntriesPerWord = Cols * 8;
  localparam int unsigned EntryBits = $clog2(EntriesPerWord);

  localparam logic [ActivationBits-1:0] Offset = {1'b1, {(ActivationBits - 1) {1'b0}}};

  logic valid_1_q, valid_2_q, valid_3_q, valid_4_q, valid_5_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_1_q <= 1'b0;
      valid_2_q <= 1'b0;
      valid_3_q <= 1'b0;
      valid_4_q <= 1'b0;
      valid_5_q <= 1'b0;
    end else begin
      valid_1_q <= valid_i;
      valid_2_q <= valid_1_q;
      valid_3_q <= valid_2_q;
      valid_4_q <= valid_3_q;
      valid_5_q <= valid_4_q;
    end
  end

  assign table_read_o = valid_1_q;
  assign valid_o      = valid_5_q;

  for (genvar lane = 0; lane < Rows; lane++) begin : gen_lane
    logic [ActivationBits-1:0] index_1_q;
    logic [              31:0] index;
    logic [     EntryBits-1:0] entry_2_q;
    logic [              15:0] value;
    logic [15:0] value_3_q, value_4_q, value_5_q;

    assign index = 32'(index_1_q);
    assign table_read_address_o[32*lane+:32] = table_address_i + index / EntriesPerWord;
    assign value = table_read_data_i[Cols*128*lane+16*32'(entry_2_q)+:16];

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        index_1_q <= '0;
        entry_2_q <= '0;
        value_3_q <= '0;
        value_4_q <= '0;
        value_5_q <= '0;
      end else begin
        // Adding 2^(bits - 1) turns the sign bit over.
        if (valid_i) index_1_q <= activation_i[ActivationBits*lane+:ActivationBits] ^ Offset;
        if (valid_1_q) entry_2_q <= EntryBits'(index % EntriesPerWord);
        if (valid_2_q) value_3_q <= value;
        if (valid_3_q) value_4_q <= value_3_q;
        if (valid_4_q) value_5_q <= value_4_q;
      end
    end

    assign result_o[ResultBits*lane+:ResultBits] = ResultBits'($signed(value_5_q));
  end

`ifndef SYNTHESIS
  localparam logic [31:0] LastTableWord = 32'(((1 << ActivationBits) - 1) / EntriesPerWord);

  always_ff @(posedge clk_i) begin
    if (rst_ni && (valid_i || valid_1_q)) begin
      assert (!table_address_i[31])
      else $error("look-up: table at word %0d", $signed(table_address_i));
    end
    if (rst_ni && table_read_o) begin
      for (int unsigned lane = 0; lane < Rows; lane++) begin
        assert (table_read_address_o[32*lane+:32] - table_address_i <= LastTableWord)
        else
          $error(
              "look-up: word %0d of the table", table_read_address_o[32*lane+:32] - table_address_i
          );
      end
    end
  end
`endif

endmodule : systoliq_activation_table
