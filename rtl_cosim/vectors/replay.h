// SPDX-License-Identifier: Apache-2.0
// The program's commands one after the other on the model's storage, without time: semaphores couple commands that
// share data, so program order gives what the machine gives.
#pragma once

#include <cstdint>
#include <vector>

#include "model/accounting/counters.h"
#include "model/functional/staged.h"
#include "model/functional/storage.h"
#include "model/isa/program.h"

namespace systoliq::rtl {

class Replay final {
 public:
  Replay(const model::Program& program, const model::AcceleratorConfig& config, std::vector<std::uint8_t> memory);

  bool at_end() const { return next_ == program_.commands.size(); }
  /// The command that step() executes.
  std::size_t index() const { return next_; }
  const model::Command& command() const { return program_.commands[next_]; }
  model::Storage& state() { return state_; }
  void step();

 private:
  void execute(const model::Load& load);
  void execute(const model::Execute& execute);
  void execute(const model::Post& post);
  void execute(const model::Store& store);
  void execute(const model::Fence&) {}
  void execute(const model::Halt&) {}

  const model::Program& program_;
  model::Storage state_;
  model::Staged staged_;
  model::LayerCounters counters_;
  std::size_t next_ = 0;
};

}  // namespace systoliq::rtl
