// SPDX-License-Identifier: Apache-2.0
// The external memory: a TLM-2.0 target with the data channels of docs/timing.md. Any other target can take its place.
// The accelerator asks it for time with every burst; to other initiators a transfer takes the latency and a cycle a
// beat. It answers transport_dbg, and grants DMI to all of its bytes until it is configured anew.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <systemc>
#include <vector>

#include "model/tlm/burst_extension.h"

namespace systoliq::model {

class Memory final : public sc_core::sc_module {
 public:
  explicit Memory(const sc_core::sc_module_name& name);
  void configure(const AcceleratorConfig& config, std::vector<std::uint8_t> bytes);
  std::vector<std::uint8_t> take_bytes();

  tlm_utils::simple_target_socket<Memory> socket{"socket"};

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  bool copy(tlm::tlm_generic_payload& payload, bool carries_data);
  void withdraw_dmi();

  MemoryConfig config_;
  sc_core::sc_time cycle_;
  bool dmi_granted_ = false;
  std::vector<std::uint8_t> bytes_;
  DataChannel read_{config_, Direction::kRead}, write_{config_, Direction::kWrite};
};

}  // namespace systoliq::model
