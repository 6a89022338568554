// SPDX-License-Identifier: Apache-2.0
// What the tests of scope accelerator put a fault in: a program of every kind of command, and an RTL that reads a
// different memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rtl_cosim/accelerator/accelerator_device.h"
#include "tests/model/tlm/program_builder.h"

namespace systoliq::rtl {

/// An RTL that finds one bit of memory flipped, or none.
class FaultyDevice : public AcceleratorDevice {
 public:
  FaultyDevice(std::unique_ptr<AcceleratorDevice> device, std::optional<std::size_t> flipped_byte)
      : device_(std::move(device)), flipped_byte_(flipped_byte) {}
  const std::string& name() const override { return device_->name(); }
  void start(std::int64_t address, std::uint32_t count, std::vector<std::uint8_t> memory) override {
    if (flipped_byte_) memory.at(*flipped_byte_) ^= 4;
    device_->start(address, count, std::move(memory));
  }
  void restart(std::int64_t address, std::uint32_t count, std::vector<std::uint8_t> memory) override {
    device_->restart(address, count, std::move(memory));
  }
  std::int64_t cycle() const override { return device_->cycle(); }
  AcceleratorEvents step() override { return device_->step(); }
  model::Storage& state() override { return device_->state(); }
  std::vector<std::uint8_t>& memory() override { return device_->memory(); }
  void trace(DeviceTrace* trace) override { device_->trace(trace); }
  std::uint32_t read_register(std::uint32_t offset) override { return device_->read_register(offset); }
  bool write_register(std::uint32_t offset, std::uint32_t value) override {
    return device_->write_register(offset, value);
  }

 private:
  std::unique_ptr<AcceleratorDevice> device_;
  std::optional<std::size_t> flipped_byte_;
};

/// An RTL whose ports break their protocol in one place.
class UnrulyDevice final : public FaultyDevice {
 public:
  enum class Fault { kStart, kUnknownEnd, kEndAfterAll, kNoEnd, kRegister };
  UnrulyDevice(std::unique_ptr<AcceleratorDevice> device, Fault fault)
      : FaultyDevice(std::move(device), std::nullopt), fault_(fault) {}
  void start(std::int64_t address, std::uint32_t count, std::vector<std::uint8_t> memory) override {
    check(fault_ != Fault::kStart, "a register write is refused");
    FaultyDevice::start(address, count, std::move(memory));
  }
  AcceleratorEvents step() override {
    AcceleratorEvents events = FaultyDevice::step();
    if (events.done[3] && fault_ == Fault::kNoEnd) events.done[3] = false;
    if (events.done[2] && fault_ == Fault::kUnknownEnd) events.done[1] = true;  // the only EXECUTE has ended
    if (events.retired && fault_ == Fault::kEndAfterAll) events.done[0] = true;
    return events;
  }
  std::uint32_t read_register(std::uint32_t offset) override {
    check(fault_ != Fault::kRegister, "a register read is refused");
    return FaultyDevice::read_register(offset);
  }

 private:
  Fault fault_;
};

/// LOAD of params, weights and activations, EXECUTE, POST and STORE, coupled by semaphores.
inline model::test::ProgramBuilder convolution(const model::AcceleratorConfig& config) {
  using model::test::kDataBase;
  model::test::ProgramBuilder builder(config);
  const int lanes = config.array.rows;
  const int columns = config.array.cols;
  for (int i = 0; i < 4096; ++i) builder.memory()[kDataBase + 4096 + i] = static_cast<std::uint8_t>(i * 37 + i / 256);
  for (int c = 0; c < columns; ++c) builder.put_param(kDataBase + 16 * c, {100 * c, 1, -2});
  builder.add(model::test::load_words(model::LoadTarget::kParam, kDataBase, 0, 1));
  builder.add(model::test::load_words(model::LoadTarget::kWeight, kDataBase + 4096, 0, lanes));
  builder.add(model::test::load_words(model::LoadTarget::kActivation, kDataBase + 6000, 0, 6), 0, 1);
  builder.add(model::test::pointwise(6, lanes, columns), 1, 2);
  const int blocks = (columns + config.array.rows - 1) / config.array.rows;
  model::Post post = model::test::requantize(6, columns, 10);
  post.output_pixel_pitch = blocks;
  post.clamp_max = (1 << (config.datatypes.activation_bits - 1)) - 1;
  post.clamp_min = -post.clamp_max - 1;
  builder.add(post, 2, 4);
  builder.add(model::test::store_words(10, 2 * kDataBase - 4096, 6 * blocks, config.activation_word_bytes()), 4);
  return builder;
}

}  // namespace systoliq::rtl
