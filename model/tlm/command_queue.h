// SPDX-License-Identifier: Apache-2.0
// One engine's in-order queue of kQueueDepth commands. What is pushed in cycle t is visible to the engine in t + 1; the
// space of a command that starts in cycle t can be used in t + 1.
#pragma once

#include <cstdint>
#include <deque>

#include "model/tlm/run_context.h"

namespace systoliq::model {

struct QueuedCommand {
  int index = 0;             ///< in the command stream
  std::int64_t visible = 0;  ///< first cycle in which the engine sees it
  Command command;
};

class CommandQueue final {
 public:
  explicit CommandQueue(RunContext& context) : context_(context) {}
  void clear();
  std::size_t size() const { return commands_.size(); }
  bool empty() const { return commands_.empty(); }
  const QueuedCommand& front() const { return commands_.front(); }

  /// For the decoder: returns in the first cycle with space.
  void wait_for_space();
  void push(int index, const Command& command);

  /// For the engine: returns when a command is visible.
  void wait_for_head();
  QueuedCommand pop();

 private:
  RunContext& context_;
  std::deque<QueuedCommand> commands_;
  std::int64_t last_pop_ = -1;
  bool space_awaited_ = false, head_awaited_ = false;
  sc_core::sc_event space_, head_;
};

}  // namespace systoliq::model
