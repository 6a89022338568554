// SPDX-License-Identifier: Apache-2.0
// What each command does to the machine's storage, without time. Results are staged so that they become visible when
// the command completes: a command that starts too early reads what hardware would have read.
#pragma once

#include <vector>

#include "model/hw/machine_state.h"
#include "model/timing/counters.h"

namespace systoliq::model {

/// Equally spaced pieces of a result: piece r < repeat is `count` lanes, from lane `lane` of buffer word
/// address + r * pitch on, taken from Staged::lanes at source + r * source_pitch.
struct StagedRun {
  std::int64_t address = 0, pitch = 0;
  int lane = 0, count = 0, repeat = 1;
  std::int64_t source = 0, source_pitch = 0;
};

/// A command's results until it completes; every command sizes what it uses.
struct Staged {
  std::vector<StagedRun> runs;             ///< for POST
  std::vector<std::int16_t> lanes;         ///< for POST
  std::vector<std::int64_t> accumulators;  ///< for EXECUTE
  std::vector<std::uint8_t> bytes;         ///< for STORE
};

/// Writes a LOAD's words when it completes; `bytes`: the data of load_bursts(), one after the other.
void apply_load(MachineState& state, const Load& load, const std::uint8_t* bytes);
void compute_execute(MachineState& state, const Execute& execute, Staged* staged, LayerCounters* counters);
void commit_execute(MachineState& state, const Execute& execute, const Staged& staged);
void compute_post(MachineState& state, const Post& post, Staged* staged, LayerCounters* counters);
void commit_post(MachineState& state, const Staged& staged);
/// Staged bytes: the data of store_bursts(), one after the other.
void compute_store(MachineState& state, const Store& store, Staged* staged);

}  // namespace systoliq::model
