// SPDX-License-Identifier: Apache-2.0
// What the four engines have in common: a queue of commands (RTL: systoliq_command_queue.sv), the handshake by which
// a command starts, and the attribution of its end.
//
// A command starts in the cycle in which command_valid_i, granted_i and command_ready_o are all 1, which is the one in
// which the engine is free. In its last cycle done_o is 1; its semaphores are raised in the cycle after.
#pragma once

#include <deque>
#include <string>

#include "model/cycle/machine.h"
#include "model/cycle/semaphores.h"

namespace systoliq::model::cycle {

struct QueuedCommand {
  int index = 0;             ///< in the command stream
  std::int64_t visible = 0;  ///< first cycle in which the engine sees it
  Command command;
};

class EngineBlock : public sc_core::sc_module {
 public:
  EngineBlock(const sc_core::sc_module_name& name, Engine kind, Machine& machine, Semaphores& semaphores)
      : sc_module(name), machine_(machine), kind_(kind), semaphores_(semaphores) {}
  virtual void clear();

  /// For the decoder, in a cycle in which the engine has already been given the chance to start.
  bool queue_full() const { return queue_.size() + (command_ready_o ? 1 : 0) >= kQueueDepth; }
  void push(int index, const Command& command);
  /// Empties the queue; nothing of it has started.
  virtual void drop_queued();
  /// Nothing queued, nothing between start and end.
  bool idle() const { return queue_.empty() && in_flight_.empty(); }
  /// Nothing between start and end.
  bool at_rest() const { return in_flight_.empty(); }
  /// Nothing happens before another engine signals.
  virtual bool quiet() const { return at_rest(); }
  /// What the next command waits for, or "".
  virtual std::string describe_wait() const;

  /// First of a cycle: records the end of a command whose done_o was 1 in the cycle before.
  void retire() {
    if (done_o) end_oldest();
    busy_o = !in_flight_.empty();
  }

 protected:
  /// Signals of the handshake, for blocks that add their own.
  void declare_handshake(TraceSink& trace) const;
  /// Starts the next command if it can be; then it has left the queue and is in flight, the last of in_flight().
  bool start_if(bool free) {
    command_ready_o = false;
    command_valid_i = !queue_.empty() && queue_.front().visible <= machine_.cycle;
    granted_i = command_valid_i && semaphores_.granted(queue_.front().command.wait);
    if (!granted_i || !free) return false;
    start();
    return true;
  }
  /// For an engine that is busy from its command's first cycle on, not from the second.
  void show_busy() { busy_o = true; }
  /// The oldest command ends with this cycle.
  void set_done(StallCause cause) {
    done_o = true;
    cause_ = cause;
  }
  struct InFlight {
    QueuedCommand queued;
    std::int64_t start = 0;
    LayerCounters counts;  ///< what it did, added to its layer at its end
  };
  std::deque<InFlight>& in_flight() { return in_flight_; }
  const std::deque<InFlight>& in_flight() const { return in_flight_; }
  Machine& machine() { return machine_; }
  const Machine& machine() const { return machine_; }
  Semaphores& semaphores() { return semaphores_; }
  const Semaphores& semaphores() const { return semaphores_; }
  /// The command at the head of the queue, or null.
  const Command* head() const { return queue_.empty() ? nullptr : &queue_.front().command; }
  /// What commands have waited for that take tokens in this cycle, `last` the newest of these.
  StallCause cause_of(const Semaphores::Token& last) const {
    return last.time == machine_.cycle ? last.cause : StallCause::kMemory;
  }
  std::string describe_wait(int index, std::uint16_t mask) const;
  /// Tells the observer that the newest command in flight starts.
  virtual void show_start() { observe_start(machine_.cycle); }
  void observe_start(std::int64_t cycle) {
    if (machine_.observer != nullptr) {
      machine_.observer->started(in_flight_.back().queued.index, cycle, machine_.state);
    }
  }
  /// A command starts that was visible from `visible` on: records the stall before it.
  virtual void record_stall(std::int64_t visible, StallCause cause);
  /// Records the busy cycles of a command that ends now.
  virtual void record_busy(const InFlight& ended, Activity& activity);
  /// The command's last act, in the cycle in which its results are visible.
  virtual void completed(const InFlight&) {}

 private:
  void start();
  void end_oldest();

  Machine& machine_;
  Engine kind_;
  Semaphores& semaphores_;
  std::deque<QueuedCommand> queue_;
  std::deque<InFlight> in_flight_;
  StallCause cause_ = StallCause::kOther;

  bool command_valid_i = false, granted_i = false, command_ready_o = false, done_o = false, busy_o = false;
  std::uint8_t queued_ = 0;
  std::int32_t command_ = -1, layer_ = -1;
};

}  // namespace systoliq::model::cycle
