// SPDX-License-Identifier: Apache-2.0
// The CPU: one thread that runs the accelerator's driver. It runs ahead of time by up to a quantum, as processor models
// do; its accesses of registers take place at its own time all the same.
#pragma once

#include <systoliq/model/isa/csr.h>
#include <systoliq/types/tensor.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <cstdint>
#include <systemc>

#include "workload.h"

namespace example {

class Cpu : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Cpu);
  Cpu(const sc_core::sc_module_name& name, const Workload& workload);

  tlm_utils::simple_initiator_socket<Cpu> registers{"registers"};  ///< to the accelerator
  tlm_utils::simple_initiator_socket<Cpu> memory{"memory"};        ///< the memory that the accelerator uses too
  sc_core::sc_in<bool> interrupt_i{"interrupt_i"};

  bool passed() const { return passed_; }

 private:
  void run();
  void load_program();
  void drive(const systoliq::IntTensor& input);
  std::uint32_t read(systoliq::model::Csr csr);
  void write(systoliq::model::Csr csr, std::uint32_t value);
  /// A transfer on either socket; ends the simulation with an error where it is refused.
  void transfer(tlm_utils::simple_initiator_socket<Cpu>& socket, tlm::tlm_command command, std::uint64_t address,
                void* data, std::size_t bytes);

  const Workload& workload_;
  tlm_utils::tlm_quantumkeeper time_;
  bool passed_ = false;
};

}  // namespace example
