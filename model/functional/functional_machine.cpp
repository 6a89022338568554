// SPDX-License-Identifier: Apache-2.0
// Four queues, sixteen counters, no clock.
#include "model/functional/functional_machine.h"

#include <array>
#include <cstring>
#include <deque>
#include <utility>

#include "model/accounting/access_counts.h"
#include "model/functional/execute.h"
#include "model/functional/load_store.h"
#include "model/functional/post.h"
#include "model/functional/probe_recorder.h"
#include "model/isa/command_decoder.h"
#include "model/timing/memory_timing.h"
#include "types/util/cancellation.h"

namespace systoliq::model {
namespace {

class FunctionalMachine final {
 public:
  FunctionalMachine(const Program& program, const AcceleratorConfig& config, std::vector<std::uint8_t> memory,
                    bool observe, CommandObserver* observer)
      : program_(program), decoder_(config), recorder_(program, observe), observer_(observer) {
    state_.configure(config);
    state_.memory = std::move(memory);
    result_.layers.resize(program.layer_names.size());
  }

  RunResult run() {
    while (!halted_) {
      const bool decoded = decode_some();
      const bool executed = run_engines();
      if (!decoded && !executed) throw InternalError("deadlock: " + describe_blocked());
    }
    result_.memory = std::move(state_.memory);
    result_.tensors = recorder_.take();
    return std::move(result_);
  }

 private:
  struct Entry {
    std::int64_t index = 0;
    Command command;
    bool started = false;  ///< has taken the tokens of its start
  };

  bool queues_empty() const {
    for (const auto& queue : queues_) {
      if (!queue.empty()) return false;
    }
    return true;
  }

  /// Moves commands into the queues until one is full, or FENCE or HALT must wait.
  bool decode_some() {
    bool progress = false;
    while (!halted_) {
      if (!decoded_) decoded_ = fetch();
      const auto opcode = static_cast<Opcode>(decoded_->body.index());
      if (opcode == Opcode::kHalt || opcode == Opcode::kFence) {
        if (!queues_empty()) return progress;
        halted_ = opcode == Opcode::kHalt;
      } else {
        auto& queue = queues_[static_cast<std::size_t>(opcode) - static_cast<std::size_t>(Opcode::kLoad)];
        if (queue.size() == kQueueDepth) return progress;
        queue.push_back({next_ - 1, *std::move(decoded_)});
      }
      decoded_.reset();
      progress = true;
    }
    return progress;
  }

  Command fetch() {
    CommandWords words;
    const std::int64_t address = program_.command_address + next_ * kCommandBytes;
    std::memcpy(words.data(), state_.memory_at(address, kCommandBytes), kCommandBytes);
    const Verdict verdict = decoder_.check(words);
    if (verdict.bad()) throw decoder_.error(next_, words, verdict, -1);
    ++next_;
    return decode(words);
  }

  bool run_engines() {
    bool progress = false;
    for (auto& queue : queues_) {
      while (!queue.empty() && take_tokens(queue.front())) {
        if (observer_ != nullptr) observer_->started(queue.front().index, 0, state_);
        execute(queue.front());
        if (observer_ != nullptr) observer_->ended(queue.front().index, 0, state_);
        signal(queue.front().command.signal);
        queue.pop_front();
        progress = true;
      }
    }
    return progress;
  }

  /// Those of its start, then those of its stream: without time nothing lies between the two.
  bool take_tokens(Entry& entry) {
    entry.started = entry.started || take_tokens(entry.command.wait);
    const auto* execute = std::get_if<Execute>(&entry.command.body);
    return entry.started && (execute == nullptr || take_tokens(static_cast<std::uint16_t>(execute->stream_wait)));
  }

  bool take_tokens(std::uint16_t wait) {
    for (int s = 0; s < kSemaphores; ++s) {
      if ((wait >> s & 1) != 0 && semaphores_[static_cast<std::size_t>(s)] == 0) return false;
    }
    for (int s = 0; s < kSemaphores; ++s) semaphores_[static_cast<std::size_t>(s)] -= wait >> s & 1;
    return true;
  }

