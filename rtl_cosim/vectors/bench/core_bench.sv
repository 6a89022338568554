// SPDX-License-Identifier: Apache-2.0
// Self-checking test bench of the compute core with the vectors of `systoliq vectors`
// (docs/vectors.md): every EXECUTE with the buffer words that it reads, all other words unknown;
// then the accumulators, the cycles, and every write.
//
// +vectors=DIR names the folder (default: the current one); +any_cycles leaves out the check of
// cycles. Prints PASS and ends, or FAIL and $fatal. SYSTOLIQ_PLAIN_VERILOG: the core is a netlist
// whose parameters are set already.
`timescale 1ns / 1ps

module core_bench;

  `include "parameters.svh"

  localparam integer ActivationWidth = Rows * ActivationBits;
  localparam integer WeightWidth = Cols * WeightBits;
  localparam integer AccumulatorWidth = Cols * AccumulatorBits;
  localparam integer ParamWidth = Cols * 128;
  localparam integer Patience = 1000;

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  always #5 clk = ~clk;

  // Buffers: a word comes in the cycle after its address.
  reg [ActivationWidth-1:0]  activations [0:ActivationWords-1];
  reg [WeightWidth-1:0]      weights [0:WeightWords-1];
  reg [AccumulatorWidth-1:0] accumulators [0:AccumulatorWords-1];
  reg [AccumulatorWidth-1:0] expected [0:AccumulatorWords-1];
  reg [ParamWidth-1:0]       params [0:ParamWords-1];
  reg [31:0]                 words [0:63];
  reg [127:0]                cases [0:CoreCases-1];

  reg  [2015:0] command;
  reg           command_valid = 1'b0;
  wire          command_ready, done, busy;
  wire [15:0]   done_signal;
  wire          activation_read, weight_read, accumulator_read, accumulator_write, param_read;
  wire [31:0]   activation_address, weight_address, accumulator_address;
  wire [31:0]   write_address, param_address;
  reg  [ActivationWidth-1:0]  activation_data;
  reg  [WeightWidth-1:0]      weight_data;
  reg  [AccumulatorWidth-1:0] accumulator_data;
  reg  [ParamWidth-1:0]       param_data;
  wire [AccumulatorWidth-1:0] write_data;

  systoliq_execute
