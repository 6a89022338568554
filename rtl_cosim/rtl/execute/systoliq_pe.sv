// SPDX-License-Identifier: Apache-2.0
// One processing element of the weight stationary array.
//
// Theory of operation: every cycle the PE multiplies the activation that comes from the left by its
// weight, adds the product to the partial sum from above with the overflow policy, and registers
// the sum for the PE below and the activation for the PE to the right. A second, shadow weight is
// written from the column's bus while the first works; `swap_i`, which travels with the first pixel
// of a pass, makes the shadow the weight in that very cycle. The next weight may be written to the
// shadow in the same cycle as the swap.

module systoliq_pe #(
    /// Bits of an activation, signed.
    parameter int unsigned ActivationBits  = 8,
    /// Bits of a decoded weight, signed.
    parameter int unsigned OperandBits     = 9,
    /// Bits of a partial sum, signed.
    parameter int unsigned AccumulatorBits = 32,
    /// Overflow of a partial sum: 0 wraps, 1 saturates.
    parameter bit          Saturate        = 1'b0
) (
    input logic clk_i,
    input logic rst_ni,

    /// From the left: an activation, and whether a pass begins with it.
    input  logic [ActivationBits-1:0] activation_i,
    input  logic                      swap_i,
    /// The same one cycle later, to the right.
    output logic [ActivationBits-1:0] activation_o,
    output logic                      swap_o,

    /// The column's bus of decoded weights; this PE's row is the addressed one.
    input logic                   load_i,
    input logic [OperandBits-1:0] operand_i,

    /// The partial sum from above, and the one to below, one cycle later.
    input  logic [AccumulatorBits-1:0] sum_i,
    output logic [AccumulatorBits-1:0] sum_o
);

  localparam int unsigned ProductBits = ActivationBits + OperandBits;

  logic [OperandBits-1:0] weight_q, weight_d, shadow_q;
  logic [ActivationBits-1:0] activation_q;
  logic                      swap_q;
  logic [AccumulatorBits-1:0] sum_d, sum_q;
  logic signed [ProductBits-1:0] activation, operand, product;

  assign weight_d = swap_i ? shadow_q : weight_q;

  assign activation = ProductBits'(signed'(activation_i));
  assign operand    = ProductBits'(signed'(weight_d));
  assign product    = activation * operand;

  if (Saturate) begin : gen_saturate
    localparam int unsigned LongerBits =
        ProductBits > AccumulatorBits ? ProductBits : AccumulatorBits;
    localparam int unsigned TotalBits = LongerBits + 1;
    logic [TotalBits-1:0] total;
    logic                 unused_overflow;

    assign total = TotalBits'(signed'(sum_i)) + TotalBits'(product);
    systoliq_narrow #(
        .InBits  (TotalBits),
        .OutBits (AccumulatorBits),
        .Saturate(1'b1)
    ) u_narrow (
        .value_i   (total),
        .narrowed_o(sum_d),
        .overflow_o(unused_overflow)
    );
  end else begin : gen_wrap
    // The low bits of the sum need only the low bits of the product.
    assign sum_d = sum_i + AccumulatorBits'(product);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      weight_q     <= '0;
      shadow_q     <= '0;
      activation_q <= '0;
      swap_q       <= 1'b0;
      sum_q        <= '0;
    end else begin
      weight_q     <= weight_d;
      activation_q <= activation_i;
      swap_q       <= swap_i;
      sum_q        <= sum_d;
      if (load_i) shadow_q <= operand_i;
    end
  end

  assign activation_o = activation_q;
  assign swap_o       = swap_q;
  assign sum_o        = sum_q;

endmodule : systoliq_pe
