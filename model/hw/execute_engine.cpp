// SPDX-License-Identifier: Apache-2.0
// Reads the buffers when a command starts, writes the accumulators when it ends.
#include "model/hw/execute_engine.h"

#include "model/timing/access_counts.h"
#include "model/timing/compute_timing.h"

namespace systoliq::model {

ExecuteEngine::ExecuteEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores)
    : EngineModule(name, Engine::kExecute, context, semaphores) {
  context.spawn_thread("run", [this] { run(); });
}

void ExecuteEngine::run() {
  for (;;) {
    const QueuedCommand command = start_next();
    const Execute& execute = std::get<Execute>(command.command.body);
    LayerCounters& counters = context().layer(command.command.layer);
    const std::int64_t start = context().now();
    const ExecuteTiming timing = execute_timing(execute, context().config());
    count_accesses(execute, context().config(), &counters);
    if (context().carries_data()) {
      compute_execute(context().state, execute, &staged_, &counters);
    }
    activity().execute(start, timing);
    context().wait_until(start + timing.total());
    if (context().carries_data()) commit_execute(context().state, execute, staged_);
    complete(command, StallCause::kAccumulators);
  }
}

}  // namespace systoliq::model