`ifndef SYSTOLIQ_PLAIN_VERILOG
  #(
    .Rows            (Rows),
    .Cols            (Cols),
    .ActivationBits  (ActivationBits),
    .WeightBits      (WeightBits),
    .AccumulatorBits (AccumulatorBits),
    .Saturate        (Saturate != 0),
    .ActivationWords (ActivationWords),
    .WeightWords     (WeightWords),
    .AccumulatorWords(AccumulatorWords),
    .ParamWords      (ParamWords),
    .Dataflow        (Dataflow),
    .Codebook        (Codebook != 0),
    .CodebookBits    (CodebookBits)
  )
`endif
  dut (
    .clk_i                      (clk),
    .rst_ni                     (rst_n),
    .command_valid_i            (command_valid),
    .command_i                  (command),
    .granted_i                  (1'b1),
    .drop_i                     (1'b0),
    .stream_wait_o              (),
    .stream_granted_i           (1'b1),
    .stream_take_o              (),
    .command_ready_o            (command_ready),
    .done_o                     (done),
    .done_signal_o              (done_signal),
    .busy_o                     (busy),
    .activation_read_o          (activation_read),
    .activation_read_address_o  (activation_address),
    .activation_read_data_i     (activation_data),
    .weight_read_o              (weight_read),
    .weight_read_address_o      (weight_address),
    .weight_read_data_i         (weight_data),
    .accumulator_read_o         (accumulator_read),
    .accumulator_read_address_o (accumulator_address),
    .accumulator_read_data_i    (accumulator_data),
    .accumulator_write_o        (accumulator_write),
    .accumulator_write_address_o(write_address),
    .accumulator_write_data_o   (write_data),
    .param_read_o               (param_read),
    .param_read_address_o       (param_address),
    .param_read_data_i          (param_data)
  );

  integer case_number = 0, failures = 0, cycles = 0, i, words_checked = 0;
  reg [31:0] first_word, word_count;
  reg [63:0] expected_cycles;
  reg any_cycles;
  reg [8*256-1:0] folder;
  reg [8*300-1:0] path;

  always @(posedge clk) begin
    if (activation_read) activation_data <= activations[activation_address];
    if (weight_read) weight_data <= weights[weight_address];
    if (accumulator_read) accumulator_data <= accumulators[accumulator_address];
    if (param_read) param_data <= params[param_address];
    if (rst_n && ^{accumulator_write, done, busy} === 1'bx) begin
      failures = failures + 1;
      if (failures <= 10)
        $display("case %0d: accumulator_write_o, done_o or busy_o is unknown", case_number);
    end
    if (accumulator_write) begin
      accumulators[write_address] = write_data;  // after the read above: it sees the word before
      // Nor at an unknown address.
      if (!(write_address >= first_word && write_address < first_word + word_count)) begin
        failures = failures + 1;
        $display("case %0d: accumulator word %0d is written, outside of the command's",
                 case_number, write_address);
      end
    end
  end

  initial begin
    if (!$value$plusargs("vectors=%s", folder)) folder = ".";
    any_cycles = $test$plusargs("any_cycles") != 0;
    for (i = 0; i < CoreCases; i = i + 1) cases[i] = {128{1'bx}};
    $readmemh($sformatf("%0s/core/cases.hex", folder), cases, 0, CoreCases - 1);
    for (i = 0; i < CoreCases; i = i + 1)
      if (^cases[i] === 1'bx) refuse("cases.hex does not give all cases");
    if (CoreCases < 1) refuse("there are no cases");
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
    for (case_number = 0; case_number < CoreCases; case_number = case_number + 1) run_case;
    if (failures == 0) begin
      $display("PASS: core, %0d commands, %0d accumulator words", CoreCases, words_checked);
      $finish;
    end else begin
      $display("FAIL: core, %0d differences in %0d commands", failures, CoreCases);
      $fatal(1);
    end
  end

  // A word of a file that is missing or too short is still unknown.
  task refuse(input [8*80-1:0] what);
    begin
      $display("FAIL: core, case %0d: %0s", case_number, what);
      $fatal(1);
    end
  endtask

  task load_case;
    begin
      for (i = 0; i < 64; i = i + 1) words[i] = 32'bx;
      for (i = 0; i < ActivationWords; i = i + 1) activations[i] = {ActivationWidth{1'bx}};
      for (i = 0; i < WeightWords; i = i + 1) weights[i] = {WeightWidth{1'bx}};
      for (i = 0; i < AccumulatorWords; i = i + 1) accumulators[i] = {AccumulatorWidth{1'bx}};
      for (i = 0; i < AccumulatorWords; i = i + 1) expected[i] = {AccumulatorWidth{1'bx}};
      for (i = 0; i < ParamWords; i = i + 1) params[i] = {ParamWidth{1'bx}};
      $sformat(path, "%0s/core/case%04d", folder, case_number);
      $readmemh($sformatf("%0s/command.hex", path), words, 0, 63);
      $readmemh($sformatf("%0s/activations.hex", path), activations);
      $readmemh($sformatf("%0s/weights.hex", path), weights);
      $readmemh($sformatf("%0s/params.hex", path), params);
      $readmemh($sformatf("%0s/accumulators.hex", path), accumulators);
      $readmemh($sformatf("%0s/expected.hex", path), expected);
      {expected_cycles, first_word, word_count} = cases[case_number];
      check_case;
      // The semaphores waited for, those signaled, the layer, and words 63 to 3.
      command = {1952'b0, words[1][15:0], words[1][31:16], words[2]};
      for (i = 63; i >= 3; i = i - 1) command = {command[1983:0], words[i]};
    end
  endtask

  // Of the buffers that a command reads, unknown words come out of the accumulators; here those
  // that it may not read.
  task check_case;
    reg any_activation, any_weight, any_param;
    begin
      for (i = 0; i < 64; i = i + 1)
        if (^words[i] === 1'bx) refuse("command.hex does not give 64 words");
      any_activation = 1'b0;
      any_weight     = 1'b0;
      any_param      = 1'b0;
      for (i = 0; i < ActivationWords; i = i + 1)
        if (^activations[i] !== 1'bx) any_activation = 1'b1;
      for (i = 0; i < WeightWords; i = i + 1) if (^weights[i] !== 1'bx) any_weight = 1'b1;
      for (i = 0; i < ParamWords; i = i + 1) if (^params[i] !== 1'bx) any_param = 1'b1;
      if (!any_activation) refuse("activations.hex gives no word");
      if (!any_weight) refuse("weights.hex gives no word");
      if (!any_param) refuse("params.hex gives no word");
      if (word_count < 1 || first_word + word_count > AccumulatorWords)
        refuse("cases.hex: accumulators out of range");
      for (i = first_word; i < first_word + word_count; i = i + 1) begin
        if (^accumulators[i] === 1'bx)
          refuse("accumulators.hex does not give all accumulators before the command");
        if (^expected[i] === 1'bx)
          refuse("expected.hex does not give all accumulators after the command");
      end
    end
  endtask

  task run_case;
    begin
      load_case;
      @(negedge clk);
      command_valid = 1'b1;
      #1;  // outputs may follow inputs in the same cycle
      cycles = 1;
      while (command_ready !== 1'b1 && cycles < Patience) begin
        @(negedge clk);
        #1;
        cycles = cycles + 1;
      end
      cycles = 1;
      while (done !== 1'b1 && cycles < expected_cycles + Patience) begin
        @(negedge clk);
        command_valid = 1'b0;
        #1;
        cycles = cycles + 1;
      end
      if (done !== 1'b1) begin
        failures = failures + 1;
        $display("case %0d: not ended after %0d cycles, expected %0d",
                 case_number, cycles, expected_cycles);
      end else if (!any_cycles && {32'd0, cycles} !== expected_cycles) begin
        failures = failures + 1;
        $display("case %0d: expected %0d cycles, found %0d", case_number, expected_cycles, cycles);
      end
      if (done === 1'b1 && done_signal !== words[1][31:16]) begin
        failures = failures + 1;
        $display("case %0d: signals %h, expected %h", case_number, done_signal, words[1][31:16]);
      end
      @(negedge clk);
      check_accumulators;
    end
  endtask

  task check_accumulators;
    integer pixel, column;
    begin
      for (pixel = first_word; pixel < first_word + word_count; pixel = pixel + 1) begin
        words_checked = words_checked + 1;
        for (column = 0; column < Cols; column = column + 1) begin
          if (accumulators[pixel][column*AccumulatorBits+:AccumulatorBits] !==
              expected[pixel][column*AccumulatorBits+:AccumulatorBits]) begin
            failures = failures + 1;
            if (failures <= 10) begin
              $display("case %0d: pixel %0d column %0d: expected %0d, found %0d",
                       case_number, pixel - first_word, column,
                       $signed(expected[pixel][column*AccumulatorBits+:AccumulatorBits]),
                       $signed(accumulators[pixel][column*AccumulatorBits+:AccumulatorBits]));
            end
          end
        end
      end
    end
  endtask

endmodule
