// SPDX-License-Identifier: Apache-2.0
// The activation feeder: which word of the activation buffer, or padding, each row of the array receives.
//
// Theory of operation: a command is a walk over passes (kernel row, kernel column, channel block; the last runs
// fastest), each a walk over the output tile's pixels, row by row. The pass to be entered next is held with the address
// and the coordinates of its first pixel; `begin_i` issues that pixel, moves the held pass on, and the following pixels
// come one a cycle. All multiplications happen when the command starts (pitch times stride, dilation and padding); the
// walk itself only adds. Addresses are modulo the buffer's address width, so those of pixels in the padding may take
// any value: they are not read.
// A pixel issued in cycle t is read in t and leaves through the register of t + 1, with padding in place of the word
// where it lies outside the input, and 0 in the lanes beyond those of its block.

module systoliq_feeder #(
  /// Rows of the array: lanes of a word.
  parameter int unsigned Rows = 16,
  /// Bits of an activation, signed.
  parameter int unsigned ActivationBits = 8,
  /// Words of the activation buffer.
  parameter int unsigned ActivationWords = 8192
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  /// A command starts.
  input  logic                           start_i,
  input  systoliq_pkg::command_t         command_i,

  /// Issue the first pixel of the pass that is held.
  input  logic                           begin_i,
  /// The pass that is held has another behind it.
  output logic                           more_passes_o,
  /// Lanes of the pass whose weights are loaded in this cycle: the one that is held after this cycle.
  output logic [31:0]                    load_lanes_o,
  /// A pixel is issued in this cycle.
  output logic                           issue_o,
  /// No pixel of the pass remains after this cycle.
  output logic                           pass_done_o,

  output logic                           activation_read_o,
  output logic [31:0]                    activation_read_address_o,
  input  logic [Rows*ActivationBits-1:0] activation_read_data_i,

  /// The array's input two cycles after the pixel's issue, and whether a pass begins with it.
  output logic [Rows*ActivationBits-1:0] activations_o,
  output logic                           swap_o
);

  localparam int unsigned AddressBits = ActivationWords > 1 ? $clog2(ActivationWords) : 1;

  typedef logic [AddressBits-1:0] address_t;

  /// Where the first pixel of a pass lies.
  typedef struct packed {
    address_t            address;      ///< of this pass
    address_t            tap_address;  ///< of the tap's first block
    address_t            row_address;  ///< of the kernel row's first tap
    logic signed [31:0]  iy;
    logic signed [31:0]  ix;
    logic [31:0]         block;
    logic [31:0]         kx;
    logic [31:0]         ky;
  } pass_t;

  // Fields of the command that starts.
  logic signed [31:0] row_pitch, pixel_pitch, pad_top, pad_left, pad_value;
  logic signed [31:0] stride_height, stride_width, dilation_height, dilation_width;
  logic        [31:0] origin, block_pitch, row_step, pixel_step, ky_step, kx_step;

  // What the walk needs of the command, kept from its start.
  address_t           block_pitch_q, row_step_q, pixel_step_q, ky_step_q, kx_step_q;
  logic signed [31:0] stride_height_q, stride_width_q, dilation_height_q, dilation_width_q, pad_left_q;
  logic signed [31:0] input_height_q, input_width_q;
  logic        [31:0] last_block_q, last_ky_q, last_kx_q, last_oy_q, last_ox_q, last_block_lanes_q;
  logic        [ActivationBits-1:0] pad_value_q;

  pass_t              pass_q, pass_d, next_pass;
  logic               last_block, last_kx, last_ky;
  logic        [31:0] held_last_block, held_last_lanes;

  // The pixel that is issued, the next one, and the start of its output row.
  logic               pixels_left_q, last_pixel;
  address_t           address, address_q, next_address, line, line_q, next_line;
  logic signed [31:0] iy, iy_q, next_iy, ix, ix_q, next_ix, first_ix, first_ix_q;
  logic        [31:0] oy, oy_q, ox, ox_q;
  logic               end_of_line, in_input;
  logic        [31:0] lanes, lanes_q;

  // The word that is being read, and the array's input.
  logic                           word_valid_q, word_inside_q, word_swap_q, swap_q;
  logic [31:0]                    word_lanes_q;
  logic [Rows*ActivationBits-1:0] activations_d, activations_q;

  assign row_pitch       = command_i.fields[systoliq_pkg::EXECUTE_INPUT_ROW_PITCH];
  assign pixel_pitch     = command_i.fields[systoliq_pkg::EXECUTE_INPUT_PIXEL_PITCH];
  assign block_pitch     = command_i.fields[systoliq_pkg::EXECUTE_INPUT_BLOCK_PITCH];
  assign pad_top         = command_i.fields[systoliq_pkg::EXECUTE_PAD_TOP];
  assign pad_left        = command_i.fields[systoliq_pkg::EXECUTE_PAD_LEFT];
  assign pad_value       = command_i.fields[systoliq_pkg::EXECUTE_PAD_VALUE];
  assign stride_height   = command_i.fields[systoliq_pkg::EXECUTE_STRIDE_HEIGHT];
  assign stride_width    = command_i.fields[systoliq_pkg::EXECUTE_STRIDE_WIDTH];
  assign dilation_height = command_i.fields[systoliq_pkg::EXECUTE_DILATION_HEIGHT];
  assign dilation_width  = command_i.fields[systoliq_pkg::EXECUTE_DILATION_WIDTH];

  assign origin     = command_i.fields[systoliq_pkg::EXECUTE_INPUT_ADDRESS] - pad_top * row_pitch - pad_left * pixel_pitch;
  assign row_step   = stride_height * row_pitch;
  assign pixel_step = stride_width * pixel_pitch;
  assign ky_step    = dilation_height * row_pitch;
  assign kx_step    = dilation_width * pixel_pitch;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      block_pitch_q      <= '0;
      row_step_q         <= '0;
      pixel_step_q       <= '0;
      ky_step_q          <= '0;
      kx_step_q          <= '0;
      stride_height_q    <= '0;
      stride_width_q     <= '0;
      dilation_height_q  <= '0;
      dilation_width_q   <= '0;
      pad_left_q         <= '0;
      pad_value_q        <= '0;
      input_height_q     <= '0;
      input_width_q      <= '0;
      last_block_q       <= '0;
      last_ky_q          <= '0;
      last_kx_q          <= '0;
      last_oy_q          <= '0;
      last_ox_q          <= '0;
      last_block_lanes_q <= '0;
    end else if (start_i) begin
      block_pitch_q      <= block_pitch[AddressBits-1:0];
      row_step_q         <= row_step[AddressBits-1:0];
      pixel_step_q       <= pixel_step[AddressBits-1:0];
      ky_step_q          <= ky_step[AddressBits-1:0];
      kx_step_q          <= kx_step[AddressBits-1:0];
      stride_height_q    <= stride_height;
      stride_width_q     <= stride_width;
      dilation_height_q  <= dilation_height;
      dilation_width_q   <= dilation_width;
      pad_left_q         <= pad_left;
      pad_value_q        <= pad_value[ActivationBits-1:0];
      input_height_q     <= command_i.fields[systoliq_pkg::EXECUTE_INPUT_HEIGHT];
      input_width_q      <= command_i.fields[systoliq_pkg::EXECUTE_INPUT_WIDTH];
      last_block_q       <= command_i.fields[systoliq_pkg::EXECUTE_INPUT_BLOCKS] - 32'd1;
      last_ky_q          <= command_i.fields[systoliq_pkg::EXECUTE_KERNEL_HEIGHT] - 32'd1;
      last_kx_q          <= command_i.fields[systoliq_pkg::EXECUTE_KERNEL_WIDTH] - 32'd1;
      last_oy_q          <= command_i.fields[systoliq_pkg::EXECUTE_OUTPUT_HEIGHT] - 32'd1;
      last_ox_q          <= command_i.fields[systoliq_pkg::EXECUTE_OUTPUT_WIDTH] - 32'd1;
      last_block_lanes_q <= command_i.fields[systoliq_pkg::EXECUTE_LAST_BLOCK_LANES];
    end
  end

  // Passes.
  assign last_block    = pass_q.block == last_block_q;
  assign last_kx       = pass_q.kx == last_kx_q;
  assign last_ky       = pass_q.ky == last_ky_q;
  assign more_passes_o = !(last_block && last_kx && last_ky);

  always_comb begin
    next_pass = pass_q;
    if (!last_block) begin
      next_pass.block   = pass_q.block + 32'd1;
      next_pass.address = pass_q.address + block_pitch_q;
    end else begin
      next_pass.block = '0;
      if (!last_kx) begin
        next_pass.kx          = pass_q.kx + 32'd1;
        next_pass.ix          = pass_q.ix + dilation_width_q;
        next_pass.tap_address = pass_q.tap_address + kx_step_q;
      end else begin
        next_pass.kx          = '0;
        next_pass.ky          = pass_q.ky + 32'd1;
        next_pass.ix          = -pad_left_q;
        next_pass.iy          = pass_q.iy + dilation_height_q;
        next_pass.row_address = pass_q.row_address + ky_step_q;
        next_pass.tap_address = pass_q.row_address + ky_step_q;
      end
      next_pass.address = next_pass.tap_address;
    end
  end

  always_comb begin
    pass_d = pass_q;
    if (start_i) begin
      pass_d.address     = origin[AddressBits-1:0];
      pass_d.tap_address = origin[AddressBits-1:0];
      pass_d.row_address = origin[AddressBits-1:0];
      pass_d.iy          = -pad_top;
      pass_d.ix          = -pad_left;
      pass_d.block       = '0;
      pass_d.kx          = '0;
      pass_d.ky          = '0;
    end else if (begin_i) begin
      pass_d = next_pass;
    end
  end

  assign held_last_block = start_i ? command_i.fields[systoliq_pkg::EXECUTE_INPUT_BLOCKS] - 32'd1 : last_block_q;
  assign held_last_lanes = start_i ? command_i.fields[systoliq_pkg::EXECUTE_LAST_BLOCK_LANES] : last_block_lanes_q;
  assign load_lanes_o    = pass_d.block == held_last_block ? held_last_lanes : 32'(Rows);

  // Pixels.
  assign issue_o     = begin_i || pixels_left_q;
  assign address     = begin_i ? pass_q.address : address_q;
  assign line        = begin_i ? pass_q.address : line_q;
  assign iy          = begin_i ? pass_q.iy : iy_q;
  assign ix          = begin_i ? pass_q.ix : ix_q;
  assign first_ix    = begin_i ? pass_q.ix : first_ix_q;
  assign oy          = begin_i ? '0 : oy_q;
  assign ox          = begin_i ? '0 : ox_q;
  assign lanes       = !begin_i ? lanes_q : last_block ? last_block_lanes_q : 32'(Rows);
  assign end_of_line = ox == last_ox_q;
  assign last_pixel  = end_of_line && oy == last_oy_q;
  assign pass_done_o = !issue_o || last_pixel;
  assign in_input      = !iy[31] && iy < input_height_q && !ix[31] && ix < input_width_q;

  assign next_line    = line + row_step_q;
  assign next_address = end_of_line ? next_line : address + pixel_step_q;
  assign next_iy      = end_of_line ? iy + stride_height_q : iy;
  assign next_ix      = end_of_line ? first_ix : ix + stride_width_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pass_q        <= '0;
      pixels_left_q <= 1'b0;
      address_q     <= '0;
      line_q        <= '0;
      iy_q          <= '0;
      ix_q          <= '0;
      first_ix_q    <= '0;
      oy_q          <= '0;
      ox_q          <= '0;
      lanes_q       <= '0;
    end else begin
      pass_q <= pass_d;
      if (issue_o) begin
        pixels_left_q <= !last_pixel;
        address_q     <= next_address;
        line_q        <= end_of_line ? next_line : line;
        iy_q          <= next_iy;
        ix_q          <= next_ix;
        first_ix_q    <= first_ix;
        oy_q          <= end_of_line ? oy + 32'd1 : oy;
        ox_q          <= end_of_line ? '0 : ox + 32'd1;
        lanes_q       <= lanes;
      end
    end
  end

  assign activation_read_o         = issue_o && in_input;
  assign activation_read_address_o = 32'(address);

  // The word, or padding, masked.
  for (genvar r = 0; r < Rows; r++) begin : g_lane
    assign activations_d[r*ActivationBits +: ActivationBits] =
        32'(r) >= word_lanes_q ? '0 :
        word_inside_q ? activation_read_data_i[r*ActivationBits +: ActivationBits] : pad_value_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      word_valid_q  <= 1'b0;
      word_inside_q <= 1'b0;
      word_swap_q   <= 1'b0;
      word_lanes_q  <= '0;
      activations_q <= '0;
      swap_q        <= 1'b0;
    end else begin
      word_valid_q <= issue_o;
      word_swap_q  <= begin_i;
      if (issue_o) begin
        word_inside_q <= in_input;
        word_lanes_q  <= lanes;
      end
      if (word_valid_q) activations_q <= activations_d;
      swap_q <= word_swap_q;
    end
  end

  assign activations_o = activations_q;
  assign swap_o        = swap_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (start_i) begin
        assert (last_lanes_in_range(command_i.fields[systoliq_pkg::EXECUTE_LAST_BLOCK_LANES]))
        else $error("last_block_lanes is outside 1 to Rows");
        assert (is_positive(command_i.fields[systoliq_pkg::EXECUTE_INPUT_BLOCKS]) &&
                is_positive(command_i.fields[systoliq_pkg::EXECUTE_KERNEL_HEIGHT]) &&
                is_positive(command_i.fields[systoliq_pkg::EXECUTE_KERNEL_WIDTH]) &&
                is_positive(command_i.fields[systoliq_pkg::EXECUTE_OUTPUT_HEIGHT]) &&
                is_positive(command_i.fields[systoliq_pkg::EXECUTE_OUTPUT_WIDTH]))
        else $error("blocks, kernel and output must be at least 1");
        assert (pad_value == 32'(signed'(pad_value[ActivationBits-1:0])))
        else $error("pad_value %0d does not fit an activation", pad_value);
        assert (!issue_o)
        else $error("a command starts while pixels are issued");
      end
      assert (!(begin_i && pixels_left_q))
      else $error("a pass begins before the one before has ended");
      assert (!activation_read_o || 32'(address) < ActivationWords)
      else $error("activation word %0d is outside the buffer", address);
    end
  end

  function automatic logic is_positive(input logic signed [31:0] value);
    return value >= 1;
  endfunction

  function automatic logic last_lanes_in_range(input logic [31:0] value);
    return value >= 1 && value <= Rows;
  endfunction
`endif

endmodule : systoliq_feeder
