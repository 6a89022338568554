// SPDX-License-Identifier: Apache-2.0
// Fetch and decode.
// In RTL: systoliq_command_processor.sv, systoliq_csr.sv (rtl_cosim/rtl/).
#include "model/tlm/command_processor.h"

#include <algorithm>
#include <cstring>

namespace systoliq::model {

CommandProcessor::CommandProcessor(const sc_core::sc_module_name& name, RunContext& context, MemoryPort& port,
                                   SemaphoreFile& semaphores, const Queues& queues)
    : sc_module(name), context_(context), port_(port), semaphores_(semaphores), queues_(queues) {
  csr_socket.register_b_transport(this, &CommandProcessor::b_transport);
  csr_socket.register_transport_dbg(this, &CommandProcessor::transport_dbg);
  context.spawn_thread("fetch", [this] { fetch(); });
  context.spawn_thread("decode", [this] { decode(); });
  RunContext::spawn_method("drive_interrupt", interrupt_changed_, [this] { interrupt_o.write(interrupt_); });
  RunContext::spawn_method("take_failure", context.failed_event(), [this] { take_failure(); });
}

void CommandProcessor::clear() {
  status_ = 0;
  cycles_ = 0;
  interrupt_ = false;
  requested_ = decoded_ = command_count_ = 0;
  error_command_ = error_code_ = 0;
  last_request_ = next_decode_ = 0;
  waiting_ = Waiting::kNothing;
  fetched_.clear();
}

void CommandProcessor::start() {
  context_.start_clock();
  requested_ = decoded_ = 0;
  error_command_ = error_code_ = 0;
  last_request_ = next_decode_ = 0;
  status_ = kStatusBusy;
  ++runs_;
  decoder_.emplace(context_.config());
  request_fetch();
}

/// Requests of a cycle enter the read channel in its second half, after LOAD's address of that cycle.
void CommandProcessor::request_fetch() {
  if (requested_ < command_count_) fetch_requested_.notify(context_.half_cycle());
}

void CommandProcessor::fetch() {
  for (;;) {
    sc_core::wait(fetch_requested_);
    while (requested_ < command_count_ && requested_ - decoded_ < kFetchDepth) {
      if (!fetch_command(std::max(context_.now(), last_request_))) break;
    }
  }
}

bool CommandProcessor::fetch_command(std::int64_t raised) {
  const std::uint32_t run = runs_;
  Fetched command;
  std::uint8_t* place = reinterpret_cast<std::uint8_t*>(command.words.data());
  bursts_.clear();
  append_bursts(static_cast<std::int64_t>(command_address_) + std::int64_t{requested_} * kCommandBytes, kCommandBytes,
                context_.config().memory, &bursts_);
  for (const Burst& burst : bursts_) {
    context_.wait_until_second_half(raised);
    if (run != runs_ || !context_.may_fetch(raised)) return false;
    const MemoryPort::Transfer transfer = port_.fetch(burst, place, raised);
    last_request_ = raised = transfer.accept;
    command.decodable = transfer.beats.last + 1;
    place += burst.bytes;
  }
  if (run != runs_ || (status_ & kStatusBusy) == 0) return false;  // HALT came first
  ++requested_;
  fetched_.push_back(command);
  command_fetched_.notify(sc_core::SC_ZERO_TIME);
  return true;
}

void CommandProcessor::decode() {
  for (;;) {
    waiting_ = Waiting::kCommand;
    while (fetched_.empty()) sc_core::wait(command_fetched_);
    context_.wait_until(std::max(fetched_.front().decodable, next_decode_));
    const CommandWords words = fetched_.front().words;
    fetched_.pop_front();
    const Verdict verdict = decoder_->check(words);
    if (verdict.bad()) refuse(words, verdict);
    const Command command = systoliq::model::decode(words);
    dispatch(command);
    waiting_ = Waiting::kNothing;
    ++decoded_;
    next_decode_ = context_.now() + 1;
    if (std::holds_alternative<Halt>(command.body)) {
      finish();
    } else {
      request_fetch();
    }
  }
}

void CommandProcessor::dispatch(const Command& command) {
  const auto opcode = static_cast<Opcode>(command.body.index());
  if (opcode == Opcode::kHalt || opcode == Opcode::kFence) {
    waiting_ = Waiting::kIdle;
    context_.wait_until_idle();
    context_.accounts.executed_by_decoder(command.layer, context_.now());
    return;
  }
  const std::size_t engine = command.body.index() - static_cast<std::size_t>(Opcode::kLoad);
  waiting_ = Waiting::kSpace;
  queues_[engine]->wait_for_space();
  const int index = context_.accounts.dispatched(command.layer);
  semaphores_.claim(awaited_by(command), static_cast<Engine>(engine));
  queues_[engine]->push(index, command);
}

/// Started commands finish, those in the queues are dropped in the next cycle; then the run ends as by HALT.
void CommandProcessor::refuse(const CommandWords& words, Verdict verdict) {
  waiting_ = Waiting::kIdle;
  context_.stop();
  const std::int64_t found = context_.now();
  context_.wait_until_idle(found + 1);
  if (context_.accounts.in_flight() != 0) {
    drop_queued();
    context_.wait_until_idle();
  }
  const std::int64_t cycles = context_.now() + 1;
  context_.wait_until(cycles);
  cycles_ = static_cast<std::uint64_t>(cycles);
  error_command_ = decoded_;
  error_code_ = verdict.code();
  command_count_ = 0;
  throw decoder_->error(decoded_, words, verdict, cycles);
}

void CommandProcessor::drop_queued() {
  context_.accounts.dropped(context_.filling);
  for (CommandQueue* queue : queues_) {
    context_.accounts.dropped(static_cast<int>(queue->size()));
    queue->clear();
  }
}

void CommandProcessor::finish() {
  requested_ = decoded_ = command_count_ = 0;
  fetched_.clear();
  context_.wait_until(next_decode_);
  cycles_ = static_cast<std::uint64_t>(context_.now());
  status_ = kStatusDone;
  interrupt_ = true;
  interrupt_changed_.notify(sc_core::SC_ZERO_TIME);
}

std::string CommandProcessor::describe_wait() const {
  if ((status_ & kStatusBusy) == 0) return "";
  const std::string command = "command " + std::to_string(decoded_);
  switch (waiting_) {
    case Waiting::kIdle:
      return command + " (FENCE or HALT) waits for the engines to end";
    case Waiting::kSpace:
      return command + " waits for a place in its engine's queue";
    case Waiting::kNothing:
    case Waiting::kCommand:
      break;
  }
  return decoded_ >= command_count_ ? "the commands end without HALT" : command + " is not fetched";
}

void CommandProcessor::take_failure() {
  status_ = kStatusError;
  if (error_code_ == 0) {
    error_command_ = decoded_;
    error_code_ = static_cast<std::uint32_t>(context_.noted_error());
  }
  interrupt_ = true;
  interrupt_changed_.notify(sc_core::SC_ZERO_TIME);
}

std::uint32_t CommandProcessor::read_register(Csr csr) const {
  switch (csr) {
    case Csr::kControl:
      return 0;
    case Csr::kStatus:
      return status_;
    case Csr::kCommandAddressLow:
      return static_cast<std::uint32_t>(command_address_);
    case Csr::kCommandAddressHigh:
      return static_cast<std::uint32_t>(command_address_ >> 32);
    case Csr::kCommandCount:
      return command_count_;
    case Csr::kInterrupt:
      return interrupt_ ? 1 : 0;
    case Csr::kCyclesLow:
      return static_cast<std::uint32_t>(cycles_);
    case Csr::kCyclesHigh:
      return static_cast<std::uint32_t>(cycles_ >> 32);
    case Csr::kErrorCommand:
      return error_command_;
    case Csr::kErrorCode:
      return error_code_;
  }
  return 0;
}

bool CommandProcessor::write_register(Csr csr, std::uint32_t value) {
  switch (csr) {
    case Csr::kControl:
      if ((status_ & (kStatusBusy | kStatusError)) != 0 || value != 1) return false;
      start();
      return true;
    case Csr::kCommandAddressLow:
      command_address_ = (command_address_ & ~std::uint64_t{0xFFFFFFFF}) | value;
      return true;
    case Csr::kCommandAddressHigh:
      command_address_ = (command_address_ & 0xFFFFFFFF) | std::uint64_t{value} << 32;
      return true;
    case Csr::kCommandCount:
      command_count_ = value;
      return true;
    case Csr::kInterrupt:
      if (value == 1) interrupt_ = false;
      interrupt_changed_.notify(sc_core::SC_ZERO_TIME);
      return true;
    case Csr::kStatus:
    case Csr::kCyclesLow:
    case Csr::kCyclesHigh:
    case Csr::kErrorCommand:
    case Csr::kErrorCode:
      break;
  }
  return false;
}

void CommandProcessor::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (delay != sc_core::SC_ZERO_TIME) {
    sc_core::wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  const std::uint64_t offset = payload.get_address();
  if (offset >= kCsrBytes || offset % 4 != 0) return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  if (payload.get_data_length() != 4) return payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  if (payload.get_byte_enable_ptr() != nullptr) {
    return payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  }
  std::uint32_t value = 0;
  if (payload.is_read()) {
    value = read_register(static_cast<Csr>(offset));
    std::memcpy(payload.get_data_ptr(), &value, 4);
  } else if (payload.is_write()) {
    std::memcpy(&value, payload.get_data_ptr(), 4);
    if (!write_register(static_cast<Csr>(offset), value)) {
      return payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    }
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned CommandProcessor::transport_dbg(tlm::tlm_generic_payload& payload) {
  if (!payload.is_read()) return 0;
  unsigned length = 0;
  for (std::uint64_t offset = payload.get_address(); offset < kCsrBytes && length < payload.get_data_length();
       ++offset) {
    const std::uint32_t value = read_register(static_cast<Csr>(offset & ~std::uint64_t{3}));
    payload.get_data_ptr()[length++] = static_cast<unsigned char>(value >> 8 * (offset % 4));
  }
  return length;
}

}  // namespace systoliq::model
