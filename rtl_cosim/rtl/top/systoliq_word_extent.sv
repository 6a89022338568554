// SPDX-License-Identifier: Apache-2.0
// Whether the words that a walk over three dimensions reaches leave a buffer: from an address on,
// `count` words in each dimension, a pitch apart, which may be negative. A part of the decoder's
// checks.

module systoliq_word_extent #(
    /// Words of the buffer.
    parameter int unsigned Words = 8192
) (
    input  logic signed [63:0] address_i,
    input  logic signed [63:0] rows_i,
    input  logic signed [63:0] row_pitch_i,
    input  logic signed [63:0] pixels_i,
    input  logic signed [63:0] pixel_pitch_i,
    input  logic signed [63:0] blocks_i,
    input  logic signed [63:0] block_pitch_i,
    output logic               leaves_o
);

  typedef logic signed [63:0] number_t;

  localparam logic signed [63:0] WholeWords = 64'(Words);

  // How far the last word of each dimension is from the first.
  number_t row_step, pixel_step, block_step, lowest, highest;
  function automatic logic signed [63:0] below(input logic signed [63:0] step);
    below = step < 64'sd0 ? step : 64'sd0;
  endfunction
  function automatic logic signed [63:0] above(input logic signed [63:0] step);
    above = step > 64'sd0 ? step : 64'sd0;
  endfunction
  assign row_step   = (rows_i - 64'sd1) * row_pitch_i;
  assign pixel_step = (pixels_i - 64'sd1) * pixel_pitch_i;
  assign block_step = (blocks_i - 64'sd1) * block_pitch_i;
  assign lowest     = address_i + below(row_step) + below(pixel_step) + below(block_step);
  assign highest    = address_i + above(row_step) + above(pixel_step) + above(block_step);
  assign leaves_o   = lowest < 64'sd0 || highest >= WholeWords;

endmodule : systoliq_word_extent
