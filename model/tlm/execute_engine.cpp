// SPDX-License-Identifier: Apache-2.0
// Reads the buffers when a command starts, writes the accumulators when it ends; where somebody overwrites what it
// reads between the two, some results come from the old words and some from the new, as in hardware.
#include "model/tlm/execute_engine.h"

#include "model/accounting/access_counts.h"
#include "model/functional/execute.h"
#include "model/timing/compute_timing.h"
#include "model/tlm/command_reads.h"

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
    const std::uint64_t moment = context().writes.now();
    if (context().carries_data()) {
      compute_execute(context().state, execute, &staged_, &counters);
    }
    activity().execute(start, timing);
    context().wait_until(start + timing.total());
    if (context().carries_data()) commit(execute, moment);
    complete(command, StallCause::kAccumulators);
  }
}

void ExecuteEngine::commit(const Execute& execute, std::uint64_t moment) {
  if (reads_of(execute, context().config()).overwritten(context().writes, moment)) {
    LayerCounters counted_already;
    const std::vector<std::int64_t> before = staged_.accumulators;
    compute_execute(context().state, execute, &staged_, &counted_already);
    mix_with(before, &staged_.accumulators);
  }
  commit_execute(context().state, execute, staged_);
  context().writes.note({BufferInterval::Buffer::kAccumulators, execute.accumulator_address,
                         std::int64_t{execute.output_height} * execute.output_width});
}

}  // namespace systoliq::model
