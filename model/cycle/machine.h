// SPDX-License-Identifier: Apache-2.0
// What the blocks of the clocked machine share: the cycle's number, storage and counters, and the trace.
#pragma once

#include <cstdint>

#include "model/hw/cycle/trace_sink.h"
#include "model/hw/run_context.h"

namespace systoliq::model::cycle {

struct Machine {
  std::int64_t cycle = 0;
  RunContext context;
  TraceSink* trace = nullptr;

  const AcceleratorConfig& config() const { return context.config(); }
  MachineState& state() { return context.state; }
};

}  // namespace systoliq::model::cycle
