// SPDX-License-Identifier: Apache-2.0
// At most eight commands are fetched or being fetched and not yet decoded.
#include "model/cycle/command_processor.h"

#include <algorithm>
#include <cstring>

namespace systoliq::model::cycle {
namespace {

constexpr std::int32_t kFetchDepth = 8;

}  // namespace

void CommandProcessorBlock::start(std::int64_t command_address, std::size_t commands) {
  command_address_ = command_address;
  commands_ = static_cast<std::int32_t>(commands);
  cycles_ = -1;
  requested_ = fetched_ = decoded_ = 0;
  request_q_ = fetch_valid_o_ = fetch_ready_i_ = decoded_now_ = waits_for_space_ = waits_for_idle_ = false;
  burst_ = bytes_ = 0;
  waiting_.clear();
  head_.reset();
  decoder_.emplace(machine_.config(), Operations::kRtl);
  bad_ = {};
  cut();
  request();
}

void CommandProcessorBlock::declare(TraceSink& trace) const {
  trace.enter("u_command_processor");
  trace.add("fetch_valid_o", &fetch_valid_o_);
  trace.add("fetch_ready_i", &fetch_ready_i_);
  trace.add("commands_requested_q", &requested_);
  trace.add("commands_fetched_q", &fetched_);
  trace.add("decoded_q", &decoded_);
  trace.add("decode_o", &decoded_now_);
  trace.add("waits_for_queue", &waits_for_space_);
  trace.add("waits_for_idle", &waits_for_idle_);
  trace.leave();
}

void CommandProcessorBlock::cut() {
  bursts_.clear();
  append_bursts(command_address_ + std::int64_t{requested_} * kCommandBytes, kCommandBytes, machine_.config().memory,
                &bursts_);
}

void CommandProcessorBlock::request() {
  if (request_q_ || requested_ == commands_ || bad_.bad()) return;
  if (burst_ == 0 && requested_ - decoded_ >= kFetchDepth) return;
  request_q_ = true;
  raised_ = machine_.cycle;
}

void CommandProcessorBlock::accepted() {
  request_q_ = false;
  fetch_ready_i_ = true;
  if (++burst_ < bursts_.size()) return;
  burst_ = 0;
  ++requested_;
  cut();
}

void CommandProcessorBlock::beat(const std::uint8_t* data, int bytes) {
  std::memcpy(reinterpret_cast<std::uint8_t*>(coming_.data()) + bytes_, data, static_cast<std::size_t>(bytes));
  bytes_ += static_cast<std::size_t>(bytes);
  if (bytes_ < kCommandBytes) return;
  bytes_ = 0;
  waiting_.push_back(coming_);
  ++fetched_;
}

void CommandProcessorBlock::decode(const std::array<EngineBlock*, kEngines>& engines) {
  decoded_now_ = waits_for_space_ = waits_for_idle_ = false;
  if (bad_.bad()) return wait_with_bad(engines);
  if (!head_ && !take_head()) return;
  if (bad_.bad()) return wait_with_bad(engines);
  const auto opcode = static_cast<Opcode>(head_->body.index());
  if (opcode == Opcode::kHalt || opcode == Opcode::kFence) {
    waits_for_idle_ =
        !std::all_of(engines.begin(), engines.end(), [](const EngineBlock* engine) { return engine->idle(); });
    if (waits_for_idle_) return;
    machine_.accounts.executed_by_decoder(head_->layer, machine_.cycle);
    if (opcode == Opcode::kHalt) cycles_ = machine_.cycle + 1;
  } else {
    EngineBlock& engine = *engines[head_->body.index() - static_cast<std::size_t>(Opcode::kLoad)];
    waits_for_space_ = engine.queue_full();
    if (waits_for_space_) return;
    engine.push(machine_.accounts.dispatched(head_->layer), *head_);
  }
  ++decoded_;
  decoded_now_ = true;
  head_.reset();
}

/// The oldest fetched command becomes the head, or is found to be bad; false if there is none.
bool CommandProcessorBlock::take_head() {
  if (waiting_.empty()) return false;
  bad_words_ = waiting_.front();
  waiting_.pop_front();
  bad_ = decoder_->check(bad_words_);
  if (!bad_.bad()) head_ = systoliq::model::decode(bad_words_);
  return true;
}

/// The run ends as by HALT; what is queued when the command is found, after the starts of that cycle, is dropped, and
/// seen to be gone in the next one.
void CommandProcessorBlock::wait_with_bad(const std::array<EngineBlock*, kEngines>& engines) {
  waits_for_idle_ =
      !std::all_of(engines.begin(), engines.end(), [](const EngineBlock* engine) { return engine->idle(); });
  if (!waits_for_idle_) cycles_ = machine_.cycle + 1;
  for (EngineBlock* engine : engines) engine->drop_queued();
}

void CommandProcessorBlock::rethrow() const {
  if (bad_.bad()) throw decoder_->error(decoded_, bad_words_, bad_, cycles_);
}

std::string CommandProcessorBlock::describe_wait() const {
  const std::string command = "command " + std::to_string(decoded_);
  if (waits_for_idle_) return command + " (FENCE or HALT) waits for the engines to end";
  if (waits_for_space_) return command + " waits for a place in its engine's queue";
  return decoded_ >= commands_ ? "the commands end without HALT" : command + " is not fetched";
}

}  // namespace systoliq::model::cycle
