// SPDX-License-Identifier: Apache-2.0
// One processing element of the output stationary array.
//
// Theory of operation: activations come from the left, weights from above; both are registered for
// the neighbors. Where `valid_i` is set their product is added to the accumulator with the overflow
// policy; where `first_i` is set the sum starts from the start register instead, which has been
// written from the column's bus before. `take_i` copies the accumulator, complete and perhaps about
// to be replaced in that very cycle, into the drain register, from where it leaves the array while
// the next group is summed.

module systoliq_output_pe #(
    /// Bits of an activation, signed.
    parameter int unsigned ActivationBits  = 8,
    /// Bits of a decoded weight, signed.
    parameter int unsigned OperandBits     = 9,
    /// Bits of an accumulator, signed.
    parameter int unsigned AccumulatorBits = 32,
    /// Overflow of an accumulator: 0 wraps, 1 saturates.
    parameter bit          Saturate        = 1'b0,
    /// Bits of a start value, signed; more than an accumulator and a product have.
    parameter int unsigned StartBits       = 33
) (
    input logic clk_i,
    input logic rst_ni,

    /// From the left, and one cycle later to the right: an activation, whether there is a product,
    /// whether it is the first of a group of pixels, whether a group is complete.
    input  logic [ActivationBits-1:0] activation_i,
    input  logic                      valid_i,
    input  logic                      first_i,
    input  logic                      take_i,
    output logic [ActivationBits-1:0] activation_o,
    output logic                      valid_o,
    output logic                      first_o,
    output logic                      take_o,

    /// From above, and one cycle later to below: a weight.
    input  logic [OperandBits-1:0] operand_i,
    output logic [OperandBits-1:0] operand_o,

    /// The column's bus of start values; this PE's row is the addressed one.
    input  logic                       start_write_i,
    input  logic [      StartBits-1:0] start_i,
    /// The sum of a complete group.
    output logic [AccumulatorBits-1:0] drain_o
);

  localparam int unsigned ProductBits = ActivationBits + OperandBits;

  logic [ActivationBits-1:0] activation_q;
  logic [   OperandBits-1:0] operand_q;
  logic valid_q, first_q, take_q;
  logic [AccumulatorBits-1:0] accumulator_d, accumulator_q, drain_q;
  logic [StartBits-1:0] start_q;
  logic signed [ProductBits-1:0] activation, operand, product;
  logic signed [StartBits-1:0] held;
  logic signed [  StartBits:0] total;
  logic                        unused_overflow;

  assign activation = ProductBits'(signed'(activation_i));
  assign operand    = ProductBits'(signed'(operand_i));
  assign product    = activation * operand;

  assign held  = first_i ? start_q : StartBits'(signed'(accumulator_q));
  assign total = (StartBits + 1)'(held) + (StartBits + 1)'(product);

  systoliq_narrow #(
      .InBits  (StartBits + 1),
      .OutBits (AccumulatorBits),
      .Saturate(Saturate)
  ) u_narrow (
      .value_i   (total),
      .narrowed_o(accumulator_d),
      .overflow_o(unused_overflow)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      activation_q  <= '0;
      operand_q     <= '0;
      valid_q       <= 1'b0;
      first_q       <= 1'b0;
      take_q        <= 1'b0;
      start_q       <= '0;
      accumulator_q <= '0;
      drain_q       <= '0;
    end else begin
      activation_q <= activation_i;
      operand_q    <= operand_i;
      valid_q      <= valid_i;
      first_q      <= first_i;
      take_q       <= take_i;
      if (start_write_i) start_q <= start_i;
      if (valid_i) accumulator_q <= accumulator_d;
      if (take_i) drain_q <= accumulator_q;
    end
  end

  assign activation_o = activation_q;
  assign operand_o    = operand_q;
  assign valid_o      = valid_q;
  assign first_o      = first_q;
  assign take_o       = take_q;
  assign drain_o      = drain_q;

endmodule : systoliq_output_pe