  void signal(std::uint16_t mask) {
    for (int s = 0; s < kSemaphores; ++s) {
      int& count = semaphores_[static_cast<std::size_t>(s)];
      count += mask >> s & 1;
      if (count > kSemaphoreMax) {
        throw InternalError("semaphore " + std::to_string(s) + " exceeds " + std::to_string(kSemaphoreMax));
      }
    }
  }

  void execute(const Entry& entry) {
    throw_if_canceled();
    const auto layer = static_cast<std::size_t>(entry.command.layer);
    if (layer >= result_.layers.size()) result_.layers.resize(layer + 1);
    LayerCounters& counters = result_.layers[layer];
    const Command& command = entry.command;
    if (const auto* load = std::get_if<Load>(&command.body)) return run_load(*load, &counters);
    if (const auto* store = std::get_if<Store>(&command.body)) return run_store(*store, &counters);
    if (const auto* execute = std::get_if<Execute>(&command.body)) {
      compute_execute(state_, *execute, &staged_, &counters);
      commit_execute(state_, *execute, staged_);
      count_accesses(*execute, state_.config, &counters);
      return;
    }
    const Post& post = std::get<Post>(command.body);
    compute_post(state_, post, &staged_, &counters);
    commit_post(state_, staged_);
    count_accesses(post, state_.config, &counters);
    recorder_.completed(entry.index, post, state_);
  }

  void run_load(const Load& load, LayerCounters* counters) {
    LoadBursts bursts(load, state_.config.memory);
    BurstTotals totals;
    bytes_.clear();
    while (!bursts.empty()) {
      const Burst burst = bursts.take();
      const std::uint8_t* source = state_.memory_at(burst.address, burst.bytes);
      bytes_.insert(bytes_.end(), source, source + burst.bytes);
      totals.add(burst);
    }
    apply_load(state_, load, bytes_.data());
    count_accesses(load, totals, counters);
  }

  void run_store(const Store& store, LayerCounters* counters) {
    const std::vector<Burst> bursts = store_bursts(store, state_.config.memory);
    compute_store(state_, store, &staged_);
    const std::uint8_t* source = staged_.bytes.data();
    for (const Burst& burst : bursts) {
      std::memcpy(state_.memory_at(burst.address, burst.bytes), source, static_cast<std::size_t>(burst.bytes));
      source += burst.bytes;
    }
    count_accesses(store, totals_of(bursts), counters);
  }

  std::string describe_blocked() const {
    std::string text;
    for (const auto& queue : queues_) {
      if (queue.empty()) continue;
      const Entry& head = queue.front();
      const auto* execute = std::get_if<Execute>(&head.command.body);
      const int late = execute != nullptr ? execute->stream_wait : 0;
      const int wait = head.started ? late : head.command.wait | late;
      for (int s = 0; s < kSemaphores; ++s) {
        if ((wait >> s & 1) == 0 || semaphores_[static_cast<std::size_t>(s)] != 0) continue;
        text += (text.empty() ? "" : "; ") + std::string("command ") + std::to_string(queue.front().index) +
                " waits for semaphore " + std::to_string(s);
      }
    }
    return text;
  }

  const Program& program_;
  CommandDecoder decoder_;
  Storage state_;
  ProbeRecorder recorder_;
  CommandObserver* observer_;
  RunResult result_;
  std::array<std::deque<Entry>, kEngines> queues_;
  std::array<int, kSemaphores> semaphores_{};
  std::optional<Command> decoded_;
  std::int64_t next_ = 0;
  bool halted_ = false;
  Staged staged_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

RunResult run_functional(const Program& program, const AcceleratorConfig& config, std::vector<std::uint8_t> memory,
                         bool observe, CommandObserver* observer) {
  return FunctionalMachine(program, config, std::move(memory), observe, observer).run();
}

}  // namespace systoliq::model
