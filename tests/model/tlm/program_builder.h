// SPDX-License-Identifier: Apache-2.0
// Programs written by hand for the tests of the machine: commands, a memory image, and short forms of common commands.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/accounting/access_counts.h"
#include "model/isa/memory_records.h"
#include "model/isa/param_word.h"
#include "model/run_program.h"

namespace systoliq::model::test {

inline constexpr std::int32_t kDataBase = 64 * 1024;  ///< data lie behind the commands

/// A small machine whose cycles can be counted by hand.
inline AcceleratorConfig small_config() {
  AcceleratorConfig config;
  config.array = {4, 4};
  config.requant.lanes = 4;
  config.buffers.activation_kib = 1;
  config.buffers.weight_kib = 1;
  config.buffers.accumulator_words = 64;
  config.buffers.param_words = 64;
  config.memory = {8, 10, 64, 2};
  return config;
}

class ProgramBuilder final {
 public:
  explicit ProgramBuilder(AcceleratorConfig config, std::size_t memory_bytes = 128 * 1024)
      : config_(std::move(config)), memory_(memory_bytes) {}

  /// A LOAD or STORE that names no elements takes whole words of its buffer, a record each.
  template <typename Body>
  ProgramBuilder& add(Body body, std::uint16_t wait = 0, std::uint16_t signal = 0, std::int32_t layer = 0) {
    if constexpr (std::is_same_v<Body, Load> || std::is_same_v<Body, Store>) fill_plain_words(&body, config_);
    commands_.push_back({wait, signal, layer, body});
    return *this;
  }

  /// Commands lie at command_address(), 0 unless set; HALT is appended.
  Program program(bool halt = true) const {
    Program result;
    result.commands = commands_;
    if (halt) result.commands.push_back({0, 0, 0, Halt{}});
    result.image = memory_;
    result.layer_names = layer_names_;
    result.command_address = command_address_;
    for (std::size_t i = 0; i < result.commands.size(); ++i) {
      const CommandWords words = encode(result.commands[i]);
      const std::size_t at = static_cast<std::size_t>(command_address_) + i * kCommandBytes;
      std::memcpy(&result.image.at(at), words.data(), kCommandBytes);
    }
    return result;
  }

  RunResult run(Level level = Level::kTransaction, bool halt = true) const {
    const Program built = program(halt);
    return run_program(built, config_, level, built.image);
  }

  AcceleratorConfig& config() { return config_; }
  std::int64_t& command_address() { return command_address_; }
  std::vector<std::uint8_t>& memory() { return memory_; }
  std::vector<std::string>& layer_names() { return layer_names_; }
  void put_param(std::int32_t address, const ParamEntry& entry) {
    std::memcpy(&memory_[static_cast<std::size_t>(address)], &entry, sizeof entry);
  }

 private:
  AcceleratorConfig config_;
  std::vector<std::uint8_t> memory_;
  std::int64_t command_address_ = 0;
  std::vector<Command> commands_;
  std::vector<std::string> layer_names_ = {"layer"};
};

/// `words` consecutive words from memory `address` to buffer word `to`.
inline Load load_words(LoadTarget target, std::int32_t address, std::int32_t to, std::int32_t words) {
  Load load;
  load.target = static_cast<std::int32_t>(target);
  load.memory_address = address;
  load.buffer_address = to;
  load.buffer_word_pitch = 1;
  load.rows = 1;
  load.row_records = words;
  return load;
}

/// A 1 × 1 convolution over `pixels` consecutive words, one block of `lanes` channels.
inline Execute pointwise(std::int32_t pixels, std::int32_t lanes, std::int32_t columns) {
  Execute execute;
  execute.input_pixel_pitch = 1;
  execute.input_row_pitch = pixels;
  execute.input_block_pitch = 1;
  execute.input_height = execute.output_height = 1;
  execute.input_width = execute.output_width = pixels;
  execute.input_blocks = 1;
  execute.last_block_lanes = lanes;
  execute.kernel_height = execute.kernel_width = 1;
  execute.stride_height = execute.stride_width = execute.dilation_height = execute.dilation_width = 1;
  execute.valid_columns = columns;
  return execute;
}

/// Requantizes `pixels` accumulators to int8 words from `to`, by a shift.
inline Post requantize(std::int32_t pixels, std::int32_t channels, std::int32_t to) {
  Post post;
  post.op = static_cast<std::int32_t>(PostOp::kRequantize);
  post.preset = static_cast<std::int32_t>(Preset::kPotFloor);
  post.output_address = to;
  post.output_pixel_pitch = 1;
  post.output_row_pitch = pixels;
  post.clamp_min = -128;
  post.clamp_max = 127;
  post.height = 1;
  post.width = pixels;
  post.blocks = 1;
  post.channels = channels;
  return post;
}

inline Store store_words(std::int32_t from, std::int32_t address, std::int32_t words, std::int32_t word_bytes) {
  Store store;
  store.memory_address = address;
  store.memory_row_pitch = words * word_bytes;
  store.buffer_address = from;
  store.buffer_word_pitch = 1;
  store.rows = 1;
  store.row_records = words;
  return store;
}

}  // namespace systoliq::model::test
