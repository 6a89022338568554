// SPDX-License-Identifier: Apache-2.0
// EXECUTE: the compute core, one command in flight. Weight stationary; C++ twins: model/hw/pe_array.cpp for the data,
// model/timing/compute_timing.h for the cycles.
//
// Theory of operation: a command is a sequence of passes; a pass is Rows × Cols weights (fewer rows in the last channel
// block) applied to the M pixels of the output tile. In the cycle in which a command starts, the first weights are
// read, a row a cycle; when they are all read the first pass begins. While the pixels of a pass are issued, one a
// cycle, the weights of the next are read; the next pass begins in the cycle after both are done. R = Rows, C = Cols,
// rows(p) = lanes of pass p, P = passes, S(p) = cycle, counted from the start, in which pass p begins:
//
//   S(0) = rows(0)          S(p+1) = S(p) + max(M, rows(p+1))
//
// A pixel issued in cycle t is in the activation buffer in t, in the feeder's register in t + 1, in the array from
// t + 2; its sums leave the array in t + R + C + 1, in the cycle in which its accumulators are read, are added in the
// next and written in the one after, t + R + C + 3. The last pixel is issued in S(P-1) + M - 1; hence a command takes
//
//   rows(0) + sum over p < P-1 of max(M, rows(p+1)) + M + (R + C - 1) + 4 cycles,
//
// and the next one may start in the cycle after the last word is written. A weight row read in cycle t is decoded in
// t + 1 and on the array's bus in t + 2: as the rows of pass p+1 are read from S(p) on, row r comes exactly r cycles
// after the swap of pass p began its way down the rows, which is the earliest that the array allows.

