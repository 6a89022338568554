// SPDX-License-Identifier: Apache-2.0
// Random machines and random programs that are free of deadlock: a command waits only for tokens that commands before
// it signal.
#pragma once

#include <algorithm>
#include <array>
#include <random>

#include "model/accounting/access_counts.h"
#include "tests/model/tlm/program_builder.h"

namespace systoliq::model::test {

class RandomProgram final {
 public:
  explicit RandomProgram(std::uint32_t seed) : random_(seed) {}

  int pick(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }

  AcceleratorConfig config() {
    constexpr std::array<int, 6> kSizes = {1, 3, 4, 7, 8, 16};
    AcceleratorConfig config;
    config.array = {kSizes[index(6)], kSizes[index(6)]};
    if (pick(0, 2) == 0) config.array.dataflow = Dataflow::kOutputStationary;
    config.requant.lanes = pick(1, config.array.cols);
    config.buffers.activation_kib = 8;
    config.buffers.weight_kib = 8;
    config.buffers.accumulator_words = 512;
    config.buffers.param_words = 64;
    config.memory.bytes_per_cycle = 1 << pick(0, 5);
    config.memory.burst_bytes = config.memory.bytes_per_cycle << pick(0, 4);
    config.memory.latency_cycles = pick(1, 40);
    config.memory.outstanding = pick(1, 5);
    if (pick(0, 1) != 0) {  // commands come faster than they are executed: queues fill
      config.memory = {1 << pick(5, 7), pick(1, 4), 1 << pick(7, 9), pick(2, 8)};
    }
    return config;
  }

  ProgramBuilder builder(const AcceleratorConfig& config, int commands) {
    ProgramBuilder builder(config, 256 * 1024);
    for (std::uint8_t& byte : builder.memory()) byte = static_cast<std::uint8_t>(pick(0, 255));
    builder.command_address() = pick(0, 1) != 0 ? 0 : 4 * pick(0, 100);
    largest_ = pick(0, 1) != 0 ? 4 : 40;
    repeat_ = pick(0, 3);
    builder.layer_names() = {"first", "second", "third", "fourth"};
    for (int i = 0; i < commands; ++i) add(builder, i * 4 / commands);
    return builder;
  }

  /// LOADs and STOREs one after the other, of arbitrary bytes: what each moves does not depend on time.
  ProgramBuilder copies(const AcceleratorConfig& config, int commands) {
    ProgramBuilder builder(config, 256 * 1024);
    for (std::uint8_t& byte : builder.memory()) byte = static_cast<std::uint8_t>(pick(0, 255));
    for (int i = 0; i < commands; ++i) {
      if (pick(0, 2) != 0) {
        builder.add(load(config));
      } else {
        builder.add(store(config));
      }
      builder.add(Fence{});
    }
    return builder;
  }

 private:
  std::size_t index(int count) { return static_cast<std::size_t>(pick(0, count - 1)); }

  void add(ProgramBuilder& builder, int layer) {
    if (pick(0, 3) >= repeat_) kind_ = pick(0, 12);
    const int kind = kind_;
    if (kind == 12) {
      builder.add(Fence{}, 0, 0, layer);
      return;
    }
    const int engine = kind < 4 ? 0 : (kind < 7 ? 1 : (kind < 10 ? 2 : 3));
    const std::uint16_t waited = wait(engine);  // before signal(): a command must not wait for its own token
    const std::uint16_t late = engine == 1 ? wait(engine) : std::uint16_t{0};
    const std::uint16_t signaled = signal();
    if (engine == 0) builder.add(load(builder.config()), waited, signaled, layer);
    if (engine == 1) {
      Execute body = execute(builder.config());
      body.stream_wait = late;
      builder.add(body, waited, signaled, layer);
    }
    if (engine == 2) builder.add(post(builder.config()), waited, signaled, layer);
    if (engine == 3) builder.add(store(builder.config()), waited, signaled, layer);
  }

  /// Semaphore s belongs to engine s mod 4.
  std::uint16_t wait(int engine) {
    unsigned mask = 0;
    for (std::size_t s = static_cast<std::size_t>(engine); s < kSemaphores; s += 4) {
      if (given_[s] == 0 || pick(0, 2) == 0) continue;
      --given_[s];
      mask |= 1U << s;
    }
    return static_cast<std::uint16_t>(mask);
  }

  std::uint16_t signal() {
    unsigned mask = 0;
    for (std::size_t s = 0; s < kSemaphores; ++s) {
      if (pick(0, 7) != 0) continue;
      ++given_[s];
      mask |= 1U << s;
    }
    return static_cast<std::uint16_t>(mask);
  }

