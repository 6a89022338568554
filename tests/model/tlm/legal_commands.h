// SPDX-License-Identifier: Apache-2.0
// One legal command of every kind for a small machine, and programs around a command that a test then spoils.
#pragma once

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "model/isa/isa_table.h"
#include "tests/model/tlm/program_builder.h"

namespace systoliq::model::test {

using Body = decltype(Command::body);

/// Machines whose buffers hold what legal_commands() touches: the two dataflows, both codecs, both overflow policies.
inline std::vector<AcceleratorConfig> small_machines() {
  AcceleratorConfig weights = small_config();
  AcceleratorConfig outputs = small_config();
  outputs.array = {3, 5, Dataflow::kOutputStationary};
  outputs.requant.lanes = 2;
  outputs.datatypes = {5, 3, 20, Overflow::kSaturate};
  outputs.memory = {4, 3, 16, 3};
  AcceleratorConfig codebooks = small_config();
  codebooks.array.rows = 5;
  codebooks.datatypes.weight_bits = 4;
  codebooks.weights = {WeightCodec::kCodebook, 6};
  codebooks.memory = {16, 5, 256, 4};
  return {weights, outputs, codebooks};
}

inline Load packed_load(const AcceleratorConfig& config) {
  Load load = load_words(LoadTarget::kActivation, kDataBase + 40, 3, 6);
  load.rows = 4;
  load.buffer_row_pitch = 7;
  load.memory_row_pitch = 9;
  load.pack_kernel_width = 2;
  load.pack_channels = load.pack_stride = load.pack_row_stride = 1;
  load.pack_pad_left = load.pack_pad_top = 1;
  load.pack_width = 5;
  load.pack_height = 3;
  load.lane_offset = 1;
  load.clear_lanes = 1;
  load.pad_value = -2;
  fill_plain_words(&load, config);
  return load;
}

/// Records of two words, the second of one element; narrow elements; one that begins within a byte.
inline std::vector<Load> dense_loads(const AcceleratorConfig& config) {
  Load pixels = load_words(LoadTarget::kActivation, kDataBase + 77, 2, 3);
  pixels.rows = 2;
  pixels.record_words = 2;
  pixels.word_lanes = config.array.rows;
  pixels.record_lanes = config.array.rows + 1;
  pixels.element_bits = config.datatypes.activation_bits - 1;
  pixels.memory_row_pitch = 29;
  pixels.buffer_row_pitch = 7;
  pixels.pad_value = 3;
  Load slice = pixels;
  slice.row_records = 1;
  slice.memory_bit = 5;
  Load groups = load_words(LoadTarget::kWeight, kDataBase + 55, 1, 2);
  groups.memory_bit = 3;
  groups.record_words = 8;
  groups.word_lanes = 2;
  groups.lead_words = 1;
  groups.record_lanes = 14;
  groups.element_bits = config.datatypes.weight_bits - 1;
  groups.group_words = 3;
  groups.group_first_words = 2;
  groups.group_lane = -1;
  groups.pad_value = 1;
  Load params = load_words(LoadTarget::kParam, kDataBase + 160, 4, 1);
  params.record_words = 2;
  params.word_lanes = config.array.cols;
  params.record_lanes = config.array.cols + 1;
  std::vector<Load> loads = {pixels, slice, groups, params};
  for (Load& load : loads) fill_plain_words(&load, config);
  return loads;
}

inline Execute window_execute(const AcceleratorConfig& config) {
  Execute e = pointwise(6, config.array.rows - 1, config.array.cols - 1);
  e.input_address = 2;
  e.input_row_pitch = 9;
  e.input_pixel_pitch = 2;
  e.input_height = 3;
  e.input_width = 4;
  e.input_blocks = 2;
  e.output_height = 2;
  e.output_width = 3;
  e.kernel_height = e.kernel_width = 2;
  e.stride_height = e.stride_width = 2;
  e.pad_top = e.pad_left = 1;
  e.pad_value = -3;
  e.weight_address = 1;
  e.weight_zero_point = 1;
  e.accumulator_address = 4;
  e.param_address = 20;
  e.codebook_address = config.codebook_words() == 0 ? -1 : 2;
  return e;
}

/// 2 × 3 pixels of 2 words from word 5 to word 40.
inline Post post_of(PostOp op, Preset preset, const AcceleratorConfig& config) {
  Post p;
  p.op = static_cast<std::int32_t>(op);
  p.preset = static_cast<std::int32_t>(preset);
  p.source_address = 5;
  p.source_row_pitch = p.output_row_pitch = 7;
  p.source_pixel_pitch = p.output_pixel_pitch = 2;
  p.source_height = 3;
  p.source_width = 3;
  p.source_zero_point = 1;
  p.source2_address = 9;
  p.source2_row_pitch = 8;
  p.source2_zero_point = -1;
  p.output_address = 40;
  p.output_zero_point = 2;
  p.clamp_max = (1 << (config.datatypes.activation_bits - 1)) - 2;
  p.clamp_min = -p.clamp_max;
  p.height = 2;
  p.width = 3;
  p.blocks = 2;
  p.channels = 3;
  p.param_address = 1;
  p.kernel_height = p.kernel_width = 2;
  p.stride_height = p.stride_width = 1;
  p.pad_top = 1;
  p.count_include_pad = 1;
  p.multiplier = p.multiplier2 = p.multiplier3 = 1 << 30;
  p.shift = p.shift2 = 0;
  p.shift3 = -3;
  p.divisor = 3 << 28;
  if (op == PostOp::kRequantize) {
    p.blocks = p.channel_offset = p.fill_lanes = 1;
    p.channels = std::min(config.array.cols, 3);
    p.fill_lanes = (config.array.rows - (p.channel_offset + p.channels) % config.array.rows) % config.array.rows;
  }
  if (preset == Preset::kOrtMlas) p.shift3 = 7;
  return p;
}

/// One of each kind.
inline std::vector<Body> legal_commands(const AcceleratorConfig& config) {
  std::vector<Body> commands;
  for (const LoadTarget target : {LoadTarget::kActivation, LoadTarget::kWeight, LoadTarget::kParam}) {
    Load load = load_words(target, kDataBase + 100, 2, 5);
    load.rows = 2;
    fill_plain_words(&load, config);
    load.memory_row_pitch = static_cast<std::int32_t>(row_bytes(load)) + 3;
    load.buffer_row_pitch = 6;
    commands.emplace_back(load);
  }
  for (const Load& load : dense_loads(config)) commands.emplace_back(load);
  commands.emplace_back(packed_load(config));
  commands.emplace_back(window_execute(config));
  Execute again = window_execute(config);
  again.init = 1;
  commands.emplace_back(again);
  for (const PostOp op :
       {PostOp::kRequantize, PostOp::kMaxPool, PostOp::kAveragePool, PostOp::kAdd, PostOp::kLookup, PostOp::kFill}) {
    for (const Preset preset : {Preset::kTfliteRef, Preset::kTfliteSingle, Preset::kOrtMlas, Preset::kHalfEven}) {
      commands.emplace_back(post_of(op, preset, config));
    }
  }
  Store store = store_words(40, kDataBase + 4096, 6, config.activation_word_bytes());
  store.rows = 2;
  store.buffer_row_pitch = 7;
  Store dense = store;
  dense.row_records = 3;
  dense.record_words = 2;
  dense.record_lanes = config.array.rows + 1;
  dense.element_bits = config.datatypes.activation_bits - 1;
  for (Store* each : {&store, &dense}) {
    fill_plain_words(each, config);
    commands.emplace_back(*each);
  }
  return commands;
}

/// A program in which a command stands among others; `fenced`: all of them one after the other, what they have done is
/// stored at the end, and no result depends on time.
struct Surrounded {
  Program program;
  std::size_t place = 0;  ///< of the command

