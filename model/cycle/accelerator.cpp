// SPDX-License-Identifier: Apache-2.0
// The clock, and the ports between engines and memory.
#include "model/cycle/accelerator.h"

#include <utility>

#include "types/util/cancellation.h"

namespace systoliq::model::cycle {
namespace {

constexpr int kQuietCycles = 4;                     ///< in which nothing happens: then nothing ever will
constexpr std::int64_t kCancellationCycles = 1024;  ///< between two looks at the caller's wish

}  // namespace

CycleAccelerator::CycleAccelerator(const sc_core::sc_module_name& name) : sc_module(name) {
  SC_METHOD(rising_edge);
  sensitive << tick_;
  dont_initialize();
}

void CycleAccelerator::configure(const Program& program, const AcceleratorConfig& config,
                                 std::vector<std::uint8_t> memory, bool observe, TraceSink* trace,
                                 CommandObserver* observer) {
  machine_.state.configure(config);
  machine_.accounts.clear(program.layer_names.size());
  machine_.probes = ProbeRecorder(program, observe);
  machine_.cycle = 0;
  machine_.trace = trace;
  machine_.observer = observer;
  failure_ = nullptr;
  quiet_cycles_ = 0;
  reads_.clear();
  reads_in_flight_ = writes_in_flight_ = 0;
  u_semaphores.clear();
  for (EngineBlock* engine : engines_) engine->clear();
  u_memory.configure(std::move(memory));
  if (trace != nullptr) declare(*trace, program);
  u_command_processor.start(program.command_address, program.commands.size());
  if (trace != nullptr) {
    trace->latch();
    trace->sample(0);
  }
  period_ = sc_core::sc_time(static_cast<double>(config.clock_period_ps()), sc_core::SC_PS);
  tick_.notify(period_);
}

void CycleAccelerator::declare(TraceSink& trace, const Program& program) {
  trace.enter("systoliq_accelerator");
  u_memory.declare(trace);
  u_command_processor.declare(trace);
  u_semaphores.declare(trace);
  trace.enter("u_read_port");
  trace.add("in_flight_q", &reads_in_flight_, 8);
  trace.leave();
  trace.enter("u_write_port");
  trace.add("in_flight_q", &writes_in_flight_, 8);
  trace.leave();
  u_load.declare(trace);
  u_execute.declare(trace);
  u_post.declare(trace);
  u_store.declare(trace);
  trace.leave();
  trace.begin(program);
}

void CycleAccelerator::rising_edge() {
  ++machine_.cycle;
  try {
    if (machine_.cycle % kCancellationCycles == 0) throw_if_canceled();
    step();
  } catch (...) {
    failure_ = std::current_exception();
    return;
  }
  if (!u_command_processor.halted() && quiet_cycles_ < kQuietCycles) tick_.notify(period_);
}

void CycleAccelerator::step() {
  for (EngineBlock* engine : engines_) engine->retire();
  if (machine_.trace != nullptr) {
    u_execute.show();
    machine_.trace->latch();
  }
  u_load.start();
  u_execute.start();
  u_post.start();
  u_store.start();
  const int outstanding = machine_.config().memory.outstanding;
  // Read address: fetch goes before LOAD.
  const bool fetch_requested = u_command_processor.requests();
  if (reads_in_flight_ < outstanding) {
    if (fetch_requested) {
      u_memory.accept_read(u_command_processor.burst());
      u_command_processor.accepted();
      reads_.push_back(true);
    } else if (u_load.offers()) {
      u_memory.accept_read(u_load.burst());
      u_load.accepted();
      reads_.push_back(false);
    }
  }
  // Write address.
  if (u_store.offers() && writes_in_flight_ < outstanding) {
    u_memory.accept_write(u_store.burst());
    u_store.accepted();
    ++writes_in_flight_;
  }
  u_store.read_word();
  u_command_processor.decode(engines_);
  transfer_reads();
  transfer_writes();
  u_load.write_word();
  u_execute.step();
  u_post.step();
  u_command_processor.request();
  reads_in_flight_ = static_cast<std::int32_t>(reads_.size());
  quiet_cycles_ = quiet() ? quiet_cycles_ + 1 : 0;
  if (machine_.trace != nullptr) machine_.trace->sample(machine_.cycle);
}

void CycleAccelerator::transfer_reads() {
  AxiMemory::ReadBeat beat;
  if (!u_memory.read_beat(&beat)) return;
  if (reads_.front()) {
    u_command_processor.beat(beat.data, beat.bytes);
  } else {
    u_load.beat(beat.data, beat.bytes, beat.last);
  }
  if (beat.last) reads_.pop_front();
}

void CycleAccelerator::transfer_writes() {
  int bytes = 0;
  bool last = false;
  if (std::uint8_t* place = u_memory.write_beat(&bytes, &last)) {
    u_store.send(place, bytes, last);
    u_memory.written(place, bytes);
  }
  if (!u_memory.response()) return;
  --writes_in_flight_;
  u_store.response();
}

bool CycleAccelerator::quiet() const {
  if (!reads_.empty() || !u_memory.quiet() || !u_command_processor.stuck()) return false;
  for (const EngineBlock* engine : engines_) {
    if (!engine->quiet()) return false;
  }
  return true;
}

std::string CycleAccelerator::describe_wait() const {
  std::string text = u_command_processor.describe_wait();
  for (const EngineBlock* engine : engines_) {
    const std::string wait = engine->describe_wait();
    if (!wait.empty()) text += (text.empty() ? "" : "; ") + wait;
  }
  return text;
}

RunResult CycleAccelerator::finish(bool observe) {
  machine_.trace = nullptr;
  machine_.observer = nullptr;
  if (failure_) std::rethrow_exception(failure_);
  if (!u_command_processor.halted()) throw InternalError("deadlock: " + describe_wait());
  try {
    u_command_processor.rethrow();
  } catch (CommandError& error) {
    error.keep({u_memory.take_bytes(), machine_.accounts.command_end_cycle()});
    throw;
  }
  RunResult result;
  machine_.accounts.finish(u_command_processor.cycles(), machine_.config(), &result);
  if (observe) result.tensors = machine_.probes.take();
  result.memory = u_memory.take_bytes();
  return result;
}

}  // namespace systoliq::model::cycle