  Load load(const AcceleratorConfig& config) {
    const auto target = static_cast<LoadTarget>(pick(0, 2));
    if (target == LoadTarget::kActivation && pick(0, 2) == 0) return packed_load(config);
    Load load = load_words(target, kDataBase + pick(0, 5000), pick(0, 4), pick(1, std::min(largest_, 24)));
    load.rows = pick(1, 2);
    if (pick(0, 1) != 0) draw_records(config, &load);
    fill_plain_words(&load, config);
    load.buffer_row_pitch = static_cast<std::int32_t>(row_words(load));
    load.memory_row_pitch = static_cast<std::int32_t>(row_bytes(load)) + (pick(0, 1) != 0 ? pick(0, 300) : 0);
    return load;
  }

  /// Narrow elements, records of several words, words and lanes without elements.
  void draw_records(const AcceleratorConfig& config, Load* load) {
    const auto target = static_cast<LoadTarget>(load->target);
    const bool activations = target == LoadTarget::kActivation;
    load->record_words = pick(1, 6);
    load->row_records = pick(1, std::max(1, load->row_records / load->record_words));
    load->word_lanes = pick(1, activations ? config.array.rows : config.array.cols);
    load->lead_words = pick(0, 2) == 0 ? pick(0, load->record_words - 1) : 0;
    load->record_lanes =
        (load->record_words - load->lead_words) * load->word_lanes - pick(0, 1) * pick(0, load->word_lanes - 1);
    if (target == LoadTarget::kParam) return;
    load->element_bits = pick(1, activations ? config.datatypes.activation_bits : config.datatypes.weight_bits);
    load->pad_value = pick(-2, 1);
    if (load->row_records == 1 || !activations) load->memory_bit = pick(0, 1) * pick(0, 7);
    if (activations || pick(0, 1) == 0) return;
    load->group_words = pick(1, 3);
    load->group_first_words = pick(1, 3);
    load->group_lane = pick(1 - config.array.cols, config.array.cols - 1);
  }

  /// One channel, up to `rows` taps; padding may leave no pixel to fetch.
  Load packed_load(const AcceleratorConfig& config) {
    Load load = load_words(LoadTarget::kActivation, kDataBase + pick(0, 5000), 0, pick(1, std::min(largest_, 20)));
    load.rows = pick(1, 4);
    load.buffer_row_pitch = load.row_records;
    load.memory_row_pitch = pick(20, 200);
    load.pack_kernel_width = pick(1, std::min(config.array.rows, 5));
    load.pack_channels = 1;
    load.pack_stride = pick(1, 2);
    load.pack_row_stride = 1;
    load.pack_pad_left = pick(0, 2);
    load.pack_pad_top = pick(0, 1) != 0 ? load.rows : pick(0, 3);  // in the first case there is nothing to fetch
    load.pack_width = pick(4, 20);
    load.pack_height = pick(1, 5);
    load.clear_lanes = pick(0, 1);
    fill_plain_words(&load, config);
    return load;
  }

  Execute execute(const AcceleratorConfig& config) {
    Execute execute = pointwise(pick(1, largest_), pick(1, config.array.rows), pick(1, config.array.cols));
    execute.kernel_width = pick(1, 3);
    execute.input_blocks = pick(1, 2);
    execute.pad_left = pick(0, 1);
    execute.init = pick(0, 1);
    return execute;
  }

  Post post(const AcceleratorConfig& config) {
    Post post = requantize(pick(1, largest_), pick(1, config.array.cols), pick(0, 10));
    post.clamp_max = (1 << (config.datatypes.activation_bits - 1)) - 1;
    post.clamp_min = -post.clamp_max - 1;
    if (pick(0, 2) == 0) {
      post.op = static_cast<std::int32_t>(PostOp::kFill);
    } else if (pick(0, 2) == 0) {
      post.op = static_cast<std::int32_t>(PostOp::kMaxPool);
      post.source_height = 1;
      post.source_width = post.width;
      post.source_pixel_pitch = post.kernel_height = post.stride_height = post.stride_width = 1;
      post.kernel_width = pick(1, 3);
    }
    return post;
  }

  Store store(const AcceleratorConfig& config) {
    Store store = store_words(pick(0, 10), 2 * kDataBase + pick(0, 5000), pick(1, std::min(largest_, 30)),
                              config.activation_word_bytes());
    store.rows = pick(1, 2);
    if (pick(0, 1) != 0) {
      store.record_words = pick(1, 4);
      store.row_records = pick(1, std::max(1, store.row_records / store.record_words));
      store.record_lanes = store.record_words * config.array.rows - pick(0, config.array.rows - 1);
      store.element_bits = pick(1, config.datatypes.activation_bits);
    }
    fill_plain_words(&store, config);
    store.buffer_row_pitch = static_cast<std::int32_t>(row_words(store));
    store.memory_row_pitch = static_cast<std::int32_t>(row_bytes(store)) + (pick(0, 1) != 0 ? pick(0, 300) : 0);
    return store;
  }

  std::mt19937 random_;
  std::array<int, kSemaphores> given_{};
  int largest_ = 40;  ///< pixels or words of a command
  int repeat_ = 0;    ///< of 4: how likely a command is of the kind of the one before it
  int kind_ = 0;
};

}  // namespace systoliq::model::test
