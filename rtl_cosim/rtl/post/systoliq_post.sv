// SPDX-License-Identifier: Apache-2.0
// Post-processing engine: executes POST commands, mirrors model/functional/post.cpp and
// post_cycles() of model/timing/compute_timing.h.
//
// Theory of operation. A command starts in cycle t (valid, granted, engine free), is kept in a
// register and reads its param word. From t + 1 one read a cycle is asked for
// (systoliq_post_sequencer), and what is read passes a pipeline of eight stages, the same for every
// operation:
//   0 address   1 data: lanes cut out, zero points taken off, taps gathered   2-5 requantize, pool, add or look up
//   6 zero point and clamp   7 write
// so that D = reads + 8 cycles after t the next command may start; the last write lies in cycle t +
// D - 1, that of done_o. Two consecutive words may be written in one cycle (systoliq_post_writer):
// the activation buffer holds words of even and odd address in separate banks, one per lane.

module systoliq_post #(
    parameter int unsigned Rows = 16,
    parameter int unsigned Cols = 16,
    parameter int unsigned ActivationBits = 8,
    parameter int unsigned AccumulatorBits = 32,
    /// Accumulators requantized a cycle, at most Cols; above Rows the writes set the pace.
    parameter int unsigned Lanes = 16,
    parameter int unsigned MultiplierBits = 32
) (
    input  logic                                               clk_i,
    input  logic                                               rst_ni,
    /// Head of the queue.
    input  logic                                               command_valid_i,
    input  systoliq_pkg::command_t                             command_i,
    /// Every semaphore that the command waits for is non-zero.
    input  logic                                               granted_i,
    /// The command starts in this cycle.
    output logic                                               command_ready_o,
    /// Last cycle of the command; semaphores it raises.
    output logic                                               done_o,
    output logic                   [                     15:0] done_signal_o,
    output logic                                               busy_o,
    output logic                                               accumulator_read_o,
    output logic                   [                     31:0] accumulator_read_address_o,
    input  logic                   [ Cols*AccumulatorBits-1:0] accumulator_read_data_i,
    /// Multipliers and shifts of the command's columns.
    output logic                                               param_read_o,
    output logic                   [                     31:0] param_read_address_o,
    input  logic                   [             Cols*128-1:0] param_read_data_i,
    /// One read port of the param buffer a lane, for table look-up.
    output logic                                               table_read_o,
    output logic                   [              Rows*32-1:0] table_read_address_o,
    input  logic                   [        Rows*Cols*128-1:0] table_read_data_i,
    output logic                                               activation_read_o,
    output logic                   [                     31:0] activation_read_address_o,
    input  logic                   [  Rows*ActivationBits-1:0] activation_read_data_i,
    /// Words address (lower half of data and mask) and address + 1 (upper half), a mask bit a lane.
    output logic                                               activation_write_o,
    output logic                   [                     31:0] activation_write_address_o,
    output logic                   [2*Rows*ActivationBits-1:0] activation_write_data_o,
    output logic                   [               2*Rows-1:0] activation_write_mask_o
);

  localparam int unsigned ResultBits = 34;
  localparam int unsigned GroupLanes = Lanes < Rows ? Lanes : Rows;
  localparam int unsigned Groups = (Cols + GroupLanes - 1) / GroupLanes;
  localparam int unsigned LaneBits = $clog2(2 * Rows + 1);

  // The command in progress.
  logic start, busy_q, params_due_q;
  systoliq_pkg::command_t command_q;
  logic [Cols*128-1:0]    params_q;

  assign start           = command_valid_i && granted_i && !busy_q;
  assign command_ready_o = start;
  assign busy_o          = start || busy_q;
  assign done_signal_o   = command_q.signal_mask;

  logic is_requantize, is_max, is_average, is_add, is_lookup, is_raw;
  logic [3:0] preset;
  logic signed [31:0] op, zero_point;

  assign op = command_q.fields[systoliq_isa_pkg::POST_OP];
  assign preset = command_q.fields[systoliq_isa_pkg::POST_PRESET][3:0];
  assign zero_point = command_q.fields[systoliq_isa_pkg::POST_OUTPUT_ZERO_POINT];
  assign is_requantize = op == 32'(systoliq_isa_pkg::POST_OP_REQUANTIZE);
  assign is_max = op == 32'(systoliq_isa_pkg::POST_OP_MAX_POOL);
  assign is_average = op == 32'(systoliq_isa_pkg::POST_OP_AVERAGE_POOL);
  assign is_add = op == 32'(systoliq_isa_pkg::POST_OP_ADD);
  assign is_lookup = op == 32'(systoliq_isa_pkg::POST_OP_LOOKUP);
  // Equal scales and zero points: the stored values themselves are averaged.
  assign is_raw        = is_average && preset != systoliq_isa_pkg::PRESET_ORT_MLAS &&
      command_q.fields[systoliq_isa_pkg::POST_SHIFT] == '0 &&
      command_q.fields[systoliq_isa_pkg::POST_MULTIPLIER] == command_q.fields[systoliq_isa_pkg::POST_DIVISOR];

  // Stage 0: addresses.
  typedef struct packed {
    logic                valid;       // a result, to be written
    logic                last;        // the command's last
    logic [31:0]         address;
    logic [LaneBits-1:0] lane;
    logic [LaneBits-1:0] lanes;
    logic [LaneBits-1:0] fill_lanes;
  } destination_t;

  logic read_0, first_0, last_0, inside_0, end_0;
  logic [31:0] source_address_0, inner_0;
  destination_t to_0, to_1_q, to_2_q, to_3_q, to_4_q, to_5_q, to_6_q, to_7_q;

  systoliq_post_sequencer #(
      .Rows      (Rows),
      .Cols      (Cols),
      .GroupLanes(GroupLanes)
  ) u_sequencer (
      .clk_i,
      .rst_ni,
      .start_i         (start),
      .command_i       (command_q),
      .valid_o         (read_0),
      .source_address_o(source_address_0),
      .inner_o         (inner_0),
      .first_o         (first_0),
      .last_o          (last_0),
      .inside_o        (inside_0),
      .end_o           (end_0),
      .output_address_o(to_0.address),
      .output_lane_o   (to_0.lane),
      .output_lanes_o  (to_0.lanes),
      .fill_lanes_o    (to_0.fill_lanes)
  );

  assign to_0.valid = read_0 && last_0;
  assign to_0.last = read_0 && end_0;
  assign accumulator_read_o = read_0 && is_requantize;
  assign accumulator_read_address_o = source_address_0;
  assign activation_read_o = read_0 && inside_0 && (is_max || is_average || is_add || is_lookup);
  assign activation_read_address_o = source_address_0;
  assign param_read_o = start && command_i.fields[systoliq_isa_pkg::POST_OP] ==
                        32'(systoliq_isa_pkg::POST_OP_REQUANTIZE);
  assign param_read_address_o = command_i.fields[systoliq_isa_pkg::POST_PARAM_ADDRESS];

  // Stage 1: what was read.
  logic read_1_q, first_1_q, last_1_q, inside_1_q;
  logic [31:0] inner_1_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q       <= 1'b0;
      params_due_q <= 1'b0;
      command_q    <= '0;
      params_q     <= '0;
      read_1_q     <= 1'b0;
      first_1_q    <= 1'b0;
      last_1_q     <= 1'b0;
      inside_1_q   <= 1'b0;
      inner_1_q    <= '0;
      to_1_q       <= '0;
      to_2_q       <= '0;
      to_3_q       <= '0;
      to_4_q       <= '0;
      to_5_q       <= '0;
      to_6_q       <= '0;
      to_7_q       <= '0;
    end else begin
      params_due_q <= param_read_o;
      if (start) begin
        busy_q    <= 1'b1;
        command_q <= command_i;
      end else if (done_o) begin
        busy_q <= 1'b0;
      end
      if (params_due_q) params_q <= param_read_data_i;
      read_1_q <= read_0;
      if (read_0) begin
        first_1_q  <= first_0;
        last_1_q   <= last_0;
        inside_1_q <= inside_0;
        inner_1_q  <= inner_0;
      end
      to_1_q <= to_0;
      to_2_q <= to_1_q;
      to_3_q <= to_2_q;
      to_4_q <= to_3_q;
      to_5_q <= to_4_q;
      to_6_q <= to_5_q;
      to_7_q <= to_6_q;
    end
  end

  // Stages 1 to 5, requantize: the group's accumulators and params.
  logic [GroupLanes-1:0] requantized_valid;
  logic [GroupLanes*ResultBits-1:0] requantized;
  logic [Groups*GroupLanes*AccumulatorBits-1:0] accumulators;
  logic [Groups*GroupLanes*128-1:0] params;

  assign accumulators = (Groups * GroupLanes * AccumulatorBits)'(accumulator_read_data_i);
  assign params       = (Groups * GroupLanes * 128)'(params_q);

  for (genvar lane = 0; lane < GroupLanes; lane++) begin : gen_requantize
    logic                       valid_q;
    logic [AccumulatorBits-1:0] accumulator_q;
    logic [31:0] multiplier_q, shift_q;
    logic [31:0] column;

    assign column = Groups == 1 ? lane : inner_1_q * GroupLanes + lane;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        valid_q       <= 1'b0;
        accumulator_q <= '0;
        multiplier_q  <= '0;
        shift_q       <= '0;
      end else begin
        valid_q <= read_1_q && is_requantize && LaneBits'(lane) < to_1_q.lanes;
        if (read_1_q && is_requantize) begin
          accumulator_q <= accumulators[AccumulatorBits*column+:AccumulatorBits];
          multiplier_q  <= params[128*column+64+:32];
          shift_q       <= params[128*column+96+:32];
        end
      end
    end

    systoliq_requantize #(
        .AccumulatorBits(AccumulatorBits),
        .MultiplierBits (MultiplierBits),
        .ResultBits     (ResultBits)
    ) u_requantize (
        .clk_i,
        .rst_ni,
        .valid_i      (valid_q),
        .preset_i     (preset),
        .accumulator_i(accumulator_q),
        .multiplier_i (multiplier_q),
        .shift_i      (shift_q),
        .valid_o      (requantized_valid[lane]),
        .result_o     (requantized[ResultBits*lane+:ResultBits])
    );
  end

  // Stages 1 to 5, pooling.
  logic [Rows*ResultBits-1:0] pooled, added, looked_up;
  logic pooled_valid, looked_up_valid;
  logic [Rows-1:0] added_valid;

  systoliq_pooling #(
      .Rows          (Rows),
      .ActivationBits(ActivationBits),
      .ResultBits    (ResultBits)
  ) u_pooling (
      .clk_i,
      .rst_ni,
      .tap_valid_i(read_1_q && (is_max || is_average)),
      .tap_first_i(first_1_q),
      .tap_last_i(last_1_q),
      .tap_inside_i(inside_1_q),
      .tap_i(activation_read_data_i),
      .largest_i(is_max),
      .raw_i(is_raw),
      .count_outside_i(command_q.fields[systoliq_isa_pkg::POST_COUNT_INCLUDE_PAD] != '0),
      .half_even_i(preset == systoliq_isa_pkg::PRESET_ORT_MLAS),
      .zero_point_i(command_q.fields[systoliq_isa_pkg::POST_SOURCE_ZERO_POINT][ActivationBits-1:0]),
      .multiplier_i(is_raw ? 31'd1 : command_q.fields[systoliq_isa_pkg::POST_MULTIPLIER][30:0]),
      .shift_i(command_q.fields[systoliq_isa_pkg::POST_SHIFT]),
      .divisor_i(is_raw ? 31'd1 : command_q.fields[systoliq_isa_pkg::POST_DIVISOR][30:0]),
      .valid_o(pooled_valid),
      .result_o(pooled)
  );

  // Stages 1 to 5, residual add: the first operand waits for the second.
  for (genvar lane = 0; lane < Rows; lane++) begin : gen_add
    logic valid_q;
    logic signed [ActivationBits:0] a_q, b_q;
    logic signed [ActivationBits:0] centered;
    logic signed [ActivationBits:0] source_zero_point;

    assign source_zero_point = inner_1_q == '0 ?
        command_q.fields[systoliq_isa_pkg::POST_SOURCE_ZERO_POINT][ActivationBits:0] :
        command_q.fields[systoliq_isa_pkg::POST_SOURCE2_ZERO_POINT][ActivationBits:0];
    assign centered = (ActivationBits + 1)'($signed(
        activation_read_data_i[ActivationBits*lane+:ActivationBits]
    )) - source_zero_point;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        valid_q <= 1'b0;
        a_q     <= '0;
        b_q     <= '0;
      end else begin
        valid_q <= read_1_q && is_add && last_1_q;
        if (read_1_q && is_add) begin
          if (last_1_q) b_q <= centered;
          else a_q <= centered;
        end
      end
    end

    systoliq_residual_add #(
        .ActivationBits(ActivationBits),
        .ResultBits    (ResultBits)
    ) u_add (
        .clk_i,
        .rst_ni,
        .valid_i         (valid_q),
        .a_i             (a_q),
        .b_i             (b_q),
        .preset_i        (preset),
        .multiplier_a_i  (command_q.fields[systoliq_isa_pkg::POST_MULTIPLIER]),
        .shift_a_i       (command_q.fields[systoliq_isa_pkg::POST_SHIFT]),
        .multiplier_b_i  (command_q.fields[systoliq_isa_pkg::POST_MULTIPLIER2]),
        .shift_b_i       (command_q.fields[systoliq_isa_pkg::POST_SHIFT2]),
        .multiplier_sum_i(command_q.fields[systoliq_isa_pkg::POST_MULTIPLIER3]),
        .shift_sum_i     (command_q.fields[systoliq_isa_pkg::POST_SHIFT3]),
        .valid_o         (added_valid[lane]),
        .result_o        (added[ResultBits*lane+:ResultBits])
    );
  end

  // Stages 1 to 5, look-up.
  systoliq_activation_table #(
      .Rows          (Rows),
      .Cols          (Cols),
      .ActivationBits(ActivationBits),
      .ResultBits    (ResultBits)
  ) u_activation_table (
      .clk_i,
      .rst_ni,
      .valid_i        (read_1_q && is_lookup),
      .activation_i   (activation_read_data_i),
      .table_address_i(command_q.fields[systoliq_isa_pkg::POST_PARAM_ADDRESS]),
      .table_read_o,
      .table_read_address_o,
      .table_read_data_i,
      .valid_o        (looked_up_valid),
      .result_o       (looked_up)
  );

  // Stages 6 and 7.
  logic [Rows*ResultBits-1:0] result;

  always_comb begin
    result = '0;  // fill: the zero point alone
    if (is_requantize) result = (Rows * ResultBits)'(requantized);
    else if (is_max || is_average) result = pooled;
    else if (is_add) result = added;
    else if (is_lookup) result = looked_up;
  end

  systoliq_post_writer #(
      .Rows          (Rows),
      .ActivationBits(ActivationBits),
      .ResultBits    (ResultBits)
  ) u_writer (
      .clk_i,
      .rst_ni,
      .valid_i         (to_6_q.valid),
      .result_i        (result),
      .add_zero_point_i(!is_max && !is_lookup && !is_raw),
      .zero_point_i    (zero_point),
      .clamp_min_i     (command_q.fields[systoliq_isa_pkg::POST_CLAMP_MIN]),
      .clamp_max_i     (command_q.fields[systoliq_isa_pkg::POST_CLAMP_MAX]),
      .write_i         (to_7_q.valid),
      .lane_i          (to_7_q.lane),
      .lanes_i         (to_7_q.lanes),
      .fill_lanes_i    (to_7_q.fill_lanes),
      .activation_write_o,
      .activation_write_data_o,
      .activation_write_mask_o
  );

  assign activation_write_address_o = to_7_q.address;
  assign done_o                     = to_7_q.last;

