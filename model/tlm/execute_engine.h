// SPDX-License-Identifier: Apache-2.0
// EXECUTE: the PE array with its feeder. One command fills while those before it stream and drain.
#pragma once

#include <deque>

#include "model/functional/staged.h"
#include "model/timing/execute_flow.h"
#include "model/tlm/engine.h"

namespace systoliq::model {

class ExecuteEngine final : public EngineModule {
 public:
  ExecuteEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores);
  void clear() override;
  std::string describe_wait() const override;

 private:
  /// A command whose stream has begun.
  struct Streaming {
    QueuedCommand command;
    std::int64_t end = 0;
    std::uint64_t moment = 0;           ///< of the write log, when it was computed
    std::vector<std::int16_t> weights;  ///< of its first pass, as they were when it started
  };
  std::int64_t start_from(const Command& next) const override;
  void begin();
  void end();
  /// The weights with which a weight stationary command fills.
  std::vector<std::int16_t> first_weights(const Execute& execute) const;
  void compute(Streaming* streaming);
  /// Writes the accumulators; mixed results if a buffer was overwritten since they were computed.
  void commit(const Streaming& streaming);

  ExecuteFlow flow_;
  int filling_index_ = -1;  ///< command that has started and waits for its stream
  std::uint16_t stream_wait_ = 0;
  std::deque<Streaming> streaming_;
  sc_core::sc_event begun_;
  Staged staged_;
};

}  // namespace systoliq::model
