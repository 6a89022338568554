// SPDX-License-Identifier: Apache-2.0
// The rules by which the fields of a POST fit together, each within its range already. What they
// say stands in docs/architecture.md; model/isa/post_rules.cpp says it again, and the co-simulation
// compares both.

module systoliq_post_rules #(
    parameter int unsigned Rows = 16,
    parameter int unsigned Cols = 16,
    parameter int unsigned ActivationBits = 8,
    parameter int unsigned MultiplierBits = 32,
    parameter int unsigned ActivationWords = 8192,
    parameter int unsigned AccumulatorWords = 1024,
    parameter int unsigned ParamWords = 256
) (
    input  systoliq_pkg::command_t                                   command_i,
    /// Rules that do not hold, in their order.
    output logic                   [systoliq_isa_pkg::PostRules-1:0] broken_o
);

  typedef logic signed [63:0] number_t;

  // Parameters as numbers with sign.
  localparam logic signed [63:0] WholeAccumulatorWords = 64'(AccumulatorWords);
  localparam logic signed [63:0] WholeActivationWords = 64'(ActivationWords);
  localparam logic signed [63:0] WholeCols = 64'(Cols);
  localparam logic signed [63:0] WholeParamWords = 64'(ParamWords);
  localparam logic signed [63:0] WholeRows = 64'(Rows);
  localparam logic signed [63:0] WindowTapsMax = 64'(systoliq_isa_pkg::WindowTapsMax);
  localparam logic signed [63:0] TableWords = 64'(((1 << ActivationBits) + Cols * 8 - 1) / (Cols * 8));
  localparam bit HasMultiplier = MultiplierBits >= 8;
  localparam bit HasSignificand = MultiplierBits >= 25;

  logic [3:0] preset;
  logic [2:0] op;
  number_t source_address, source_row_pitch, pixel_pitch, source_height, source_width;
  number_t source2_address, source2_row_pitch;
  number_t
      output_address,
      output_row_pitch,
      output_pixel_pitch,
      clamp_min,
      clamp_max,
      height,
      width,
      blocks;
  number_t
      channels, fill_lanes, param_address, kernel_height, kernel_width, stride_height, stride_width;
  number_t pad_top, pad_left, shift, shift2, shift3, divisor;
  assign op = command_i.fields[systoliq_isa_pkg::POST_OP][2:0];
  assign preset = command_i.fields[systoliq_isa_pkg::POST_PRESET][3:0];
  assign source_address = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_SOURCE_ADDRESS]));
  assign source_row_pitch = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_SOURCE_ROW_PITCH]));
  assign pixel_pitch = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_SOURCE_PIXEL_PITCH]));
  assign source_height = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_SOURCE_HEIGHT]));
  assign source_width = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_SOURCE_WIDTH]));
  assign source2_address = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_SOURCE2_ADDRESS]));
  assign source2_row_pitch = 64'($signed(
      command_i.fields[systoliq_isa_pkg::POST_SOURCE2_ROW_PITCH]
  ));
  assign output_address = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_OUTPUT_ADDRESS]));
  assign output_row_pitch = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_OUTPUT_ROW_PITCH]));
  assign output_pixel_pitch = 64'($signed(
      command_i.fields[systoliq_isa_pkg::POST_OUTPUT_PIXEL_PITCH]
  ));
  assign clamp_min = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_CLAMP_MIN]));
  assign clamp_max = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_CLAMP_MAX]));
  assign height = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_HEIGHT]));
  assign width = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_WIDTH]));
  assign blocks = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_BLOCKS]));
  assign channels = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_CHANNELS]));
  assign fill_lanes = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_FILL_LANES]));
  assign param_address = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_PARAM_ADDRESS]));
  assign kernel_height = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_KERNEL_HEIGHT]));
  assign kernel_width = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_KERNEL_WIDTH]));
  assign stride_height = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_STRIDE_HEIGHT]));
  assign stride_width = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_STRIDE_WIDTH]));
  assign pad_top = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_PAD_TOP]));
  assign pad_left = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_PAD_LEFT]));
  assign shift = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_SHIFT]));
  assign shift2 = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_SHIFT2]));
  assign shift3 = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_SHIFT3]));
  assign divisor = 64'($signed(command_i.fields[systoliq_isa_pkg::POST_DIVISOR]));

  logic requantizes, pools, averages, adds, looks_up, fills, is_pot, is_float, rounds_once;
  assign requantizes = op == systoliq_isa_pkg::POST_OP_REQUANTIZE;
  assign averages = op == systoliq_isa_pkg::POST_OP_AVERAGE_POOL;
  assign pools = averages || op == systoliq_isa_pkg::POST_OP_MAX_POOL;
  assign adds = op == systoliq_isa_pkg::POST_OP_ADD;
  assign looks_up = op == systoliq_isa_pkg::POST_OP_LOOKUP;
  assign fills = op == systoliq_isa_pkg::POST_OP_FILL;
  assign is_pot      = preset == systoliq_isa_pkg::PRESET_POT_FLOOR || preset == systoliq_isa_pkg::PRESET_POT_HALF_UP;
  assign is_float = preset == systoliq_isa_pkg::PRESET_ORT_MLAS;
  assign rounds_once = is_pot || preset == systoliq_isa_pkg::PRESET_TFLITE_SINGLE;

  logic preset_impossible;
  assign preset_impossible = requantizes && !is_pot && !(is_float ? HasSignificand : HasMultiplier);

  // Requantize: the last channel of a pixel, in lanes, and its word.
  logic [31:0] last_channel, last_channel_word, last_channel_lane;
  assign last_channel      = command_i.fields[systoliq_isa_pkg::POST_CHANNEL_OFFSET] + channels[31:0] - 32'd1;
  assign last_channel_word = last_channel / Rows;
  assign last_channel_lane = last_channel % Rows;

  // A window begins with the last pixel of the source at the latest and ends with the first at the
  // earliest.
  function automatic logic has_empty_window(input number_t outputs, input number_t stride,
                                            input number_t pad, input number_t kernel,
                                            input number_t source);
    has_empty_window = source < 64'sd1 || stride < 64'sd1 || pad >= kernel ||
                       (outputs - 64'sd1) * stride - pad >= source;
  endfunction

  function automatic logic bad_shift(input number_t value, input logic float, input logic once,
                                     input number_t largest);
    bad_shift = value < (float ? 64'sd0 : -64'sd64) || value > (once ? largest : 64'sd63);
  endfunction

  logic source_leaves, source2_leaves, output_leaves;
  number_t pixels, taps;
  assign pixels = height * width;
  assign taps   = kernel_height * kernel_width;
  systoliq_word_extent #(
      .Words(ActivationWords)
  ) u_source (
      .address_i    (source_address),
      .rows_i       (pools ? source_height : height),
      .row_pitch_i  (source_row_pitch),
      .pixels_i     (pools ? source_width : width),
      .pixel_pitch_i(pixel_pitch),
      .blocks_i     (blocks),
      .block_pitch_i(64'sd1),
      .leaves_o     (source_leaves)
  );
  systoliq_word_extent #(
      .Words(ActivationWords)
  ) u_source2 (
      .address_i    (source2_address),
      .rows_i       (height),
      .row_pitch_i  (source2_row_pitch),
      .pixels_i     (width),
      .pixel_pitch_i(pixel_pitch),
      .blocks_i     (blocks),
      .block_pitch_i(64'sd1),
      .leaves_o     (source2_leaves)
  );
  systoliq_word_extent #(
      .Words(ActivationWords)
  ) u_output (
      .address_i    (output_address),
      .rows_i       (height),
      .row_pitch_i  (output_row_pitch),
      .pixels_i     (width),
      .pixel_pitch_i(output_pixel_pitch),
      .blocks_i     (requantizes ? 64'(last_channel_word) + 64'sd1 : blocks),
      .block_pitch_i(64'sd1),
      .leaves_o     (output_leaves)
  );

  assign broken_o[systoliq_isa_pkg::POST_RULE_PRESET] = preset_impossible;
  assign broken_o[systoliq_isa_pkg::POST_RULE_CLAMP_MIN] = clamp_min > clamp_max;
  assign broken_o[systoliq_isa_pkg::POST_RULE_HEIGHT] =
      pixels > (requantizes ? WholeAccumulatorWords : WholeActivationWords);
  assign broken_o[systoliq_isa_pkg::POST_RULE_BLOCKS]   = !requantizes && pixels * blocks > WholeActivationWords;
  assign broken_o[systoliq_isa_pkg::POST_RULE_CHANNELS] =
      requantizes && (channels < 64'sd1 || channels > WholeCols);
  assign broken_o[systoliq_isa_pkg::POST_RULE_FILL_LANES] =
      requantizes && 64'(last_channel_lane) + fill_lanes >= WholeRows;
  assign broken_o[systoliq_isa_pkg::POST_RULE_KERNEL_HEIGHT] =
      pools && (taps < 64'sd1 || taps > WindowTapsMax);
  assign broken_o[systoliq_isa_pkg::POST_RULE_STRIDE_HEIGHT] = pools && has_empty_window(
      height, stride_height, pad_top, kernel_height, source_height
  );
  assign broken_o[systoliq_isa_pkg::POST_RULE_STRIDE_WIDTH] = pools && has_empty_window(
      width, stride_width, pad_left, kernel_width, source_width
  );
  assign broken_o[systoliq_isa_pkg::POST_RULE_SOURCE_ADDRESS] =
      requantizes ? source_address + pixels > WholeAccumulatorWords : !fills && source_leaves;
  assign broken_o[systoliq_isa_pkg::POST_RULE_SOURCE2_ADDRESS] = adds && source2_leaves;
  assign broken_o[systoliq_isa_pkg::POST_RULE_OUTPUT_ADDRESS] = output_leaves;
  assign broken_o[systoliq_isa_pkg::POST_RULE_PARAM_ADDRESS] =
      looks_up && param_address + TableWords > WholeParamWords;
  assign broken_o[systoliq_isa_pkg::POST_RULE_SHIFT] = adds && bad_shift(
      shift, is_float, rounds_once, 64'sd0
  );
  assign broken_o[systoliq_isa_pkg::POST_RULE_SHIFT2] = adds && bad_shift(
      shift2, is_float, rounds_once, 64'sd0
  );
  assign broken_o[systoliq_isa_pkg::POST_RULE_SHIFT3] = adds && bad_shift(
      shift3, is_float, rounds_once, 64'sd31
  );
  assign broken_o[systoliq_isa_pkg::POST_RULE_DIVISOR] = averages && divisor < 64'sd1;

endmodule : systoliq_post_rules