module systoliq_execute #(
  /// Rows of the array: lanes of the reduction.
  parameter int unsigned Rows = 16,
  /// Columns of the array: output channels.
  parameter int unsigned Cols = 16,
  /// Bits of an activation, signed.
  parameter int unsigned ActivationBits = 8,
  /// Bits of a stored weight, signed.
  parameter int unsigned WeightBits = 8,
  /// Bits of a partial sum and of an accumulator, signed.
  parameter int unsigned AccumulatorBits = 32,
  /// Overflow of either: 0 wraps, 1 saturates.
  parameter bit          Saturate = 1'b0,
  /// Words of the activation buffer.
  parameter int unsigned ActivationWords = 8192,
  /// Words of the weight buffer.
  parameter int unsigned WeightWords = 4096,
  /// Words of the accumulator buffer.
  parameter int unsigned AccumulatorWords = 1024,
  /// Words of the param buffer.
  parameter int unsigned ParamWords = 1024
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,

  /// The head of the queue; its semaphores are there; it is taken in this cycle.
  input  logic                            command_valid_i,
  input  systoliq_pkg::command_t          command_i,
  input  logic                            granted_i,
  output logic                            command_ready_o,
  /// The last cycle of a command, and the semaphores that it signals.
  output logic                            done_o,
  output logic [15:0]                     done_signal_o,
  /// A command is in flight; it started in an earlier cycle.
  output logic                            busy_o,

  output logic                            activation_read_o,
  output logic [31:0]                     activation_read_address_o,
  input  logic [Rows*ActivationBits-1:0]  activation_read_data_i,

  output logic                            weight_read_o,
  output logic [31:0]                     weight_read_address_o,
  input  logic [Cols*WeightBits-1:0]      weight_read_data_i,

  output logic                            accumulator_read_o,
  output logic [31:0]                     accumulator_read_address_o,
  input  logic [Cols*AccumulatorBits-1:0] accumulator_read_data_i,
  output logic                            accumulator_write_o,
  output logic [31:0]                     accumulator_write_address_o,
  output logic [Cols*AccumulatorBits-1:0] accumulator_write_data_o,

  output logic                            param_read_o,
  output logic [31:0]                     param_read_address_o,
  input  logic [Cols*128-1:0]             param_read_data_i
);

  localparam int unsigned OperandBits = WeightBits + 1;
  localparam int unsigned RowBits = Rows > 1 ? $clog2(Rows) : 1;
  localparam int unsigned WeightAddressBits = WeightWords > 1 ? $clog2(WeightWords) : 1;

  // The command.
  logic        start, busy_q;
  logic [15:0] signal_q;
  logic [31:0] weight_address, weight_zero_point, valid_columns, init;
  logic [31:0] valid_columns_q;
  logic [OperandBits-1:0] zero_point_q;

  // Passes.
  logic        passes_q;            // passes remain to be entered or are under way
  logic        begin_q, begin_d;    // the first pixel of a pass is issued
  logic        next_pass, next_q;   // a pass follows the one that is under way
  logic        more_passes, pass_done, issue;
  logic        loading, load_busy_q, load_done, turn;
  logic [31:0] load_lanes;
  logic [RowBits-1:0]           load_row, load_row_q;
  logic [WeightAddressBits-1:0] load_address, load_address_q;

  // Beside the wave of pixels.
  logic       pass_last, command_last;
  logic [2:0] flags;

  assign start           = command_valid_i && granted_i && !busy_q;
  assign command_ready_o = start;
  assign busy_o          = busy_q;
  assign done_signal_o   = signal_q;

  assign weight_address    = command_i.fields[systoliq_pkg::EXECUTE_WEIGHT_ADDRESS];
  assign weight_zero_point = command_i.fields[systoliq_pkg::EXECUTE_WEIGHT_ZERO_POINT];
  assign valid_columns     = command_i.fields[systoliq_pkg::EXECUTE_VALID_COLUMNS];
  assign init              = command_i.fields[systoliq_pkg::EXECUTE_INIT];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q          <= 1'b0;
      signal_q        <= '0;
      zero_point_q    <= '0;
      valid_columns_q <= '0;
    end else if (start) begin
      busy_q          <= 1'b1;
      signal_q        <= command_i.signal_mask;
      zero_point_q    <= weight_zero_point[OperandBits-1:0];
      valid_columns_q <= valid_columns;
    end else if (done_o) begin
      busy_q <= 1'b0;
    end
  end

  // A pass ends when its last pixel is issued and the last row of the next one's weights is read.
  assign next_pass = start || (begin_q ? more_passes : next_q);
  assign loading   = start || (begin_q ? more_passes : load_busy_q);
  assign load_row  = start || begin_q ? '0 : load_row_q;
  assign load_done = !loading || 32'(load_row) + 32'd1 == load_lanes;
  assign turn      = (start || passes_q) && pass_done && load_done;
  assign begin_d   = turn && next_pass;

  assign load_address          = start ? weight_address[WeightAddressBits-1:0] : load_address_q;
  assign weight_read_o         = loading;
  assign weight_read_address_o = 32'(load_address);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      passes_q       <= 1'b0;
      begin_q        <= 1'b0;
      next_q         <= 1'b0;
      load_busy_q    <= 1'b0;
      load_row_q     <= '0;
      load_address_q <= '0;
    end else begin
      passes_q    <= (start || passes_q) && (!turn || next_pass);
      begin_q     <= begin_d;
      next_q      <= next_pass;
      load_busy_q <= loading && !load_done;
      if (loading) begin
        load_row_q     <= load_row + RowBits'(1);
        load_address_q <= load_address + WeightAddressBits'(1);
      end
    end
  end

  assign pass_last    = issue && pass_done;
  assign command_last = pass_last && !next_pass;

  // From the weight buffer through the decoder to the array.
  logic                        read_valid_q, decoded_valid;
  logic [RowBits-1:0]          read_row_q, decoded_row;
  logic [Cols*OperandBits-1:0] decoded;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_valid_q <= 1'b0;
      read_row_q   <= '0;
    end else begin
      read_valid_q <= loading;
      read_row_q   <= load_row;
    end
  end

  systoliq_weight_decoder #(
    .Cols       (Cols),
    .WeightBits (WeightBits),
    .OperandBits(OperandBits),
    .RowBits    (RowBits)
  ) u_decoder (
    .clk_i,
    .rst_ni,
    .valid_i        (read_valid_q),
    .row_i          (read_row_q),
    .weights_i      (weight_read_data_i),
    .zero_point_i   (zero_point_q),
    .valid_columns_i(valid_columns_q),
    .valid_o        (decoded_valid),
    .row_o          (decoded_row),
    .operands_o     (decoded)
  );

  // From the activation buffer through the feeder to the array.
  logic [Rows*ActivationBits-1:0]  activations;
  logic                            swap;
  logic [Cols*AccumulatorBits-1:0] sums;

  systoliq_feeder #(
    .Rows           (Rows),
    .ActivationBits (ActivationBits),
    .ActivationWords(ActivationWords)
  ) u_feeder (
    .clk_i,
    .rst_ni,
    .start_i      (start),
    .command_i,
    .begin_i      (begin_q),
    .more_passes_o(more_passes),
    .load_lanes_o (load_lanes),
    .issue_o      (issue),
    .pass_done_o  (pass_done),
    .activation_read_o,
    .activation_read_address_o,
    .activation_read_data_i,
    .activations_o(activations),
    .swap_o       (swap)
  );

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
    .activations_i (activations),
    .swap_i        (swap),
    .weight_write_i(decoded_valid),
    .weight_row_i  (decoded_row),
    .weights_i     (decoded),
    .sums_o        (sums)
  );

  systoliq_delay #(.Width(3), .Depth(Rows + Cols + 1)) u_flags (
    .clk_i,
    .rst_ni,
    .data_i({issue, pass_last, command_last}),
    .data_o(flags)
  );

  systoliq_accumulators #(
    .Cols            (Cols),
    .AccumulatorBits (AccumulatorBits),
    .Saturate        (Saturate),
    .AccumulatorWords(AccumulatorWords)
  ) u_accumulators (
    .clk_i,
    .rst_ni,
    .start_i              (start),
    .accumulator_address_i(command_i.fields[systoliq_pkg::EXECUTE_ACCUMULATOR_ADDRESS]),
    .param_address_i      (command_i.fields[systoliq_pkg::EXECUTE_PARAM_ADDRESS]),
    .init_i               (init != '0),
    .valid_columns_i      (valid_columns),
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
    .accumulator_write_data_o,
    .param_read_o,
    .param_read_address_o,
    .param_read_data_i
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (start) begin
        assert (weight_zero_point == 32'(signed'(weight_zero_point[WeightBits-1:0])))
        else $error("weight_zero_point %0d does not fit a weight", signed'(weight_zero_point));
      end
      assert (!weight_read_o || 32'(load_address) < WeightWords)
      else $error("weight word %0d is outside the buffer", load_address);
      assert (!param_read_o || param_read_address_o < ParamWords)
      else $error("param word %0d is outside the buffer", param_read_address_o);
      assert (!done_o || busy_q)
      else $error("the end of a command that never started");
    end
  end
`endif

endmodule : systoliq_execute
