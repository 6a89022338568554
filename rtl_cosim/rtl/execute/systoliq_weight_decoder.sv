// SPDX-License-Identifier: Apache-2.0
// From a word of the weight buffer to the array's operands. Linear: operand = weight - zero point.
// Codebook: the weight is an index into its column's table. Columns outside the tile get 0. One
// register.

module systoliq_weight_decoder #(
    /// Columns of the array: weights of a word.
    parameter int unsigned Cols        = 16,
    /// Bits of a stored weight, signed, or of an index.
    parameter int unsigned WeightBits  = 8,
    /// 1: codebook, 0: linear.
    parameter bit          Codebook    = 1'b0,
    /// Bits of a decoded weight, signed: linear WeightBits + 1, which holds every difference of two
    /// stored values; codebook: those of a table's entry.
    parameter int unsigned OperandBits = WeightBits + 1,
    /// Bits of a row's number.
    parameter int unsigned RowBits     = 4
) (
    input logic clk_i,
    input logic rst_ni,

    /// A param word with the entries 8 * table_word_i to 8 * table_word_i + 7 of every column's
    /// table, 16 bits each.
    input logic                table_write_i,
    input logic [         4:0] table_word_i,
    input logic [Cols*128-1:0] table_data_i,

    /// A word that the weight buffer delivers in this cycle, and the row it is for.
    input logic                       valid_i,
    input logic [        RowBits-1:0] row_i,
    input logic [Cols*WeightBits-1:0] weights_i,

    /// Constant while a command's weights pass.
    input logic [OperandBits-1:0] zero_point_i,
    input logic [           31:0] valid_columns_i,

    /// The operands, one cycle later.
    output logic                        valid_o,
    output logic [         RowBits-1:0] row_o,
    output logic [Cols*OperandBits-1:0] operands_o
);

  logic [Cols*OperandBits-1:0] operands_d, operands_q;
  logic               valid_q;
  logic [RowBits-1:0] row_q;

  for (genvar c = 0; c < Cols; c++) begin : gen_column
    logic [OperandBits-1:0] operand;
    assign operands_d[c*OperandBits+:OperandBits] = 32'(c) < valid_columns_i ? operand : '0;

    if (Codebook) begin : gen_codebook
      localparam int unsigned Entries = 1 << WeightBits;
      localparam int unsigned EntriesPerWord = Entries < 8 ? Entries : 8;
      logic [Entries*OperandBits-1:0] table_q;

      for (genvar i = 0; i < Entries; i++) begin : gen_entry
        always_ff @(posedge clk_i or negedge rst_ni) begin
          if (!rst_ni) begin
            table_q[i*OperandBits+:OperandBits] <= '0;
          end else if (table_write_i && 32'(table_word_i) == i / EntriesPerWord) begin
            table_q[i*OperandBits+:OperandBits] <= table_data_i[c*128+(i%8)*16+:OperandBits];
          end
        end
      end

      assign operand = table_q[32'(weights_i[c*WeightBits+:WeightBits])*OperandBits+:OperandBits];
    end else begin : gen_linear
      logic signed [OperandBits-1:0] weight, zero_point;
      assign weight     = OperandBits'(signed'(weights_i[c*WeightBits+:WeightBits]));
      assign zero_point = zero_point_i;
      assign operand    = weight - zero_point;
    end
  end

  if (Codebook) begin : gen_unused_linear
    logic unused_zero_point;
    assign unused_zero_point = ^zero_point_i;
  end else begin : gen_unused_codebook
    logic unused_table;
    assign unused_table = ^{table_write_i, table_word_i, table_data_i};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q    <= 1'b0;
      row_q      <= '0;
      operands_q <= '0;
    end else begin
      valid_q <= valid_i;
      if (valid_i) begin
        row_q      <= row_i;
        operands_q <= operands_d;
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && valid_i) begin
      assert (valid_columns_i >= 1 && valid_columns_i <= Cols)
      else $error("weights for %0d columns", valid_columns_i);
    end
  end
`endif

  assign valid_o    = valid_q;
  assign row_o      = row_q;
  assign operands_o = operands_q;

endmodule : systoliq_weight_decoder
