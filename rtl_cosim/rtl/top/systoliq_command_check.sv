// SPDX-License-Identifier: Apache-2.0
// The decoder's checks of one command, in one cycle. Mirrors model/isa/command_check.cpp.
//
// Theory of operation: the checks have an order, and the first that fails is told with the word that it is about: the
// opcode, reserved bits and words, the range of every field, the fields against each other and against the buffers,
// the semaphores. Within the first three the lowest word is told.

module systoliq_command_check #(
  parameter int unsigned Rows = 16,
  parameter int unsigned Cols = 16,
  parameter int unsigned ActivationBits = 8,
  parameter int unsigned WeightBits = 8,
  parameter int unsigned AccumulatorBits = 32,
  parameter int unsigned MultiplierBits = 32,
  parameter int unsigned ActivationWords = 8192,
  parameter int unsigned WeightWords = 4096,
  parameter int unsigned AccumulatorWords = 1024,
  parameter int unsigned ParamWords = 1024,
  parameter bit          Codebook = 1'b0,
  parameter int unsigned CodebookBits = 8
) (
  /// For the assertions: there is a command.
  input  logic                                  clk_i,
  input  logic                                  rst_ni,
  input  logic                                  valid_i,
  input  logic [systoliq_pkg::CommandBytes*8-1:0] words_i,
  /// It waits for a semaphore that another engine waits for.
  input  logic                                  claimed_i,
  /// The engine that executes it, one bit; none: the decoder itself. It is a HALT.
  output logic [systoliq_pkg::Engines-1:0]      engine_o,
  output logic                                  ends_run_o,
  /// An error_e, ERROR_NONE for a good command; and the word.
  output logic [7:0]                            reason_o,
  output logic [5:0]                            word_o
);

  localparam int unsigned Words = systoliq_pkg::CommandWords;
  localparam int unsigned FirstField = 3;

  // The opcode, and where its fields end.
  logic [7:0] opcode;  // an opcode_e, or none
  logic known;
  logic [6:0] words_used;
  assign opcode     = words_i[7:0];
  assign ends_run_o = opcode == systoliq_pkg::OPCODE_HALT;
  always_comb begin
    engine_o   = '0;
    known      = 1'b1;
    words_used = 7'(FirstField);
    unique case (opcode)
      systoliq_pkg::OPCODE_LOAD: begin
        engine_o[systoliq_pkg::ENGINE_LOAD] = 1'b1;
        words_used = 7'(FirstField + systoliq_pkg::LOAD_PAD_VALUE + 1);
      end
      systoliq_pkg::OPCODE_EXECUTE: begin
        engine_o[systoliq_pkg::ENGINE_EXECUTE] = 1'b1;
        words_used = 7'(FirstField + systoliq_pkg::EXECUTE_CODEBOOK_ADDRESS + 1);
      end
      systoliq_pkg::OPCODE_POST: begin
        engine_o[systoliq_pkg::ENGINE_POST] = 1'b1;
        words_used = 7'(FirstField + systoliq_pkg::POST_DIVISOR + 1);
      end
      systoliq_pkg::OPCODE_STORE: begin
        engine_o[systoliq_pkg::ENGINE_STORE] = 1'b1;
        words_used = 7'(FirstField + systoliq_pkg::STORE_ROW_WORDS + 1);
      end
      systoliq_pkg::OPCODE_HALT, systoliq_pkg::OPCODE_FENCE: known = 1'b1;
      default: known = 1'b0;
    endcase
  end

  // Reserved: bits of word 0 above the opcode, the semaphores of HALT and FENCE, words beyond the opcode's fields.
  logic [Words-1:0] reserved;
  assign reserved[0] = words_i[31:8] != '0;
  assign reserved[1] = engine_o == '0 && words_i[63:32] != '0;
  assign reserved[2] = 1'b0;
  for (genvar i = FirstField; i < Words; i++) begin : g_reserved
    assign reserved[i] = 7'(i) >= words_used && words_i[32*i+:32] != '0;
  end

  logic [Words-1:0] wrong;
  assign wrong = reserved;
  always_comb begin
    reason_o = systoliq_pkg::ERROR_NONE;
    word_o   = '0;
    if (!known) begin
      reason_o = systoliq_pkg::ERROR_OPCODE;
    end else if (wrong != '0) begin
      reason_o = systoliq_pkg::ERROR_RESERVED;
      for (int unsigned i = Words; i > 0; i--) begin
        if (wrong[i-1]) word_o = 6'(i - 1);
      end
    end else if (claimed_i) begin
      reason_o = systoliq_pkg::ERROR_SEMAPHORE;
      word_o   = 6'd1;
    end
  end

endmodule : systoliq_command_check
