// SPDX-License-Identifier: Apache-2.0
// POST engines with faults that a test puts in around a sound one.
#pragma once

#include <cstdint>

#include "rtl_cosim/unit/post_unit.h"

namespace systoliq::rtl {

/// Passes everything on.
class AroundPost : public PostUnit {
 public:
  explicit AroundPost(PostUnit& unit) : unit_(unit) {}
  const PostBuild& build() const override { return unit_.build(); }
  void reset() override { unit_.reset(); }
  void trace(DeviceTrace* trace) override { unit_.trace(trace); }
  PostRunReport run(const model::Command& command, const PostRunOptions& options, model::Storage& state) override {
    return unit_.run(command, options, state);
  }

 private:
  PostUnit& unit_;
};

/// Bits of one field of every command are flipped.
class ChangedCommands final : public AroundPost {
 public:
  ChangedCommands(PostUnit& unit, std::int32_t model::Post::*field, std::int32_t bits = 1)
      : AroundPost(unit), field_(field), bits_(bits) {}
  PostRunReport run(const model::Command& command, const PostRunOptions& options, model::Storage& state) override {
    model::Command changed = command;
    std::get<model::Post>(changed.body).*field_ ^= bits_;
    return AroundPost::run(changed, options, state);
  }

 private:
  std::int32_t model::Post::*field_;
  std::int32_t bits_;
};

/// Some cycles more than the engine took.
class SlowUnit final : public AroundPost {
 public:
  SlowUnit(PostUnit& unit, int cycles) : AroundPost(unit), cycles_(cycles) {}
  PostRunReport run(const model::Command& command, const PostRunOptions& options, model::Storage& state) override {
    PostRunReport report = AroundPost::run(command, options, state);
    report.cycles += cycles_;
    return report;
  }

 private:
  int cycles_;
};

/// Flips bits of the first lanes that a command with a fixed place writes.
class FlippedBits final : public AroundPost {
 public:
  FlippedBits(PostUnit& unit, std::int16_t bits, int lanes) : AroundPost(unit), bits_(bits), lanes_(lanes) {}
  PostRunReport run(const model::Command& command, const PostRunOptions& options, model::Storage& state) override {
    const PostRunReport report = AroundPost::run(command, options, state);
    const auto address = std::get<model::Post>(command.body).output_address;
    for (int lane = 0; lane < lanes_; ++lane) state.activations.words(address)[lane] ^= bits_;
    return report;
  }

 private:
  std::int16_t bits_;
  int lanes_;
};

/// Reads an operand word whose lowest bit in lane 0 is not the one in the buffer.
class FlippedOperand final : public AroundPost {
 public:
  FlippedOperand(PostUnit& unit, std::int64_t address) : AroundPost(unit), address_(address) {}
  PostRunReport run(const model::Command& command, const PostRunOptions& options, model::Storage& state) override {
    state.activations.words(address_)[0] ^= 1;
    const PostRunReport report = AroundPost::run(command, options, state);
    state.activations.words(address_)[0] ^= 1;
    return report;
  }

 private:
  std::int64_t address_;
};

}  // namespace systoliq::rtl
