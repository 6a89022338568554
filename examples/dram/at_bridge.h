// SPDX-License-Identifier: Apache-2.0
// From blocking transport to the four phases of TLM-2.0's base protocol, in which DRAM simulators tell the time. A call
// returns when the response has come, so each of the accelerator's two channels, reads and writes, has one burst in the
// memory at a time.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <map>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

namespace example {

class AtBridge : public sc_core::sc_module, public tlm::tlm_mm_interface {
 public:
  explicit AtBridge(const sc_core::sc_module_name& name);

  tlm_utils::simple_target_socket<AtBridge> blocking{"blocking"};  ///< to the accelerator or a CPU
  tlm_utils::simple_initiator_socket<AtBridge> phases{"phases"};   ///< to the DRAM simulator

 private:
  /// A transaction on its way.
  struct Pending {
    bool requested = false, responded = false;
    sc_core::sc_event changed;
  };

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) { return phases->transport_dbg(payload); }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void take_phase(Pending& pending, const tlm::tlm_phase& phase, const sc_core::sc_time& delay);
  void request(tlm::tlm_generic_payload& payload, Pending& pending);

  tlm::tlm_generic_payload& allocate();
  void free(tlm::tlm_generic_payload* payload) override;

  std::map<tlm::tlm_generic_payload*, Pending*> pending_;
  std::vector<std::unique_ptr<tlm::tlm_generic_payload>> owned_;
  std::vector<tlm::tlm_generic_payload*> unused_;
  sc_core::sc_mutex request_phase_;  ///< one request at a time, until END_REQ
};

}  // namespace example
