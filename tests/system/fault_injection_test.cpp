// SPDX-License-Identifier: Apache-2.0
// Faults put on purpose into the model's program, the compiler's input or the reference: each must make the comparison
// fail, and the same set-up without the fault must pass. A comparison that cannot fail proves nothing.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <utility>

#include "model/isa/memory_records.h"
#include "tests/system/faulty_program.h"

namespace systoliq::test {
namespace {

using model::Execute;
using model::Level;
using model::Load;
using model::LoadTarget;
using model::Post;
using model::PostOp;
using model::Program;
using model::Store;

struct Fault {
  const char* name;
  std::function<void(Program*)> damage;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

template <typename Body>
std::function<void(Program*)> first(bool (*change)(Body*)) {
  return [change](Program* program) { damage_first<Body>(program, change); };
}

bool is(const Post* post, PostOp op) { return post->op == static_cast<std::int32_t>(op); }
bool is(const Load* load, LoadTarget target) { return load->target == static_cast<std::int32_t>(target); }

void zero_bias(Program* program) {
  for (int channel = 0; channel < 11; ++channel) std::memset(param_entry(program, 0, channel), 0, 8);
}

void swap_params(Program* program) {
  std::uint8_t* a = param_entry(program, 0, 1);
  std::swap_ranges(a, a + sizeof(model::ParamEntry), param_entry(program, 0, 2));
}

/// Exchanges weight columns 1 and 2 in the first 4 × 17 words: four taps of one block of output channels.
void swap_weight_columns(Program* program) {
  std::uint8_t* word = weight_words(program, 0);
  for (int i = 0; i < 68; ++i, word += 4) std::swap(word[1], word[2]);
}

void change_shift(Program* program) { ++*(param_entry(program, 0, 5) + 12); }
void change_multiplier(Program* program) { *(param_entry(program, 2, 3) + 11) ^= 0x20; }
void flip_weight_bit(Program* program) { *(weight_words(program, 0) + 100) ^= 0x40; }
void change_table(Program* program) {
  for (int i = 0; i < 256; ++i) ++*(param_entry(program, 4, 0) + 2 * static_cast<std::ptrdiff_t>(i));
}

const Fault kFaults[] = {
    {"LoadReadsOneWordLate", first<Load>([](Load* l) {
       if (!is(l, LoadTarget::kActivation)) return false;
       l->memory_address += static_cast<std::int32_t>(record_bytes(*l));
       return true;
     })},
    {"LoadWritesOneWordLate", first<Load>([](Load* l) {
       if (!is(l, LoadTarget::kActivation)) return false;
       ++l->buffer_address;
       return true;
     })},
    {"LoadWithWrongRowPitch", first<Load>([](Load* l) {
       if (!is(l, LoadTarget::kActivation) || l->rows < 2) return false;
       l->memory_row_pitch += static_cast<std::int32_t>(record_bytes(*l));
       return true;
     })},
    {"WeightsReadOneWordLate", first<Load>([](Load* l) {
       if (!is(l, LoadTarget::kWeight)) return false;
       l->memory_address += l->word_lanes * l->element_bits / 8;
       return true;
     })},
    {"LoadLosesItsLastWord", first<Load>([](Load* l) { return is(l, LoadTarget::kWeight) && --l->row_records > 0; })},
    {"WrongInputAddress", first<Execute>([](Execute* e) { return ++e->input_address > 0; })},
    {"WrongWeightAddress", first<Execute>([](Execute* e) { return ++e->weight_address > 0; })},
    {"WrongParamAddress", first<Execute>([](Execute* e) { return e->init == 0 && ++e->param_address > 0; })},
    {"WrongAccumulatorAddress", first<Execute>([](Execute* e) { return ++e->accumulator_address > 0; })},
    {"StrideOffByOne", first<Execute>([](Execute* e) {
       const bool strided = e->stride_width == 2;
       if (strided) e->stride_width = 1;
       return strided;
     })},
    {"DilationOffByOne", first<Execute>([](Execute* e) { return e->kernel_width > 1 && ++e->dilation_width > 1; })},
    {"MissedPadAbove", first<Execute>([](Execute* e) {
       const bool padded = e->pad_top > 0;
       if (padded) e->pad_top = 0;
       return padded;
     })},
    {"MissedPadLeft", first<Execute>([](Execute* e) {
       const bool padded = e->pad_left > 0;
       if (padded) e->pad_left = 0;
       return padded;
     })},
    {"StaleZeroPointInPadding", first<Execute>([](Execute* e) {
       const bool padded = e->pad_top > 0;
       if (padded) e->pad_value = 0;
       return padded;
     })},
    {"StaleWeightZeroPoint", first<Execute>([](Execute* e) { return std::exchange(e->weight_zero_point, 0) != 0; })},
    {"WrongMaskOfRows", first<Execute>([](Execute* e) { return ++e->last_block_lanes <= 4; })},
    {"WrongMaskOfColumns", first<Execute>([](Execute* e) { return --e->valid_columns > 0; })},
    {"AccumulationStartsAnew", first<Execute>([](Execute* e) { return std::exchange(e->init, 0) == 1; })},
    {"AccumulationNotStarted", first<Execute>([](Execute* e) { return std::exchange(e->init, 1) == 0; })},
    {"MissedBlockOfChannels", first<Execute>([](Execute* e) { return e->input_blocks > 1 && --e->input_blocks > 0; })},
    {"RoundingOfTies",
     [](Program* program) {
       damage_all<Post>(program, [](Post* p) { p->preset = static_cast<std::int32_t>(Preset::kHalfEven); });
     }},
    {"StaleOutputZeroPoint", first<Post>([](Post* p) { return ++p->output_zero_point != 0; })},
    {"ClampTooLow", first<Post>([](Post* p) { return (p->clamp_max = 40) == 40; })},
    {"WrongChannelOffset", first<Post>([](Post* p) { return p->channel_offset > 0 && --p->channel_offset > 0; })},
    {"WrongOutputPitch", first<Post>([](Post* p) { return p->height > 1 && ++p->output_row_pitch > 0; })},
    {"PoolingWindowOffByOne", first<Post>([](Post* p) { return is(p, PostOp::kMaxPool) && --p->kernel_width > 0; })},
    {"PoolingStrideOffByOne",
     first<Post>([](Post* p) { return is(p, PostOp::kAveragePool) && ++p->stride_height > 0; })},
    {"AverageOfTooManyTaps",
     first<Post>([](Post* p) { return is(p, PostOp::kAveragePool) && std::exchange(p->count_include_pad, 1) == 0; })},
    {"SwappedOperandsOfAdd", first<Post>([](Post* p) {
       std::swap(p->source_address, p->source2_address);
       return is(p, PostOp::kAdd);
     })},
    {"StaleZeroPointOfAdd", first<Post>([](Post* p) { return is(p, PostOp::kAdd) && ++p->source2_zero_point != 0; })},
    {"ChangedTable", change_table},
    {"StoreWithWrongPitch", first<Store>([](Store* s) {
       s->memory_row_pitch += static_cast<std::int32_t>(record_bytes(*s));
       return s->rows > 1;
     })},
    {"StoreOfTheWrongWord", first<Store>([](Store* s) { return ++s->buffer_address > 0; })},
    {"DroppedBias", zero_bias},
    {"SwappedParams", swap_params},
    {"SwappedWeightColumns", swap_weight_columns},
    {"ShiftByOne", change_shift},
    {"WrongMultiplier", change_multiplier},
    {"FlippedWeightBit", flip_weight_bit},
};

class FaultyProgram : public FaultInjection, public testing::WithParamInterface<Fault> {};

TEST_P(FaultyProgram, FailsTheComparison) {
  for (const Level level : {Level::kFunctional, Level::kTransaction}) {
    EXPECT_EQ(mismatches(program_, level), 0) << "without the fault";
    Program faulty = program_;
    GetParam().damage(&faulty);
    EXPECT_NE(std::memcmp(faulty.image.data(), program_.image.data(), program_.image.size()), 0) << "no fault put in";
    const std::int64_t found = mismatches(faulty, level);
    std::cout << GetParam().name << ": " << found << " mismatches\n";
    EXPECT_GT(found, 0) << "with the fault";
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultyProgram, testing::ValuesIn(kFaults),
                         [](const auto& fault) { return std::string(fault.param.name); });

// Faults on the other two sides: the program stays sound, yet belongs to another network or meets another reference.

struct NetworkFault {
  const char* name;
  std::function<void(QuantizedNetwork*)> damage;
};
void PrintTo(const NetworkFault& fault, std::ostream* out) { *out << fault.name; }

const NetworkFault kNetworkFaults[] = {
    {"DroppedBias", [](QuantizedNetwork* n) { n->layers[0].bias.assign(11, 0); }},
    {"BiasOfTheNeighbor", [](QuantizedNetwork* n) { std::swap(n->layers[0].bias[3], n->layers[0].bias[4]); }},
    {"RoundingOfTies", [](QuantizedNetwork* n) { n->preset = Preset::kHalfEven; }},
    {"RoundingOfTiesAway", [](QuantizedNetwork* n) { n->preset = Preset::kHalfAway; }},
    {"StaleInputZeroPoint", [](QuantizedNetwork* n) { n->tensors[0].zero_point = 2; }},
    {"StaleOutputZeroPoint", [](QuantizedNetwork* n) { n->tensors[3].zero_point = 4; }},
    {"StaleWeightZeroPoint", [](QuantizedNetwork* n) { n->layers[0].weight_zero_point = 1; }},
    {"MovedPad",
     [](QuantizedNetwork* n) {
       n->layers[0].window.pad_top = 2;
       n->layers[0].window.pad_bottom = 0;
     }},
    {"ChangedWeight", [](QuantizedNetwork* n) { n->layers[2].weights.data[60] ^= 4; }},
    {"ShiftByOne", [](QuantizedNetwork* n) { n->layers[0].weight_scales = {0.125F}; }},
    {"LowerClamp", [](QuantizedNetwork* n) { n->layers[2].clamp_max = 60; }},
    {"PaddingCountedByAverage", [](QuantizedNetwork* n) { n->layers[5].count_include_pad = true; }},
};

class FaultyNetwork : public FaultInjection, public testing::WithParamInterface<NetworkFault> {};

TEST_P(FaultyNetwork, FailsTheComparison) {
  QuantizedNetwork faulty = network_;
  GetParam().damage(&faulty);
  const AccumulationOrder order = order_of(faulty_machine());
  const sw_ref::ReferenceResult wrong = sw_ref::run_reference(faulty, {{0, made_.input()}}, order, program_.packing);
  const Program wrong_program = model::compile(faulty, faulty_machine());
  for (const Level level : {Level::kFunctional, Level::kTransaction}) {
    EXPECT_EQ(mismatches(program_, level), 0) << "without the fault";
    EXPECT_GT(mismatches_of(network_, program_, made_.input(), wrong, level), 0) << "fault in the reference";
    EXPECT_GT(mismatches(wrong_program, level), 0) << "fault in the compiler's input";
    EXPECT_EQ(mismatches_of(faulty, wrong_program, made_.input(), wrong, level), 0) << "the same fault in both";
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultyNetwork, testing::ValuesIn(kNetworkFaults),
                         [](const auto& fault) { return std::string(fault.param.name); });

/// The order of addition matters only where something overflows; then a reference that adds in another order differs.
TEST_F(FaultInjection, OrderOfAdditionInNarrowAccumulators) {
  model::AcceleratorConfig config = faulty_machine();
  config.datatypes.accumulator_bits = 18;
  config.datatypes.overflow = Overflow::kSaturate;
  for (QuantizedLayer& layer : network_.layers) {
    for (std::int64_t& bias : layer.bias) bias /= 16;
  }
  const tb::CompiledNetwork compiled(network_, config);
  const model::RunResult found = compiled.run(made_.input(), Level::kTransaction, true);
  AccumulationOrder order = compiled.order();
  const auto mismatches_in = [&](const AccumulationOrder& by) {
    return count_mismatches(network_, compiled, sw_ref::run_reference(network_, {{0, made_.input()}}, by), found);
  };
  EXPECT_EQ(mismatches_in(order), 0);
  order.rows = 16;
  EXPECT_GT(mismatches_in(order), 0) << "rows of another array";
  order = compiled.order();
  order.overflow = Overflow::kWrap;
  EXPECT_GT(mismatches_in(order), 0) << "wrapping for saturating";
  order = compiled.order();
  ++order.accumulator_bits;
  EXPECT_GT(mismatches_in(order), 0) << "one bit more";
}

}  // namespace
}  // namespace systoliq::test
