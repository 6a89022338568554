// SPDX-License-Identifier: Apache-2.0
// Commands whose words are drawn at the ends of their ranges and beyond: one of every kind that is legal, and programs
// in which one of its words, or two, have other values.
#pragma once

#include <algorithm>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "model/isa/command_decoder.h"
#include "model/isa/isa_table.h"
#include "tests/model/tlm/legal_commands.h"
#include "tests/rtl_cosim/accelerator/faulty_device.h"

namespace systoliq::rtl {

/// A legal command of every kind; of POST every operation, and more presets where they change what is done.
inline std::vector<model::Command> drawable_commands(const model::AcceleratorConfig& config) {
  std::vector<model::Command> all;
  for (const model::test::Body& body : model::test::legal_commands(config)) {
    const auto* post = std::get_if<model::Post>(&body);
    const bool scales = post == nullptr || post->op == static_cast<std::int32_t>(model::PostOp::kRequantize) ||
                        post->op == static_cast<std::int32_t>(model::PostOp::kAdd);
    if (scales || post->preset == static_cast<std::int32_t>(Preset::kHalfEven)) all.push_back({0, 0, 0, body});
  }
  all.push_back({0, 0, 0, model::Fence{}});
  all.push_back({0, 0, 0, model::Halt{}});
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

/// A POST's operation or preset that the model has and the RTL refuses, as tests/rtl_cosim/unit shows.
inline bool is_beyond_rtl(const model::CommandWords& words) {
  const std::uint32_t op = words[model::kFirstFieldWord];
  const std::uint32_t preset = words[model::kFirstFieldWord + 1];
  const bool operation = op > static_cast<std::uint32_t>(model::kLastRtlPostOp) &&
                         op <= static_cast<std::uint32_t>(model::PostOp::kAddPixel);
  return words[0] == static_cast<std::uint32_t>(model::Opcode::kPost) &&
         (operation || (preset >= kRtlPresets && preset < kPresets.size()));
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
  const bool bad = model::CommandDecoder(config, model::Operations::kRtl).check(words).bad();
  model::test::ProgramBuilder builder = bad ? model::test::ProgramBuilder(config) : convolution(config);
  const std::int32_t bytes = config.activation_word_bytes();
  const model::Store store = model::test::store_words(0, 2 * model::test::kDataBase - 4096, bad ? 40 : 90, bytes);
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
