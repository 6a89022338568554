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
  if (queue_.empty()) return "";
  const std::string missing = semaphores_.missing(queue_.front().command.wait);
  if (missing.empty()) return "";
  return std::string(engine_name(kind_)) + " command " + std::to_string(queue_.front().index) + " waits for " + missing;
}

QueuedCommand EngineModule::start_next() {
  queue_.wait_for_head();
  throw_if_canceled();
  context_.wait_until(free_from_);
  sc_core::wait(sc_core::SC_ZERO_TIME);  // whatever ends in this instant has ended
  if (!context_.may_start()) context_.park();
  const SemaphoreFile::Token last = semaphores_.take(queue_.front().command.wait, kind_);
  if (!context_.may_start()) context_.park();
  const std::int64_t now = context_.now();
  const std::int64_t waited_from = std::max(queue_.front().visible, activity().end());
  if (now > waited_from) activity().stall(waited_from, now, last.time == now ? last.cause : StallCause::kMemory);
  return queue_.pop();
}

void EngineModule::complete(const QueuedCommand& command, StallCause cause) {
  semaphores_.signal(command.command.signal, cause, kind_, command.index);
  context_.ended(command.index);
}

}  // namespace systoliq::model