`ifndef SYNTHESIS
  localparam logic signed [31:0] LargestActivation = 32'sd1 <<< (ActivationBits - 1);

  function automatic logic in_range(input logic signed [31:0] value);
    in_range = value >= -LargestActivation && value < LargestActivation;
  endfunction

  function automatic logic is_add_shift(input logic signed [31:0] value);
    is_add_shift = value >= -32'sd64 && value < 32'sd64;
  endfunction

  always_ff @(posedge clk_i) begin
    if (rst_ni && start) begin
      assert (command_i.fields[systoliq_isa_pkg::POST_OP] <= 32'(systoliq_isa_pkg::POST_OP_FILL))
      else $error("post: unknown operation %0d", command_i.fields[systoliq_isa_pkg::POST_OP]);
      assert (command_i.fields[systoliq_isa_pkg::POST_PRESET] <= 32'(systoliq_isa_pkg::PRESET_POT_HALF_UP))
      else $error("post: unknown preset %0d", command_i.fields[systoliq_isa_pkg::POST_PRESET]);
      assert (in_range(
          command_i.fields[systoliq_isa_pkg::POST_CLAMP_MIN]
      ) && in_range(
          command_i.fields[systoliq_isa_pkg::POST_CLAMP_MAX]
      ) && in_range(
          command_i.fields[systoliq_isa_pkg::POST_SOURCE_ZERO_POINT]
      ) && in_range(
          command_i.fields[systoliq_isa_pkg::POST_SOURCE2_ZERO_POINT]
      ) && in_range(
          command_i.fields[systoliq_isa_pkg::POST_OUTPUT_ZERO_POINT]
      ))
      else $error("post: clamp or zero point outside %0d bits", ActivationBits);
      assert ($signed(
          command_i.fields[systoliq_isa_pkg::POST_HEIGHT]
      ) > 0 && $signed(
          command_i.fields[systoliq_isa_pkg::POST_WIDTH]
      ) > 0)
      else $error("post: no pixels");
      assert ($signed(
          command_i.fields[systoliq_isa_pkg::POST_MULTIPLIER]
      ) >= 0 && $signed(
          command_i.fields[systoliq_isa_pkg::POST_DIVISOR]
      ) >= 0)
      else $error("post: negative multiplier or divisor");
      assert (command_i.fields[systoliq_isa_pkg::POST_OP] != 32'(systoliq_isa_pkg::POST_OP_ADD) ||
              (is_add_shift(
          command_i.fields[systoliq_isa_pkg::POST_SHIFT]
      ) && is_add_shift(
          command_i.fields[systoliq_isa_pkg::POST_SHIFT2]
      ) && is_add_shift(
          command_i.fields[systoliq_isa_pkg::POST_SHIFT3]
      )))
      else $error("post: shift of an add outside -64 to 63");
    end
    if (rst_ni && to_6_q.valid) begin
      // Every unit answers in stage 6.
      assert (is_requantize ? requantized_valid == GroupLanes'((64'd1 << to_6_q.lanes) - 64'd1) :
              is_max || is_average ? pooled_valid : is_add ? added_valid == '1 : !is_lookup || looked_up_valid)
      else $error("post: no result in stage 6");
    end
  end
`endif

endmodule : systoliq_post
