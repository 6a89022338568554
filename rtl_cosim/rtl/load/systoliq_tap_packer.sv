// SPDX-License-Identifier: Apache-2.0
// The word of a tap-packed LOAD: pixels of the window side by side in the lanes from lane_offset
// on, the padding value for pixels outside the tensor. Mirrors load_packed() and commit_packed() of
// model/functional/load_store.cpp.

module systoliq_tap_packer #(
    /// Lanes of an activation word.
    parameter int unsigned Rows = 16,
    parameter int unsigned ActivationBits = 8,
    /// Bytes of the stream that are visible from the window's first existing pixel on.
    parameter int unsigned WindowBytes = 16
) (
    input  logic        [      WindowBytes*8-1:0] window_i,
    /// The window's row lies in the tensor.
    input  logic                                  row_exists_i,
    /// Column of the first tap, of the first byte of the window, and past the last pixel fetched.
    input  logic signed [                   31:0] column_i,
    input  logic signed [                   31:0] window_column_i,
    input  logic signed [                   31:0] column_end_i,
    input  logic        [                   31:0] taps_i,
    input  logic        [                   31:0] channels_i,
    input  logic        [                   31:0] pixel_bytes_i,
    input  logic        [                   31:0] element_bits_i,
    input  logic        [                   31:0] lane_offset_i,
    input  logic                                  clear_lanes_i,
    input  logic        [     ActivationBits-1:0] pad_value_i,
    output logic        [               Rows-1:0] mask_o,
    output logic        [Rows*ActivationBits-1:0] word_o
);

  logic [31:0] tap, channel, pixel_byte;
  logic signed [31:0] column;
  logic in_tensor;
  logic [15:0] element;
  logic [WindowBytes*8+15:0] window;  // an element is cut out with what lies behind it
  assign window = (WindowBytes * 8 + 16)'(window_i);
  always_comb begin
    element    = '0;
    word_o     = '0;
    mask_o     = clear_lanes_i ? '1 : '0;
    tap        = '0;
    channel    = '0;
    column     = column_i;
    pixel_byte = '0;
    in_tensor  = 1'b0;
    for (int unsigned lane = 0; lane < Rows; lane++) begin
      if (lane >= lane_offset_i && tap < taps_i) begin
        in_tensor = row_exists_i && column >= window_column_i && column < column_end_i;
        mask_o[lane] = 1'b1;
        word_o[lane*ActivationBits+:ActivationBits] = pad_value_i;
        if (in_tensor) begin
          element = 16'(window >> (pixel_byte * 32'd8 + channel * element_bits_i));
          element = element << (32'd16 - element_bits_i);
          element = $signed(element) >>> (32'd16 - element_bits_i);
          word_o[lane*ActivationBits+:ActivationBits] = element[ActivationBits-1:0];
        end
        if (channel + 32'd1 == channels_i) begin
          channel    = '0;
          tap        = tap + 32'd1;
          column     = column + 32'sd1;
          pixel_byte = in_tensor ? pixel_byte + pixel_bytes_i : pixel_byte;
        end else begin
          channel = channel + 32'd1;
        end
      end
    end
  end

endmodule : systoliq_tap_packer
