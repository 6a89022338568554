// SPDX-License-Identifier: Apache-2.0
// Sound and faulty compute core under the same legal commands: whatever the unit's assertions ask for holds, and counts
// are no larger than the buffers of units.toml allow. A neighbour sees an address only with its enable.

module proof (
  input  logic          clk_i,
  input  logic [15:0]   fault_i,
  input  logic          command_valid_i,
  input  logic          granted_i,
  input  logic [2047:0] command_i,
  input  logic [31:0]   activations_i,
  input  logic [31:0]   weights_i,
  input  logic [79:0]   accumulators_i,
  input  logic [511:0]  params_i,
  output logic          differ_o
);

  logic          started_q;  // 0 in the first cycle, which resets both
  logic [2047:0] command;
  initial started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  // Fields in the order of model/isa/command.h.
  always_comb begin
    command = command_i;
    command[32*6+:32]  = {23'd0, command_i[32*6+:9]} | 32'd1;                             // input_blocks
    command[32*7+:32]  = {30'd0, command_i[32*7+:2]} + 32'd1;                             // last_block_lanes
    command[32*8+:32]  = {26'd0, command_i[32*8+:6]} + 32'd1;                             // output_height
    command[32*9+:32]  = {26'd0, command_i[32*9+:6]} + 32'd1;                             // output_width
    command[32*10+:32] = {23'd0, command_i[32*10+:9]} + 32'd1;                            // kernel_height
    command[32*11+:32] = {23'd0, command_i[32*11+:9]} + 32'd1;                            // kernel_width
    command[32*18+:32] = {{24{command_i[32*18+7]}}, command_i[32*18+:8]};                 // pad_value
    command[32*19+:32] = {23'd0, command_i[32*19+:9]};                                    // weight_address
    command[32*20+:32] = {{24{command_i[32*20+7]}}, command_i[32*20+:8]};                 // weight_zero_point
    command[32*21+:32] = {26'd0, command_i[32*21+:6]};                                    // accumulator_address
    command[32*22+:32] = command_i[32*22+:7] >= 7'd80 ? 32'd0 : {25'd0, command_i[32*22+:7]};  // param_address
    command[32*23+:32] = {31'd0, command_i[32*23]};                                       // init
    command[32*24+:32] = {30'd0, command_i[32*24+:2]} + 32'd1;                            // valid_columns
  end

  logic [1:0]      ready, done, busy, read_activation, read_weight, read_accumulator, read_param, write;
  logic [2*16-1:0] signal;
  logic [2*32-1:0] at_activation, at_weight, at_accumulator, at_param, at_write;
  logic [2*80-1:0] data;

  for (genvar i = 0; i < 2; i++) begin : g_unit
    systoliq_execute u_unit (
      .mutsel(i == 0 ? 16'd0 : fault_i), .clk_i(clk_i), .rst_ni(started_q), .command_valid_i(command_valid_i),
      .command_i(command), .granted_i(granted_i), .command_ready_o(ready[i]), .done_o(done[i]),
      .done_signal_o(signal[16*i+:16]), .busy_o(busy[i]),
      .activation_read_o(read_activation[i]), .activation_read_address_o(at_activation[32*i+:32]),
      .activation_read_data_i(activations_i),
      .weight_read_o(read_weight[i]), .weight_read_address_o(at_weight[32*i+:32]), .weight_read_data_i(weights_i),
      .accumulator_read_o(read_accumulator[i]), .accumulator_read_address_o(at_accumulator[32*i+:32]),
      .accumulator_read_data_i(accumulators_i),
      .accumulator_write_o(write[i]), .accumulator_write_address_o(at_write[32*i+:32]),
      .accumulator_write_data_o(data[80*i+:80]),
      .param_read_o(read_param[i]), .param_read_address_o(at_param[32*i+:32]), .param_read_data_i(params_i)
    );
  end

  assign differ_o = started_q &&
      (ready[0] != ready[1] || done[0] != done[1] || busy[0] != busy[1] ||
       (done[0] && signal[15:0] != signal[31:16]) ||
       read_activation[0] != read_activation[1] ||
       (read_activation[0] && at_activation[31:0] != at_activation[63:32]) ||
       read_weight[0] != read_weight[1] || (read_weight[0] && at_weight[31:0] != at_weight[63:32]) ||
       read_accumulator[0] != read_accumulator[1] ||
       (read_accumulator[0] && at_accumulator[31:0] != at_accumulator[63:32]) ||
       read_param[0] != read_param[1] || (read_param[0] && at_param[31:0] != at_param[63:32]) ||
       write[0] != write[1] ||
       (write[0] && (at_write[31:0] != at_write[63:32] || data[79:0] != data[159:80])));

endmodule
