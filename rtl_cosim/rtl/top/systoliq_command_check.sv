// SPDX-License-Identifier: Apache-2.0
// The decoder's checks of one command, in one cycle. Mirrors model/isa/command_decoder.cpp.
//
// Theory of operation: the checks have an order, and the first that fails is told with the word
// that it is about: the opcode, reserved bits and words, the range of every field, the rules by
// which fields fit together, the semaphores. Among reserved words and fields the lowest word is
// told, among rules the first.

module systoliq_command_check #(
    parameter int unsigned Rows             = 16,
    parameter int unsigned Cols             = 16,
    parameter int unsigned ActivationBits   = 8,
    parameter int unsigned WeightBits       = 8,
    parameter int unsigned MultiplierBits   = 32,
    parameter int unsigned ActivationWords  = 8192,
    parameter int unsigned WeightWords      = 4096,
    parameter int unsigned AccumulatorWords = 1024,
    parameter int unsigned ParamWords       = 256,
    parameter bit          Codebook         = 1'b0
) (
    input  logic [systoliq_isa_pkg::CommandBytes*8-1:0] words_i,
    /// It waits for a semaphore that another engine waits for.
    input  logic                                        claimed_i,
    /// The engine that executes it, one bit; none: the decoder itself. It is a HALT.
    output logic [           systoliq_pkg::Engines-1:0] engine_o,
    output logic                                        ends_run_o,
    /// An error_reason_e, ERROR_NONE for a good command; and the word.
    output logic [                                 7:0] reason_o,
    output logic [                                 5:0] word_o
);

  localparam int unsigned Words = systoliq_isa_pkg::CommandWords;
  localparam int unsigned FirstField = systoliq_isa_pkg::FirstFieldWord;
  localparam int unsigned MostRules = systoliq_isa_pkg::LoadRules;
  localparam int unsigned FirstBit = 32 * FirstField;
  localparam int unsigned CommandBits = 32 * (Words - 1);  // of a command_t

  // Ranges and rules as if it were a command of each opcode.
  logic [systoliq_isa_pkg::LoadFields-1:0] load_outside;
  logic [systoliq_isa_pkg::ExecuteFields-1:0] execute_outside;
  logic [systoliq_isa_pkg::PostFields-1:0] post_outside;
  logic [systoliq_isa_pkg::StoreFields-1:0] store_outside;
  logic [systoliq_isa_pkg::LoadRules-1:0] load_broken;
  logic [systoliq_isa_pkg::ExecuteRules-1:0] execute_broken;
  logic [systoliq_isa_pkg::PostRules-1:0] post_broken;
  logic [systoliq_isa_pkg::StoreRules-1:0] store_broken;
  // Fields with the bits that their ranges need: the rules ask for nothing else of a command.
  logic [32*systoliq_isa_pkg::LoadFields-1:0] load_fields;
  logic [32*systoliq_isa_pkg::ExecuteFields-1:0] execute_fields;
  logic [32*systoliq_isa_pkg::PostFields-1:0] post_fields;
  logic [32*systoliq_isa_pkg::StoreFields-1:0] store_fields;
  systoliq_pkg::command_t narrowed_load, narrowed_execute, narrowed_post, narrowed_store;
  assign narrowed_load    = CommandBits'(load_fields);
  assign narrowed_execute = CommandBits'(execute_fields);
  assign narrowed_post    = CommandBits'(post_fields);
  assign narrowed_store   = CommandBits'(store_fields);
  systoliq_field_ranges #(
      .Opcode          (32'(systoliq_isa_pkg::OPCODE_LOAD)),
      .Fields          (systoliq_isa_pkg::LoadFields),
      .Rows            (Rows),
      .Cols            (Cols),
      .ActivationBits  (ActivationBits),
      .WeightBits      (WeightBits),
      .ActivationWords (ActivationWords),
      .WeightWords     (WeightWords),
      .AccumulatorWords(AccumulatorWords),
      .ParamWords      (ParamWords)
  ) u_load_ranges (
      .fields_i  (words_i[FirstBit+:32*systoliq_isa_pkg::LoadFields]),
      .outside_o (load_outside),
      .narrowed_o(load_fields)
  );
  systoliq_field_ranges #(
      .Opcode          (32'(systoliq_isa_pkg::OPCODE_EXECUTE)),
      .Fields          (systoliq_isa_pkg::ExecuteFields),
      .Rows            (Rows),
      .Cols            (Cols),
      .ActivationBits  (ActivationBits),
      .WeightBits      (WeightBits),
      .ActivationWords (ActivationWords),
      .WeightWords     (WeightWords),
      .AccumulatorWords(AccumulatorWords),
      .ParamWords      (ParamWords)
  ) u_execute_ranges (
      .fields_i  (words_i[FirstBit+:32*systoliq_isa_pkg::ExecuteFields]),
      .outside_o (execute_outside),
      .narrowed_o(execute_fields)
  );
  systoliq_field_ranges #(
      .Opcode          (32'(systoliq_isa_pkg::OPCODE_POST)),
      .Fields          (systoliq_isa_pkg::PostFields),
      .Rows            (Rows),
      .Cols            (Cols),
      .ActivationBits  (ActivationBits),
      .WeightBits      (WeightBits),
      .ActivationWords (ActivationWords),
      .WeightWords     (WeightWords),
      .AccumulatorWords(AccumulatorWords),
      .ParamWords      (ParamWords)
  ) u_post_ranges (
      .fields_i  (words_i[FirstBit+:32*systoliq_isa_pkg::PostFields]),
      .outside_o (post_outside),
      .narrowed_o(post_fields)
  );
  systoliq_field_ranges #(
      .Opcode          (32'(systoliq_isa_pkg::OPCODE_STORE)),
      .Fields          (systoliq_isa_pkg::StoreFields),
      .Rows            (Rows),
      .Cols            (Cols),
      .ActivationBits  (ActivationBits),
      .WeightBits      (WeightBits),
      .ActivationWords (ActivationWords),
      .WeightWords     (WeightWords),
      .AccumulatorWords(AccumulatorWords),
      .ParamWords      (ParamWords)
  ) u_store_ranges (
      .fields_i  (words_i[FirstBit+:32*systoliq_isa_pkg::StoreFields]),
      .outside_o (store_outside),
      .narrowed_o(store_fields)
  );
  systoliq_load_rules #(
      .Rows           (Rows),
      .Cols           (Cols),
      .ActivationBits (ActivationBits),
      .WeightBits     (WeightBits),
      .ActivationWords(ActivationWords),
      .WeightWords    (WeightWords),
      .ParamWords     (ParamWords)
  ) u_load_rules (
      .command_i(narrowed_load),
      .broken_o (load_broken)
  );
  systoliq_execute_rules #(
      .Rows            (Rows),
      .WeightBits      (WeightBits),
      .ActivationWords (ActivationWords),
      .WeightWords     (WeightWords),
      .AccumulatorWords(AccumulatorWords),
      .ParamWords      (ParamWords),
      .Codebook        (Codebook)
  ) u_execute_rules (
      .command_i(narrowed_execute),
      .broken_o (execute_broken)
  );
  systoliq_post_rules #(
      .Rows            (Rows),
      .Cols            (Cols),
      .ActivationBits  (ActivationBits),
      .MultiplierBits  (MultiplierBits),
      .ActivationWords (ActivationWords),
      .AccumulatorWords(AccumulatorWords),
      .ParamWords      (ParamWords)
  ) u_post_rules (
      .command_i(narrowed_post),
      .broken_o (post_broken)
  );
  systoliq_store_rules #(
      .Rows           (Rows),
      .ActivationWords(ActivationWords)
  ) u_store_rules (
      .command_i(narrowed_store),
      .broken_o (store_broken)
  );

  // What the opcode makes of them.
  logic [7:0] opcode;  // an opcode_e, or none
  logic known;
  logic [6:0] end_word;  // of its fields
  logic [Words-1:0] outside;
  logic [MostRules-1:0] broken;
  assign opcode     = words_i[7:0];
  assign ends_run_o = opcode == systoliq_isa_pkg::OPCODE_HALT;
  always_comb begin
    engine_o = '0;
    known    = 1'b1;
    end_word = 7'(FirstField);
    outside  = '0;
    broken   = '0;
    unique case (opcode)
      systoliq_isa_pkg::OPCODE_LOAD: begin
        engine_o[systoliq_pkg::ENGINE_LOAD] = 1'b1;
        end_word = 7'(FirstField + systoliq_isa_pkg::LoadFields);
        outside = Words'(load_outside) << FirstField;
        broken = load_broken;
      end
      systoliq_isa_pkg::OPCODE_EXECUTE: begin
        engine_o[systoliq_pkg::ENGINE_EXECUTE] = 1'b1;
        end_word = 7'(FirstField + systoliq_isa_pkg::ExecuteFields);
        outside = Words'(execute_outside) << FirstField;
        broken = MostRules'(execute_broken);
      end
      systoliq_isa_pkg::OPCODE_POST: begin
        engine_o[systoliq_pkg::ENGINE_POST] = 1'b1;
        end_word = 7'(FirstField + systoliq_isa_pkg::PostFields);
        outside = Words'(post_outside) << FirstField;
        broken = MostRules'(post_broken);
      end
      systoliq_isa_pkg::OPCODE_STORE: begin
        engine_o[systoliq_pkg::ENGINE_STORE] = 1'b1;
        end_word = 7'(FirstField + systoliq_isa_pkg::StoreFields);
        outside = Words'(store_outside) << FirstField;
        broken = MostRules'(store_broken);
      end
      systoliq_isa_pkg::OPCODE_HALT, systoliq_isa_pkg::OPCODE_FENCE: known = 1'b1;
      default: known = 1'b0;
    endcase
    outside[systoliq_isa_pkg::LayerWord] =
        words_i[32*systoliq_isa_pkg::LayerWord+:32] > systoliq_isa_pkg::LayerMax;
  end

  // Reserved: bits of word 0 above the opcode, the semaphores of HALT and FENCE, words beyond the
  // opcode's fields.
  logic [Words-1:0] reserved;
  assign reserved[0] = words_i[31:8] != '0;
  assign reserved[systoliq_isa_pkg::SemaphoreWord] =
      engine_o == '0 && words_i[32*systoliq_isa_pkg::SemaphoreWord+:32] != '0;
  assign reserved[systoliq_isa_pkg::LayerWord] = 1'b0;
  for (genvar i = FirstField; i < Words; i++) begin : gen_reserved
    assign reserved[i] = 7'(i) >= end_word && words_i[32*i+:32] != '0;
  end

  // The first that fails.
  logic [Words-1:0] wrong;
  logic [5:0] lowest_wrong, first_broken;
  assign wrong = reserved != '0 ? reserved : outside;
  always_comb begin
    lowest_wrong = '0;
    for (int unsigned i = Words; i > 0; i--) begin
      if (wrong[i-1]) lowest_wrong = 6'(i - 1);
    end
    first_broken = '0;
    for (int unsigned i = MostRules; i > 0; i--) begin
      if (broken[i-1]) first_broken = 6'(i - 1);
    end
  end
  always_comb begin
    reason_o = systoliq_isa_pkg::ERROR_NONE;
    word_o   = '0;
    if (!known) begin
      reason_o = systoliq_isa_pkg::ERROR_UNKNOWN_OPCODE;
    end else if (wrong != '0) begin
      reason_o = reserved != '0 ? systoliq_isa_pkg::ERROR_RESERVED : systoliq_isa_pkg::ERROR_RANGE;
      word_o   = lowest_wrong;
    end else if (broken != '0) begin
      reason_o = systoliq_isa_pkg::ERROR_RULE;
      word_o   = systoliq_isa_pkg::rule_word(opcode[2:0], first_broken);
    end else if (claimed_i) begin
      reason_o = systoliq_isa_pkg::ERROR_SEMAPHORE;
      word_o   = 6'(systoliq_isa_pkg::SemaphoreWord);
    end
  end

endmodule : systoliq_command_check
