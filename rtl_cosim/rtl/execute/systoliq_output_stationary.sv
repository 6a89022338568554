// SPDX-License-Identifier: Apache-2.0
// The output stationary dataflow: sequence of groups and passes, transposer and array.
//
// Theory of operation: a group is up to Rows pixels of the output tile, in the tile's order; its
// Rows × Cols accumulators stay in the array while all passes (kernel row, kernel column, channel
// block) stream by. While a pass streams its lanes, one a cycle, each with a row of weights, the
// words of the next pass are read into the transposer, one pixel a cycle; with those of a group's
// first pass come the pixels' start values. When a group is complete its sums go to drain
// registers, from where they leave, one pixel a cycle, during the first pass of the next group. A
// pass ends when all of this is done. R = Rows, C = Cols, M pixels, G = ceil(M / R) groups of P(g)
// = min(R, M - g R) pixels, lanes(p) = lanes of pass p, and, counted from first_i, S(g) = cycle in
// which group g begins to stream:
//
//   S(0) = 1 + P(0)          on an array at rest
//   S(g+1) = S(g) + sum over passes of max(lanes(p), pixels of the next pass, for p = 0 and g > 0 also P(g-1))
//
// where the next pass has P(g) pixels within the group, P(g+1) after its last pass, 0 after the
// very last. (One cycle of S(0) computes the first address.) The next command may start in the
// cycle after the last pass has begun, and reads its first words while that streams; its own stream
// begins in the cycle after its words are read, the stream before it has ended and
// `stream_granted_i` is set, and its first pass lasts until the sums of the last group before it
// have left. What continues from the accumulators, and what has tables to load, starts on an array
// at rest. A lane issued in cycle t reads its
// weights in t, is decoded in t + 1 and enters the array in t + 2. The take that follows a group's
// last lane enters in S(g+1) + 2 and is at row r of column 0 in S(g+1) + r + 2; in the next cycle
// row r is selected, and written in S(g+1) + r + C + 3. So it has left before the next group's take
// comes, however short that group is. Hence a command takes, from first_i on,
//
//   1 + P(0) + sum over groups and passes of max(...) + (C - 1) + 4 + P(G-1) cycles.

