// SPDX-License-Identifier: Apache-2.0
// POST: requantization, pooling, residual add and look-up, one command in flight.
#pragma once

#include "model/functional/staged.h"
#include "model/tlm/engine.h"

namespace systoliq::model {

class PostEngine final : public EngineModule {
 public:
  PostEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores);

 private:
  void run();
  /// Writes the results; mixed results if a buffer was overwritten since `moment` while the unit read it.
  void commit(const Post& post, std::uint64_t moment);

  Staged staged_;
};

}  // namespace systoliq::model
