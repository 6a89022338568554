// SPDX-License-Identifier: Apache-2.0
// BEGIN_REQ, wait for END_REQ; wait for BEGIN_RESP, END_RESP.
#include "at_bridge.h"

namespace example {

AtBridge::AtBridge(const sc_core::sc_module_name& name) : sc_module(name) {
  blocking.register_b_transport(this, &AtBridge::b_transport);
  blocking.register_transport_dbg(this, &AtBridge::transport_dbg);
  phases.register_nb_transport_bw(this, &AtBridge::nb_transport_bw);
}

tlm::tlm_generic_payload& AtBridge::allocate() {
  if (unused_.empty()) {
    owned_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
    unused_.push_back(owned_.back().get());
  }
  tlm::tlm_generic_payload& payload = *unused_.back();
  unused_.pop_back();
  return payload;
}

void AtBridge::free(tlm::tlm_generic_payload* payload) {
  payload->reset();
  unused_.push_back(payload);
}

/// The caller's payload is not passed on: it has no memory manager, and simulators change addresses on the way.
void AtBridge::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  tlm::tlm_generic_payload& copy = allocate();
  copy.acquire();
  copy.set_command(payload.get_command());
  copy.set_address(payload.get_address());
  copy.set_data_ptr(payload.get_data_ptr());
  copy.set_data_length(payload.get_data_length());
  copy.set_streaming_width(payload.get_data_length());
  copy.set_byte_enable_ptr(nullptr);
  copy.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);

  Pending pending;
  pending_[&copy] = &pending;
  request(copy, pending);
  while (!pending.responded) wait(pending.changed);
  tlm::tlm_phase phase = tlm::END_RESP;
  sc_core::sc_time now = sc_core::SC_ZERO_TIME;
  phases->nb_transport_fw(copy, phase, now);
  pending_.erase(&copy);
  payload.set_response_status(copy.get_response_status());
  copy.release();
}

void AtBridge::request(tlm::tlm_generic_payload& payload, Pending& pending) {
  request_phase_.lock();
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const tlm::tlm_sync_enum answer = phases->nb_transport_fw(payload, phase, delay);
  if (answer == tlm::TLM_COMPLETED) SC_REPORT_FATAL("bridge", "a memory without response phase has blocking transport");
  if (answer == tlm::TLM_UPDATED) take_phase(pending, phase, delay);
  while (!pending.requested) wait(pending.changed);
  request_phase_.unlock();
}

/// Phases may be announced ahead of time; they count when their time has come.
void AtBridge::take_phase(Pending& pending, const tlm::tlm_phase& phase, const sc_core::sc_time& delay) {
  if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) pending.requested = true;
  if (phase == tlm::BEGIN_RESP) pending.responded = true;
  pending.changed.notify(delay);
}

tlm::tlm_sync_enum AtBridge::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                             sc_core::sc_time& delay) {
  if (const auto found = pending_.find(&payload); found != pending_.end()) take_phase(*found->second, phase, delay);
  return tlm::TLM_ACCEPTED;
}

}  // namespace example
