// SPDX-License-Identifier: Apache-2.0
// A memory that knows nothing of the accelerator: a fixed time for each transfer, two ports, debug transport, DMI.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <systemc>
#include <vector>

namespace example {

class Ram : public sc_core::sc_module {
 public:
  Ram(const sc_core::sc_module_name& name, std::size_t bytes, const sc_core::sc_time& access_time);

  tlm_utils::simple_target_socket<Ram> cpu_port{"cpu_port"};
  tlm_utils::simple_target_socket<Ram> accelerator_port{"accelerator_port"};

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

  std::vector<std::uint8_t> bytes_;
  sc_core::sc_time access_time_;
};

}  // namespace example
