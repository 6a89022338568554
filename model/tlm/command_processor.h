// SPDX-License-Identifier: Apache-2.0
// Fetches commands from memory, decodes one a cycle into the engines' queues, and is the accelerator's face to a host:
// registers (csr.h) and interrupt.
//
// Temporal decoupling: a register is accessed at the time of the access. Where the initiator runs ahead, b_transport
// waits for the annotated delay first and returns none. transport_dbg reads any bytes of the registers at once, and
// writes none: a write would start a run or lower the interrupt.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "model/isa/command_decoder.h"
#include "model/isa/csr.h"
#include "model/tlm/command_queue.h"
#include "model/tlm/memory_port.h"
#include "model/tlm/semaphore_file.h"

namespace systoliq::model {

inline constexpr int kFetchDepth = 8;  ///< commands fetched or being fetched and not yet decoded

class CommandProcessor final : public sc_core::sc_module {
 public:
  using Queues = std::array<CommandQueue*, kEngines>;

  CommandProcessor(const sc_core::sc_module_name& name, RunContext& context, MemoryPort& port,
                   SemaphoreFile& semaphores, const Queues& queues);
  void clear();
  /// Cycles of the last run: that of HALT, or of its end by a bad command, + 1.
  std::int64_t cycles() const { return static_cast<std::int64_t>(cycles_); }
  /// Why the decoder does not go on, or "" when it has finished.
  std::string describe_wait() const;

  tlm_utils::simple_target_socket<CommandProcessor> csr_socket{"csr_socket"};
  sc_core::sc_out<bool> interrupt_o{"interrupt_o"};

 private:
  struct Fetched {
    std::int64_t decodable = 0;  ///< first cycle in which it can be decoded
    CommandWords words;
  };
  enum class Waiting { kNothing, kCommand, kIdle, kSpace };

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  std::uint32_t read_register(Csr csr) const;
  bool write_register(Csr csr, std::uint32_t value);
  void start();

  void fetch();
  /// False where the run has ended or stopped meanwhile.
  bool fetch_command(std::int64_t raised);
  void request_fetch();
  void decode();
  void dispatch(const Command& command);
  [[noreturn]] void refuse(const CommandWords& words, Verdict verdict);
  void drop_queued();
  void finish();
  void take_failure();

  RunContext& context_;
  MemoryPort& port_;
  SemaphoreFile& semaphores_;
  Queues queues_;

  std::uint64_t command_address_ = 0, cycles_ = 0;
  std::uint32_t command_count_ = 0, status_ = 0, error_command_ = 0, error_code_ = 0;
  bool interrupt_ = false;

  std::uint32_t requested_ = 0;  ///< commands whose fetch has been requested
  std::uint32_t decoded_ = 0;
  std::uint32_t runs_ = 0;
  std::int64_t last_request_ = 0;  ///< cycle in which the newest fetch address is accepted
  std::int64_t next_decode_ = 0;
  Waiting waiting_ = Waiting::kNothing;
  std::deque<Fetched> fetched_;
  std::optional<CommandDecoder> decoder_;  ///< of the run
  std::vector<Burst> bursts_;
  sc_core::sc_event fetch_requested_, command_fetched_, interrupt_changed_;
};

}  // namespace systoliq::model
