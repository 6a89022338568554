// SPDX-License-Identifier: Apache-2.0
// The weight stationary dataflow: sequence of passes, array and accumulators.
//
// Theory of operation: a pass is Rows × Cols weights (fewer rows in the last channel block) applied
// to the M pixels of the output tile. From the cycle of `first_i` on the first weights are read, a
// row a cycle; when they are all read the first pass begins. While the pixels of a pass are issued,
// one a cycle, the weights of the next are read; the next pass begins in the cycle after both are
// done. R = Rows, C = Cols, lanes(p) = lanes of pass p, S(p) = cycle, counted from first_i, in
// which pass p begins:
//
//   S(0) = lanes(0)          S(p+1) = S(p) + max(M, lanes(p+1))
//
// A pixel issued in cycle t is in the activation buffer in t, in the feeder in t + 1, in the array
// from t + 2; its sums leave the array in t + R + C + 1, in the cycle in which its accumulators are
// read, are added in the next and written in the one after, t + R + C + 3. The last pixel is issued
// in S(last) + M - 1; hence a command takes, from first_i on,
//
//   lanes(0) + sum over all passes but the last of max(M, lanes(p+1)) + M + (R + C - 1) + 4 cycles,
//
// and the next one may start in the cycle after the last word is written. A weight row read in
// cycle t is decoded in t + 1 and on the array's bus in t + 2: as the rows of pass p+1 are read
// from S(p) on, row r comes exactly r cycles after the swap of pass p began its way down the rows,
// which is the earliest that the array allows.

