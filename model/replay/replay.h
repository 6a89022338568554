// SPDX-License-Identifier: Apache-2.0
// The cycles of a list of commands by the rules of docs/timing.md, without SystemC, threads, buffers or memory: the
// same as of the machine at levels timing and transaction, for every command, counter and engine.
#pragma once

#include <memory>

#include "model/accounting/run_result.h"
#include "model/replay/replay_plan.h"

namespace systoliq::model {

struct ReplayResult {
  RunResult run;                                  ///< as of level timing: no memory, no tensors
  std::vector<std::int64_t> command_start_cycle;  ///< of FENCE and HALT: the cycle that they take in the decoder
};

/// Holds what a replay needs besides its plan, so that a repeated one allocates nothing for its commands. Any number
/// may exist; one is for one thread at a time.
class Replayer final {
 public:
  Replayer();
  ~Replayer();
  Replayer(Replayer&&) noexcept;
  Replayer& operator=(Replayer&&) noexcept;

  /// The result is good until the next call. Throws CommandError for a bad command, with the ends of those before it;
  /// InternalError for a deadlock, a semaphore that passes its maximum, or a burst outside of memory; Canceled.
  const ReplayResult& run(const ReplayPlan& plan);
  /// RunResult::cycles alone, in less time.
  std::int64_t cycles(const ReplayPlan& plan);

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

/// One replay.
ReplayResult replay_commands(const ReplayPlan& plan);

}  // namespace systoliq::model
