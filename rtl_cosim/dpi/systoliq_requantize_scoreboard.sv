// SPDX-License-Identifier: Apache-2.0
// Scoreboard of a requantization unit in SystemVerilog: watches its pins, asks the model through
// DPI for every input and compares results in order, whatever the latency. Verification code: it
// uses a queue and is not synthesizable.

module systoliq_requantize_scoreboard #(
    parameter int unsigned AccumulatorBits = 32,
    parameter int unsigned ResultBits = 34
) (
    input  logic                              clk_i,
    input  logic                              rst_ni,
    /// Inputs that the unit takes in this cycle.
    input  logic                              valid_i,
    input  logic        [                3:0] preset_i,
    input  logic signed [AccumulatorBits-1:0] accumulator_i,
    input  logic signed [               31:0] multiplier_i,
    input  logic signed [               31:0] shift_i,
    /// Results that the unit gives in this cycle.
    input  logic                              result_valid_i,
    input  logic signed [     ResultBits-1:0] result_i,
    output int unsigned                       checks_o,
    output int unsigned                       mismatches_o
);

  localparam longint Highest = (64'sd1 <<< (ResultBits - 1)) - 64'sd1;

  longint expected_q[$];
  int unsigned checks_q, mismatches_q;

  function automatic longint limited(input longint value);
    limited = value > Highest ? Highest : value < -Highest - 64'sd1 ? -Highest - 64'sd1 : value;
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    longint expected;
    if (!rst_ni) begin
      checks_q     <= 0;
      mismatches_q <= 0;
      expected_q.delete();
    end else begin
      if (valid_i) begin
        expected_q.push_back(limited(
                             systoliq_dpi_pkg::sq_requantize(
                                 int'(preset_i), longint'(accumulator_i), multiplier_i, shift_i)
                             ));
      end
      if (result_valid_i) begin
        checks_q <= checks_q + 1;
        expected = 0;
        if (expected_q.size() != 0) expected = expected_q.pop_front();
        else mismatches_q <= mismatches_q + 1;
        if (longint'(result_i) != expected) begin
          mismatches_q <= mismatches_q + 1;
          if (mismatches_q == 0)
            $display("requantize: expected %0d, found %0d", expected, result_i);
        end
      end
    end
  end

  assign checks_o     = checks_q;
  assign mismatches_o = mismatches_q;

endmodule : systoliq_requantize_scoreboard
