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
  virtual std::string describe_wait() const;

 protected:
  /// A command that has left the queue and taken its tokens, and what it waited for last.
  struct Started {
    QueuedCommand command;
    StallCause cause = StallCause::kOther;
  };
  /// Returns in the cycle in which the next command starts, no earlier than start_from().
  Started start_next();
  /// The same, with the stall before it recorded.
  QueuedCommand start_after_stall();
  /// First cycle in which the engine can take this command.
  virtual std::int64_t start_from(const Command&) const { return free_from_; }
  /// Takes the tokens of the mask, in this cycle at the earliest, and says what came last. Sleeps for good when the run
  /// has been stopped before.
  StallCause take(std::uint16_t mask);
  std::string describe_wait(int index, std::uint16_t mask) const;
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
