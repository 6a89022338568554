// SPDX-License-Identifier: Apache-2.0
// Self-checking test bench of a requantization unit with the vectors of `systoliq vectors`
// (docs/vectors.md): a vector a cycle, one cycle in eight left out, results in order whatever the
// unit's latency.
//
// +vectors=DIR names the folder (default: the current one). Prints PASS and ends, or FAIL and
// $fatal. SYSTOLIQ_PLAIN_VERILOG: the unit is a netlist whose parameters are set already.
`timescale 1ns / 1ps

module requantize_bench;

  `include "parameters.svh"

  localparam integer VectorBits = 328;
  localparam integer ResultBits = 34;
  localparam integer Patience = 1000;
  localparam signed [63:0] Highest = (64'sd1 <<< (ResultBits - 1)) - 64'sd1;

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  always #5 clk = ~clk;

  reg  [VectorBits-1:0] vectors [0:UnitVectors-1];
  reg  [VectorBits-1:0] stimulus, answered;
  reg                   valid = 1'b0;
  wire                  result_valid;
  wire signed [ResultBits-1:0] result;

  systoliq_requantize
`ifndef SYSTOLIQ_PLAIN_VERILOG
  #(
    .AccumulatorBits(AccumulatorBits),
    .MultiplierBits (MultiplierBits),
    .ResultBits     (ResultBits)
  )
`endif
  dut (
    .clk_i        (clk),
    .rst_ni       (rst_n),
    .valid_i      (valid),
    .preset_i     (stimulus[323:320]),
    .accumulator_i(stimulus[256+:AccumulatorBits]),
    .multiplier_i (stimulus[255:224]),
    .shift_i      (stimulus[223:192]),
    .valid_o      (result_valid),
    .result_o     (result)
  );

  // What the next result should be, limited as the unit limits it, and the activation that follows
  // from it.
  reg signed [63:0] expected;
  reg signed [63:0] activation;
  reg signed [31:0] zero_point, clamp_min, clamp_max, expected_activation;

  integer sent = 0, checked = 0, failures = 0, idle = 0, cycle = 0;
  reg [8*256-1:0] folder;

  // A word of a file that is missing or too short is still unknown.
  task load_vectors;
    integer i;
    begin
      for (i = 0; i < UnitVectors; i = i + 1) vectors[i] = {VectorBits{1'bx}};
      $readmemh($sformatf("%0s/unit/requantize.hex", folder), vectors, 0, UnitVectors - 1);
      for (i = 0; i < UnitVectors && failures == 0; i = i + 1) begin
        if (^vectors[i] === 1'bx) begin
          failures = 1;
          $write("FAIL: requantize, %0s/unit/requantize.hex does not give all of vector %0d; ",
                 folder, i);
          $display("it must have %0d", UnitVectors);
          $fatal(1);
        end
      end
      if (UnitVectors < 1) begin
        $display("FAIL: requantize, there are no vectors");
        $fatal(1);
      end
    end
  endtask

  initial begin
    if (!$value$plusargs("vectors=%s", folder)) folder = ".";
    load_vectors;
    stimulus = vectors[0];
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
    while (checked < UnitVectors && idle < Patience) begin
      @(negedge clk);
      idle  = idle + 1;
      cycle = cycle + 1;
      if (result_valid === 1'b1) begin
        check_result;
      end else if (result_valid !== 1'b0) begin
        failures = failures + 1;
        if (failures <= 10) $display("cycle %0d: valid_o is unknown", cycle);
      end
      valid = sent < UnitVectors && cycle % 8 != 0;
      if (valid) begin
        stimulus = vectors[sent];
        sent = sent + 1;
      end
    end
    if (checked < UnitVectors) begin
      failures = failures + 1;
      $display("no result for %0d cycles: %0d of %0d vectors answered",
               Patience, checked, UnitVectors);
    end
    if (failures == 0) begin
      $display("PASS: requantize, %0d vectors", checked);
      $finish;
    end else begin
      $display("FAIL: requantize, %0d of %0d vectors differ", failures, UnitVectors);
      $fatal(1);
    end
  end

  task check_result;
    begin
      idle     = 0;
      answered = vectors[checked];
      expected = answered[95:32];
      if (expected > Highest) expected = Highest;
      if (expected < -Highest - 64'sd1) expected = -Highest - 64'sd1;
      zero_point          = answered[191:160];
      clamp_min           = answered[159:128];
      clamp_max           = answered[127:96];
      expected_activation = answered[31:0];
      activation = result;
      activation = activation + zero_point;
      if (activation < clamp_min) activation = clamp_min;
      if (activation > clamp_max) activation = clamp_max;
      if (result !== expected[ResultBits-1:0] || activation !== expected_activation) begin
        failures = failures + 1;
        if (failures <= 10) begin
          $write("vector %0d: preset %0d accumulator %0d multiplier %0d shift %0d: ", checked,
                 answered[323:320], $signed(answered[319:256]), $signed(answered[255:224]),
                 $signed(answered[223:192]));
          $display("expected %0d (activation %0d), found %0d (activation %0d)", expected,
                   expected_activation, result, activation);
        end
      end
      checked = checked + 1;
    end
  endtask

endmodule
