// SPDX-License-Identifier: Apache-2.0
// Types of the machine: what a command holds, the names of its fields, and the enumerations that a field can be. Values
// and orders are those of model/isa/command.h and types/preset.h.

package systoliq_pkg;

  localparam int unsigned CommandBytes = 256;
  localparam int unsigned CommandWords = 64;
  localparam int unsigned Semaphores = 16;
  localparam int unsigned SemaphoreBits = 8;
  localparam int unsigned QueueDepth = 8;
  localparam int unsigned FetchDepth = 8;
  localparam int unsigned Engines = 4;

  /// Word 0 of a command, bits 7:0.
  typedef enum logic [7:0] {
    OPCODE_HALT    = 8'd0,
    OPCODE_FENCE   = 8'd1,
    OPCODE_LOAD    = 8'd2,
    OPCODE_EXECUTE = 8'd3,
    OPCODE_POST    = 8'd4,
    OPCODE_STORE   = 8'd5
  } opcode_e;

  /// Engines in the order of their queues; opcode - OPCODE_LOAD.
  typedef enum logic [1:0] {
    ENGINE_LOAD    = 2'd0,
    ENGINE_EXECUTE = 2'd1,
    ENGINE_POST    = 2'd2,
    ENGINE_STORE   = 2'd3
  } engine_e;

  typedef enum logic [1:0] {
    TARGET_ACTIVATION = 2'd0,
    TARGET_WEIGHT     = 2'd1,
    TARGET_PARAM      = 2'd2
  } load_target_e;

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

  /// Dataflow parameter of the array.
  typedef enum logic [0:0] {
    DATAFLOW_WEIGHT_STATIONARY = 1'd0,
    DATAFLOW_OUTPUT_STATIONARY = 1'd1
  } dataflow_e;

  /// One field of a command, read as the C++ model reads it.
  typedef logic signed [31:0] field_t;

  /// A command in an engine's queue: words 1 to 63, the opcode being known by the queue. `fields` is indexed by the
  /// enumerations below. (yosys 0.23 reads an array of packed words only as a member of a struct: elsewhere, ports and
  /// typedefs included, use a flat vector and `[32 * i +: 32]`.)
  typedef struct packed {
    logic [15:0]       wait_mask;
    logic [15:0]       signal_mask;
    logic [31:0]       layer;
    logic [60:0][31:0] fields;
  } command_t;

  /// What LOAD keeps of a command until it ends.
  typedef struct packed {
    logic [15:0]       signal_mask;
    logic [19:0][31:0] fields;
  } load_t;

  /// Fields of LOAD, model/isa/command.h.
  typedef enum int unsigned {
    LOAD_TARGET            = 0,
    LOAD_MEMORY_ADDRESS    = 1,
    LOAD_MEMORY_ROW_PITCH  = 2,
    LOAD_MEMORY_WORD_BYTES = 3,
    LOAD_BUFFER_ADDRESS    = 4,
    LOAD_BUFFER_ROW_PITCH  = 5,
    LOAD_BUFFER_WORD_PITCH = 6,
    LOAD_ROWS              = 7,
    LOAD_ROW_WORDS         = 8,
    LOAD_PACK_KERNEL_WIDTH = 9,
    LOAD_PACK_CHANNELS     = 10,
    LOAD_PACK_STRIDE       = 11,
    LOAD_PACK_ROW_STRIDE   = 12,
    LOAD_PACK_PAD_LEFT     = 13,
    LOAD_PACK_PAD_TOP      = 14,
    LOAD_PACK_WIDTH        = 15,
    LOAD_PACK_HEIGHT       = 16,
    LOAD_LANE_OFFSET       = 17,
    LOAD_CLEAR_LANES       = 18,
    LOAD_PAD_VALUE         = 19
  } load_field_e;

  /// Fields of EXECUTE, model/isa/command.h.
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
    EXECUTE_CODEBOOK_ADDRESS    = 25
  } execute_field_e;

  /// Fields of POST, model/isa/command.h.
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

  /// Fields of STORE, model/isa/command.h.
  typedef enum int unsigned {
    STORE_MEMORY_ADDRESS    = 0,
    STORE_MEMORY_ROW_PITCH  = 1,
    STORE_MEMORY_WORD_BYTES = 2,
    STORE_BUFFER_ADDRESS    = 3,
    STORE_BUFFER_ROW_PITCH  = 4,
    STORE_BUFFER_WORD_PITCH = 5,
    STORE_ROWS              = 6,
    STORE_ROW_WORDS         = 7
  } store_field_e;

  /// Roundings of v / 2^n to an integer, docs/numerics.md.
  typedef enum logic [1:0] {
    ROUND_FLOOR     = 2'd0,
    ROUND_HALF_UP   = 2'd1,
    ROUND_HALF_EVEN = 2'd2,
    ROUND_HALF_AWAY = 2'd3
  } rounding_e;

  /// Why a run ended with the error status, bits 7:0 of the register error_code: 1 to 5 a bad command, in the order in
  /// which the decoder checks; from 16 on a rule broken elsewhere.
  typedef enum logic [7:0] {
    ERROR_NONE      = 8'd0,
    ERROR_OPCODE    = 8'd1,
    ERROR_RESERVED  = 8'd2,
    ERROR_RANGE     = 8'd3,
    ERROR_RELATION  = 8'd4,
    ERROR_SEMAPHORE = 8'd5,
    ERROR_OVERFLOW  = 8'd16,
    ERROR_READ      = 8'd17,
    ERROR_WRITE     = 8'd18
  } error_e;

endpackage : systoliq_pkg
