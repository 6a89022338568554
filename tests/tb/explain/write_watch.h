// SPDX-License-Identifier: Apache-2.0
// Sees the activation buffer's write port in every cycle, through the signals of the waveforms: which command wrote a
// lane last, and when. Knows nothing of the observer that explanations use.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "model/cycle/trace_sink.h"
#include "model/isa/program.h"

namespace systoliq::test {

class WriteWatch final : public model::TraceSink {
 public:
  struct Write {
    std::int64_t cycle = 0, value = 0;
  };

  explicit WriteWatch(int rows) : rows_(rows) {}

  bool enter(const std::string& block) override {
    blocks_.push_back(block);
    return block == "u_post";
  }
  void leave() override { blocks_.pop_back(); }
  void add_variable(const Variable& variable) override {
    if (!blocks_.empty() && blocks_.back() == "u_post") signals_[variable.name] = variable;
  }
  void begin(const model::Program& program) override {
    program_ = &program;
    writes_now_ = signal("activation_write_o");
    address_ = signal("activation_write_address_o");
    lane_ = signal("write_lane_o");
    lanes_ = signal("write_lanes_o");
    for (int lane = 0; lane < 2 * rows_; ++lane)
      data_.push_back(signal("activation_write_data_o_" + std::to_string(lane)));
  }
  void command_started(int command, std::int32_t, std::int64_t) override {
    if (std::holds_alternative<model::Post>(program_->commands[static_cast<std::size_t>(command)].body)) {
      running_ = command;
    }
  }
  void command_ended(int command, std::int32_t, std::int64_t cycle) override { ends_[command] = cycle; }
  void latch() override {}
  void sample(std::int64_t cycle) override {
    if (value(writes_now_) == 0) return;
    const std::int64_t first = value(lane_);
    for (std::int64_t lane = first; lane < first + value(lanes_); ++lane) {
      writes_[{running_, value(address_) + lane / rows_, lane % rows_}] = {
          cycle, value(data_[static_cast<std::size_t>(lane)])};
    }
  }

  /// What that command wrote there; fails the test where it wrote nothing.
  Write write(std::int64_t command, std::int64_t word, std::int64_t lane) const {
    const auto found = writes_.find({command, word, lane});
    EXPECT_NE(found, writes_.end()) << "command " << command << " did not write word " << word << ", lane " << lane;
    return found == writes_.end() ? Write{} : found->second;
  }
  std::int64_t end(std::int64_t command) const { return ends_.at(command); }

 private:
  struct Key {
    std::int64_t command, word, lane;
    bool operator<(const Key& other) const {
      return std::tie(command, word, lane) < std::tie(other.command, other.word, other.lane);
    }
  };

  Variable signal(const std::string& name) const {
    const auto found = signals_.find(name);
    EXPECT_NE(found, signals_.end()) << "POST shows no " << name;
    return found == signals_.end() ? Variable{} : found->second;
  }
  static std::int64_t value(const Variable& variable) {
    switch (variable.bytes) {
      case 1:
        return *static_cast<const std::int8_t*>(variable.address);
      case 2:
        return *static_cast<const std::int16_t*>(variable.address);
      case 4:
        return *static_cast<const std::int32_t*>(variable.address);
      default:
        return 0;
    }
  }

  int rows_;
  const model::Program* program_ = nullptr;
  std::vector<std::string> blocks_;
  std::map<std::string, Variable> signals_;
  Variable writes_now_, address_, lane_, lanes_;
  std::vector<Variable> data_;
  std::map<Key, Write> writes_;
  std::map<std::int64_t, std::int64_t> ends_;
  std::int64_t running_ = -1;
};

}  // namespace systoliq::test
