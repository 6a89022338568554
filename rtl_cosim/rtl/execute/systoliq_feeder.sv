// SPDX-License-Identifier: Apache-2.0
// The activation feeder: which word of the activation buffer, or padding, each pixel of each pass
// takes.
//
// Theory of operation: a command is a walk over groups of pixels, for each over passes (kernel row,
// kernel column, channel block; the last runs fastest), for each over the group's pixels, row by
// row of the output tile. Weight stationary, all pixels are one group; output stationary, a group
// has as many as the array has rows. The pass to be entered next is held with the address and the
// coordinates of its tap; `begin_i` issues its first pixel, moves the held pass on, and the
// following pixels come one a cycle. A pixel's address is its pass's plus that of its place in the
// tile, so the two walks do not know of each other. All multiplications happen when the command
// starts (pitch times stride, dilation and padding); the walk itself only adds. Addresses are
// modulo the buffer's address width, so those of pixels in the padding may take any value: they are
// not read. A pixel issued in cycle t is read in t; in t + 1 its word leaves, padding in its place
// where it lies outside the input, and 0 in the lanes beyond those of its block.

module systoliq_feeder #(
    /// Rows of the array: lanes of a word.
    parameter int unsigned Rows            = 16,
    /// Bits of an activation, signed.
    parameter int unsigned ActivationBits  = 8,
    /// Words of the activation buffer.
    parameter int unsigned ActivationWords = 8192,
    /// 0: one group of all pixels; 1: groups of Rows pixels.
    parameter bit          Grouped         = 1'b0,
    /// Bits of a row's number.
    parameter int unsigned RowBits         = 4
) (
    input logic clk_i,
    input logic rst_ni,

    /// The walk of a command starts; the last pixel of the one before may be issued in this cycle.
    input logic                   start_i,
    input systoliq_pkg::command_t command_i,

    /// Issue the first pixel of the pass that is held.
    input  logic        begin_i,
    /// The pass that is held has another of the same group behind it.
    output logic        more_passes_o,
    /// Lanes of the pass that is held after this cycle, while a walk is under way.
    output logic [31:0] held_lanes_o,
    /// A pixel is issued in this cycle, in the first pass of its group.
    output logic        issue_o,
    output logic        issue_group_first_o,
    /// No pixel of the pass remains after this cycle.
    output logic        pass_done_o,

    /// The pass that was begun last, before this cycle: its lanes, the pixels it has issued (in
    /// groups only), whether it is the first or the last of its group, and whether its last pixel
    /// is the last of the tile.
    output logic [     31:0] lanes_o,
    output logic [RowBits:0] pixels_o,
    output logic             group_first_o,
    output logic             group_last_o,
    output logic             tile_end_o,

    output logic                           activation_read_o,
    output logic [                   31:0] activation_read_address_o,
    input  logic [Rows*ActivationBits-1:0] activation_read_data_i,

    /// The word of the pixel that was issued in the cycle before, whether it is the first of its
    /// pass, and its number.
    output logic                           word_valid_o,
    output logic                           word_first_o,
    output logic [            RowBits-1:0] word_pixel_o,
    output logic [Rows*ActivationBits-1:0] word_o
);

  localparam int unsigned AddressBits = ActivationWords > 1 ? $clog2(ActivationWords) : 1;

  typedef logic [AddressBits-1:0] address_t;

  /// The tap and block of a pass, and where the tile's first pixel lies under it.
  typedef struct packed {
    logic [AddressBits-1:0] address;      // of this pass
    logic [AddressBits-1:0] tap_address;  // of the tap's first block
    logic [AddressBits-1:0] row_address;  // of the kernel row's first tap
    logic [31:0]            iy;
    logic [31:0]            ix;
    logic [31:0]            block;
    logic [31:0]            kx;
    logic [31:0]            ky;
  } pass_t;

  /// A pixel of the tile, relative to its first.
  typedef struct packed {
    logic [AddressBits-1:0] address;
    logic [AddressBits-1:0] line_address;  // of the first pixel of its row
    logic [31:0]            iy;
    logic [31:0]            ix;
    logic [31:0]            oy;
    logic [31:0]            ox;
  } pixel_t;

  // Fields of the command that starts.
  logic signed [31:0] row_pitch, pixel_pitch, pad_top, pad_left, pad_value;
  logic signed [31:0] stride_height, stride_width, dilation_height, dilation_width;
  logic [31:0] blocks, last_block_lanes;
  logic [31:0] origin, block_pitch, row_step, pixel_step, ky_step, kx_step;

  // What the walk needs of the command, kept from its start.
  address_t origin_q, block_pitch_q, row_step_q, pixel_step_q, ky_step_q, kx_step_q;
  logic [31:0]
      stride_height_q, stride_width_q, dilation_height_q, dilation_width_q, pad_top_q, pad_left_q;
  logic signed [31:0] input_height_q, input_width_q;
  logic [31:0] last_block_q, last_ky_q, last_kx_q, last_oy_q, last_ox_q, last_block_lanes_q;
  logic [ActivationBits-1:0] pad_value_q;

  pass_t pass_q, pass_d, next_pass;
  address_t begun_address, begun_address_q;
  logic [31:0] begun_iy, begun_iy_q, begun_ix, begun_ix_q;
  logic last_block, last_kx, last_ky, first_pass;
  logic [31:0] held_block;

  pixel_t pixel, pixel_q, next_pixel, group_q, begin_pixel;
  logic pixels_left_q, end_of_line, end_of_tile, end_of_group, last_pixel, in_input;
  logic group_first_q, group_last_q, end_of_tile_q;
  logic [RowBits-1:0] count, count_q;
  logic signed [31:0] iy, ix;
  logic [31:0] lanes, lanes_q;
  address_t address;

  // The word that is being read.
  logic word_valid_q, word_inside_q, word_first_q;
  logic [ActivationBits-1:0] word_pad_q;
  logic [              31:0] word_lanes_q;
  logic [       RowBits-1:0] word_pixel_q;

  assign row_pitch = command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_ROW_PITCH];
  assign pixel_pitch = command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_PIXEL_PITCH];
  assign block_pitch = command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_BLOCK_PITCH];
  assign blocks = command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_BLOCKS];
  assign last_block_lanes = command_i.fields[systoliq_isa_pkg::EXECUTE_LAST_BLOCK_LANES];
  assign pad_top = command_i.fields[systoliq_isa_pkg::EXECUTE_PAD_TOP];
  assign pad_left = command_i.fields[systoliq_isa_pkg::EXECUTE_PAD_LEFT];
  assign pad_value = command_i.fields[systoliq_isa_pkg::EXECUTE_PAD_VALUE];
  assign stride_height = command_i.fields[systoliq_isa_pkg::EXECUTE_STRIDE_HEIGHT];
  assign stride_width = command_i.fields[systoliq_isa_pkg::EXECUTE_STRIDE_WIDTH];
  assign dilation_height = command_i.fields[systoliq_isa_pkg::EXECUTE_DILATION_HEIGHT];
  assign dilation_width = command_i.fields[systoliq_isa_pkg::EXECUTE_DILATION_WIDTH];

  assign origin     = command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_ADDRESS] - pad_top * row_pitch -
                      pad_left * pixel_pitch;
  assign row_step = stride_height * row_pitch;
  assign pixel_step = stride_width * pixel_pitch;
  assign ky_step = dilation_height * row_pitch;
  assign kx_step = dilation_width * pixel_pitch;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      origin_q           <= '0;
      block_pitch_q      <= '0;
      row_step_q         <= '0;
      pixel_step_q       <= '0;
      ky_step_q          <= '0;
      kx_step_q          <= '0;
      stride_height_q    <= '0;
      stride_width_q     <= '0;
      dilation_height_q  <= '0;
      dilation_width_q   <= '0;
      pad_top_q          <= '0;
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
      origin_q           <= origin[AddressBits-1:0];
      block_pitch_q      <= block_pitch[AddressBits-1:0];
      row_step_q         <= row_step[AddressBits-1:0];
      pixel_step_q       <= pixel_step[AddressBits-1:0];
      ky_step_q          <= ky_step[AddressBits-1:0];
      kx_step_q          <= kx_step[AddressBits-1:0];
      stride_height_q    <= stride_height;
      stride_width_q     <= stride_width;
      dilation_height_q  <= dilation_height;
      dilation_width_q   <= dilation_width;
      pad_top_q          <= pad_top;
      pad_left_q         <= pad_left;
      pad_value_q        <= pad_value[ActivationBits-1:0];
      input_height_q     <= command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_HEIGHT];
      input_width_q      <= command_i.fields[systoliq_isa_pkg::EXECUTE_INPUT_WIDTH];
      last_block_q       <= blocks - 32'd1;
      last_ky_q          <= command_i.fields[systoliq_isa_pkg::EXECUTE_KERNEL_HEIGHT] - 32'd1;
      last_kx_q          <= command_i.fields[systoliq_isa_pkg::EXECUTE_KERNEL_WIDTH] - 32'd1;
      last_oy_q          <= command_i.fields[systoliq_isa_pkg::EXECUTE_OUTPUT_HEIGHT] - 32'd1;
      last_ox_q          <= command_i.fields[systoliq_isa_pkg::EXECUTE_OUTPUT_WIDTH] - 32'd1;
      last_block_lanes_q <= last_block_lanes;
    end
  end

  // Passes.
  assign last_block    = pass_q.block == last_block_q;
  assign last_kx       = pass_q.kx == last_kx_q;
  assign last_ky       = pass_q.ky == last_ky_q;
  assign first_pass    = pass_q.block == '0 && pass_q.kx == '0 && pass_q.ky == '0;
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
        next_pass.kx = '0;
        next_pass.ix = -pad_left_q;
        if (!last_ky) begin
          next_pass.ky          = pass_q.ky + 32'd1;
          next_pass.iy          = pass_q.iy + dilation_height_q;
          next_pass.row_address = pass_q.row_address + ky_step_q;
        end else begin
          next_pass.ky          = '0;
          next_pass.iy          = -pad_top_q;
          next_pass.row_address = origin_q;
        end
        next_pass.tap_address = next_pass.row_address;
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

  assign held_block          = begin_i ? next_pass.block : pass_q.block;
  assign held_lanes_o        = held_block == last_block_q ? last_block_lanes_q : 32'(Rows);

  // Pixels. After the last pass of a group the walk stands at the first pixel of the next.
  assign begin_pixel         = !Grouped ? '0 : first_pass ? pixel_q : group_q;

  assign issue_o             = begin_i || pixels_left_q;
  assign issue_group_first_o = begin_i ? first_pass : group_first_q;
  assign pixel               = begin_i ? begin_pixel : pixel_q;
  assign begun_address       = begin_i ? pass_q.address : begun_address_q;
  assign begun_iy            = begin_i ? pass_q.iy : begun_iy_q;
  assign begun_ix            = begin_i ? pass_q.ix : begun_ix_q;
  assign count               = begin_i ? '0 : count_q;
  assign lanes               = !begin_i ? lanes_q : last_block ? last_block_lanes_q : 32'(Rows);
  assign end_of_line         = pixel.ox == last_ox_q;
  assign end_of_tile         = end_of_line && pixel.oy == last_oy_q;
  assign end_of_group        = Grouped && 32'(count) == Rows - 1;
  assign last_pixel          = end_of_tile || end_of_group;
  assign pass_done_o         = !issue_o || last_pixel;
  assign address             = begun_address + pixel.address;
  assign iy                  = begun_iy + pixel.iy;
  assign ix                  = begun_ix + pixel.ix;
  assign in_input            = !iy[31] && iy < input_height_q && !ix[31] && ix < input_width_q;

  always_comb begin
    next_pixel = pixel;
    if (end_of_line) begin
      next_pixel.oy           = pixel.oy + 32'd1;
      next_pixel.ox           = '0;
      next_pixel.iy           = pixel.iy + stride_height_q;
      next_pixel.ix           = '0;
      next_pixel.line_address = pixel.line_address + row_step_q;
      next_pixel.address      = pixel.line_address + row_step_q;
    end else begin
      next_pixel.ox      = pixel.ox + 32'd1;
      next_pixel.ix      = pixel.ix + stride_width_q;
      next_pixel.address = pixel.address + pixel_step_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pass_q          <= '0;
      begun_address_q <= '0;
      begun_iy_q      <= '0;
      begun_ix_q      <= '0;
      pixel_q         <= '0;
      group_q         <= '0;
      pixels_left_q   <= 1'b0;
      count_q         <= '0;
      lanes_q         <= '0;
      group_first_q   <= 1'b0;
      group_last_q    <= 1'b0;
      end_of_tile_q   <= 1'b0;
    end else begin
      pass_q <= pass_d;
      if (begin_i) begin
        begun_address_q <= pass_q.address;
        begun_iy_q      <= pass_q.iy;
        begun_ix_q      <= pass_q.ix;
        group_q         <= begin_pixel;
        lanes_q         <= lanes;
        group_first_q   <= first_pass;
        group_last_q    <= !more_passes_o;
      end
      if (issue_o) begin
        pixels_left_q <= !last_pixel;
        pixel_q       <= next_pixel;
        end_of_tile_q <= end_of_tile;
        // With one group it only counts round; the last pixel's number stays.
        count_q       <= last_pixel ? count : count + RowBits'(1);
      end
      if (start_i) pixel_q <= '0;
    end
  end

  assign lanes_o                   = lanes_q;
  assign pixels_o                  = {1'b0, count_q} + (RowBits + 1)'(1);
  assign group_first_o             = group_first_q;
  assign group_last_o              = group_last_q;
  assign tile_end_o                = end_of_tile_q;

  assign activation_read_o         = issue_o && in_input;
  assign activation_read_address_o = 32'(address);

  // The word, or padding, masked.
  for (genvar r = 0; r < Rows; r++) begin : gen_lane
    assign word_o[r*ActivationBits +: ActivationBits] =
        32'(r) >= word_lanes_q ? '0 :
        word_inside_q ? activation_read_data_i[r*ActivationBits +: ActivationBits] : word_pad_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      word_valid_q  <= 1'b0;
      word_inside_q <= 1'b0;
      word_first_q  <= 1'b0;
      word_pad_q    <= '0;
      word_lanes_q  <= '0;
      word_pixel_q  <= '0;
    end else begin
      word_valid_q <= issue_o;
      word_first_q <= begin_i;
      if (issue_o) begin
        word_inside_q <= in_input;
        word_pad_q    <= pad_value_q;
        word_lanes_q  <= lanes;
        word_pixel_q  <= count;
      end
    end
  end

  assign word_valid_o = word_valid_q;
  assign word_first_o = word_first_q;
  assign word_pixel_o = word_pixel_q;

`ifndef SYNTHESIS
  function automatic logic is_positive(input logic signed [31:0] value);
    return value >= 1;
  endfunction

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (start_i) begin
        assert (last_block_lanes >= 1 && last_block_lanes <= Rows)
        else $error("last_block_lanes %0d is outside 1 to Rows", last_block_lanes);
        assert (is_positive(
            blocks
        ) && is_positive(
            command_i.fields[systoliq_isa_pkg::EXECUTE_KERNEL_HEIGHT]
        ) && is_positive(
            command_i.fields[systoliq_isa_pkg::EXECUTE_KERNEL_WIDTH]
        ) && is_positive(
            command_i.fields[systoliq_isa_pkg::EXECUTE_OUTPUT_HEIGHT]
        ) && is_positive(
            command_i.fields[systoliq_isa_pkg::EXECUTE_OUTPUT_WIDTH]
        ))
        else $error("blocks, kernel and output must be at least 1");
        assert (pad_value == 32'(signed'(pad_value[ActivationBits-1:0])))
        else $error("pad_value %0d does not fit an activation", pad_value);
        assert (pass_done_o && !begin_i)
        else $error("a command starts while pixels are issued");
      end
      assert (!(begin_i && pixels_left_q))
      else $error("a pass begins before the one before has ended");
      assert (!activation_read_o || 32'(address) < ActivationWords)
      else $error("activation word %0d is outside the buffer", address);
    end
  end
`endif

endmodule : systoliq_feeder
