// SPDX-License-Identifier: Apache-2.0
// Commands whose words are drawn at the ends of their ranges and beyond: one of every kind that is legal, and programs in
// which one of its words, or two, have other values.
#pragma once

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "model/isa/command_decoder.h"
#include "model/isa/isa_table.h"
#include "tests/rtl_cosim/accelerator/faulty_device.h"

namespace systoliq::rtl {

struct NamedCommand {
  std::string name;
  model::Command command;
};

inline model::Post post_of(const model::AcceleratorConfig& config, model::PostOp op, Preset preset) {
  model::Post post = model::test::requantize(12, std::min(3, config.array.cols), 20);
  post.op = static_cast<std::int32_t>(op);
  post.preset = static_cast<std::int32_t>(preset);
  post.clamp_max = (1 << (config.datatypes.activation_bits - 1)) - 1;
  post.clamp_min = -post.clamp_max;
  post.height = 2;
  post.width = 3;
  post.output_row_pitch = 3;
  post.source_row_pitch = post.source2_row_pitch = 5;
  post.source_pixel_pitch = 1;
  post.source_height = 4;
  post.source_width = 5;
  post.source2_address = 2;
  post.kernel_height = post.kernel_width = 2;
  post.stride_height = post.stride_width = 2;
  post.pad_top = post.pad_left = 1;
  post.multiplier = post.multiplier2 = 1 << 30;
  post.multiplier3 = 1 << 29;
  post.divisor = 3;
  return post;
}

/// A legal command of every kind, on the buffers that convolution() fills.
inline std::vector<NamedCommand> legal_commands(const model::AcceleratorConfig& config) {
  using model::LoadTarget;
  using model::PostOp;
  using model::test::kDataBase;
  std::vector<NamedCommand> all;
  const auto add = [&all](const std::string& name, const auto& body) { all.push_back({name, {0, 0, 0, body}}); };
  const auto load = [&](LoadTarget target) {
    model::Load load = model::test::load_words(target, kDataBase + 5000, 3, 4);
    load.memory_word_bytes = static_cast<std::int32_t>(model::load_word_bytes(load, config));
    load.memory_row_pitch = 4 * load.memory_word_bytes + 7;
    load.rows = 2;
    load.buffer_row_pitch = 6;
    return load;
  };
  add("load activations", load(LoadTarget::kActivation));
  add("load weights", load(LoadTarget::kWeight));
  model::Load packed = load(LoadTarget::kActivation);
  packed.memory_row_pitch = 9;
  packed.pack_kernel_width = 2;
  packed.pack_channels = packed.memory_word_bytes = 1;
  packed.pack_stride = packed.pack_row_stride = 1;
  packed.pack_pad_left = packed.pack_pad_top = 1;
  packed.pack_width = packed.pack_height = 4;
  packed.lane_offset = 1;
  add("load packed", packed);
  model::Execute execute = model::test::pointwise(3, config.array.rows - 1, config.array.cols - 1);
  execute.input_row_pitch = 4;
  execute.input_height = 2;
  execute.output_height = execute.kernel_width = execute.input_blocks = 2;
  execute.pad_left = 1;
  add("execute", execute);
  for (const Preset preset : {Preset::kTfliteRef, Preset::kOrtMlas, Preset::kPotFloor}) {
    add("requantize", post_of(config, PostOp::kRequantize, preset));
  }
  add("max pool", post_of(config, PostOp::kMaxPool, Preset::kFloor));
  add("average pool", post_of(config, PostOp::kAveragePool, Preset::kHalfEven));
  for (const Preset preset : {Preset::kTfliteRef, Preset::kTfliteSingle, Preset::kOrtMlas}) {
    add("add", post_of(config, PostOp::kAdd, preset));
  }
  add("look-up", post_of(config, PostOp::kLookup, Preset::kFloor));
  add("fill", post_of(config, PostOp::kFill, Preset::kFloor));
  model::Store store = model::test::store_words(3, kDataBase + 9000, 4, config.activation_word_bytes());
  store.rows = 2;
  store.buffer_row_pitch = 5;
  add("store", store);
  add("fence", model::Fence{});
  add("halt", model::Halt{});
  return all;
}

/// Words of a command and what is written into them.
using DrawnWords = std::vector<std::pair<int, std::uint32_t>>;

inline model::CommandWords with(model::CommandWords words, const DrawnWords& drawn) {
  for (const auto& [word, value] : drawn) words[static_cast<std::size_t>(word)] = value;
  return words;
}

/// The ends of the word's range, values beyond it, and neighbors of the legal value.
inline std::vector<std::uint32_t> values_of(const model::AcceleratorConfig& config, const model::CommandWords& words,
                                            int word) {
  const std::uint32_t legal = words[static_cast<std::size_t>(word)];
  if (word == 0) return {6, 77, 255, legal | 0x100, legal | 0x8000'0000};
  if (word == model::kSemaphoreWord) return {1U << 20, 0xFFFF'0000, 1, 2, 4, 8};
  const std::size_t field = static_cast<std::size_t>(word - model::kFirstFieldWord);
  const auto& fields = model::isa_table()[words[0]].fields;
  std::vector<std::int64_t> values = {0, 1, -1, std::numeric_limits<std::int32_t>::min(),
                                      std::numeric_limits<std::int32_t>::max()};
  if (word == model::kLayerWord) {
    values.insert(values.end(), {3, model::kLayerMax + 1});
  } else if (field < fields.size()) {
    const std::int64_t lowest = fields[field].lowest.value(config);
    const std::int64_t highest = fields[field].highest.value(config);
    const std::int64_t now = static_cast<std::int32_t>(legal);
    values.insert(values.end(), {lowest, lowest - 1, lowest + 1, highest, highest + 1, highest - 1, now - 1, now + 1});
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::vector<std::uint32_t> result;
  for (const std::int64_t value : values) {
    const bool fits = value == static_cast<std::int32_t>(value);
    if (fits && static_cast<std::uint32_t>(value) != legal) result.push_back(static_cast<std::uint32_t>(value));
  }
  return result;
}

/// Words that are worth drawing: all up to the opcode's last field, the one behind it, the last.
inline std::vector<int> words_of(const model::CommandWords& words) {
  const int end = model::kFirstFieldWord + static_cast<int>(model::isa_table()[words[0]].fields.size());
  std::vector<int> all;
  for (int word = 0; word <= end; ++word) all.push_back(word);
  all.push_back(model::kCommandWords - 1);
  return all;
}

/// A convolution, the command, and a STORE of what it may have written, each after the one before. Of a command that is
/// bad by itself nothing but a STORE, which is under way when it is found.
inline model::Program program_around(const model::AcceleratorConfig& config, const model::CommandWords& words) {
  const bool bad = model::CommandDecoder(config).check(words).bad();
  model::test::ProgramBuilder builder = bad ? model::test::ProgramBuilder(config) : convolution(config);
  const std::int32_t bytes = config.activation_word_bytes();
  const model::Store store = model::test::store_words(0, 2 * model::test::kDataBase - 3000, 40, bytes);
  if (bad) {
    builder.add(store);
  } else {
    builder.add(model::Fence{});
  }
  const std::size_t index = builder.program().commands.size() - 1;
  builder.add(model::Fence{});  // replaced
  if (!bad) builder.add(model::Fence{}).add(store);
  model::Program program = builder.program();
  std::memcpy(&program.image[index * model::kCommandBytes], words.data(), model::kCommandBytes);
  try {
    program.commands[index] = model::decode(words);
  } catch (const InputError&) {  // no command: the decoder has the words
  }
  return program;
}

}  // namespace systoliq::rtl
