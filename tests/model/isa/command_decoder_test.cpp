// SPDX-License-Identifier: Apache-2.0
// The decoder's checks: every range at both ends, every rule alone, the order of checks, and what the messages say.
#include "model/isa/command_decoder.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "model/isa/isa_rules.h"
#include "types/preset.h"

namespace systoliq::model {
namespace {

AcceleratorConfig machine() {
  AcceleratorConfig config;
  config.array = {4, 4};
  config.requant.lanes = 4;
  config.buffers.activation_kib = 1;  // 256 activation and 256 weight words
  config.buffers.weight_kib = 1;
  config.buffers.accumulator_words = 64;
  config.buffers.param_words = 64;
  return config;
}

AcceleratorConfig codebook_machine() {
  AcceleratorConfig config = machine();
  config.datatypes.weight_bits = 4;
  config.weights.codec = WeightCodec::kCodebook;
  return config;
}

AcceleratorConfig uneven_machine() {
  AcceleratorConfig config = machine();
  config.array.rows = 3;
  config.datatypes.activation_bits = 7;
  return config;
}

Load plain_load() {
  Load load;
  load.memory_row_pitch = 20;
  load.buffer_row_pitch = 5;
  load.buffer_word_pitch = 1;
  load.rows = 2;
  load.row_records = 5;
  load.record_words = 1;
  load.record_lanes = load.word_lanes = 4;
  load.element_bits = 8;
  return load;
}

Load packed_load() {
  Load load = plain_load();
  load.pack_channels = 1;
  load.pack_kernel_width = 2;
  load.pack_stride = load.pack_row_stride = 1;
  load.pack_width = 5;
  load.pack_height = 4;
  return load;
}

Execute execute() {
  Execute e;
  e.input_row_pitch = 4;
  e.input_pixel_pitch = e.input_block_pitch = 1;
  e.input_height = 3;
  e.input_width = 4;
  e.input_blocks = 1;
  e.last_block_lanes = 4;
  e.output_height = 2;
  e.output_width = 3;
  e.kernel_height = e.kernel_width = 2;
  e.stride_height = e.stride_width = e.dilation_height = e.dilation_width = 1;
  e.valid_columns = 4;
  return e;
}

Post post(PostOp op) {
  Post p;
  p.op = static_cast<std::int32_t>(op);
  p.preset = static_cast<std::int32_t>(Preset::kTfliteRef);
  p.source_row_pitch = p.output_row_pitch = 3;
  p.source_pixel_pitch = p.output_pixel_pitch = 1;
  p.source_height = p.height = 2;
  p.source_width = p.width = 3;
  p.clamp_min = -128;
  p.clamp_max = 127;
  p.blocks = 1;
  p.channels = 4;
  p.kernel_height = p.kernel_width = p.stride_height = p.stride_width = 1;
  p.multiplier = p.divisor = 1;
  return p;
}

Store store() {
  Store s;
  s.memory_row_pitch = 20;
  s.buffer_row_pitch = 5;
  s.buffer_word_pitch = 1;
  s.rows = 2;
  s.row_records = 5;
  s.record_words = 1;
  s.record_lanes = 4;
  s.element_bits = 8;
  return s;
}

using Body = decltype(Command::body);

std::vector<Body> legal_bodies() {
  std::vector<Body> bodies = {Halt{}, Fence{}, plain_load(), packed_load(), execute(), store()};
  for (int op = 0; op <= 8; ++op) bodies.emplace_back(post(static_cast<PostOp>(op)));
  return bodies;
}

CommandWords words_of(const Body& body) { return encode(Command{0, 0, 0, body}); }
Verdict verdict_of(const Body& body, const AcceleratorConfig& config = machine()) {
  return CommandDecoder(config).check(words_of(body));
}

TEST(CommandDecoder, AcceptsLegalCommands) {
  for (const Body& body : legal_bodies()) EXPECT_EQ(verdict_of(body).code(), 0U) << disassemble(Command{0, 0, 0, body});
}

/// The RTL and level cycle lack the operations behind fill; they answer as for any value beyond the range.
TEST(CommandDecoder, RefusesWhatTheRtlLacks) {
  for (int op = 0; op <= 8; ++op) {
    const CommandWords words = words_of(post(static_cast<PostOp>(op)));
    CommandDecoder rtl(machine(), Operations::kRtl);
    const Verdict verdict = rtl.check(words);
    EXPECT_EQ(verdict.bad(), op > 5) << op;
    if (op <= 5) continue;
    EXPECT_EQ(verdict.reason, ErrorReason::kRange);
    EXPECT_NE(std::string(rtl.error(7, words, verdict, -1).what()).find("accepted: 0 to 5"), std::string::npos);
  }
}

TEST(CommandDecoder, RefusesEachFieldBeyondItsRange) {
  for (const Body& body : legal_bodies()) {
    int word = kFirstFieldWord;
    for (const FieldSpec& field : isa_table()[body.index()].fields) {
      const std::int64_t low = field.lowest.value(machine());
      const std::int64_t high = field.highest.value(machine());
      ASSERT_LE(low, high) << field.name;
      for (const std::int64_t value : {low - 1, low, high, high + 1}) {
        if (value < INT32_MIN || value > INT32_MAX) continue;
        CommandWords words = words_of(body);
        words[static_cast<std::size_t>(word)] = static_cast<std::uint32_t>(value);
        const Verdict verdict = CommandDecoder(machine()).check(words);
        const bool inside = value >= low && value <= high;
        EXPECT_EQ(verdict.reason == ErrorReason::kRange, !inside) << field.name << " = " << value;
        EXPECT_EQ(verdict.reason == ErrorReason::kRange ? verdict.word : word, word) << field.name;
      }
      ++word;
    }
  }
}

TEST(CommandDecoder, RefusesLayersReservedWordsAndOpcodes) {
  for (const Body& body : legal_bodies()) {
    const auto with = [&](std::size_t word, std::uint32_t value) {
      CommandWords words = words_of(body);
      words[word] = value;
      return CommandDecoder(machine()).check(words).code();
    };
    EXPECT_EQ(with(2, kLayerMax), 0U);
    EXPECT_EQ(with(2, kLayerMax + 1), 0x203U);
    EXPECT_EQ(with(2, UINT32_MAX), 0x203U);
    EXPECT_EQ(with(0, 6), 0x001U);
    EXPECT_EQ(with(0, static_cast<std::uint32_t>(body.index()) | 0x100), 0x002U);
    for (std::size_t word = 3 + isa_table()[body.index()].fields.size(); word < 64; ++word) {
      EXPECT_EQ(with(word, 1), word << 8 | 2U);
    }
    EXPECT_EQ(with(1, 0x10001), body.index() < 2 ? 0x102U : 0U);
  }
}

/// A command that breaks one rule and none before it.
struct Breach {
  Body body;
  const char* field;  ///< that the rule reports
  bool codebooks = false;
  bool uneven = false;  ///< on a machine of fewer rows and narrower activations
};

template <typename T>
Breach breach(T body, const char* field, const std::function<void(T*)>& spoil) {
  spoil(&body);
  return {body, field};
}

std::vector<Breach> uneven_breaches() {
  Load narrow = plain_load();
  narrow.word_lanes = narrow.record_lanes = 3;
  narrow.element_bits = 7;
  std::vector<Breach> breaches = {
      breach<Load>(narrow, "word_lanes", [](Load* l) { l->word_lanes = l->record_lanes = 4; }),
      breach<Load>(narrow, "pad_value", [](Load* l) { l->pad_value = 64; }),
      breach<Load>(narrow, "pad_value", [](Load* l) { l->pad_value = -65; }),
  };
  for (Breach& each : breaches) each.uneven = true;
  return breaches;
}

std::vector<Breach> load_and_store_breaches() {
  return {
      breach<Load>(packed_load(), "target", [](Load* l) { l->target = 1; }),
      breach<Load>(packed_load(), "pack_channels", [](Load* l) { l->pack_channels = 0; }),
      breach<Load>(packed_load(), "pack_kernel_width", [](Load* l) { l->lane_offset = 3; }),
      breach<Load>(packed_load(), "element_bits", [](Load* l) { l->element_bits = 9; }),
      breach<Load>(plain_load(), "element_bits", [](Load* l) { l->target = 1, l->element_bits = 9; }),
      breach<Load>(plain_load(), "element_bits", [](Load* l) { l->target = 2; }),
      breach<Load>(plain_load(), "memory_bit", [](Load* l) { l->memory_bit = 1; }),
      breach<Load>(packed_load(), "memory_bit", [](Load* l) { l->row_records = 1, l->memory_bit = 1; }),
      breach<Load>(plain_load(), "memory_bit",
                   [](Load* l) { l->target = 2, l->element_bits = 128, l->row_records = 1, l->memory_bit = 1; }),
      breach<Load>(plain_load(), "lead_words", [](Load* l) { l->lead_words = 1; }),
      breach<Load>(plain_load(), "record_lanes", [](Load* l) { l->record_lanes = 5; }),
      breach<Load>(plain_load(), "record_lanes", [](Load* l) { l->record_words = 2; }),
      breach<Load>(plain_load(), "group_words", [](Load* l) { l->group_words = l->group_first_words = 1; }),
      breach<Load>(plain_load(), "group_first_words", [](Load* l) { l->target = l->group_words = 1; }),
      breach<Load>(packed_load(), "record_words", [](Load* l) { l->record_words = 2; }),
      breach<Load>(plain_load(), "row_records",
                   [](Load* l) { l->row_records = 129, l->record_words = 2, l->record_lanes = 8; }),
      breach<Load>(packed_load(), "pack_stride", [](Load* l) { l->pack_stride = 0; }),
      breach<Load>(packed_load(), "pack_stride", [](Load* l) { l->pack_stride = 1 << 28; }),
      breach<Load>(packed_load(), "pack_row_stride", [](Load* l) { l->pack_row_stride = 0; }),
      breach<Load>(packed_load(), "pack_row_stride", [](Load* l) { l->rows = 3, l->pack_row_stride = 1 << 29; }),
      breach<Load>(packed_load(), "pack_width", [](Load* l) { l->pack_width = 0; }),
      breach<Load>(packed_load(), "pack_height", [](Load* l) { l->pack_height = 0; }),
      breach<Load>(plain_load(), "rows", [](Load* l) { l->rows = 52, l->buffer_row_pitch = l->buffer_word_pitch = 0; }),
      breach<Load>(plain_load(), "buffer_address", [](Load* l) { l->buffer_address = 247; }),
      breach<Load>(plain_load(), "buffer_address", [](Load* l) { l->buffer_row_pitch = 252; }),
      breach<Load>(plain_load(), "memory_address", [](Load* l) { l->memory_address = INT32_MAX - 38; }),
      breach<Load>(packed_load(), "memory_address", [](Load* l) { l->pack_height = 1 << 28; }),
      breach<Store>(store(), "record_lanes", [](Store* s) { s->record_lanes = 5; }),
      breach<Store>(store(), "record_lanes", [](Store* s) { s->record_words = 2; }),
      breach<Store>(store(), "row_records",
                    [](Store* s) { s->row_records = 129, s->record_words = 2, s->record_lanes = 8; }),
      breach<Store>(store(), "rows", [](Store* s) { s->rows = 52, s->buffer_row_pitch = s->buffer_word_pitch = 0; }),
      breach<Store>(store(), "buffer_address", [](Store* s) { s->buffer_address = 247; }),
      breach<Store>(store(), "memory_address", [](Store* s) { s->memory_row_pitch = INT32_MAX - 18; }),
  };
}

std::vector<Breach> execute_breaches() {
  std::vector<Breach> breaches = {
      breach<Execute>(execute(), "output_height", [](Execute* e) { e->output_height = 22; }),
      breach<Execute>(execute(), "accumulator_address", [](Execute* e) { e->accumulator_address = 59; }),
      breach<Execute>(execute(), "kernel_height", [](Execute* e) { e->kernel_height = 129; }),
      breach<Execute>(execute(), "input_blocks",
                      [](Execute* e) { e->kernel_height = e->kernel_width = 1, e->input_blocks = 65; }),
      breach<Execute>(execute(), "weight_address", [](Execute* e) { e->weight_address = 241; }),
      breach<Execute>(execute(), "stride_height",
                      [](Execute* e) { e->stride_height = 1 << 29, e->dilation_height = 1 << 29; }),
      breach<Execute>(execute(), "stride_width", [](Execute* e) { e->stride_width = 1 << 29; }),
      breach<Execute>(execute(), "input_address", [](Execute* e) { e->input_address = 245; }),
      breach<Execute>(execute(), "input_address", [](Execute* e) { e->input_row_pitch = -1; }),
      breach<Execute>(execute(), "input_address", [](Execute* e) { e->input_address = 7, e->input_row_pitch = -4; }),
  };
  for (const std::int32_t address : {-1, 63}) {
    breaches.push_back(
        breach<Execute>(execute(), "codebook_address", [address](Execute* e) { e->codebook_address = address; }));
    breaches.back().codebooks = true;
  }
  return breaches;
}

std::vector<Breach> post_breaches() {
  const Post requantize = post(PostOp::kRequantize);
  const Post add = post(PostOp::kAdd);
  const Post pool = post(PostOp::kAveragePool);
  const auto single = static_cast<std::int32_t>(Preset::kTfliteSingle);
  const auto mlas = static_cast<std::int32_t>(Preset::kOrtMlas);
  return {
      breach<Post>(requantize, "clamp_min", [](Post* p) { p->clamp_min = 5, p->clamp_max = 4; }),
      breach<Post>(requantize, "height", [](Post* p) { p->height = 22; }),
      breach<Post>(add, "height", [](Post* p) { p->height = 86; }),
      breach<Post>(add, "blocks", [](Post* p) { p->blocks = 43; }),
      breach<Post>(requantize, "channels", [](Post* p) { p->channels = 0; }),
      breach<Post>(requantize, "channels", [](Post* p) { p->channels = 5; }),
      breach<Post>(requantize, "fill_lanes", [](Post* p) { p->fill_lanes = 1; }),
      breach<Post>(requantize, "fill_lanes",
                   [](Post* p) { p->channel_offset = 3, p->channels = 3, p->fill_lanes = 3; }),
      breach<Post>(pool, "kernel_height", [](Post* p) { p->kernel_width = 0; }),
      breach<Post>(pool, "kernel_height", [](Post* p) { p->kernel_height = p->kernel_width = 1024; }),
      breach<Post>(pool, "stride_height", [](Post* p) { p->stride_height = 0; }),
      breach<Post>(pool, "stride_height", [](Post* p) { p->pad_top = 1; }),
      breach<Post>(pool, "stride_height", [](Post* p) { p->stride_height = 2; }),
      breach<Post>(pool, "stride_height", [](Post* p) { p->source_height = 0, p->pad_top = 1, p->kernel_height = 3; }),
      breach<Post>(pool, "stride_width", [](Post* p) { p->stride_width = 0; }),
      breach<Post>(pool, "stride_width", [](Post* p) { p->pad_left = 1; }),
      breach<Post>(pool, "stride_width", [](Post* p) { p->pad_left = -1; }),
      breach<Post>(requantize, "source_address", [](Post* p) { p->source_address = 59; }),
      breach<Post>(add, "source_address", [](Post* p) { p->source_address = 251; }),
      breach<Post>(add, "source_address", [](Post* p) { p->source_pixel_pitch = -1; }),
      breach<Post>(pool, "source_address", [](Post* p) { p->source_height = 86; }),
      breach<Post>(add, "source2_address", [](Post* p) { p->source2_address = 254; }),
      breach<Post>(add, "output_address", [](Post* p) { p->output_address = 251; }),
      breach<Post>(requantize, "output_address", [](Post* p) { p->output_address = 250, p->channel_offset = 4; }),
      breach<Post>(post(PostOp::kLookup), "param_address", [](Post* p) { p->param_address = 57; }),
      breach<Post>(add, "shift", [single](Post* p) { p->preset = single, p->shift = 1; }),
      breach<Post>(add, "shift", [](Post* p) { p->shift = 64; }),
      breach<Post>(add, "shift", [](Post* p) { p->shift = -65; }),
      breach<Post>(post(PostOp::kMultiply), "source2_address",
                   [](Post* p) { p->source2_address = 255, p->source2_row_pitch = 1; }),
      breach<Post>(post(PostOp::kMultiplyPixel), "source2_address",
                   [](Post* p) { p->source2_address = 255, p->blocks = 2; }),
      breach<Post>(add, "shift2", [single](Post* p) { p->preset = single, p->shift2 = 1; }),
      breach<Post>(add, "shift3", [single](Post* p) { p->preset = single, p->shift3 = 32; }),
      breach<Post>(add, "shift3", [mlas](Post* p) { p->preset = mlas, p->shift3 = -1; }),
      breach<Post>(pool, "divisor", [](Post* p) { p->divisor = 0; }),
  };
}

TEST(CommandDecoder, RefusesEachRuleAlone) {
  std::set<std::pair<int, std::string>> broken;
  for (const auto& breaches : {load_and_store_breaches(), uneven_breaches(), execute_breaches(), post_breaches()}) {
    for (const Breach& each : breaches) {
      const Verdict verdict = verdict_of(each.body, each.codebooks ? codebook_machine()
                                                    : each.uneven  ? uneven_machine()
                                                                   : machine());
      const auto opcode = static_cast<Opcode>(each.body.index());
      EXPECT_EQ(verdict.reason, ErrorReason::kRule) << each.field << " in " << disassemble(Command{0, 0, 0, each.body});
      EXPECT_EQ(verdict.word, field_word(opcode, each.field)) << disassemble(Command{0, 0, 0, each.body});
      broken.emplace(each.body.index(), each.field);
    }
  }
  broken.emplace(static_cast<int>(Opcode::kPost), "preset");  // the next test
  for (const OpcodeSpec& spec : isa_table()) {
    for (const RuleSpec& rule : isa_rules(spec.opcode)) {
      EXPECT_EQ(broken.count({static_cast<int>(spec.opcode), rule.field}), 1U) << spec.name << " " << rule.field;
    }
  }
}

TEST(CommandDecoder, RefusesPresetsThatTheMachineHasNoMultiplierFor) {
  AcceleratorConfig config = machine();
  const auto accepts = [&config](PostOp op, Preset preset) {
    Post p = post(op);
    p.preset = static_cast<std::int32_t>(preset);
    const Verdict verdict = verdict_of(p, config);
    EXPECT_TRUE(verdict.code() == 0 || verdict.code() == 0x404) << verdict.code();
    return !verdict.bad();
  };
  config.requant.multiplier_bits = 24;
  EXPECT_TRUE(accepts(PostOp::kRequantize, Preset::kTfliteRef));
  EXPECT_FALSE(accepts(PostOp::kRequantize, Preset::kOrtMlas));
  EXPECT_FALSE(accepts(PostOp::kMultiply, Preset::kOrtMlas));
  EXPECT_TRUE(accepts(PostOp::kAveragePool, Preset::kOrtMlas));
  config.requant.multiplier_bits = 0;
  EXPECT_FALSE(accepts(PostOp::kRequantize, Preset::kHalfUp));
  EXPECT_TRUE(accepts(PostOp::kRequantize, Preset::kPotFloor));
  config.datatypes.activation_bits = 8;
  EXPECT_TRUE(accepts(PostOp::kAdd, Preset::kTfliteRef));
  config.datatypes.activation_bits = 12;
  EXPECT_TRUE(accepts(PostOp::kAdd, Preset::kTfliteRef)) << "its operands wrap to 32 bits";
  EXPECT_TRUE(accepts(PostOp::kAdd, Preset::kTfliteSingle));
  EXPECT_TRUE(accepts(PostOp::kAdd, Preset::kOrtMlas));
}

TEST(CommandDecoder, RefusesASecondEngineThatAwaitsASemaphore) {
  CommandDecoder decoder(machine());
  const auto check = [&decoder](const Body& body, std::uint16_t wait) {
    return decoder.check(encode(Command{wait, 0, 0, body})).code();
  };
  EXPECT_EQ(check(execute(), 0x8001), 0U);
  EXPECT_EQ(check(execute(), 0x0001), 0U);
  EXPECT_EQ(check(store(), 0x0002), 0U);
  EXPECT_EQ(check(store(), 0x8000), 0x105U);
  EXPECT_EQ(check(plain_load(), 0x0003), 0x105U);
  Store bad = store();
  bad.rows = 0;
  EXPECT_EQ(check(bad, 0x0004), 0x803U);  // reported first, and claims nothing
  EXPECT_EQ(check(plain_load(), 0x0004), 0U);
}

TEST(CommandDecoder, ChecksInTheDocumentedOrder) {
  Execute bad = execute();
  bad.output_width = 65;         // word 12, range
  bad.init = 2;                  // word 26, range
  bad.accumulator_address = 60;  // a rule
  CommandWords words = words_of(bad);
  words[40] = 1;
  words[30] = 1;
  EXPECT_EQ(CommandDecoder(machine()).check(words).code(), 30U << 8 | 2U);
  words[30] = words[40] = 0;
  EXPECT_EQ(CommandDecoder(machine()).check(words).code(), 12U << 8 | 3U);
  words[12] = 3;
  EXPECT_EQ(CommandDecoder(machine()).check(words).code(), 26U << 8 | 3U);
  words[26] = 1;
  EXPECT_EQ(CommandDecoder(machine()).check(words).code(), 24U << 8 | 4U);
  words[1] = 1;
  EXPECT_EQ(CommandDecoder(machine()).check(words).code(), 24U << 8 | 4U);
}

std::string message(const Body& body) {
  CommandDecoder decoder(machine());
  const CommandWords words = words_of(body);
  const CommandError error = decoder.error(4, words, decoder.check(words), 17);
  EXPECT_EQ(error.command(), 4);
  EXPECT_EQ(error.cycles(), 17);
  return error.what();
}

TEST(CommandDecoder, MessagesNameCommandFieldValueAndWhatIsAccepted) {
  Execute e = execute();
  e.output_width = 0;
  EXPECT_EQ(message(e), "command 4: EXECUTE.output_width = 0; accepted: 1 to 64");
  Load l = plain_load();
  l.element_bits = 9;
  EXPECT_EQ(
      message(l),
      "command 4: LOAD.element_bits = 9; accepted: ≤ activation_bits or weight_bits, as the target has; params: = "
      "128");
}

}  // namespace
}  // namespace systoliq::model
