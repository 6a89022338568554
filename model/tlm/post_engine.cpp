// SPDX-License-Identifier: Apache-2.0
// Reads its operands when a command starts, writes the activation buffer when it ends.
#include "model/tlm/post_engine.h"

#include "model/accounting/access_counts.h"
#include "model/functional/post.h"
#include "model/timing/compute_timing.h"
#include "model/tlm/command_reads.h"

namespace systoliq::model {

PostEngine::PostEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores)
    : EngineModule(name, Engine::kPost, context, semaphores) {
  context.spawn_thread("run", [this] { run(); });
}

void PostEngine::run() {
  for (;;) {
    const QueuedCommand command = start_after_stall();
    const Post& post = std::get<Post>(command.command.body);
    LayerCounters& counters = context().layer(command.command.layer);
    const std::int64_t start = context().now();
    const std::int64_t end = start + post_cycles(post, context().config());
    count_accesses(post, context().config(), &counters);
    const std::uint64_t moment = context().writes.now();
    if (context().carries_data()) {
      compute_post(context().state, post, &staged_, &counters);
    }
    activity().busy(start, end);
    context().wait_until(end);
    if (context().carries_data()) {
      commit(post, moment);
      context().probes.completed(command.index, post, context().state);
    }
    complete(command, StallCause::kPost);
  }
}

void PostEngine::commit(const Post& post, std::uint64_t moment) {
  if (reads_of(post, context().config()).overwritten(context().writes, moment)) {
    LayerCounters counted_already;
    const std::vector<std::int16_t> before = staged_.lanes;
    compute_post(context().state, post, &staged_, &counted_already);
    mix_with(before, &staged_.lanes);
  }
  commit_post(context().state, staged_);
  const std::int64_t words = (post.height - 1) * std::int64_t{post.output_row_pitch} +
                             (post.width - 1) * std::int64_t{post.output_pixel_pitch} + post.output_pixel_pitch;
  context().writes.note({BufferInterval::Buffer::kActivations, post.output_address, words});
}

}  // namespace systoliq::model
