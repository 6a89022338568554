// SPDX-License-Identifier: Apache-2.0
// The loops of one POST command: what is read in each cycle and where its result goes
// (model/functional/post.cpp).
//
// Theory of operation: one read a cycle, in the order y, x, block, then what one output word takes:
// the groups of lanes of a pixel (requantize), the taps of a window (pooling, those outside the
// source too), two operands (add), or one word (look-up; fill, which reads nothing). Requantize
// handles GroupLanes = min(Lanes, Rows) columns a cycle, so that a group reaches into two words at
// most and a pixel takes max(ceil(Cols / Lanes), ceil(Cols / Rows)) cycles; lanes that the command
// fills follow the last channel in the same cycle.

module systoliq_post_sequencer #(
    parameter int unsigned Rows = 16,
    parameter int unsigned Cols = 16,
    parameter int unsigned GroupLanes = 16,
    localparam int unsigned LaneBits = $clog2(2 * Rows + 1)
) (
    input  logic                                  clk_i,
    input  logic                                  rst_ni,
    /// Takes up a command; the first read is asked for in the cycle after.
    input  logic                                  start_i,
    /// Constant from the cycle after start_i until the last read.
    input  systoliq_pkg::command_t                command_i,
    /// This cycle reads (fill: would read).
    output logic                                  valid_o,
    output logic                   [        31:0] source_address_o,
    /// Group of lanes, or operand of an add.
    output logic                   [        31:0] inner_o,
    /// First and last read for one output word or group; tap inside the source.
    output logic                                  first_o,
    output logic                                  last_o,
    output logic                                  inside_o,
    /// Last read of the command.
    output logic                                  end_o,
    /// Where the result of a last read goes: word, first lane, lanes with a result, lanes filled
    /// after them.
    output logic                   [        31:0] output_address_o,
    output logic                   [LaneBits-1:0] output_lane_o,
    output logic                   [LaneBits-1:0] output_lanes_o,
    output logic                   [LaneBits-1:0] fill_lanes_o
);

  localparam int unsigned Groups = (Cols + GroupLanes - 1) / GroupLanes;

  logic signed [31:0] op, height, width, blocks, kernel_height, kernel_width;
  logic is_requantize, is_pool, is_add;

  assign op = command_i.fields[systoliq_isa_pkg::POST_OP];
  assign height = command_i.fields[systoliq_isa_pkg::POST_HEIGHT];
  assign width = command_i.fields[systoliq_isa_pkg::POST_WIDTH];
  assign is_requantize = op == 32'(systoliq_isa_pkg::POST_OP_REQUANTIZE);
  assign is_pool = op == 32'(systoliq_isa_pkg::POST_OP_MAX_POOL) ||
                   op == 32'(systoliq_isa_pkg::POST_OP_AVERAGE_POOL);
  assign is_add = op == 32'(systoliq_isa_pkg::POST_OP_ADD);
  assign blocks = is_requantize ? 32'sd1 : command_i.fields[systoliq_isa_pkg::POST_BLOCKS];
  assign kernel_height = is_pool ? command_i.fields[systoliq_isa_pkg::POST_KERNEL_HEIGHT] : 32'sd1;

  always_comb begin
    kernel_width = 32'sd1;
    if (is_requantize) kernel_width = Groups;
    else if (is_add) kernel_width = 32'sd2;
    else if (is_pool) kernel_width = command_i.fields[systoliq_isa_pkg::POST_KERNEL_WIDTH];
  end

  // The loops, innermost first.
  logic active_q;
  logic signed [31:0] inner_q, outer_q, block_q, x_q, y_q;
  logic inner_last, outer_last, block_last, x_last, y_last;

  assign inner_last = inner_q == kernel_width - 1;
  assign outer_last = outer_q == kernel_height - 1;
  assign block_last = block_q == blocks - 1;
  assign x_last     = x_q == width - 1;
  assign y_last     = y_q == height - 1;

  assign valid_o    = active_q;
  assign inner_o    = inner_q;
  assign first_o    = is_requantize || (inner_q == 0 && outer_q == 0);
  assign last_o     = is_requantize || (inner_last && outer_last);
  assign end_o      = inner_last && outer_last && block_last && x_last && y_last;

  // Running values: linear pixel, window's corner, channels and place of the next group.
  logic signed [31:0] pixel_q, window_y_q, window_x_q;
  logic signed [31:0] channel_q, word_q, word;
  logic [LaneBits-1:0] lane_q, lane;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q   <= 1'b0;
      inner_q    <= '0;
      outer_q    <= '0;
      block_q    <= '0;
      x_q        <= '0;
      y_q        <= '0;
      pixel_q    <= '0;
      window_y_q <= '0;
      window_x_q <= '0;
    end else if (start_i) begin
      active_q   <= 1'b1;
      inner_q    <= '0;
      outer_q    <= '0;
      block_q    <= '0;
      x_q        <= '0;
      y_q        <= '0;
      pixel_q    <= '0;
      window_y_q <= '0;
      window_x_q <= '0;
    end else if (active_q) begin
      active_q <= !end_o;
      inner_q  <= inner_last ? '0 : inner_q + 1;
      if (inner_last) outer_q <= outer_last ? '0 : outer_q + 1;
      if (inner_last && outer_last) block_q <= block_last ? '0 : block_q + 1;
      if (inner_last && outer_last && block_last) begin
        x_q <= x_last ? '0 : x_q + 1;
        pixel_q <= pixel_q + 1;
        window_x_q <= x_last ? '0 : window_x_q + command_i.fields[systoliq_isa_pkg::POST_STRIDE_WIDTH];
        if (x_last) begin
          y_q        <= y_q + 1;
          window_y_q <= window_y_q + command_i.fields[systoliq_isa_pkg::POST_STRIDE_HEIGHT];
        end
      end
    end
  end

  // Where to read.
  logic signed [31:0] source_y, source_x, base, row_pitch;

  always_comb begin
    base      = command_i.fields[systoliq_isa_pkg::POST_SOURCE_ADDRESS];
    row_pitch = command_i.fields[systoliq_isa_pkg::POST_SOURCE_ROW_PITCH];
    source_y  = y_q;
    source_x  = x_q;
    inside_o  = 1'b1;
    if (is_add && inner_q != 0) begin
      base      = command_i.fields[systoliq_isa_pkg::POST_SOURCE2_ADDRESS];
      row_pitch = command_i.fields[systoliq_isa_pkg::POST_SOURCE2_ROW_PITCH];
    end
    if (is_pool) begin
      source_y = window_y_q + outer_q - command_i.fields[systoliq_isa_pkg::POST_PAD_TOP];
      source_x = window_x_q + inner_q - command_i.fields[systoliq_isa_pkg::POST_PAD_LEFT];
      inside_o = source_y >= 0 && source_y <
          $signed(command_i.fields[systoliq_isa_pkg::POST_SOURCE_HEIGHT]) && source_x >= 0 &&
          source_x < $signed(command_i.fields[systoliq_isa_pkg::POST_SOURCE_WIDTH]);
    end
    if (is_requantize) source_address_o = base + pixel_q;
    else begin
      source_address_o = base + source_y * row_pitch +
          source_x * $signed(command_i.fields[systoliq_isa_pkg::POST_SOURCE_PIXEL_PITCH]) + block_q;
    end
  end

  // Where to write.
  logic signed [31:0] remaining;

  assign lane      = inner_q == 0 ? LaneBits'(command_i.fields[systoliq_isa_pkg::POST_CHANNEL_OFFSET] % Rows) : lane_q;
  assign word      = inner_q == 0 ? command_i.fields[systoliq_isa_pkg::POST_CHANNEL_OFFSET] / Rows : word_q;
  assign remaining = command_i.fields[systoliq_isa_pkg::POST_CHANNELS] - (inner_q == 0 ? '0 : channel_q);

  always_comb begin
    output_address_o = command_i.fields[systoliq_isa_pkg::POST_OUTPUT_ADDRESS] +
        y_q * command_i.fields[systoliq_isa_pkg::POST_OUTPUT_ROW_PITCH] +
        x_q * command_i.fields[systoliq_isa_pkg::POST_OUTPUT_PIXEL_PITCH] + (is_requantize ? word : block_q);
    output_lane_o = is_requantize ? lane : '0;
    output_lanes_o = LaneBits'(Rows);
    fill_lanes_o = '0;
    if (is_requantize) begin
      output_lanes_o = LaneBits'(GroupLanes);
      if (remaining <= 0) output_lanes_o = '0;
      else if (remaining <= $signed(GroupLanes)) begin
        output_lanes_o = LaneBits'(remaining);
        fill_lanes_o   = LaneBits'(command_i.fields[systoliq_isa_pkg::POST_FILL_LANES]);
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      channel_q <= '0;
      word_q    <= '0;
      lane_q    <= '0;
    end else if (active_q && is_requantize) begin
      channel_q <= (inner_q == 0 ? '0 : channel_q) + GroupLanes;
      word_q <= word + (lane + LaneBits'(GroupLanes) >= LaneBits'(Rows) ? 32'sd1 : 32'sd0);
      lane_q <= lane + LaneBits'(GroupLanes) -
                (lane + LaneBits'(GroupLanes) >= LaneBits'(Rows) ? LaneBits'(Rows) : '0);
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && active_q) begin
      assert ($unsigned(op) <= 32'(systoliq_isa_pkg::POST_OP_FILL))
      else $error("post: unknown operation %0d", op);
      assert (height > 0 && width > 0 && blocks > 0)
      else $error("post: %0d x %0d pixels of %0d words", height, width, blocks);
      assert (kernel_height > 0 && kernel_width > 0)
      else $error("post: window of %0d x %0d taps", kernel_height, kernel_width);
      assert (!is_pool || ($signed(
          command_i.fields[systoliq_isa_pkg::POST_STRIDE_HEIGHT]
      ) > 0 && $signed(
          command_i.fields[systoliq_isa_pkg::POST_STRIDE_WIDTH]
      ) > 0 && $signed(
          command_i.fields[systoliq_isa_pkg::POST_SOURCE_HEIGHT]
      ) > 0 && $signed(
          command_i.fields[systoliq_isa_pkg::POST_SOURCE_WIDTH]
      ) > 0))
      else $error("post: strides or extent of a pooling");
      assert (!is_requantize || ($signed(
          command_i.fields[systoliq_isa_pkg::POST_CHANNELS]
      ) > 0 && command_i.fields[systoliq_isa_pkg::POST_CHANNELS] <= Cols &&
          !command_i.fields[systoliq_isa_pkg::POST_CHANNEL_OFFSET][31] &&
          command_i.fields[systoliq_isa_pkg::POST_FILL_LANES] < Rows))
      else
        $error(
            "post: %0d channels from %0d on, %0d lanes filled",
            $signed(
                command_i.fields[systoliq_isa_pkg::POST_CHANNELS]
            ),
            $signed(
                command_i.fields[systoliq_isa_pkg::POST_CHANNEL_OFFSET]
            ),
            $signed(
                command_i.fields[systoliq_isa_pkg::POST_FILL_LANES]
            )
        );
      assert (inner_q < kernel_width && outer_q < kernel_height && block_q < blocks && x_q < width && y_q < height)
      else $error("post: a loop beyond its end");
      assert (!inside_o || op == 32'(systoliq_isa_pkg::POST_OP_FILL) || !source_address_o[31])
      else $error("post: read of word %0d", $signed(source_address_o));
      assert (!last_o || !output_address_o[31])
      else $error("post: write of word %0d", $signed(output_address_o));
    end
  end
`endif

endmodule : systoliq_post_sequencer
