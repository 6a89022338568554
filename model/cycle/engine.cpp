// SPDX-License-Identifier: Apache-2.0
// Start and end of a command.
#include "model/cycle/engine.h"

#include <algorithm>

namespace systoliq::model::cycle {
void EngineBlock::clear() {
  queue_.clear();
  in_flight_.clear();
  command_valid_i = granted_i = command_ready_o = done_o = busy_o = false;
  queued_ = 0;
  command_ = layer_ = -1;
}

void EngineBlock::declare_handshake(TraceSink& trace) const {
  trace.add("command_valid_i", &command_valid_i);
  trace.add("granted_i", &granted_i);
  trace.add("command_ready_o", &command_ready_o);
  trace.add("busy_o", &busy_o);
  trace.add("done_o", &done_o);
  trace.add("queue_depth_q", &queued_, 4);
  trace.add("command_index", &command_);
  trace.add("layer_index", &layer_);
}

void EngineBlock::push(int index, const Command& command) {
  queue_.push_back({index, machine_.cycle + 1, command});
  queued_ = static_cast<std::uint8_t>(queue_.size());
}

void EngineBlock::drop_queued() {
  machine_.accounts.dropped(static_cast<int>(queue_.size()));
  queue_.clear();
  queued_ = 0;
}

void EngineBlock::start() {
  const std::int64_t now = machine_.cycle;
  const QueuedCommand& next = queue_.front();
  record_stall(next.visible, cause_of(semaphores_.take(next.command.wait)));
  if (machine_.trace != nullptr) machine_.trace->command_started(next.index, next.command.layer, now);
  machine_.accounts.started(next.index, now);
  in_flight_.push_back({next, now, {}});
  show_start();
  command_ = in_flight_.front().queued.index;
  layer_ = in_flight_.front().queued.command.layer;
  queue_.pop_front();
  queued_ = static_cast<std::uint8_t>(queue_.size());
  command_ready_o = true;
}

void EngineBlock::record_stall(std::int64_t visible, StallCause cause) {
  if (!in_flight_.empty()) return;
  Activity& activity = machine_.accounts.activity(kind_);
  const std::int64_t waited_from = std::max(visible, activity.end());
  if (machine_.cycle > waited_from) activity.stall(waited_from, machine_.cycle, cause);
}

void EngineBlock::record_busy(const InFlight& ended, Activity& activity) {
  activity.busy(std::max(ended.start, activity.end()), machine_.cycle);
}

void EngineBlock::end_oldest() {
  done_o = false;
  const InFlight& ended = in_flight_.front();
  record_busy(ended, machine_.accounts.activity(kind_));
  machine_.accounts.layer(ended.queued.command.layer) += ended.counts;
  completed(ended);
  semaphores_.signal(ended.queued.command.signal, cause_, kind_, ended.queued.index);
  machine_.accounts.ended(ended.queued.index, machine_.cycle);
  if (machine_.trace != nullptr) {
    machine_.trace->command_ended(ended.queued.index, ended.queued.command.layer, machine_.cycle);
  }
  if (machine_.observer != nullptr) machine_.observer->ended(ended.queued.index, machine_.cycle, machine_.state);
  in_flight_.pop_front();
  const bool more = !in_flight_.empty();
  command_ = more ? in_flight_.front().queued.index : -1;
  layer_ = more ? in_flight_.front().queued.command.layer : -1;
}

std::string EngineBlock::describe_wait() const {
  return queue_.empty() ? "" : describe_wait(queue_.front().index, queue_.front().command.wait);
}

std::string EngineBlock::describe_wait(int index, std::uint16_t mask) const {
  const std::string missing = semaphores_.missing(mask);
  if (missing.empty()) return "";
  return std::string(engine_name(kind_)) + " command " + std::to_string(index) + " waits for " + missing;
}

}  // namespace systoliq::model::cycle
