// SPDX-License-Identifier: Apache-2.0
// The Verilated POST engine with buffers around it: runs commands on a machine state as the model would, cycle by
// cycle.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/functional/storage.h"
#include "model/isa/command.h"
#include "rtl_cosim/unit/requantize_vectors.h"

namespace systoliq::rtl {

class DeviceTrace;

/// Builds of the engine that are Verilated; their parameters as a configuration of the model.
struct PostBuild {
  std::string name;
  model::AcceleratorConfig config;
};

struct PostRunOptions {
  int waiting_cycles = 0;         ///< cycles for which the semaphores are not granted
  std::int64_t limit = 10000000;  ///< cycles after which it is an error not to have ended
  std::optional<Random> noise;    ///< on pins that mean nothing; without, what follows that of the command before
};

struct PostRunReport {
  std::int64_t cycles = 0;        ///< from the start cycle to that of done_o, both included
  std::uint16_t signal = 0;       ///< semaphores raised with done_o
  std::int64_t first_write = -1;  ///< cycles after the start, -1 without a write
  std::string error;              ///< what the engine did against its protocol; empty otherwise
  Random noise{0};                ///< at the command's beginning, to run it again with the same
};

class PostUnit {
 public:
  virtual ~PostUnit() = default;
  virtual const PostBuild& build() const = 0;
  virtual void reset() = 0;
  /// Runs one command to its end; the next one may follow at once. Writes go into state.activations.
  virtual PostRunReport run(const model::Command& command, const PostRunOptions& options, model::Storage& state) = 0;
  /// From the next cycle on the signals go to `trace`; nullptr ends it. Cycles are numbered from the last reset, the
  /// first one 1. Throws InputError if the RTL was built without waveforms.
  virtual void trace(DeviceTrace* trace) = 0;
};

/// All builds of this library.
std::vector<std::unique_ptr<PostUnit>> make_post_units();

}  // namespace systoliq::rtl
