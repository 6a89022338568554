// SPDX-License-Identifier: Apache-2.0
// Waiting on both sides of a queue; nobody is notified who does not wait.
// In RTL: systoliq_command_queue.sv (rtl_cosim/rtl/).
#include "model/tlm/command_queue.h"

#include <utility>

namespace systoliq::model {

void CommandQueue::clear() {
  commands_.clear();
  last_pop_ = -1;  // the engine may be waiting for a head, so that what is awaited stays
}

void CommandQueue::wait_for_space() {
  for (;;) {
    const std::int64_t now = context_.now();
    const bool popped_now = last_pop_ == now;
    if (commands_.size() + (popped_now ? 1 : 0) < kQueueDepth) return;
    if (popped_now) {
      context_.wait_until(now + 1);
    } else {
      space_awaited_ = true;
      sc_core::wait(space_);
    }
  }
}

void CommandQueue::push(int index, const Command& command) {
  commands_.push_back({index, context_.now() + 1, command});
  if (head_awaited_) head_.notify(context_.until(context_.now() + 1));
  head_awaited_ = false;
}

void CommandQueue::wait_for_head() {
  while (commands_.empty()) {
    head_awaited_ = true;
    sc_core::wait(head_);
  }
  context_.wait_until(commands_.front().visible);
}

QueuedCommand CommandQueue::pop() {
  QueuedCommand command = std::move(commands_.front());
  commands_.pop_front();
  last_pop_ = context_.now();
  if (space_awaited_) space_.notify(context_.until(last_pop_ + 1));
  space_awaited_ = false;
  return command;
}

}  // namespace systoliq::model
