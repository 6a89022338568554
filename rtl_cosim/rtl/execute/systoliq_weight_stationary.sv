// SPDX-License-Identifier: Apache-2.0
// The weight stationary dataflow: sequence of passes, array and accumulators.
//
// Theory of operation: a pass is Rows × Cols weights (fewer rows in the last channel block) applied
// to the M pixels of the output tile. From the cycle of `first_i` on the weights of a command's
// first pass are read, a row a cycle: it fills. When they are all read, the stream of the command
// before has ended and `stream_granted_i` is set, the command's own stream begins with its first
// pass in the next cycle. While the pixels of a pass are issued, one a cycle, the weights of the
// next are read; the next pass begins in the cycle after both are done. The next command may start
// in the cycle after its last pass has begun: its weights go to the shadow registers that this pass
// has just left. R = Rows, C = Cols, lanes(p) = lanes of pass p, S(p) = cycle, counted from
// first_i, in which pass p begins; on an array at rest:
//
//   S(0) = lanes(0)          S(p+1) = S(p) + max(M, lanes(p+1))
//
// A pixel issued in cycle t is in the activation buffer in t, in the feeder in t + 1, in the array
// from t + 2; its sums leave the array in t + R + C + 1, in the cycle in which its accumulators are
// read, are added in the next and written in the one after, t + R + C + 3. The last pixel is issued
// in S(last) + M - 1; hence a command takes, from first_i on,
//
//   lanes(0) + sum over all passes but the last of max(M, lanes(p+1)) + M + (R + C - 1) + 4 cycles.
//
// A weight row read in cycle t is decoded in t + 1 and on the array's bus in t + 2: as the rows of
// pass p+1 are read from S(p) on, row r comes exactly r cycles after the swap of pass p began its
// way down the rows, which is the earliest that the array allows; those of the next command are
// read from S(last) + 1 on.

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
    /// Commands whose stream has begun and that have not ended, at most.
    parameter int unsigned InFlight         = 4,
    /// Bits of a row's number.
    parameter int unsigned RowBits          = 4
) (
    input logic clk_i,
    input logic rst_ni,

    /// A command may start. It starts; the command that starts or has started last; in the same
    /// cycle or later its first weights may be read.
    output logic                   free_o,
    input  logic                   start_i,
    input  systoliq_pkg::command_t command_i,
    input  logic                   first_i,
    /// Its stream may begin; it begins in the next cycle. It is dropped before.
    input  logic                   stream_granted_i,
    output logic                   stream_take_o,
    input  logic                   drop_i,
    /// The last word of a command is being written.
    output logic                   done_o,

    input logic [InFlight*Cols*BiasBits-1:0] bias_i,

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

  // The stream.
  logic streaming_q;  // passes remain to be entered or are under way
  logic begin_q;  // the first pixel of a pass is issued
  logic next_pass, next_q;  // a pass follows the one that is under way
  logic more_passes, pass_done, issue, turn, stream_ends;
  // Weights: of the next pass, or of the first one of the command that fills.
  logic loading, filling, fill_busy_q, fill_done, filled, filled_q;
  logic following, load_busy_q, load_done;
  logic [31:0] held_lanes, fill_lanes, blocks, last_block_lanes;
  logic [31:0] weight_address, init;
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
  assign blocks                = command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_BLOCKS];
  assign last_block_lanes      = command_i.fields[systoliq_isa_pkg::EXECUTE_LAST_BLOCK_LANES];
  assign fill_lanes            = blocks == 32'd1 ? last_block_lanes : 32'(Rows);

  // A pass ends when its last pixel is issued and the last row of the next one's weights is read.
  assign next_pass             = begin_q ? more_passes : next_q;
  assign turn                  = streaming_q && pass_done && (!following || load_done);
  assign stream_ends           = turn && !next_pass;
  assign stream_take_o         = filled && (!streaming_q || stream_ends) && stream_granted_i;
  assign free_o                = !streaming_q || (!begin_q && !next_q);

  // A command fills only while no pass follows.
  assign filling               = first_i || fill_busy_q;
  assign following             = begin_q ? more_passes : load_busy_q;
  assign loading               = filling || following;
  assign load_row              = first_i || begin_q ? '0 : load_row_q;
  assign load_done             = 32'(load_row) + 32'd1 == held_lanes;
  assign fill_done             = 32'(load_row) + 32'd1 == fill_lanes;
  assign filled                = filled_q || (filling && fill_done);

  assign load_address          = start_i ? weight_address[AddressBits-1:0] : load_address_q;
  assign weight_read_o         = loading;
  assign weight_read_address_o = 32'(load_address);
  assign weight_row_o          = load_row;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      streaming_q    <= 1'b0;
      begin_q        <= 1'b0;
      next_q         <= 1'b0;
      fill_busy_q    <= 1'b0;
      filled_q       <= 1'b0;
      load_busy_q    <= 1'b0;
      load_row_q     <= '0;
      load_address_q <= '0;
    end else begin
      streaming_q    <= stream_take_o || (streaming_q && !stream_ends);
      begin_q        <= stream_take_o || (turn && next_pass);
      next_q         <= next_pass;
      fill_busy_q    <= filling && !fill_done && !drop_i;
      filled_q       <= filled && !stream_take_o && !drop_i;
      load_busy_q    <= following && !load_done;
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
      .start_i            (stream_take_o),
      .command_i,
      .begin_i            (begin_q),
      .more_passes_o      (more_passes),
      .held_lanes_o       (held_lanes),
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
      .AccumulatorWords(AccumulatorWords),
      .InFlight        (InFlight)
  ) u_accumulators (
      .clk_i,
      .rst_ni,
      .stream_take_i        (stream_take_o),
      .accumulator_address_i(command_i.fields[systoliq_isa_pkg::EXECUTE_ACCUMULATOR_ADDRESS]),
      .init_i               (init != '0),
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
      assert (!(filling && following))
      else $error("weights of two commands are read");
    end
  end
`endif

endmodule : systoliq_weight_stationary
