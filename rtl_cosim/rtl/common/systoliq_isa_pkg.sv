// SPDX-License-Identifier: Apache-2.0
// The ISA: opcodes, fields, ranges, rules and errors. Written from model/isa/isa_fields.h and *_rules.cpp, and compared
// with them by tests/model/isa/isa_files_test.cpp, which also writes it anew: do not edit. What the rules say stands in
// docs/architecture.md.

package systoliq_isa_pkg;

  localparam int unsigned CommandBytes = 256;
  localparam int unsigned CommandWords = 64;
  localparam int unsigned SemaphoreWord = 1;
  localparam int unsigned LayerWord = 2;
  localparam int unsigned FirstFieldWord = 3;
  localparam int unsigned LayerMax = 65535;
  localparam int unsigned CoordinateMax = 1073741823;
  localparam int unsigned WindowTapsMax = 1048575;
  /// Bytes of the address space of commands.
  localparam logic [63:0] MemoryBytes = 64'd2147483648;

  /// Word 0 of a command, bits 7:0.
  typedef enum logic [7:0] {
    OPCODE_HALT    = 8'd0,
    OPCODE_FENCE   = 8'd1,
    OPCODE_LOAD    = 8'd2,
    OPCODE_EXECUTE = 8'd3,
    OPCODE_POST    = 8'd4,
    OPCODE_STORE   = 8'd5
  } opcode_e;

  /// LOAD's target.
  typedef enum logic [1:0] {
    TARGET_ACTIVATION = 2'd0,
    TARGET_WEIGHT     = 2'd1,
    TARGET_PARAM      = 2'd2
  } load_target_e;

  /// POST's operation.
  typedef enum logic [2:0] {
    POST_OP_REQUANTIZE   = 3'd0,
    POST_OP_MAX_POOL     = 3'd1,
    POST_OP_AVERAGE_POOL = 3'd2,
    POST_OP_ADD          = 3'd3,
    POST_OP_LOOKUP       = 3'd4,
    POST_OP_FILL         = 3'd5
  } post_op_e;

  /// Requantization presets, types/preset.h.
  typedef enum logic [3:0] {
    PRESET_TFLITE_REF    = 4'd0,
    PRESET_TFLITE_SINGLE = 4'd1,
    PRESET_ORT_MLAS      = 4'd2,
    PRESET_FLOOR         = 4'd3,
    PRESET_HALF_UP       = 4'd4,
    PRESET_HALF_EVEN     = 4'd5,
    PRESET_HALF_AWAY     = 4'd6,
    PRESET_POT_FLOOR     = 4'd7,
    PRESET_POT_HALF_UP   = 4'd8
  } preset_e;

  /// Why a run ended with an error: register error_code, bits 7:0.
  typedef enum logic [7:0] {
    ERROR_NONE               = 8'd0,
    ERROR_UNKNOWN_OPCODE     = 8'd1,
    ERROR_RESERVED           = 8'd2,
    ERROR_RANGE              = 8'd3,
    ERROR_RULE               = 8'd4,
    ERROR_SEMAPHORE          = 8'd5,
    ERROR_SEMAPHORE_OVERFLOW = 8'd16,
    ERROR_BUS_READ           = 8'd17,
    ERROR_BUS_WRITE          = 8'd18
  } error_reason_e;

  /// Fields of LOAD: field i is word FirstFieldWord + i.
  typedef enum int unsigned {
    LOAD_TARGET            = 0,
    LOAD_MEMORY_ADDRESS    = 1,
    LOAD_MEMORY_ROW_PITCH  = 2,
    LOAD_MEMORY_BIT        = 3,
    LOAD_BUFFER_ADDRESS    = 4,
    LOAD_BUFFER_ROW_PITCH  = 5,
    LOAD_BUFFER_WORD_PITCH = 6,
    LOAD_ROWS              = 7,
    LOAD_ROW_RECORDS       = 8,
    LOAD_RECORD_WORDS      = 9,
    LOAD_RECORD_LANES      = 10,
    LOAD_WORD_LANES        = 11,
    LOAD_ELEMENT_BITS      = 12,
    LOAD_LEAD_WORDS        = 13,
    LOAD_GROUP_WORDS       = 14,
    LOAD_GROUP_FIRST_WORDS = 15,
    LOAD_GROUP_LANE        = 16,
    LOAD_PACK_KERNEL_WIDTH = 17,
    LOAD_PACK_CHANNELS     = 18,
    LOAD_PACK_STRIDE       = 19,
    LOAD_PACK_ROW_STRIDE   = 20,
    LOAD_PACK_PAD_LEFT     = 21,
    LOAD_PACK_PAD_TOP      = 22,
    LOAD_PACK_WIDTH        = 23,
    LOAD_PACK_HEIGHT       = 24,
    LOAD_LANE_OFFSET       = 25,
    LOAD_CLEAR_LANES       = 26,
    LOAD_PAD_VALUE         = 27
  } load_field_e;
  localparam int unsigned LoadFields = 28;

  /// Rules of LOAD in their order, each named by the field whose word it reports.
  typedef enum int unsigned {
    LOAD_RULE_TARGET            = 0,
    LOAD_RULE_PACK_CHANNELS     = 1,
    LOAD_RULE_PACK_KERNEL_WIDTH = 2,
    LOAD_RULE_ELEMENT_BITS      = 3,
    LOAD_RULE_MEMORY_BIT        = 4,
    LOAD_RULE_WORD_LANES        = 5,
    LOAD_RULE_LEAD_WORDS        = 6,
    LOAD_RULE_RECORD_LANES      = 7,
    LOAD_RULE_GROUP_WORDS       = 8,
    LOAD_RULE_GROUP_FIRST_WORDS = 9,
    LOAD_RULE_PACK_STRIDE       = 10,
    LOAD_RULE_PACK_ROW_STRIDE   = 11,
    LOAD_RULE_PACK_WIDTH        = 12,
    LOAD_RULE_PACK_HEIGHT       = 13,
    LOAD_RULE_RECORD_WORDS      = 14,
    LOAD_RULE_ROW_RECORDS       = 15,
    LOAD_RULE_ROWS              = 16,
    LOAD_RULE_BUFFER_ADDRESS    = 17,
    LOAD_RULE_PAD_VALUE         = 18,
    LOAD_RULE_MEMORY_ADDRESS    = 19
  } load_rule_e;
  localparam int unsigned LoadRules = 20;

  /// Fields of EXECUTE: field i is word FirstFieldWord + i.
  typedef enum int unsigned {
    EXECUTE_INPUT_ADDRESS       = 0,
    EXECUTE_INPUT_ROW_PITCH     = 1,
    EXECUTE_INPUT_PIXEL_PITCH   = 2,
    EXECUTE_INPUT_BLOCK_PITCH   = 3,
    EXECUTE_INPUT_HEIGHT        = 4,
    EXECUTE_INPUT_WIDTH         = 5,
    EXECUTE_INPUT_BLOCKS        = 6,
    EXECUTE_LAST_BLOCK_LANES    = 7,
    EXECUTE_OUTPUT_HEIGHT       = 8,
    EXECUTE_OUTPUT_WIDTH        = 9,
    EXECUTE_KERNEL_HEIGHT       = 10,
    EXECUTE_KERNEL_WIDTH        = 11,
    EXECUTE_STRIDE_HEIGHT       = 12,
    EXECUTE_STRIDE_WIDTH        = 13,
    EXECUTE_DILATION_HEIGHT     = 14,
    EXECUTE_DILATION_WIDTH      = 15,
    EXECUTE_PAD_TOP             = 16,
    EXECUTE_PAD_LEFT            = 17,
    EXECUTE_PAD_VALUE           = 18,
    EXECUTE_WEIGHT_ADDRESS      = 19,
    EXECUTE_WEIGHT_ZERO_POINT   = 20,
    EXECUTE_ACCUMULATOR_ADDRESS = 21,
    EXECUTE_PARAM_ADDRESS       = 22,
    EXECUTE_INIT                = 23,
    EXECUTE_VALID_COLUMNS       = 24,
    EXECUTE_CODEBOOK_ADDRESS    = 25,
    EXECUTE_STREAM_WAIT         = 26
  } execute_field_e;
  localparam int unsigned ExecuteFields = 27;

  /// Rules of EXECUTE in their order, each named by the field whose word it reports.
  typedef enum int unsigned {
    EXECUTE_RULE_OUTPUT_HEIGHT       = 0,
    EXECUTE_RULE_ACCUMULATOR_ADDRESS = 1,
    EXECUTE_RULE_KERNEL_HEIGHT       = 2,
    EXECUTE_RULE_INPUT_BLOCKS        = 3,
    EXECUTE_RULE_WEIGHT_ADDRESS      = 4,
    EXECUTE_RULE_STRIDE_HEIGHT       = 5,
    EXECUTE_RULE_STRIDE_WIDTH        = 6,
    EXECUTE_RULE_INPUT_ADDRESS       = 7,
    EXECUTE_RULE_CODEBOOK_ADDRESS    = 8
  } execute_rule_e;
  localparam int unsigned ExecuteRules = 9;

  /// Fields of POST: field i is word FirstFieldWord + i.
  typedef enum int unsigned {
    POST_OP                 = 0,
    POST_PRESET             = 1,
    POST_SOURCE_ADDRESS     = 2,
    POST_SOURCE_ROW_PITCH   = 3,
    POST_SOURCE_PIXEL_PITCH = 4,
    POST_SOURCE_HEIGHT      = 5,
    POST_SOURCE_WIDTH       = 6,
    POST_SOURCE_ZERO_POINT  = 7,
    POST_SOURCE2_ADDRESS    = 8,
    POST_SOURCE2_ROW_PITCH  = 9,
    POST_SOURCE2_ZERO_POINT = 10,
    POST_OUTPUT_ADDRESS     = 11,
    POST_OUTPUT_ROW_PITCH   = 12,
    POST_OUTPUT_PIXEL_PITCH = 13,
    POST_OUTPUT_ZERO_POINT  = 14,
    POST_CLAMP_MIN          = 15,
    POST_CLAMP_MAX          = 16,
    POST_HEIGHT             = 17,
    POST_WIDTH              = 18,
    POST_BLOCKS             = 19,
    POST_CHANNEL_OFFSET     = 20,
    POST_CHANNELS           = 21,
    POST_FILL_LANES         = 22,
    POST_PARAM_ADDRESS      = 23,
    POST_KERNEL_HEIGHT      = 24,
    POST_KERNEL_WIDTH       = 25,
    POST_STRIDE_HEIGHT      = 26,
    POST_STRIDE_WIDTH       = 27,
    POST_PAD_TOP            = 28,
    POST_PAD_LEFT           = 29,
    POST_COUNT_INCLUDE_PAD  = 30,
    POST_MULTIPLIER         = 31,
    POST_SHIFT              = 32,
    POST_MULTIPLIER2        = 33,
    POST_SHIFT2             = 34,
    POST_MULTIPLIER3        = 35,
    POST_SHIFT3             = 36,
    POST_DIVISOR            = 37
  } post_field_e;
  localparam int unsigned PostFields = 38;

  /// Rules of POST in their order, each named by the field whose word it reports.
  typedef enum int unsigned {
    POST_RULE_PRESET          = 0,
    POST_RULE_CLAMP_MIN       = 1,
    POST_RULE_HEIGHT          = 2,
    POST_RULE_BLOCKS          = 3,
    POST_RULE_CHANNELS        = 4,
    POST_RULE_FILL_LANES      = 5,
    POST_RULE_KERNEL_HEIGHT   = 6,
    POST_RULE_STRIDE_HEIGHT   = 7,
    POST_RULE_STRIDE_WIDTH    = 8,
    POST_RULE_SOURCE_ADDRESS  = 9,
    POST_RULE_SOURCE2_ADDRESS = 10,
    POST_RULE_OUTPUT_ADDRESS  = 11,
    POST_RULE_PARAM_ADDRESS   = 12,
    POST_RULE_SHIFT           = 13,
    POST_RULE_SHIFT2          = 14,
    POST_RULE_SHIFT3          = 15,
    POST_RULE_DIVISOR         = 16
  } post_rule_e;
  localparam int unsigned PostRules = 17;

  /// Fields of STORE: field i is word FirstFieldWord + i.
  typedef enum int unsigned {
    STORE_MEMORY_ADDRESS    = 0,
    STORE_MEMORY_ROW_PITCH  = 1,
    STORE_BUFFER_ADDRESS    = 2,
    STORE_BUFFER_ROW_PITCH  = 3,
    STORE_BUFFER_WORD_PITCH = 4,
    STORE_ROWS              = 5,
    STORE_ROW_RECORDS       = 6,
    STORE_RECORD_WORDS      = 7,
    STORE_RECORD_LANES      = 8,
    STORE_ELEMENT_BITS      = 9
  } store_field_e;
  localparam int unsigned StoreFields = 10;

  /// Rules of STORE in their order, each named by the field whose word it reports.
  typedef enum int unsigned {
    STORE_RULE_RECORD_LANES   = 0,
    STORE_RULE_ROW_RECORDS    = 1,
    STORE_RULE_ROWS           = 2,
    STORE_RULE_BUFFER_ADDRESS = 3,
    STORE_RULE_MEMORY_ADDRESS = 4
  } store_rule_e;
  localparam int unsigned StoreRules = 5;

  /// The lowest (highest = 0) or highest value of a field, of an opcode's bits 2:0, on a machine of these parameters.
  function automatic logic signed [31:0] bound(
      input logic highest, input logic [2:0] opcode, input logic [5:0] field, input logic signed [31:0] rows,
      input logic signed [31:0] cols, input logic signed [31:0] activation_bits,
      input logic signed [31:0] weight_bits, input logic signed [31:0] activation_words,
      input logic signed [31:0] weight_words, input logic signed [31:0] accumulator_words,
      input logic signed [31:0] param_words);
    logic signed [31:0] target_words, source_words, lane_bits, most_lanes, target_lanes;
    target_words = activation_words > weight_words ? activation_words : weight_words;
    target_words = target_words > param_words ? target_words : param_words;
    source_words = activation_words > accumulator_words ? activation_words : accumulator_words;
    lane_bits = activation_bits > weight_bits ? activation_bits : weight_bits;
    most_lanes = rows > cols ? rows : cols;
    target_lanes = weight_words > param_words ? weight_words * cols : param_words * cols;
    target_lanes = activation_words * rows > target_lanes ? activation_words * rows : target_lanes;
    case ({highest, opcode, field})
      // LOAD.target
      {1'b0, 3'd2, 6'd0}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd0}: bound = 32'sd2;
      // LOAD.memory_address
      {1'b0, 3'd2, 6'd1}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd1}: bound = 32'sd2147483647;
      // LOAD.memory_row_pitch
      {1'b0, 3'd2, 6'd2}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd2}: bound = 32'sd2147483647;
      // LOAD.memory_bit
      {1'b0, 3'd2, 6'd3}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd3}: bound = 32'sd7;
      // LOAD.buffer_address
      {1'b0, 3'd2, 6'd4}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd4}: bound = target_words - 32'sd1;
      // LOAD.buffer_row_pitch
      {1'b0, 3'd2, 6'd5}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd5}: bound = target_words;
      // LOAD.buffer_word_pitch
      {1'b0, 3'd2, 6'd6}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd6}: bound = target_words;
      // LOAD.rows
      {1'b0, 3'd2, 6'd7}: bound = 32'sd1;
      {1'b1, 3'd2, 6'd7}: bound = target_words;
      // LOAD.row_records
      {1'b0, 3'd2, 6'd8}: bound = 32'sd1;
      {1'b1, 3'd2, 6'd8}: bound = target_words;
      // LOAD.record_words
      {1'b0, 3'd2, 6'd9}: bound = 32'sd1;
      {1'b1, 3'd2, 6'd9}: bound = target_words;
      // LOAD.record_lanes
      {1'b0, 3'd2, 6'd10}: bound = 32'sd1;
      {1'b1, 3'd2, 6'd10}: bound = target_lanes;
      // LOAD.word_lanes
      {1'b0, 3'd2, 6'd11}: bound = 32'sd1;
      {1'b1, 3'd2, 6'd11}: bound = most_lanes;
      // LOAD.element_bits
      {1'b0, 3'd2, 6'd12}: bound = 32'sd1;
      {1'b1, 3'd2, 6'd12}: bound = 32'sd128;
      // LOAD.lead_words
      {1'b0, 3'd2, 6'd13}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd13}: bound = target_words - 32'sd1;
      // LOAD.group_words
      {1'b0, 3'd2, 6'd14}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd14}: bound = target_words;
      // LOAD.group_first_words
      {1'b0, 3'd2, 6'd15}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd15}: bound = target_words;
      // LOAD.group_lane
      {1'b0, 3'd2, 6'd16}: bound = -cols;
      {1'b1, 3'd2, 6'd16}: bound = cols - 32'sd1;
      // LOAD.pack_kernel_width
      {1'b0, 3'd2, 6'd17}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd17}: bound = rows;
      // LOAD.pack_channels
      {1'b0, 3'd2, 6'd18}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd18}: bound = rows;
      // LOAD.pack_stride
      {1'b0, 3'd2, 6'd19}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd19}: bound = 32'sd1073741823;
      // LOAD.pack_row_stride
      {1'b0, 3'd2, 6'd20}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd20}: bound = 32'sd1073741823;
      // LOAD.pack_pad_left
      {1'b0, 3'd2, 6'd21}: bound = -32'sd1073741823;
      {1'b1, 3'd2, 6'd21}: bound = 32'sd1073741823;
      // LOAD.pack_pad_top
      {1'b0, 3'd2, 6'd22}: bound = -32'sd1073741823;
      {1'b1, 3'd2, 6'd22}: bound = 32'sd1073741823;
      // LOAD.pack_width
      {1'b0, 3'd2, 6'd23}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd23}: bound = 32'sd1073741823;
      // LOAD.pack_height
      {1'b0, 3'd2, 6'd24}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd24}: bound = 32'sd1073741823;
      // LOAD.lane_offset
      {1'b0, 3'd2, 6'd25}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd25}: bound = rows - 32'sd1;
      // LOAD.clear_lanes
      {1'b0, 3'd2, 6'd26}: bound = 32'sd0;
      {1'b1, 3'd2, 6'd26}: bound = 32'sd1;
      // LOAD.pad_value
      {1'b0, 3'd2, 6'd27}: bound = -(32'sd1 <<< (lane_bits - 32'sd1));
      {1'b1, 3'd2, 6'd27}: bound = (32'sd1 <<< (lane_bits - 32'sd1)) - 32'sd1;
      // EXECUTE.input_address
      {1'b0, 3'd3, 6'd0}: bound = 32'sd0;
      {1'b1, 3'd3, 6'd0}: bound = activation_words - 32'sd1;
      // EXECUTE.input_row_pitch
      {1'b0, 3'd3, 6'd1}: bound = -activation_words;
      {1'b1, 3'd3, 6'd1}: bound = activation_words;
      // EXECUTE.input_pixel_pitch
      {1'b0, 3'd3, 6'd2}: bound = -activation_words;
      {1'b1, 3'd3, 6'd2}: bound = activation_words;
      // EXECUTE.input_block_pitch
      {1'b0, 3'd3, 6'd3}: bound = -activation_words;
      {1'b1, 3'd3, 6'd3}: bound = activation_words;
      // EXECUTE.input_height
      {1'b0, 3'd3, 6'd4}: bound = 32'sd0;
      {1'b1, 3'd3, 6'd4}: bound = 32'sd1073741823;
      // EXECUTE.input_width
      {1'b0, 3'd3, 6'd5}: bound = 32'sd0;
      {1'b1, 3'd3, 6'd5}: bound = 32'sd1073741823;
      // EXECUTE.input_blocks
      {1'b0, 3'd3, 6'd6}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd6}: bound = weight_words;
      // EXECUTE.last_block_lanes
      {1'b0, 3'd3, 6'd7}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd7}: bound = rows;
      // EXECUTE.output_height
      {1'b0, 3'd3, 6'd8}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd8}: bound = accumulator_words;
      // EXECUTE.output_width
      {1'b0, 3'd3, 6'd9}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd9}: bound = accumulator_words;
      // EXECUTE.kernel_height
      {1'b0, 3'd3, 6'd10}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd10}: bound = weight_words;
      // EXECUTE.kernel_width
      {1'b0, 3'd3, 6'd11}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd11}: bound = weight_words;
      // EXECUTE.stride_height
      {1'b0, 3'd3, 6'd12}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd12}: bound = 32'sd1073741823;
      // EXECUTE.stride_width
      {1'b0, 3'd3, 6'd13}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd13}: bound = 32'sd1073741823;
      // EXECUTE.dilation_height
      {1'b0, 3'd3, 6'd14}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd14}: bound = 32'sd1073741823;
      // EXECUTE.dilation_width
      {1'b0, 3'd3, 6'd15}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd15}: bound = 32'sd1073741823;
      // EXECUTE.pad_top
      {1'b0, 3'd3, 6'd16}: bound = -32'sd1073741823;
      {1'b1, 3'd3, 6'd16}: bound = 32'sd1073741823;
      // EXECUTE.pad_left
      {1'b0, 3'd3, 6'd17}: bound = -32'sd1073741823;
      {1'b1, 3'd3, 6'd17}: bound = 32'sd1073741823;
      // EXECUTE.pad_value
      {1'b0, 3'd3, 6'd18}: bound = -(32'sd1 <<< (activation_bits - 32'sd1));
      {1'b1, 3'd3, 6'd18}: bound = (32'sd1 <<< (activation_bits - 32'sd1)) - 32'sd1;
      // EXECUTE.weight_address
      {1'b0, 3'd3, 6'd19}: bound = 32'sd0;
      {1'b1, 3'd3, 6'd19}: bound = weight_words - 32'sd1;
      // EXECUTE.weight_zero_point
      {1'b0, 3'd3, 6'd20}: bound = -(32'sd1 <<< (weight_bits - 32'sd1));
      {1'b1, 3'd3, 6'd20}: bound = (32'sd1 <<< (weight_bits - 32'sd1)) - 32'sd1;
      // EXECUTE.accumulator_address
      {1'b0, 3'd3, 6'd21}: bound = 32'sd0;
      {1'b1, 3'd3, 6'd21}: bound = accumulator_words - 32'sd1;
      // EXECUTE.param_address
      {1'b0, 3'd3, 6'd22}: bound = 32'sd0;
      {1'b1, 3'd3, 6'd22}: bound = param_words - 32'sd1;
      // EXECUTE.init
      {1'b0, 3'd3, 6'd23}: bound = 32'sd0;
      {1'b1, 3'd3, 6'd23}: bound = 32'sd1;
      // EXECUTE.valid_columns
      {1'b0, 3'd3, 6'd24}: bound = 32'sd1;
      {1'b1, 3'd3, 6'd24}: bound = cols;
      // EXECUTE.codebook_address
      {1'b0, 3'd3, 6'd25}: bound = -32'sd1;
      {1'b1, 3'd3, 6'd25}: bound = param_words - 32'sd1;
      // EXECUTE.stream_wait
      {1'b0, 3'd3, 6'd26}: bound = 32'sd0;
      {1'b1, 3'd3, 6'd26}: bound = 32'sd65535;
      // POST.op
      {1'b0, 3'd4, 6'd0}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd0}: bound = 32'sd5;
      // POST.preset
      {1'b0, 3'd4, 6'd1}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd1}: bound = 32'sd8;
      // POST.source_address
      {1'b0, 3'd4, 6'd2}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd2}: bound = source_words - 32'sd1;
      // POST.source_row_pitch
      {1'b0, 3'd4, 6'd3}: bound = -activation_words;
      {1'b1, 3'd4, 6'd3}: bound = activation_words;
      // POST.source_pixel_pitch
      {1'b0, 3'd4, 6'd4}: bound = -activation_words;
      {1'b1, 3'd4, 6'd4}: bound = activation_words;
      // POST.source_height
      {1'b0, 3'd4, 6'd5}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd5}: bound = 32'sd1073741823;
      // POST.source_width
      {1'b0, 3'd4, 6'd6}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd6}: bound = 32'sd1073741823;
      // POST.source_zero_point
      {1'b0, 3'd4, 6'd7}: bound = -(32'sd1 <<< (activation_bits - 32'sd1));
      {1'b1, 3'd4, 6'd7}: bound = (32'sd1 <<< (activation_bits - 32'sd1)) - 32'sd1;
      // POST.source2_address
      {1'b0, 3'd4, 6'd8}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd8}: bound = activation_words - 32'sd1;
      // POST.source2_row_pitch
      {1'b0, 3'd4, 6'd9}: bound = -activation_words;
      {1'b1, 3'd4, 6'd9}: bound = activation_words;
      // POST.source2_zero_point
      {1'b0, 3'd4, 6'd10}: bound = -(32'sd1 <<< (activation_bits - 32'sd1));
      {1'b1, 3'd4, 6'd10}: bound = (32'sd1 <<< (activation_bits - 32'sd1)) - 32'sd1;
      // POST.output_address
      {1'b0, 3'd4, 6'd11}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd11}: bound = activation_words - 32'sd1;
      // POST.output_row_pitch
      {1'b0, 3'd4, 6'd12}: bound = -activation_words;
      {1'b1, 3'd4, 6'd12}: bound = activation_words;
      // POST.output_pixel_pitch
      {1'b0, 3'd4, 6'd13}: bound = -activation_words;
      {1'b1, 3'd4, 6'd13}: bound = activation_words;
      // POST.output_zero_point
      {1'b0, 3'd4, 6'd14}: bound = -(32'sd1 <<< (activation_bits - 32'sd1));
      {1'b1, 3'd4, 6'd14}: bound = (32'sd1 <<< (activation_bits - 32'sd1)) - 32'sd1;
      // POST.clamp_min
      {1'b0, 3'd4, 6'd15}: bound = -(32'sd1 <<< (activation_bits - 32'sd1));
      {1'b1, 3'd4, 6'd15}: bound = (32'sd1 <<< (activation_bits - 32'sd1)) - 32'sd1;
      // POST.clamp_max
      {1'b0, 3'd4, 6'd16}: bound = -(32'sd1 <<< (activation_bits - 32'sd1));
      {1'b1, 3'd4, 6'd16}: bound = (32'sd1 <<< (activation_bits - 32'sd1)) - 32'sd1;
      // POST.height
      {1'b0, 3'd4, 6'd17}: bound = 32'sd1;
      {1'b1, 3'd4, 6'd17}: bound = source_words;
      // POST.width
      {1'b0, 3'd4, 6'd18}: bound = 32'sd1;
      {1'b1, 3'd4, 6'd18}: bound = source_words;
      // POST.blocks
      {1'b0, 3'd4, 6'd19}: bound = 32'sd1;
      {1'b1, 3'd4, 6'd19}: bound = activation_words;
      // POST.channel_offset
      {1'b0, 3'd4, 6'd20}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd20}: bound = (activation_words * rows) - 32'sd1;
      // POST.channels
      {1'b0, 3'd4, 6'd21}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd21}: bound = (activation_words * rows);
      // POST.fill_lanes
      {1'b0, 3'd4, 6'd22}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd22}: bound = rows - 32'sd1;
      // POST.param_address
      {1'b0, 3'd4, 6'd23}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd23}: bound = param_words - 32'sd1;
      // POST.kernel_height
      {1'b0, 3'd4, 6'd24}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd24}: bound = 32'sd1048575;
      // POST.kernel_width
      {1'b0, 3'd4, 6'd25}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd25}: bound = 32'sd1048575;
      // POST.stride_height
      {1'b0, 3'd4, 6'd26}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd26}: bound = 32'sd1073741823;
      // POST.stride_width
      {1'b0, 3'd4, 6'd27}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd27}: bound = 32'sd1073741823;
      // POST.pad_top
      {1'b0, 3'd4, 6'd28}: bound = -32'sd1073741823;
      {1'b1, 3'd4, 6'd28}: bound = 32'sd1073741823;
      // POST.pad_left
      {1'b0, 3'd4, 6'd29}: bound = -32'sd1073741823;
      {1'b1, 3'd4, 6'd29}: bound = 32'sd1073741823;
      // POST.count_include_pad
      {1'b0, 3'd4, 6'd30}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd30}: bound = 32'sd1;
      // POST.multiplier
      {1'b0, 3'd4, 6'd31}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd31}: bound = 32'sd2147483647;
      // POST.shift
      {1'b0, 3'd4, 6'd32}: bound = -32'sd512;
      {1'b1, 3'd4, 6'd32}: bound = 32'sd511;
      // POST.multiplier2
      {1'b0, 3'd4, 6'd33}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd33}: bound = 32'sd2147483647;
      // POST.shift2
      {1'b0, 3'd4, 6'd34}: bound = -32'sd64;
      {1'b1, 3'd4, 6'd34}: bound = 32'sd63;
      // POST.multiplier3
      {1'b0, 3'd4, 6'd35}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd35}: bound = 32'sd2147483647;
      // POST.shift3
      {1'b0, 3'd4, 6'd36}: bound = -32'sd64;
      {1'b1, 3'd4, 6'd36}: bound = 32'sd63;
      // POST.divisor
      {1'b0, 3'd4, 6'd37}: bound = 32'sd0;
      {1'b1, 3'd4, 6'd37}: bound = 32'sd2147483647;
      // STORE.memory_address
      {1'b0, 3'd5, 6'd0}: bound = 32'sd0;
      {1'b1, 3'd5, 6'd0}: bound = 32'sd2147483647;
      // STORE.memory_row_pitch
      {1'b0, 3'd5, 6'd1}: bound = 32'sd0;
      {1'b1, 3'd5, 6'd1}: bound = 32'sd2147483647;
      // STORE.buffer_address
      {1'b0, 3'd5, 6'd2}: bound = 32'sd0;
      {1'b1, 3'd5, 6'd2}: bound = activation_words - 32'sd1;
      // STORE.buffer_row_pitch
      {1'b0, 3'd5, 6'd3}: bound = 32'sd0;
      {1'b1, 3'd5, 6'd3}: bound = activation_words;
      // STORE.buffer_word_pitch
      {1'b0, 3'd5, 6'd4}: bound = 32'sd0;
      {1'b1, 3'd5, 6'd4}: bound = activation_words;
      // STORE.rows
      {1'b0, 3'd5, 6'd5}: bound = 32'sd1;
      {1'b1, 3'd5, 6'd5}: bound = activation_words;
      // STORE.row_records
      {1'b0, 3'd5, 6'd6}: bound = 32'sd1;
      {1'b1, 3'd5, 6'd6}: bound = activation_words;
      // STORE.record_words
      {1'b0, 3'd5, 6'd7}: bound = 32'sd1;
      {1'b1, 3'd5, 6'd7}: bound = activation_words;
      // STORE.record_lanes
      {1'b0, 3'd5, 6'd8}: bound = 32'sd1;
      {1'b1, 3'd5, 6'd8}: bound = (activation_words * rows);
      // STORE.element_bits
      {1'b0, 3'd5, 6'd9}: bound = 32'sd1;
      {1'b1, 3'd5, 6'd9}: bound = activation_bits;
      default: bound = 32'sd0;
    endcase
  endfunction

  /// The word that a rule reports, of an opcode's bits 2:0.
  function automatic logic [5:0] rule_word(input logic [2:0] opcode, input logic [5:0] rule);
    case ({opcode, rule})
      {3'd2, 6'd0}: rule_word = 6'd3;  // LOAD.target
      {3'd2, 6'd1}: rule_word = 6'd21;  // LOAD.pack_channels
      {3'd2, 6'd2}: rule_word = 6'd20;  // LOAD.pack_kernel_width
      {3'd2, 6'd3}: rule_word = 6'd15;  // LOAD.element_bits
      {3'd2, 6'd4}: rule_word = 6'd6;  // LOAD.memory_bit
      {3'd2, 6'd5}: rule_word = 6'd14;  // LOAD.word_lanes
      {3'd2, 6'd6}: rule_word = 6'd16;  // LOAD.lead_words
      {3'd2, 6'd7}: rule_word = 6'd13;  // LOAD.record_lanes
      {3'd2, 6'd8}: rule_word = 6'd17;  // LOAD.group_words
      {3'd2, 6'd9}: rule_word = 6'd18;  // LOAD.group_first_words
      {3'd2, 6'd10}: rule_word = 6'd22;  // LOAD.pack_stride
      {3'd2, 6'd11}: rule_word = 6'd23;  // LOAD.pack_row_stride
      {3'd2, 6'd12}: rule_word = 6'd26;  // LOAD.pack_width
      {3'd2, 6'd13}: rule_word = 6'd27;  // LOAD.pack_height
      {3'd2, 6'd14}: rule_word = 6'd12;  // LOAD.record_words
      {3'd2, 6'd15}: rule_word = 6'd11;  // LOAD.row_records
      {3'd2, 6'd16}: rule_word = 6'd10;  // LOAD.rows
      {3'd2, 6'd17}: rule_word = 6'd7;  // LOAD.buffer_address
      {3'd2, 6'd18}: rule_word = 6'd30;  // LOAD.pad_value
      {3'd2, 6'd19}: rule_word = 6'd4;  // LOAD.memory_address
      {3'd3, 6'd0}: rule_word = 6'd11;  // EXECUTE.output_height
      {3'd3, 6'd1}: rule_word = 6'd24;  // EXECUTE.accumulator_address
      {3'd3, 6'd2}: rule_word = 6'd13;  // EXECUTE.kernel_height
      {3'd3, 6'd3}: rule_word = 6'd9;  // EXECUTE.input_blocks
      {3'd3, 6'd4}: rule_word = 6'd22;  // EXECUTE.weight_address
      {3'd3, 6'd5}: rule_word = 6'd15;  // EXECUTE.stride_height
      {3'd3, 6'd6}: rule_word = 6'd16;  // EXECUTE.stride_width
      {3'd3, 6'd7}: rule_word = 6'd3;  // EXECUTE.input_address
      {3'd3, 6'd8}: rule_word = 6'd28;  // EXECUTE.codebook_address
      {3'd4, 6'd0}: rule_word = 6'd4;  // POST.preset
      {3'd4, 6'd1}: rule_word = 6'd18;  // POST.clamp_min
      {3'd4, 6'd2}: rule_word = 6'd20;  // POST.height
      {3'd4, 6'd3}: rule_word = 6'd22;  // POST.blocks
      {3'd4, 6'd4}: rule_word = 6'd24;  // POST.channels
      {3'd4, 6'd5}: rule_word = 6'd25;  // POST.fill_lanes
      {3'd4, 6'd6}: rule_word = 6'd27;  // POST.kernel_height
      {3'd4, 6'd7}: rule_word = 6'd29;  // POST.stride_height
      {3'd4, 6'd8}: rule_word = 6'd30;  // POST.stride_width
      {3'd4, 6'd9}: rule_word = 6'd5;  // POST.source_address
      {3'd4, 6'd10}: rule_word = 6'd11;  // POST.source2_address
      {3'd4, 6'd11}: rule_word = 6'd14;  // POST.output_address
      {3'd4, 6'd12}: rule_word = 6'd26;  // POST.param_address
      {3'd4, 6'd13}: rule_word = 6'd35;  // POST.shift
      {3'd4, 6'd14}: rule_word = 6'd37;  // POST.shift2
      {3'd4, 6'd15}: rule_word = 6'd39;  // POST.shift3
      {3'd4, 6'd16}: rule_word = 6'd40;  // POST.divisor
      {3'd5, 6'd0}: rule_word = 6'd11;  // STORE.record_lanes
      {3'd5, 6'd1}: rule_word = 6'd9;  // STORE.row_records
      {3'd5, 6'd2}: rule_word = 6'd8;  // STORE.rows
      {3'd5, 6'd3}: rule_word = 6'd5;  // STORE.buffer_address
      {3'd5, 6'd4}: rule_word = 6'd3;  // STORE.memory_address
      default: rule_word = 6'd0;
    endcase
  endfunction

endpackage : systoliq_isa_pkg
