// SPDX-License-Identifier: Apache-2.0
// Time, booking of commands, and the closing of a run's counters.
#define SC_INCLUDE_DYNAMIC_PROCESSES  // for sc_spawn
#include "model/hw/run_context.h"

#include <algorithm>
#include <utility>

namespace systoliq::model {
namespace {

constexpr std::int32_t kMaxLayers = 1 << 20;  // a layer index beyond it is a corrupt command, not a network

}  // namespace

void RunContext::configure(const AcceleratorConfig& config, Level level, std::size_t layers) {
  state.configure(config);
  probes = {};
  level_ = level;
  layers_.assign(std::max<std::size_t>(layers, 1), {});
  for (Activity& activity : activities_) activity.clear();
  command_end_cycle_.clear();
  command_layer_.clear();
  engine_end_of_layer_.assign(layers_.size(), 0);
  in_flight_ = 0;
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

LayerCounters& RunContext::layer(std::int32_t index) {
  if (index < 0 || index >= kMaxLayers) throw InternalError("command of layer " + std::to_string(index));
  if (static_cast<std::size_t>(index) >= layers_.size()) {
    layers_.resize(static_cast<std::size_t>(index) + 1);
    engine_end_of_layer_.resize(layers_.size(), 0);
  }
  return layers_[static_cast<std::size_t>(index)];
}

int RunContext::dispatched(std::int32_t layer_index) {
  layer(layer_index);
  command_end_cycle_.push_back(0);
  command_layer_.push_back(layer_index);
  ++in_flight_;
  return static_cast<int>(command_end_cycle_.size()) - 1;
}

void RunContext::ended(int index) {
  const std::size_t command = static_cast<std::size_t>(index);
  command_end_cycle_[command] = now();
  std::int64_t& layer_end = engine_end_of_layer_[static_cast<std::size_t>(command_layer_[command])];
  layer_end = std::max(layer_end, now());
  if (--in_flight_ == 0 && idle_awaited_) idle_.notify(sc_core::SC_ZERO_TIME);
}

void RunContext::executed_by_decoder(std::int32_t layer_index) {
  layer(layer_index);
  command_end_cycle_.push_back(now() + 1);
  command_layer_.push_back(layer_index);
}

void RunContext::wait_until_idle() {
  while (in_flight_ != 0) {
    idle_awaited_ = true;
    sc_core::wait(idle_);
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
  for (;;) sc_core::wait(never_);
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

std::vector<std::int64_t> RunContext::layer_ends(std::int64_t total) const {
  std::vector<std::int64_t> ends = engine_end_of_layer_;
  for (std::size_t i = 1; i < ends.size(); ++i) ends[i] = std::max(ends[i], ends[i - 1]);
  ends.back() = total;
  return ends;
}

void RunContext::finish(std::int64_t total, RunResult* result) {
  const std::vector<std::int64_t> ends = layer_ends(total);
  for (int i = 0; i < kEngines; ++i) {
    const auto engine = static_cast<Engine>(i);
    attribute(activity(engine), engine, ends, &layers_);
  }
  std::int64_t start = 0;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    LayerCounters& layer = layers_[i];
    layer.cycles = ends[i] - start;
    start = ends[i];
    layer.macs_possible = std::int64_t{config().array.rows} * config().array.cols *
                          layer.engines[static_cast<std::size_t>(Engine::kExecute)].busy;
  }
  result->cycles = total;
  result->layers = layers_;
  result->command_end_cycle = command_end_cycle_;
}

}  // namespace systoliq::model