module systoliq_weight_stationary #(
    /// Rows of the array: lanes of the reduction.
    parameter int unsigned Rows             = 16,
    /// Columns of the array: output channels.
    parameter int unsigned Cols             = 16,
    /// Bits of an activation, signed.
    parameter int unsigned ActivationBits   = 8,
    /// Bits of a decoded weight, signed.
    parameter int unsigned OperandBits      = 9,
    /// Bits of a partial sum and of an accumulator, signed.
    parameter int unsigned AccumulatorBits  = 32,
    /// Overflow of either: 0 wraps, 1 saturates.
    parameter bit          Saturate         = 1'b0,
    /// Bits of a bias.
    parameter int unsigned BiasBits         = 33,
    /// Words of the buffers.
    parameter int unsigned ActivationWords  = 8192,
    parameter int unsigned WeightWords      = 4096,
    parameter int unsigned AccumulatorWords = 1024,
    /// Bits of a row's number.
    parameter int unsigned RowBits          = 4
) (
    input logic clk_i,
    input logic rst_ni,

    /// A command starts; in the same cycle or later its first weights may be read; its last word is
    /// being written.
    input  logic                   start_i,
    input  systoliq_pkg::command_t command_i,
    input  logic                   first_i,
    output logic                   done_o,

    input logic [Cols*BiasBits-1:0] bias_i,

    output logic                           activation_read_o,
    output logic [                   31:0] activation_read_address_o,
    input  logic [Rows*ActivationBits-1:0] activation_read_data_i,

    /// Weights are read for a row of the array and come back decoded two cycles later.
    output logic                        weight_read_o,
    output logic [                31:0] weight_read_address_o,
    output logic [         RowBits-1:0] weight_row_o,
    input  logic                        decoded_valid_i,
    input  logic [         RowBits-1:0] decoded_row_i,
    input  logic [Cols*OperandBits-1:0] decoded_i,

    output logic                            accumulator_read_o,
    output logic [                    31:0] accumulator_read_address_o,
    input  logic [Cols*AccumulatorBits-1:0] accumulator_read_data_i,
    output logic                            accumulator_write_o,
    output logic [                    31:0] accumulator_write_address_o,
    output logic [Cols*AccumulatorBits-1:0] accumulator_write_data_o
);

  localparam int unsigned AddressBits = WeightWords > 1 ? $clog2(WeightWords) : 1;

  logic passes_q;  // passes remain to be entered or are under way
  logic begin_q, begin_d;  // the first pixel of a pass is issued
  logic next_pass, next_q;  // a pass follows the one that is under way
  logic more_passes, pass_done, issue;
  logic loading, load_busy_q, load_done, turn, continues;
  logic [31:0] load_lanes, weight_address, init;
  logic [RowBits-1:0] load_row, load_row_q;
  logic [AddressBits-1:0] load_address, load_address_q;

  logic word_valid, word_first, swap_q;
  logic [Rows*ActivationBits-1:0] word, activations_q;
  logic [Cols*AccumulatorBits-1:0] sums;
  logic pass_last, command_last;
  logic [2:0] flags;

  logic unused_group_first, unused_group_last, unused_tile_end, unused_issue_first;
  logic [       31:0] unused_lanes;
  logic [  RowBits:0] unused_pixels;
  logic [RowBits-1:0] unused_word_pixel;

  assign weight_address        = command_i.fields[systoliq_isa_pkg::EXECUTE_WEIGHT_ADDRESS];
  assign init                  = command_i.fields[systoliq_isa_pkg::EXECUTE_INIT];
  assign continues             = init != '0;

  // A pass ends when its last pixel is issued and the last row of the next one's weights is read.
  assign next_pass             = first_i || (begin_q ? more_passes : next_q);
  assign loading               = first_i || (begin_q ? more_passes : load_busy_q);
  assign load_row              = first_i || begin_q ? '0 : load_row_q;
  assign load_done             = !loading || 32'(load_row) + 32'd1 == load_lanes;
  assign turn                  = (first_i || passes_q) && pass_done && load_done;
  assign begin_d               = turn && next_pass;

  assign load_address          = start_i ? weight_address[AddressBits-1:0] : load_address_q;
  assign weight_read_o         = loading;
  assign weight_read_address_o = 32'(load_address);
  assign weight_row_o          = load_row;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      passes_q       <= 1'b0;
      begin_q        <= 1'b0;
      next_q         <= 1'b0;
      load_busy_q    <= 1'b0;
      load_row_q     <= '0;
      load_address_q <= '0;
    end else begin
      passes_q       <= (first_i || passes_q) && (!turn || next_pass);
      begin_q        <= begin_d;
      next_q         <= next_pass;
      load_busy_q    <= loading && !load_done;
      load_address_q <= loading ? load_address + AddressBits'(1) : load_address;
      if (loading) load_row_q <= load_row + RowBits'(1);
    end
  end

  assign pass_last    = issue && pass_done;
  assign command_last = pass_last && !next_pass;

  systoliq_feeder #(
      .Rows           (Rows),
      .ActivationBits (ActivationBits),
      .ActivationWords(ActivationWords),
      .Grouped        (1'b0),
      .RowBits        (RowBits)
  ) u_feeder (
      .clk_i,
      .rst_ni,
      .start_i,
      .command_i,
      .begin_i            (begin_q),
      .more_passes_o      (more_passes),
      .held_lanes_o       (load_lanes),
      .issue_o            (issue),
      .issue_group_first_o(unused_issue_first),
      .pass_done_o        (pass_done),
      .lanes_o            (unused_lanes),
      .pixels_o           (unused_pixels),
      .group_first_o      (unused_group_first),
      .group_last_o       (unused_group_last),
      .tile_end_o         (unused_tile_end),
      .activation_read_o,
      .activation_read_address_o,
      .activation_read_data_i,
      .word_valid_o       (word_valid),
      .word_first_o       (word_first),
      .word_pixel_o       (unused_word_pixel),
      .word_o             (word)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      activations_q <= '0;
      swap_q        <= 1'b0;
    end else begin
      swap_q <= word_first;
      if (word_valid) activations_q <= word;
    end
  end

  systoliq_pe_array #(
      .Rows           (Rows),
      .Cols           (Cols),
      .ActivationBits (ActivationBits),
      .OperandBits    (OperandBits),
      .AccumulatorBits(AccumulatorBits),
      .Saturate       (Saturate)
  ) u_array (
      .clk_i,
      .rst_ni,
      .activations_i (activations_q),
      .swap_i        (swap_q),
      .weight_write_i(decoded_valid_i),
      .weight_row_i  (decoded_row_i),
      .weights_i     (decoded_i),
      .sums_o        (sums)
  );

  systoliq_delay #(
      .Width(3),
      .Depth(Rows + Cols + 1)
  ) u_flags (
      .clk_i,
      .rst_ni,
      .data_i({issue, pass_last, command_last}),
      .data_o(flags)
  );

  systoliq_accumulators #(
      .Cols            (Cols),
      .AccumulatorBits (AccumulatorBits),
      .Saturate        (Saturate),
      .BiasBits        (BiasBits),
      .AccumulatorWords(AccumulatorWords)
  ) u_accumulators (
      .clk_i,
      .rst_ni,
      .start_i,
      .accumulator_address_i(command_i.fields[systoliq_isa_pkg::EXECUTE_ACCUMULATOR_ADDRESS]),
      .init_i               (continues),
      .bias_i,
      .valid_i              (flags[2]),
      .pass_last_i          (flags[1]),
      .command_last_i       (flags[0]),
      .sums_i               (sums),
      .done_o,
      .accumulator_read_o,
      .accumulator_read_address_o,
      .accumulator_read_data_i,
      .accumulator_write_o,
      .accumulator_write_address_o,
      .accumulator_write_data_o
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!weight_read_o || 32'(load_address) < WeightWords)
      else $error("weight word %0d is outside the buffer", load_address);
    end
  end
`endif

endmodule : systoliq_weight_stationary