  CommandWords words() const {
    CommandWords words;
    std::memcpy(words.data(), program.image.data() + place * kCommandBytes, kCommandBytes);
    return words;
  }
  void put(const CommandWords& words) {
    std::memcpy(program.image.data() + place * kCommandBytes, words.data(), kCommandBytes);
  }
};

inline Surrounded surround(const Body& command, const AcceleratorConfig& config, bool fenced, std::mt19937* random) {
  ProgramBuilder builder(config, kDataBase + 32 * 1024);
  for (std::size_t i = kDataBase; i < builder.memory().size(); ++i) {
    builder.memory()[i] = static_cast<std::uint8_t>((*random)());
  }
  Surrounded result;
  std::size_t count = 0;
  const auto add = [&](const Body& body) {
    std::visit([&](const auto& each) { builder.add(each); }, body);
    ++count;
    if (!fenced) return;
    builder.add(Fence{});
    ++count;
  };
  const std::vector<Body> all = legal_commands(config);
  const std::size_t before = fenced ? 4 : 3 + (*random)() % 12;
  for (std::size_t i = 0; i < before; ++i) add(fenced ? all[i] : all[(*random)() % all.size()]);
  result.place = count;
  add(command);
  if (fenced) {
    add(window_execute(config));
    add(post_of(PostOp::kRequantize, Preset::kHalfEven, config));
    const auto words = static_cast<std::int32_t>(config.activation_words());
    add(store_words(0, kDataBase + 16 * 1024, words, config.activation_word_bytes()));
  } else {
    for (std::size_t i = 0; i < 4; ++i) add(all[(*random)() % all.size()]);
  }
  result.program = builder.program();
  return result;
}

}  // namespace systoliq::model::test