module systoliq_output_stationary #(
    /// Rows of the array: pixels of a group, lanes of a word.
    parameter int unsigned Rows             = 16,
    /// Columns of the array: output channels.
    parameter int unsigned Cols             = 16,
    /// Bits of an activation, signed.
    parameter int unsigned ActivationBits   = 8,
    /// Bits of a decoded weight, signed.
    parameter int unsigned OperandBits      = 9,
    /// Bits of an accumulator, signed.
    parameter int unsigned AccumulatorBits  = 32,
    /// Overflow of an accumulator: 0 wraps, 1 saturates.
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
    /// cycle or later its first activations may be asked for.
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

    input logic [Cols*BiasBits-1:0] bias_i,

    output logic                           activation_read_o,
    output logic [                   31:0] activation_read_address_o,
    input  logic [Rows*ActivationBits-1:0] activation_read_data_i,

    /// Weights are read for a lane and come back decoded two cycles later.
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

  localparam int unsigned WeightAddressBits = WeightWords > 1 ? $clog2(WeightWords) : 1;
  localparam int unsigned AddressBits = AccumulatorWords > 1 ? $clog2(AccumulatorWords) : 1;
  localparam int unsigned CountBits = RowBits + 1;

  /// The pass that streams.
  typedef struct packed {
    logic [31:0] lanes;
    logic        command_last;
  } stream_t;

  logic [31:0] weight_address, accumulator_address, init;
  logic init_q;

  // Sequence.
  logic fill_begin_q, filling_q, filled, filled_q;  // of the command that has started
  logic streaming_q, begin_q, flush_q, turn, stream_ends, feed_begin, group_begin;
  logic feed_done, feed_group_first, feed_group_last, feed_tile_end, feed_issue, issue_group_first;
  stream_t stream, stream_q;
  logic [         31:0] feed_lanes;
  logic [CountBits-1:0] feed_pixels;

  // Lanes and their weights.
  logic lane_valid, lane_busy_q, lane_last, lane_done;
  logic [RowBits-1:0] lane, lane_q;
  logic [WeightAddressBits-1:0] weight_base_q, weight_address_q, lane_address;

  // Start values in, sums out.
  logic start_issue, start_word_q, start_row_valid_q;
  logic [RowBits-1:0] start_row_q;
  logic take, first_group_q, row_valid, row_busy_q, row_done, row_last, flush, flushing_q;
  logic [CountBits-1:0] row, row_q, row_limit, row_limit_q, group_pixels_q;
  logic [AddressBits-1:0] read_address_q, write_base, write_address, write_address_q;
  logic going_q, unused_empty, unused_full;  // going_q: a command's first word has been written

  // Transposer.
  logic bank_q, read_bank_q, read_lane_valid_q, word_bank_q, word_valid;
  logic [RowBits-1:0] word_pixel, read_lane_q;
  logic [Rows*ActivationBits-1:0] word, activations;

  logic [2:0] lane_flags;
  logic [Cols*BiasBits-1:0] starts_d, starts_q;
  logic [RowBits-1:0] select;
  logic [        1:0] write_flags;

  logic unused_more_passes, unused_word_first, unused_decoded;
  logic [31:0] unused_held_lanes;

  assign weight_address = command_i.fields[systoliq_isa_pkg::EXECUTE_WEIGHT_ADDRESS];
  assign accumulator_address = command_i.fields[systoliq_isa_pkg::EXECUTE_ACCUMULATOR_ADDRESS];
  assign init = command_i.fields[systoliq_isa_pkg::EXECUTE_INIT];

  // Sequence. What the feeder says of the pass that it began last is, in the cycle in which a pass
  // begins to stream, said of that pass.
  assign stream.lanes = begin_q ? feed_lanes : stream_q.lanes;
  assign stream.command_last = begin_q ? feed_group_last && feed_tile_end : stream_q.command_last;

  assign group_begin = begin_q && feed_group_first;
  assign feed_begin = fill_begin_q || (begin_q && !stream.command_last);
  assign turn = streaming_q && lane_done && row_done && (stream.command_last || feed_done);
  assign stream_ends = turn && stream.command_last;
  assign filled = filled_q || (filling_q && feed_done);
  assign stream_take_o = filled && (!streaming_q || stream_ends) && stream_granted_i;
  assign free_o = !streaming_q || (!begin_q && stream_q.command_last);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fill_begin_q <= 1'b0;
      filling_q    <= 1'b0;
      filled_q     <= 1'b0;
      streaming_q  <= 1'b0;
      begin_q      <= 1'b0;
      flush_q      <= 1'b0;
      stream_q     <= '0;
    end else begin
      fill_begin_q <= first_i && !drop_i;
      filling_q    <= (first_i || (filling_q && !feed_done)) && !drop_i;
      filled_q     <= filled && !stream_take_o && !drop_i;
      streaming_q  <= stream_take_o || (streaming_q && !stream_ends);
      begin_q      <= stream_take_o || (turn && !stream.command_last);
      flush_q      <= stream_ends;
      stream_q     <= stream;
    end
  end

  // Lanes.
  assign lane_valid            = begin_q || lane_busy_q;
  assign lane                  = begin_q ? '0 : lane_q;
  assign lane_last             = 32'(lane) + 32'd1 == stream.lanes;
  assign lane_done             = !lane_valid || lane_last;
  assign lane_address          = group_begin ? weight_base_q : weight_address_q;

  assign weight_read_o         = lane_valid;
  assign weight_read_address_o = 32'(lane_address);
  assign weight_row_o          = lane;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      lane_busy_q      <= 1'b0;
      lane_q           <= '0;
      weight_base_q    <= '0;
      weight_address_q <= '0;
      init_q           <= 1'b0;
    end else begin
      lane_busy_q <= lane_valid && !lane_last;
      if (lane_valid) begin
        lane_q           <= lane + RowBits'(1);
        weight_address_q <= lane_address + WeightAddressBits'(1);
      end
      if (start_i) begin
        weight_base_q <= weight_address[WeightAddressBits-1:0];
        init_q        <= init != '0;
      end
    end
  end

  // Start values: asked for with the words of a group's first pass, on the array's bus two cycles
  // later.
  assign start_issue                = feed_issue && issue_group_first;
  assign accumulator_read_o         = start_issue && init_q;
  assign accumulator_read_address_o = 32'(read_address_q);

  for (genvar c = 0; c < Cols; c++) begin : gen_start
    assign starts_d[c*BiasBits +: BiasBits] =
        init_q ? BiasBits'(signed'(accumulator_read_data_i[c*AccumulatorBits +: AccumulatorBits])) :
                 bias_i[c*BiasBits +: BiasBits];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      start_word_q      <= 1'b0;
      start_row_valid_q <= 1'b0;
      start_row_q       <= '0;
      starts_q          <= '0;
    end else begin
      start_word_q      <= start_issue;
      start_row_valid_q <= start_word_q;
      start_row_q       <= word_pixel;
      starts_q          <= starts_d;
    end
  end

  // Sums: a group's leave from the begin of the next one on, or after the last.
  assign take      = flush_q || (group_begin && !first_group_q);
  assign row_valid = take || row_busy_q;
  assign row       = take ? '0 : row_q;
  assign row_limit = take ? group_pixels_q : row_limit_q;
  assign row_last  = row + CountBits'(1) == row_limit;
  assign row_done  = !row_valid || row_last;
  assign flush     = flush_q || (flushing_q && !take);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      first_group_q   <= 1'b0;
      group_pixels_q  <= '0;
      row_busy_q      <= 1'b0;
      row_q           <= '0;
      row_limit_q     <= '0;
      flushing_q      <= 1'b0;
      read_address_q  <= '0;
      write_address_q <= '0;
      going_q         <= 1'b0;
    end else begin
      first_group_q <= start_i || (first_group_q && !group_begin);
      if (group_begin) group_pixels_q <= feed_pixels;
      row_busy_q  <= row_valid && !row_last;
      row_q       <= row + CountBits'(1);
      row_limit_q <= row_limit;
      flushing_q  <= flush;
      if (start_i) read_address_q <= accumulator_address[AddressBits-1:0];
      else if (accumulator_read_o) read_address_q <= read_address_q + AddressBits'(1);
      if (accumulator_write_o) begin
        write_address_q <= write_address + AddressBits'(1);
        going_q         <= !done_o;
      end
    end
  end

  assign write_address = going_q ? write_address_q : write_base;
  systoliq_fifo #(
      .Width (AddressBits),
      .Depth (InFlight),
      .Clears(1'b1)
  ) u_commands (
      .clk_i,
      .rst_ni,
      .clear_i(1'b0),
      .push_i (stream_take_o),
      .data_i (accumulator_address[AddressBits-1:0]),
      .pop_i  (done_o),
      .head_o (write_base),
      .empty_o(unused_empty),
      .full_o (unused_full)
  );

  // Activations: through the feeder into one bank of the transposer, while the other is read.
  systoliq_feeder #(
      .Rows           (Rows),
      .ActivationBits (ActivationBits),
      .ActivationWords(ActivationWords),
      .Grouped        (1'b1),
      .RowBits        (RowBits)
  ) u_feeder (
      .clk_i,
      .rst_ni,
      .start_i,
      .command_i,
      .begin_i            (feed_begin),
      .more_passes_o      (unused_more_passes),
      .held_lanes_o       (unused_held_lanes),
      .issue_o            (feed_issue),
      .issue_group_first_o(issue_group_first),
      .pass_done_o        (feed_done),
      .lanes_o            (feed_lanes),
      .pixels_o           (feed_pixels),
      .group_first_o      (feed_group_first),
      .group_last_o       (feed_group_last),
      .tile_end_o         (feed_tile_end),
      .activation_read_o,
      .activation_read_address_o,
      .activation_read_data_i,
      .word_valid_o       (word_valid),
      .word_first_o       (unused_word_first),
      .word_pixel_o       (word_pixel),
      .word_o             (word)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bank_q            <= 1'b0;
      word_bank_q       <= 1'b0;
      read_bank_q       <= 1'b0;
      read_lane_valid_q <= 1'b0;
      read_lane_q       <= '0;
    end else begin
      if (feed_begin) bank_q <= !bank_q;
      if (feed_issue) word_bank_q <= feed_begin ? !bank_q : bank_q;
      if (begin_q) read_bank_q <= bank_q;
      read_lane_valid_q <= lane_valid;
      read_lane_q       <= lane;
    end
  end

  systoliq_transposer #(
      .Rows          (Rows),
      .ActivationBits(ActivationBits),
      .RowBits       (RowBits)
  ) u_transposer (
      .clk_i,
      .rst_ni,
      .write_i      (word_valid),
      .write_bank_i (word_bank_q),
      .write_pixel_i(word_pixel),
      .word_i       (word),
      .read_i       (read_lane_valid_q),
      .read_bank_i  (read_bank_q),
      .read_lane_i  (read_lane_q),
      .pixels_o     (activations)
  );

  systoliq_delay #(
      .Width(3),
      .Depth(2)
  ) u_lane_flags (
      .clk_i,
      .rst_ni,
      .data_i({lane_valid, group_begin, take}),
      .data_o(lane_flags)
  );

  systoliq_delay #(
      .Width(RowBits),
      .Depth(3)
  ) u_select (
      .clk_i,
      .rst_ni,
      .data_i(row[RowBits-1:0]),
      .data_o(select)
  );

  systoliq_output_array #(
      .Rows           (Rows),
      .Cols           (Cols),
      .ActivationBits (ActivationBits),
      .OperandBits    (OperandBits),
      .AccumulatorBits(AccumulatorBits),
      .Saturate       (Saturate),
      .StartBits      (BiasBits),
      .RowBits        (RowBits)
  ) u_array (
      .clk_i,
      .rst_ni,
      .activations_i(activations),
      .valid_i      (lane_flags[2]),
      .first_i      (lane_flags[1]),
      .take_i       (lane_flags[0]),
      .operands_i   (decoded_i),
      .start_write_i(start_row_valid_q),
      .start_row_i  (start_row_q),
      .starts_i     (starts_q),
      .select_i     (select),
      .sums_o       (accumulator_write_data_o)
  );

  systoliq_delay #(
      .Width(2),
      .Depth(Cols + 3)
  ) u_write_flags (
      .clk_i,
      .rst_ni,
      .data_i({row_valid, row_valid && row_last && flush}),
      .data_o(write_flags)
  );

  assign accumulator_write_o         = write_flags[1];
  assign accumulator_write_address_o = 32'(write_address);
  assign done_o                      = write_flags[0];
  assign unused_decoded              = ^{decoded_valid_i, decoded_row_i};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!weight_read_o || 32'(lane_address) < WeightWords)
      else $error("weight word %0d is outside the buffer", lane_address);
      assert (!accumulator_read_o || 32'(read_address_q) < AccumulatorWords)
      else $error("accumulator word %0d is outside the buffer", read_address_q);
      assert (!accumulator_write_o || 32'(write_address) < AccumulatorWords)
      else $error("accumulator word %0d is outside the buffer", write_address);
      assert (lane_flags[2] == decoded_valid_i)
      else $error("a lane and its weights do not meet");
      assert (!(take && row_busy_q))
      else $error("a group is complete before the sums of the one before have left");
    end
  end
`endif

endmodule : systoliq_output_stationary
