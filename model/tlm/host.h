// SPDX-License-Identifier: Apache-2.0
// The host beside the accelerator: writes its registers, waits for its interrupt, resets it after a failure.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>

#include "model/isa/csr.h"
#include "model/tlm/accelerator.h"

namespace systoliq::model {

class Host final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Host);
  Host(const sc_core::sc_module_name& name, AcceleratorModule& accelerator);

  /// To be called before sc_start(): what the host does next.
  void request_run(std::uint64_t command_address, std::uint32_t command_count);
  void request_reset();
  /// The requested run has ended with done status.
  bool finished() const { return finished_; }

  tlm_utils::simple_initiator_socket<Host> csr_socket{"csr_socket"};
  sc_core::sc_in<bool> interrupt_i{"interrupt_i"};

 private:
  enum class Request { kNone, kRun, kReset };
  void serve();
  void run();
  void write(Csr csr, std::uint32_t value);
  std::uint32_t read(Csr csr);
  void access(tlm::tlm_command command, Csr csr, std::uint32_t* value);

  AcceleratorModule& accelerator_;
  Request request_ = Request::kNone;
  std::uint64_t command_address_ = 0;
  std::uint32_t command_count_ = 0;
  bool finished_ = false;
  sc_core::sc_event requested_;
};

}  // namespace systoliq::model
