// SPDX-License-Identifier: Apache-2.0
// End of the post-processing pipeline: zero point and clamp, then the lanes' place in the
// activation buffer.
//
// Theory of operation: stage 6 adds the zero point on full width and clamps; stage 7 turns the
// lanes so that the first one meets its place and gives up to two consecutive words, each lane with
// its own write enable: a group of lanes may begin at any lane and end in the word after, and lanes
// that are only filled follow in the same cycle.

module systoliq_post_writer #(
    parameter int unsigned Rows = 16,
    parameter int unsigned ActivationBits = 8,
    /// Bits of a lane's result before zero point and clamp.
    parameter int unsigned ResultBits = 34,
    localparam int unsigned LaneBits = $clog2(2 * Rows + 1)
) (
    input  logic                                    clk_i,
    input  logic                                    rst_ni,
    /// Stage 6.
    input  logic                                    valid_i,
    input  logic        [      Rows*ResultBits-1:0] result_i,
    input  logic                                    add_zero_point_i,
    input  logic signed [                     31:0] zero_point_i,
    input  logic signed [                     31:0] clamp_min_i,
    input  logic signed [                     31:0] clamp_max_i,
    /// Stage 7.
    input  logic                                    write_i,
    input  logic        [             LaneBits-1:0] lane_i,
    input  logic        [             LaneBits-1:0] lanes_i,
    input  logic        [             LaneBits-1:0] fill_lanes_i,
    /// Words `address` (lower half) and `address` + 1.
    output logic                                    activation_write_o,
    output logic        [2*Rows*ActivationBits-1:0] activation_write_data_o,
    output logic        [               2*Rows-1:0] activation_write_mask_o
);

  localparam int unsigned SumBits = ResultBits + 1;

  logic [Rows*ActivationBits-1:0] clamped;
  logic [Rows*ActivationBits-1:0] lanes_q;

  for (genvar lane = 0; lane < Rows; lane++) begin : gen_lane
    logic signed [SumBits-1:0] sum;
    logic signed [SumBits-1:0] limited;

    always_comb begin
      sum = SumBits'($signed(result_i[ResultBits*lane+:ResultBits])) +
          (add_zero_point_i ? SumBits'(zero_point_i) : '0);
      limited = sum;
      if (sum > SumBits'(clamp_max_i)) limited = SumBits'(clamp_max_i);
      else if (sum < SumBits'(clamp_min_i)) limited = SumBits'(clamp_min_i);
    end
    assign clamped[ActivationBits*lane+:ActivationBits] = limited[ActivationBits-1:0];

`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (rst_ni && valid_i) begin
        assert (limited == SumBits'($signed(limited[ActivationBits-1:0])))
        else $error("post: clamped value %0d has more than %0d bits", limited, ActivationBits);
      end
    end
`endif
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) lanes_q <= '0;
    else if (valid_i) lanes_q <= clamped;
  end

  assign activation_write_o = write_i && lanes_i != '0;

  always_comb begin
    activation_write_data_o = '0;
    activation_write_mask_o = '0;
    if (write_i) begin
      for (int unsigned place = 0; place < 2 * Rows; place++) begin
        if (LaneBits'(place) >= lane_i && LaneBits'(place) < lane_i + lanes_i + fill_lanes_i) begin
          activation_write_mask_o[place] = 1'b1;
          activation_write_data_o[ActivationBits*place+:ActivationBits] =
              zero_point_i[ActivationBits-1:0];
          if (LaneBits'(place) < lane_i + lanes_i) begin
            activation_write_data_o[ActivationBits*place+:ActivationBits] =
                lanes_q[ActivationBits*(place-32'(lane_i))+:ActivationBits];
          end
        end
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && write_i) begin
      assert (32'(lane_i) + 32'(lanes_i) + 32'(fill_lanes_i) <= 2 * Rows && 32'(lanes_i) <= Rows)
      else $error("post: lanes %0d, %0d results, %0d filled", lane_i, lanes_i, fill_lanes_i);
    end
  end
`endif

endmodule : systoliq_post_writer
