// SPDX-License-Identifier: Apache-2.0
// What the blocks of the clocked machine share: the cycle's number, storage and counters, and the trace.
#pragma once

#include <cstdint>
#include <systemc>

#include "model/accounting/run_accounts.h"
#include "model/cycle/trace_sink.h"
#include "model/functional/command_observer.h"
#include "model/functional/probe_recorder.h"
#include "model/functional/storage.h"

namespace systoliq::model::cycle {

struct Machine {
  std::int64_t cycle = 0;
  Storage state;
  RunAccounts accounts;
  ProbeRecorder probes;
  TraceSink* trace = nullptr;
  CommandObserver* observer = nullptr;

  const AcceleratorConfig& config() const { return state.config; }
};

}  // namespace systoliq::model::cycle
