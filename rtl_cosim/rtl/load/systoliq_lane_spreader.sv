// SPDX-License-Identifier: Apache-2.0
// The word of a plain LOAD: elements of any width and from any bit on, their sign extended, in the
// lanes from first_lane on, the padding value in all others. Mirrors load_word() of
// model/functional/load_store.cpp.

module systoliq_lane_spreader #(
    /// Lanes of the word.
    parameter int unsigned Lanes = 16,
    /// Bits of a lane, at most 16.
    parameter int unsigned LaneBits = 8,
    /// Bytes of the stream that are visible from the word's first byte on.
    parameter int unsigned WindowBytes = 18
) (
    input  logic        [ WindowBytes*8-1:0] window_i,
    /// Bit of the window where the first element begins.
    input  logic        [               2:0] bit_i,
    input  logic        [               4:0] element_bits_i,
    input  logic        [              31:0] elements_i,
    /// Lane of the first element; elements outside the word are dropped.
    input  logic signed [              31:0] first_lane_i,
    input  logic        [      LaneBits-1:0] pad_value_i,
    output logic        [Lanes*LaneBits-1:0] word_o
);

  // Elements that lie partly behind the window do not exist.
  localparam int unsigned Width = WindowBytes * 8 + 16;
  localparam int unsigned IndexBits = $clog2(Width);
  logic [Width-1:0] window;
  assign window = Width'(window_i);

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic signed [31:0] element;
    logic [31:0] first;
    logic [15:0] raw, top, value;
    logic exists;
    assign element = 32'(lane) - first_lane_i;
    assign exists = !element[31] && $unsigned(element) < elements_i;
    assign first = exists ? 32'(bit_i) + $unsigned(element) * 32'(element_bits_i) : 32'd0;
    assign raw = window[first[IndexBits-1:0]+:16];
    assign top = raw << (5'd16 - element_bits_i);
    assign value = $signed(top) >>> (5'd16 - element_bits_i);
    assign word_o[lane*LaneBits+:LaneBits] = exists ? value[LaneBits-1:0] : pad_value_i;
  end

endmodule : systoliq_lane_spreader
