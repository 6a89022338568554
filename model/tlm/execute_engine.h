// SPDX-License-Identifier: Apache-2.0
// EXECUTE: the PE array with its feeder, one command in flight.
#pragma once

#include "model/functional/staged.h"
#include "model/tlm/engine.h"

namespace systoliq::model {

class ExecuteEngine final : public EngineModule {
 public:
  ExecuteEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores);

 private:
  void run();
  /// Writes the accumulators; mixed results if a buffer was overwritten since `moment` while the array read it.
  void commit(const Execute& execute, std::uint64_t moment);

  Staged staged_;
};

}  // namespace systoliq::model
