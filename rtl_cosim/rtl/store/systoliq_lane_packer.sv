// SPDX-License-Identifier: Apache-2.0
// The bytes that a word of STORE appends to the stream: the lowest bits of its first lanes side by
// side, behind the bits of the byte that the word before has begun. Mirrors compute_store() of
// model/functional/load_store.cpp.

module systoliq_lane_packer #(
    /// Lanes of the word.
    parameter int unsigned Lanes = 16,
    /// Bits of a lane.
    parameter int unsigned LaneBits = 8,
    /// Bytes that a word can touch.
    parameter int unsigned OutBytes = 17
) (
    input  logic [Lanes*LaneBits-1:0] word_i,
    input  logic [              31:0] lanes_i,
    input  logic [               4:0] element_bits_i,
    /// Bits that are taken already of the first byte, and that byte.
    input  logic [               2:0] bit_i,
    input  logic [               7:0] begun_i,
    output logic [    OutBytes*8-1:0] bytes_o
);

  logic [LaneBits-1:0] stored_bits;
  assign stored_bits = ~(LaneBits'({LaneBits{1'b1}} << element_bits_i));
  logic [LaneBits-1:0] element;
  always_comb begin
    bytes_o = (OutBytes * 8)'(begun_i);
    element = '0;
    for (int unsigned lane = 0; lane < Lanes; lane++) begin
      element = word_i[lane*LaneBits+:LaneBits] & stored_bits;
      if (lane < lanes_i) begin
        bytes_o = bytes_o | ((OutBytes * 8)'(element) << (32'(bit_i) + lane * 32'(element_bits_i)));
      end
    end
  end

endmodule : systoliq_lane_packer
