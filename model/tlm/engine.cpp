// SPDX-License-Identifier: Apache-2.0
// Start and end of a command.
#include "model/tlm/engine.h"

#include <algorithm>

#include "types/util/cancellation.h"

namespace systoliq::model {

EngineModule::EngineModule(const sc_core::sc_module_name& name, Engine kind, RunContext& context,
                           SemaphoreFile& semaphores)
    : sc_module(name), kind_(kind), context_(context), semaphores_(semaphores), queue_(context) {}

void EngineModule::clear() {
  queue_.clear();
  free_from_ = 0;
}

std::string EngineModule::describe_wait() const {
  return queue_.empty() ? "" : describe_wait(queue_.front().index, queue_.front().command.wait);
}

std::string EngineModule::describe_wait(int index, std::uint16_t mask) const {
  const std::string missing = semaphores_.missing(mask);
  if (missing.empty()) return "";
  return std::string(engine_name(kind_)) + " command " + std::to_string(index) + " waits for " + missing;
}

StallCause EngineModule::take(std::uint16_t mask) {
  sc_core::wait(sc_core::SC_ZERO_TIME);  // whatever ends in this instant has ended
  if (!context_.may_start()) context_.park();
  const SemaphoreFile::Token last = semaphores_.take(mask, kind_);
  if (!context_.may_start()) context_.park();
  return last.time == context_.now() ? last.cause : StallCause::kMemory;
}

EngineModule::Started EngineModule::start_next() {
  queue_.wait_for_head();
  throw_if_canceled();
  context_.wait_until(start_from(queue_.front().command));
  const StallCause cause = take(queue_.front().command.wait);
  context_.accounts.started(queue_.front().index, context_.now());
  return {queue_.pop(), cause};
}

QueuedCommand EngineModule::start_after_stall() {
  const Started started = start_next();
  const std::int64_t waited_from = std::max(started.command.visible, activity().end());
  if (context_.now() > waited_from) activity().stall(waited_from, context_.now(), started.cause);
  return started.command;
}

void EngineModule::complete(const QueuedCommand& command, StallCause cause) {
  semaphores_.signal(command.command.signal, cause, kind_, command.index);
  context_.ended(command.index);
}

}  // namespace systoliq::model
