// SPDX-License-Identifier: Apache-2.0
// What the four engines have in common: a queue, the conditions under which a command starts, and what its end causes.
#pragma once

#include <string>
#include <systemc>

#include "model/tlm/command_queue.h"
#include "model/tlm/run_context.h"
#include "model/tlm/semaphore_file.h"

namespace systoliq::model {

class EngineModule : public sc_core::sc_module {
 public:
  EngineModule(const sc_core::sc_module_name& name, Engine kind, RunContext& context, SemaphoreFile& semaphores);
  CommandQueue& queue() { return queue_; }
  virtual void clear();
  /// What the next command waits for, or "" when the queue is empty.
  std::string describe_wait() const;

 protected:
  /// Returns in the cycle in which the next command starts, no earlier than free_from_; it has left the queue, has
  /// taken its tokens, and the stall before it is recorded.
  QueuedCommand start_next();
  /// Ends a command now: signals its semaphores. Its results must have been committed.
  void complete(const QueuedCommand& command, StallCause cause);

  RunContext& context() const { return context_; }
  Activity& activity() { return context_.activity(kind_); }

  std::int64_t free_from_ = 0;  ///< first cycle in which the thread that starts commands is free

 private:
  Engine kind_;
  RunContext& context_;
  SemaphoreFile& semaphores_;
  CommandQueue queue_;
};

}  // namespace systoliq::model
