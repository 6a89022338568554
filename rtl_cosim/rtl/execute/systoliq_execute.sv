// SPDX-License-Identifier: Apache-2.0
// EXECUTE: the compute core; one command fills while those before it stream and drain. C++ twins:
// model/functional/execute.cpp for the data, model/timing/execute_flow.h for the cycles.
//
// Theory of operation: in the cycle in which a command starts its fields are taken. With a codebook
// its tables are first read from the param buffer, one word a cycle; then the dataflow's sequence
// begins, with linear weights in the very first cycle. systoliq_weight_stationary.sv and
// systoliq_output_stationary.sv describe the two dataflows and derive their cycles from there on;
// TableWords more are those of the command. When it has filled it waits for the semaphores of
// stream_wait; then its stream begins, and it cannot be dropped any more. Up to ExecutesInFlight
// commands stream or drain. A command's last cycle is that in which its last accumulator word is
// written.

module systoliq_execute #(
    /// Rows of the array.
    parameter int unsigned Rows             = 16,
    /// Columns of the array: output channels.
    parameter int unsigned Cols             = 16,
    /// Bits of an activation, signed.
    parameter int unsigned ActivationBits   = 8,
    /// Bits of a stored weight, signed, or of an index.
    parameter int unsigned WeightBits       = 8,
    /// Bits of a partial sum and of an accumulator, signed.
    parameter int unsigned AccumulatorBits  = 32,
    /// Overflow of either: 0 wraps, 1 saturates.
    parameter bit          Saturate         = 1'b0,
    /// Words of the activation buffer.
    parameter int unsigned ActivationWords  = 8192,
    /// Words of the weight buffer.
    parameter int unsigned WeightWords      = 4096,
    /// Words of the accumulator buffer.
    parameter int unsigned AccumulatorWords = 1024,
    /// Words of the param buffer.
    parameter int unsigned ParamWords       = 256,
    /// 0: weight stationary, 1: output stationary.
    parameter int unsigned Dataflow         = 0,
    /// 1: weights are indices of a table for every column; 0: linear with a zero point.
    parameter bit          Codebook         = 1'b0,
    /// Bits of a table's entry, signed.
    parameter int unsigned CodebookBits     = 8
) (
    input logic clk_i,
    input logic rst_ni,

    /// The head of the queue; its semaphores are there; it is taken in this cycle.
    input  logic                          command_valid_i,
    input  systoliq_pkg::command_t        command_i,
    input  logic                          granted_i,
    output logic                          command_ready_o,
    /// The command that has started is dropped with this cycle, unless its stream begins.
    input  logic                          drop_i,
    /// The semaphores that its stream waits for; they are there; they are taken in this cycle.
    output logic                   [15:0] stream_wait_o,
    input  logic                          stream_granted_i,
    output logic                          stream_take_o,
    /// The last cycle of a command, and the semaphores that it signals.
    output logic                          done_o,
    output logic                   [15:0] done_signal_o,
    /// A command is in flight; it started in an earlier cycle.
    output logic                          busy_o,

    output logic                           activation_read_o,
    output logic [                   31:0] activation_read_address_o,
    input  logic [Rows*ActivationBits-1:0] activation_read_data_i,

    output logic                       weight_read_o,
    output logic [               31:0] weight_read_address_o,
    input  logic [Cols*WeightBits-1:0] weight_read_data_i,

    output logic                            accumulator_read_o,
    output logic [                    31:0] accumulator_read_address_o,
    input  logic [Cols*AccumulatorBits-1:0] accumulator_read_data_i,
    output logic                            accumulator_write_o,
    output logic [                    31:0] accumulator_write_address_o,
    output logic [Cols*AccumulatorBits-1:0] accumulator_write_data_o,

    output logic                param_read_o,
    output logic [        31:0] param_read_address_o,
    input  logic [Cols*128-1:0] param_read_data_i
);

  localparam int unsigned OperandBits = Codebook ? CodebookBits : WeightBits + 1;
  localparam int unsigned ProductBits = ActivationBits + OperandBits;
  localparam int unsigned RowBits = Rows > 1 ? $clog2(Rows) : 1;
  localparam int unsigned TableWords = Codebook ? ((1 << WeightBits) + 7) / 8 : 0;
  // What is added to the bias first: a partial sum, or a product.
  localparam int unsigned BiasBits =
      1 + (Dataflow != 0 && ProductBits > AccumulatorBits ? ProductBits : AccumulatorBits);

  localparam int unsigned InFlight = systoliq_pkg::ExecutesInFlight;
  // Output stationary the bias is used up when the stream begins.
  localparam int unsigned BiasBanks = Dataflow == 0 ? InFlight : 1;

  logic start, first, free, alone, held_q, empty, full, take_operands;
  systoliq_pkg::command_t command, command_q;
  logic [31:0] weight_zero_point, valid_columns, init;
  logic [                       31:0] valid_columns_q;
  logic [            OperandBits-1:0] zero_point_q;
  logic [BiasBanks*Cols*BiasBits-1:0] bias;

  logic                               table_write;
  logic [                        4:0] table_word;

  logic read_valid_q, decoded_valid;
  logic [RowBits-1:0] weight_row, read_row_q, decoded_row;
  logic [Cols*OperandBits-1:0] decoded;

  // What an output stationary command reads first the one before may still be writing, or using.
  assign alone             = Dataflow != 0 &&
      (Codebook || command_i.fields[systoliq_isa_pkg::EXECUTE_INIT] != '0);
  assign start = command_valid_i && granted_i && !held_q && !full && free && (!alone || empty);
  assign command_ready_o = start;
  assign busy_o = held_q || !empty;

  // The command that starts or has started last.
  assign command = start ? command_i : command_q;
  assign weight_zero_point = command.fields[systoliq_isa_pkg::EXECUTE_WEIGHT_ZERO_POINT];
  assign valid_columns = command.fields[systoliq_isa_pkg::EXECUTE_VALID_COLUMNS];
  assign init = command.fields[systoliq_isa_pkg::EXECUTE_INIT];
  assign stream_wait_o = 16'(command.fields[systoliq_isa_pkg::EXECUTE_STREAM_WAIT]);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q          <= 1'b0;
      command_q       <= '0;
      zero_point_q    <= '0;
      valid_columns_q <= '0;
    end else begin
      held_q    <= (start || held_q) && !stream_take_o && !drop_i;
      command_q <= command;
      if (take_operands) begin
        zero_point_q    <= weight_zero_point[OperandBits-1:0];
        valid_columns_q <= valid_columns;
      end
    end
  end

  systoliq_fifo #(
      .Width (16),
      .Depth (InFlight),
      .Clears(1'b1)
  ) u_signals (
      .clk_i,
      .rst_ni,
      .clear_i(1'b0),
      .push_i (stream_take_o),
      .data_i (command.signal_mask),
      .pop_i  (done_o),
      .head_o (done_signal_o),
      .empty_o(empty),
      .full_o (full)
  );

  systoliq_execute_params #(
      .Cols      (Cols),
      .BiasBits  (BiasBits),
      .Saturate  (Saturate),
      .TableWords(TableWords),
      .ParamWords(ParamWords),
      .Banks     (BiasBanks)
  ) u_params (
      .clk_i,
      .rst_ni,
      .start_i           (start),
      .drop_i,
      .stream_take_i     (stream_take_o),
      .codebook_address_i(command.fields[systoliq_isa_pkg::EXECUTE_CODEBOOK_ADDRESS]),
      .param_address_i   (command.fields[systoliq_isa_pkg::EXECUTE_PARAM_ADDRESS]),
      .init_i            (init != '0),
      .valid_columns_i   (valid_columns),
      .first_o           (first),
      .table_write_o     (table_write),
      .table_word_o      (table_word),
      .bias_o            (bias),
      .param_read_o,
      .param_read_address_o,
      .param_read_data_i
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_valid_q <= 1'b0;
      read_row_q   <= '0;
    end else begin
      read_valid_q <= weight_read_o;
      read_row_q   <= weight_row;
    end
  end

  systoliq_weight_decoder #(
      .Cols       (Cols),
      .WeightBits (WeightBits),
      .Codebook   (Codebook),
      .OperandBits(OperandBits),
      .RowBits    (RowBits)
  ) u_decoder (
      .clk_i,
      .rst_ni,
      .table_write_i  (table_write),
      .table_word_i   (table_word),
      .table_data_i   (param_read_data_i),
      .valid_i        (read_valid_q),
      .row_i          (read_row_q),
      .weights_i      (weight_read_data_i),
      .zero_point_i   (zero_point_q),
      .valid_columns_i(valid_columns_q),
      .valid_o        (decoded_valid),
      .row_o          (decoded_row),
      .operands_o     (decoded)
  );

  if (Dataflow == 0) begin : gen_weight_stationary
    // All weights of the command before have been decoded when the next one starts.
    assign take_operands = start;
    systoliq_weight_stationary #(
        .Rows            (Rows),
        .Cols            (Cols),
        .ActivationBits  (ActivationBits),
        .OperandBits     (OperandBits),
        .AccumulatorBits (AccumulatorBits),
        .Saturate        (Saturate),
        .BiasBits        (BiasBits),
        .ActivationWords (ActivationWords),
        .WeightWords     (WeightWords),
        .AccumulatorWords(AccumulatorWords),
        .InFlight        (InFlight),
        .RowBits         (RowBits)
    ) u_dataflow (
        .clk_i,
        .rst_ni,
        .free_o         (free),
        .start_i        (start),
        .command_i      (command),
        .first_i        (first),
        .stream_granted_i,
        .stream_take_o,
        .drop_i,
        .done_o,
        .bias_i         (bias),
        .activation_read_o,
        .activation_read_address_o,
        .activation_read_data_i,
        .weight_read_o,
        .weight_read_address_o,
        .weight_row_o   (weight_row),
        .decoded_valid_i(decoded_valid),
        .decoded_row_i  (decoded_row),
        .decoded_i      (decoded),
        .accumulator_read_o,
        .accumulator_read_address_o,
        .accumulator_read_data_i,
        .accumulator_write_o,
        .accumulator_write_address_o,
        .accumulator_write_data_o
    );
  end else begin : gen_output_stationary
    // Those of the command before are decoded until its stream ends.
    logic begun_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        begun_q <= 1'b0;
      end else begin
        begun_q <= stream_take_o;
      end
    end
    assign take_operands = begun_q;
    systoliq_output_stationary #(
        .Rows            (Rows),
        .Cols            (Cols),
        .ActivationBits  (ActivationBits),
        .OperandBits     (OperandBits),
        .AccumulatorBits (AccumulatorBits),
        .Saturate        (Saturate),
        .BiasBits        (BiasBits),
        .ActivationWords (ActivationWords),
        .WeightWords     (WeightWords),
        .AccumulatorWords(AccumulatorWords),
        .InFlight        (InFlight),
        .RowBits         (RowBits)
    ) u_dataflow (
        .clk_i,
        .rst_ni,
        .free_o         (free),
        .start_i        (start),
        .command_i      (command),
        .first_i        (first),
        .stream_granted_i,
        .stream_take_o,
        .drop_i,
        .done_o,
        .bias_i         (bias),
        .activation_read_o,
        .activation_read_address_o,
        .activation_read_data_i,
        .weight_read_o,
        .weight_read_address_o,
        .weight_row_o   (weight_row),
        .decoded_valid_i(decoded_valid),
        .decoded_row_i  (decoded_row),
        .decoded_i      (decoded),
        .accumulator_read_o,
        .accumulator_read_address_o,
        .accumulator_read_data_i,
        .accumulator_write_o,
        .accumulator_write_address_o,
        .accumulator_write_data_o
    );
  end

`ifndef SYNTHESIS
  if (!Codebook) begin : gen_linear
    always_ff @(posedge clk_i) begin
      if (rst_ni && start) begin
        assert (weight_zero_point == 32'(signed'(weight_zero_point[WeightBits-1:0])))
        else $error("weight_zero_point %0d does not fit a weight", signed'(weight_zero_point));
      end
    end
  end

  // The engines count addresses in as many bits as the buffer needs: a tile beyond it would come
  // round to its beginning.
  logic [95:0] tile_end;
  assign tile_end = 96'(command.fields[systoliq_isa_pkg::EXECUTE_ACCUMULATOR_ADDRESS]) +
      96'(command.fields[systoliq_isa_pkg::EXECUTE_OUTPUT_HEIGHT]) *
      command.fields[systoliq_isa_pkg::EXECUTE_OUTPUT_WIDTH];

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start || tile_end <= 96'(AccumulatorWords))
      else $error("the tile ends at accumulator word %0d, outside the buffer", tile_end);
      assert (!done_o || !empty)
      else $error("the end of a command that never started");
    end
  end
`endif

endmodule : systoliq_execute
