// SPDX-License-Identifier: Apache-2.0
// The Verilated POST engine with buffers around it: runs commands on a machine state as the model would, cycle by
// cycle.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/hw/machine_state.h"
#include "model/isa/command.h"

namespace systoliq::rtl {

/// Builds of the engine that are Verilated; their parameters as a configuration of the model.
struct PostBuild {
  std::string name;
  model::AcceleratorConfig config;
};

struct PostRunOptions {
  int waiting_cycles = 0;  ///< cycles for which the semaphores are not granted
};

struct PostRunReport {
  std::int64_t cycles = 0;        ///< from the start cycle to that of done_o, both included
  std::uint16_t signal = 0;       ///< semaphores raised with done_o
  std::int64_t first_write = -1;  ///< cycles after the start, -1 without a write
  std::string error;              ///< what the engine did against its protocol; empty otherwise
};

class PostUnit {
 public:
  virtual ~PostUnit() = default;
  virtual const PostBuild& build() const = 0;
  virtual void reset() = 0;
  /// Runs one command to its end; the next one may follow at once. Writes go into state.activations.
  virtual PostRunReport run(const model::Command& command, const PostRunOptions& options,
                            model::MachineState& state) = 0;
};

/// All builds of this library.
std::vector<std::unique_ptr<PostUnit>> make_post_units();

}  // namespace systoliq::rtl
