// SPDX-License-Identifier: Apache-2.0
// Sound and faulty POST engine under the same legal commands: what the unit's assertions ask for holds, and counts are no
// larger than buffers of 4096 words allow. A neighbour sees an address only with its enable, a lane only with its mask.

module proof (
  input  logic          clk_i,
  input  logic [15:0]   fault_i,
  input  logic          command_valid_i,
  input  logic          granted_i,
  input  logic [2047:0] command_i,
  input  logic [79:0]   accumulators_i,
  input  logic [511:0]  params_i,
  input  logic [1535:0] tables_i,
  input  logic [17:0]   activations_i,
  output logic          differ_o
);

  logic          started_q;  // 0 in the first cycle, which resets both
  logic [2047:0] command;
  initial started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  function automatic logic [31:0] activation(input logic [5:0] value);
    activation = {{26{value[5]}}, value};
  endfunction

  // Fields in the order of model/isa/command.h.
  always_comb begin
    command = command_i;
    command[32*0+:32]  = {29'd0, command_i[2:1] == 2'b11 ? 3'd0 : command_i[2:0]};            // op
    command[32*1+:32]  = {28'd0, command_i[32*1+3] ? 4'd8 : command_i[32*1+:4]};              // preset
    command[32*5+:32]  = {20'd0, command_i[32*5+:12]};                                        // source_height
    command[32*6+:32]  = {20'd0, command_i[32*6+:12]};                                        // source_width
    command[32*7+:32]  = activation(command_i[32*7+:6]);                                      // source_zero_point
    command[32*10+:32] = activation(command_i[32*10+:6]);                                     // source2_zero_point
    command[32*14+:32] = activation(command_i[32*14+:6]);                                     // output_zero_point
    command[32*15+:32] = activation(command_i[32*15+:6]);                                     // clamp_min
    command[32*16+:32] = activation(command_i[32*16+:6]);                                     // clamp_max
    command[32*17+:32] = {20'd0, command_i[32*17+:12]} + 32'd1;                               // height
    command[32*18+:32] = {20'd0, command_i[32*18+:12]} + 32'd1;                               // width
    command[32*19+:32] = {20'd0, command_i[32*19+:12]} + 32'd1;                               // blocks
    command[32*20+:32] = {18'd0, command_i[32*20+:14]};                                       // channel_offset
    command[32*21+:32] = {30'd0, command_i[32*21+:2]} + 32'd1;                                // channels
    command[32*22+:32] = {30'd0, command_i[32*22+:2] == 2'd3 ? 2'd0 : command_i[32*22+:2]};   // fill_lanes
    command[32*24+:32] = {22'd0, command_i[32*24+:10]} + 32'd1;                               // kernel_height
    command[32*25+:32] = {22'd0, command_i[32*25+:10]} + 32'd1;                               // kernel_width
    command[32*30+:32] = {31'd0, command_i[32*30]};                                           // count_include_pad
    command[32*31+:32] = {1'b0, command_i[32*31+:31]};                                        // multiplier
    command[32*33+:32] = {1'b0, command_i[32*33+:31]};                                        // multiplier2
    command[32*35+:32] = {1'b0, command_i[32*35+:31]};                                        // multiplier3
    command[32*37+:32] = {1'b0, command_i[32*37+:30], 1'b1};                                  // divisor
  end

  logic [1:0]       ready, done, busy, read_accumulator, read_param, read_table, read_activation, write;
  logic [2*16-1:0]  signal;
  logic [2*32-1:0]  at_accumulator, at_param, at_activation, at_write;
  logic [2*96-1:0]  at_table;
  logic [2*36-1:0]  data;
  logic [2*6-1:0]   mask;
  logic [5:0]       lanes;

  for (genvar i = 0; i < 2; i++) begin : g_unit
    systoliq_post u_unit (
      .mutsel(i == 0 ? 16'd0 : fault_i), .clk_i(clk_i), .rst_ni(started_q), .command_valid_i(command_valid_i),
      .command_i(command), .granted_i(granted_i), .command_ready_o(ready[i]), .done_o(done[i]),
      .done_signal_o(signal[16*i+:16]), .busy_o(busy[i]),
      .accumulator_read_o(read_accumulator[i]), .accumulator_read_address_o(at_accumulator[32*i+:32]),
      .accumulator_read_data_i(accumulators_i),
      .param_read_o(read_param[i]), .param_read_address_o(at_param[32*i+:32]), .param_read_data_i(params_i),
      .table_read_o(read_table[i]), .table_read_address_o(at_table[96*i+:96]), .table_read_data_i(tables_i),
      .activation_read_o(read_activation[i]), .activation_read_address_o(at_activation[32*i+:32]),
      .activation_read_data_i(activations_i),
      .activation_write_o(write[i]), .activation_write_address_o(at_write[32*i+:32]),
      .activation_write_data_o(data[36*i+:36]), .activation_write_mask_o(mask[6*i+:6])
    );
  end

  for (genvar lane = 0; lane < 6; lane++) begin : g_lane
    assign lanes[lane] = mask[lane] && data[6*lane+:6] != data[36+6*lane+:6];
  end

  // Of no interest once the sound unit leaves its buffers: no command does.
  logic outside, outside_q;
  initial outside_q = 1'b0;
  assign outside = outside_q || (read_accumulator[0] && at_accumulator[31:6] != '0) ||
      (read_param[0] && at_param[31:5] != '0) || (read_activation[0] && at_activation[31:12] != '0) ||
      (write[0] && at_write[31:12] != '0) ||
      (read_table[0] && (at_table[31:5] != '0 || at_table[63:37] != '0 || at_table[95:69] != '0));
  always_ff @(posedge clk_i) outside_q <= started_q && outside;

  assign differ_o = started_q && !outside &&
      (ready[0] != ready[1] || done[0] != done[1] || busy[0] != busy[1] ||
       (done[0] && signal[15:0] != signal[31:16]) ||
       read_accumulator[0] != read_accumulator[1] ||
       (read_accumulator[0] && at_accumulator[31:0] != at_accumulator[63:32]) ||
       read_param[0] != read_param[1] || (read_param[0] && at_param[31:0] != at_param[63:32]) ||
       read_table[0] != read_table[1] || (read_table[0] && at_table[95:0] != at_table[191:96]) ||
       read_activation[0] != read_activation[1] ||
       (read_activation[0] && at_activation[31:0] != at_activation[63:32]) ||
       write[0] != write[1] ||
       (write[0] && (at_write[31:0] != at_write[63:32] || mask[5:0] != mask[11:6] || lanes != '0)));

endmodule
