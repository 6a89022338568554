// SPDX-License-Identifier: Apache-2.0
// Three blocks under random stimuli, each watched by a scoreboard that asks the model through DPI:
// requantization unit, weight decoder and processing element. fault_i disturbs what the scoreboards
// see, to show that they notice.

module systoliq_dpi_example #(
    parameter int unsigned AccumulatorBits = 20,
    parameter bit Saturate = 1'b1
) (
    input  logic              clk_i,
    input  logic              rst_ni,
    /// 1: result of the requantization unit, 2: decoded weight, 3: partial sum.
    input  logic        [1:0] fault_i,
    output int unsigned       requantize_checks_o,
    output int unsigned       requantize_mismatches_o,
    output int unsigned       decode_checks_o,
    output int unsigned       decode_mismatches_o,
    output int unsigned       mac_checks_o,
    output int unsigned       mac_mismatches_o
);

  localparam int unsigned ResultBits = 34;
  localparam int unsigned WeightBits = 8;
  localparam int unsigned OperandBits = 9;

  // Stimuli: xorshift registers.
  logic [63:0] random_q;
  logic [63:0] random_a, random_b, random_c;
  assign random_a = random_q ^ (random_q << 13);
  assign random_b = random_a ^ (random_a >> 7);
  assign random_c = random_b ^ (random_b << 17);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) random_q <= 64'h9E37_79B9_7F4A_7C15;
    else random_q <= random_c;
  end

  // Requantization.
  logic valid, result_valid, is_float;
  logic        [                3:0] preset;
  logic signed [AccumulatorBits-1:0] accumulator;
  logic signed [31:0] multiplier, shift;
  logic signed [ResultBits-1:0] result;

  assign valid = random_q[2:0] != 3'd0;
  assign preset = 4'(random_q[11:4] % 8'd9);
  assign accumulator = $signed(random_q[AccumulatorBits+11:12]) >>> random_q[35:32];
  assign is_float = preset == systoliq_isa_pkg::PRESET_ORT_MLAS;
  assign multiplier = is_float ? {8'd0, 1'b1, random_q[62:40]} : {2'b01, random_q[62:33]};
  assign shift = $signed(
      {27'd0, random_q[40:36]}
  ) - (preset == systoliq_isa_pkg::PRESET_ORT_MLAS ? 32'sd48 : 32'sd24);

  systoliq_requantize #(
      .AccumulatorBits(AccumulatorBits),
      .ResultBits     (ResultBits)
  ) u_requantize (
      .clk_i,
      .rst_ni,
      .valid_i      (valid),
      .preset_i     (preset),
      .accumulator_i(accumulator),
      .multiplier_i (multiplier),
      .shift_i      (shift),
      .valid_o      (result_valid),
      .result_o     (result)
  );

  systoliq_requantize_scoreboard #(
      .AccumulatorBits(AccumulatorBits),
      .ResultBits     (ResultBits)
  ) u_requantize_scoreboard (
      .clk_i,
      .rst_ni,
      .valid_i       (valid),
      .preset_i      (preset),
      .accumulator_i (accumulator),
      .multiplier_i  (multiplier),
      .shift_i       (shift),
      .result_valid_i(result_valid),
      .result_i      (fault_i == 2'd1 ? result + 1'b1 : result),
      .checks_o      (requantize_checks_o),
      .mismatches_o  (requantize_mismatches_o)
  );

  // Weight decoder, one column, and the processing element that its operands go to.
  logic [WeightBits-1:0] weight, weight_q, zero_point, zero_point_q;
  logic                          decoded_valid;
  logic        [            3:0] row;
  logic signed [OperandBits-1:0] operand;

  assign weight     = random_q[WeightBits-1:0];
  assign zero_point = random_q[2*WeightBits-1:WeightBits];

  systoliq_weight_decoder #(
      .Cols       (1),
      .WeightBits (WeightBits),
      .OperandBits(OperandBits)
  ) u_decoder (
      .clk_i,
      .rst_ni,
      .table_write_i  (1'b0),
      .table_word_i   (5'd0),
      .table_data_i   ('0),
      .valid_i        (valid),
      .row_i          (4'd0),
      .weights_i      (weight),
      .zero_point_i   (OperandBits'($signed(zero_point))),
      .valid_columns_i(32'd1),
      .valid_o        (decoded_valid),
      .row_o          (row),
      .operands_o     (operand)
  );

  logic signed [7:0] activation, activation_q, activation_right;
  logic swap_right;
  logic signed [AccumulatorBits-1:0] sum, sum_q, sum_below;
  logic signed [OperandBits-1:0] loaded_q, used_q;
  logic started_q, summed_q;

  assign activation = random_q[23:16];
  assign sum        = random_q[24+:AccumulatorBits];

  systoliq_pe #(
      .ActivationBits (8),
      .OperandBits    (OperandBits),
      .AccumulatorBits(AccumulatorBits),
      .Saturate       (Saturate)
  ) u_pe (
      .clk_i,
      .rst_ni,
      .activation_i(activation),
      .swap_i      (1'b1),
      .activation_o(activation_right),
      .swap_o      (swap_right),
      .load_i      (decoded_valid),
      .operand_i   (operand),
      .sum_i       (sum),
      .sum_o       (sum_below)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      weight_q     <= '0;
      zero_point_q <= '0;
      activation_q <= '0;
      sum_q        <= '0;
      loaded_q     <= '0;
      used_q       <= '0;
      started_q    <= 1'b0;
      summed_q     <= 1'b0;
    end else begin
      weight_q     <= weight;
      zero_point_q <= zero_point;
      activation_q <= activation;
      sum_q        <= sum;
      // The shadow weight becomes the weight in every cycle.
      if (decoded_valid) loaded_q <= operand;
      used_q    <= loaded_q;
      started_q <= 1'b1;
      summed_q  <= started_q;
    end
  end

  // A second decoder, for a codebook of 16 entries that is loaded in the first two cycles.
  shortint codebook[256];
  logic [127:0] table_word;
  logic [1:0] loaded_words_q;
  logic codebook_valid, codebook_row_unused;
  logic [3:0] codebook_row;
  logic signed [OperandBits-1:0] codebook_operand;

  initial begin
    for (int i = 0; i < 256; i++) codebook[i] = shortint'(i * i - 100);
  end

  always_comb begin
    for (int i = 0; i < 8; i++) table_word[16*i+:16] = codebook[8*int'(loaded_words_q[0])+i];
  end
  assign codebook_row_unused = ^codebook_row;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) loaded_words_q <= '0;
    else if (!loaded_words_q[1]) loaded_words_q <= loaded_words_q + 2'd1;
  end

  systoliq_weight_decoder #(
      .Cols       (1),
      .WeightBits (4),
      .Codebook   (1'b1),
      .OperandBits(OperandBits)
  ) u_codebook_decoder (
      .clk_i,
      .rst_ni,
      .table_write_i  (!loaded_words_q[1]),
      .table_word_i   ({4'd0, loaded_words_q[0]}),
      .table_data_i   (table_word),
      .valid_i        (valid && loaded_words_q[1]),
      .row_i          (4'd0),
      .weights_i      (weight[3:0]),
      .zero_point_i   ('0),
      .valid_columns_i(32'd1),
      .valid_o        (codebook_valid),
      .row_o          (codebook_row),
      .operands_o     (codebook_operand)
  );

  // Their scoreboards.
  int unsigned decode_checks_q, decode_mismatches_q, mac_checks_q, mac_mismatches_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      decode_checks_q     <= 0;
      decode_mismatches_q <= 0;
      mac_checks_q        <= 0;
      mac_mismatches_q    <= 0;
    end else begin
      if (decoded_valid && row == '0) begin
        decode_checks_q <= decode_checks_q + 1;
        if (int'(operand) + int'(fault_i == 2'd2) != systoliq_dpi_pkg::sq_decode_weight(
                int'($signed(weight_q)), int'($signed(zero_point_q))
            )) begin
          decode_mismatches_q <= decode_mismatches_q + 1;
        end
        if (codebook_valid && int'(codebook_operand) != systoliq_dpi_pkg::sq_decode_codebook_weight(
                int'($signed(weight_q)), 4, codebook
            )) begin
          decode_mismatches_q <= decode_mismatches_q + 1;
        end
      end
      if (summed_q && swap_right) begin
        mac_checks_q <= mac_checks_q + 1;
        if (longint'(sum_below) + longint'(fault_i == 2'd3) != systoliq_dpi_pkg::sq_mac(
                longint'(sum_q),
                int'(activation_right),
                int'(used_q),
                AccumulatorBits,
                int'(Saturate)
            ) || activation_right != activation_q) begin
          mac_mismatches_q <= mac_mismatches_q + 1;
        end
      end
    end
  end

  assign decode_checks_o     = decode_checks_q;
  assign decode_mismatches_o = decode_mismatches_q;
  assign mac_checks_o        = mac_checks_q;
  assign mac_mismatches_o    = mac_mismatches_q;

endmodule : systoliq_dpi_example
