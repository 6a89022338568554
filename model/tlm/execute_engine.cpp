// SPDX-License-Identifier: Apache-2.0
// Reads the buffers when a command's stream begins, and those that the command before writes when that has ended; the
// weights with which it fills are those of its start. Writes the accumulators when it ends; where somebody overwrites
// what it reads between the two, some results come from the old words and some from the new, as in hardware.
#include "model/tlm/execute_engine.h"

#include <algorithm>
#include <utility>

#include "model/accounting/access_counts.h"
#include "model/functional/execute.h"
#include "model/tlm/command_reads.h"

namespace systoliq::model {

ExecuteEngine::ExecuteEngine(const sc_core::sc_module_name& name, RunContext& context, SemaphoreFile& semaphores)
    : EngineModule(name, Engine::kExecute, context, semaphores) {
  context.spawn_thread("begin", [this] { begin(); });
  context.spawn_thread("end", [this] { end(); });
}

void ExecuteEngine::clear() {
  EngineModule::clear();
  flow_.clear();
  filling_index_ = -1;
  context().filling = 0;
  streaming_.clear();
}

std::string ExecuteEngine::describe_wait() const {
  return filling_index_ < 0 ? EngineModule::describe_wait() : EngineModule::describe_wait(filling_index_, stream_wait_);
}

std::int64_t ExecuteEngine::start_from(const Command& next) const {
  return flow_.start_from(execute_timing(std::get<Execute>(next.body), context().config()));
}

void ExecuteEngine::begin() {
  for (;;) {
    const Started started = start_next();
    const Execute& execute = std::get<Execute>(started.command.command.body);
    const std::int64_t start = context().now();
    const ExecuteTiming timing = execute_timing(execute, context().config());
    filling_index_ = started.command.index;
    stream_wait_ = static_cast<std::uint16_t>(execute.stream_wait);
    context().filling = 1;
    Streaming streaming;
    if (context().carries_data()) streaming.weights = first_weights(execute);
    context().wait_until(flow_.take_from(timing, start));
    const StallCause cause = take(stream_wait_);
    context().filling = 0;
    filling_index_ = -1;
    const ExecuteTimes& times = flow_.begin(timing, start, context().now());
    activity().execute(started.command.visible, times, timing.ideal, started.cause, cause);
    streaming.command = started.command;
    streaming.end = times.end;
    streaming_.push_back(std::move(streaming));
    begun_.notify(sc_core::SC_ZERO_TIME);
  }
}

void ExecuteEngine::end() {
  for (;;) {
    while (streaming_.empty()) sc_core::wait(begun_);
    Streaming& streaming = streaming_.front();
    compute(&streaming);
    context().wait_until(streaming.end);
    if (context().carries_data()) commit(streaming);
    complete(streaming.command, StallCause::kAccumulators);
    streaming_.pop_front();
  }
}

std::vector<std::int16_t> ExecuteEngine::first_weights(const Execute& execute) const {
  const ArrayConfig& array = context().config().array;
  if (array.dataflow == Dataflow::kOutputStationary) return {};
  const int lanes = execute.input_blocks == 1 ? execute.last_block_lanes : array.rows;
  const std::int16_t* words = context().state.weights.words(execute.weight_address, lanes);
  return {words, words + std::ptrdiff_t{lanes} * array.cols};
}

void ExecuteEngine::compute(Streaming* streaming) {
  const Execute& execute = std::get<Execute>(streaming->command.command.body);
  LayerCounters& counters = context().layer(streaming->command.command.layer);
  count_accesses(execute, context().config(), &counters);
  if (!context().carries_data()) return;
  Storage& state = context().state;
  streaming->moment = context().writes.now();
  const std::vector<std::int16_t>& filled = streaming->weights;
  std::int16_t* const words = filled.empty() ? nullptr : state.weights.words(execute.weight_address);
  std::vector<std::int16_t> now;
  const bool too_late = words != nullptr && !std::equal(filled.begin(), filled.end(), words);
  if (too_late) {  // they were loaded after the array had taken them
    now.assign(words, words + filled.size());
    std::copy(filled.begin(), filled.end(), words);
  }
  compute_execute(state, execute, &staged_, &counters);
  if (too_late) std::copy(now.begin(), now.end(), words);
}

void ExecuteEngine::commit(const Streaming& streaming) {
  const Execute& execute = std::get<Execute>(streaming.command.command.body);
  if (reads_of(execute, context().config()).overwritten(context().writes, streaming.moment)) {
    LayerCounters counted_already;
    const std::vector<std::int64_t> before = staged_.accumulators;
    compute_execute(context().state, execute, &staged_, &counted_already);
    mix_with(before, &staged_.accumulators);
  }
  commit_execute(context().state, execute, staged_);
  context().writes.note({BufferInterval::Buffer::kAccumulators, execute.accumulator_address,
                         std::int64_t{execute.output_height} * execute.output_width});
}

}  // namespace systoliq::model
