// SPDX-License-Identifier: Apache-2.0
// Types of the machine beyond its ISA (systoliq_isa_pkg.sv): what queues hold, how deep they are,
// engines, roundings.

package systoliq_pkg;

  localparam int unsigned Semaphores = 16;
  localparam int unsigned SemaphoreBits = 8;
  localparam int unsigned QueueDepth = 8;
  localparam int unsigned FetchDepth = 8;
  localparam int unsigned Engines = 4;
  /// EXECUTEs whose stream has begun and that have not ended.
  localparam int unsigned ExecutesInFlight = 4;

  /// Engines in the order of their queues; opcode - OPCODE_LOAD.
  typedef enum logic [1:0] {
    ENGINE_LOAD    = 2'd0,
    ENGINE_EXECUTE = 2'd1,
    ENGINE_POST    = 2'd2,
    ENGINE_STORE   = 2'd3
  } engine_e;

  /// Dataflow parameter of the array.
  typedef enum logic [0:0] {
    DATAFLOW_WEIGHT_STATIONARY = 1'd0,
    DATAFLOW_OUTPUT_STATIONARY = 1'd1
  } dataflow_e;

  /// One field of a command, read as the C++ model reads it.
  typedef logic signed [31:0] field_t;

  /// A command in an engine's queue: words 1 to 63, the opcode being known by the queue. `fields`
  /// is indexed by the enumerations of systoliq_isa_pkg. (yosys 0.23 reads an array of packed words
  /// only as a member of a struct: elsewhere, ports and typedefs included, use a flat vector and
  /// `[32 * i +: 32]`.)
  typedef struct packed {
    logic [15:0]       wait_mask;
    logic [15:0]       signal_mask;
    logic [31:0]       layer;
    logic [60:0][31:0] fields;
  } command_t;

  /// What LOAD keeps of a command until it ends.
  typedef struct packed {
    logic [15:0]       signal_mask;
    logic [27:0][31:0] fields;
  } load_t;

  /// Roundings of v / 2^n to an integer, docs/numerics.md.
  typedef enum logic [1:0] {
    ROUND_FLOOR     = 2'd0,
    ROUND_HALF_UP   = 2'd1,
    ROUND_HALF_EVEN = 2'd2,
    ROUND_HALF_AWAY = 2'd3
  } rounding_e;

endpackage : systoliq_pkg
