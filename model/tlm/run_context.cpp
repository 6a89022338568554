// SPDX-License-Identifier: Apache-2.0
// Time in cycles, and threads that can be reset.
#define SC_INCLUDE_DYNAMIC_PROCESSES  // for sc_spawn
#include "model/tlm/run_context.h"

#include <utility>

#include "model/tlm/cycle_time.h"

namespace systoliq::model {

void RunContext::configure(const AcceleratorConfig& config, Level level, std::size_t layers) {
  state.configure(config);
  cycle_ = cycle_time(config);
  probes = {};
  level_ = level;
  accounts.clear(layers);
  filling = 0;
  idle_awaited_ = false;
  failure_ = nullptr;
}

std::int64_t RunContext::to_cycles(const sc_core::sc_time& time) const {
  return static_cast<std::int64_t>((time - base_).value() / cycle_.value());
}

std::int64_t RunContext::ceil_cycle(const sc_core::sc_time& time) const {
  return static_cast<std::int64_t>(((time - base_).value() + cycle_.value() - 1) / cycle_.value());
}

sc_core::sc_time RunContext::duration(std::int64_t cycles) const {
  return sc_core::sc_time::from_value(static_cast<std::uint64_t>(cycles) * cycle_.value());
}

sc_core::sc_time RunContext::until(std::int64_t cycle) const {
  const sc_core::sc_time target = base_ + duration(cycle);
  return target > sc_core::sc_time_stamp() ? target - sc_core::sc_time_stamp() : sc_core::SC_ZERO_TIME;
}

void RunContext::wait_until(std::int64_t cycle) const {
  const sc_core::sc_time delay = until(cycle);
  if (delay != sc_core::SC_ZERO_TIME) sc_core::wait(delay);
}

void RunContext::wait_until_second_half(std::int64_t cycle) const {
  const sc_core::sc_time target = base_ + duration(cycle) + half_cycle();
  if (target > sc_core::sc_time_stamp()) sc_core::wait(target - sc_core::sc_time_stamp());
}

void RunContext::ended(int index) {
  accounts.ended(index, now());
  if (accounts.in_flight() == 0 && idle_awaited_) idle_.notify(sc_core::SC_ZERO_TIME);
}

void RunContext::wait_until_idle(std::int64_t last) {
  while (accounts.in_flight() != 0 && now() < last) {
    idle_awaited_ = true;
    if (last == kNever) {
      sc_core::wait(idle_);
    } else {
      sc_core::wait(until(last), idle_);
    }
  }
  idle_awaited_ = false;
}

void RunContext::guard(const std::function<void()>& loop) {
  try {
    loop();
  } catch (const sc_core::sc_unwind_exception&) {
    throw;
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
  }
  failed_.notify(sc_core::SC_ZERO_TIME);
  park();
}

void RunContext::spawn_thread(const char* name, std::function<void()> loop) {
  sc_core::sc_spawn_options options;
  options.set_stack_size(256 * 1024);
  threads_.push_back(sc_core::sc_spawn([this, body = std::move(loop)] { guard(body); }, name, &options));
}

void RunContext::spawn_method(const char* name, const sc_core::sc_event& trigger, std::function<void()> method) {
  sc_core::sc_spawn_options options;
  options.spawn_method();
  options.dont_initialize();
  options.set_sensitivity(&trigger);
  sc_core::sc_spawn(std::move(method), name, &options);
}

void RunContext::reset_threads() {
  for (sc_core::sc_process_handle& thread : threads_) thread.reset();
}

}  // namespace systoliq::model
