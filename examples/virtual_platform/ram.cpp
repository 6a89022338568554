// SPDX-License-Identifier: Apache-2.0
// Copies bytes. With DMI the accelerator needs no call for a burst; bits and cycles stay, since the latency that it is
// told is the time of a call.
#include "ram.h"

#include <cstring>

namespace example {

Ram::Ram(const sc_core::sc_module_name& name, std::size_t bytes, const sc_core::sc_time& access_time)
    : sc_module(name), bytes_(bytes), access_time_(access_time) {
  for (tlm_utils::simple_target_socket<Ram>* socket : {&cpu_port, &accelerator_port}) {
    socket->register_b_transport(this, &Ram::b_transport);
    socket->register_transport_dbg(this, &Ram::transport_dbg);
    socket->register_get_direct_mem_ptr(this, &Ram::get_direct_mem_ptr);
  }
}

void Ram::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (transport_dbg(payload) != payload.get_data_length()) {
    return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
  delay += access_time_;
  payload.set_dmi_allowed(true);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned Ram::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  const unsigned length = payload.get_data_length();
  if (address > bytes_.size() || length > bytes_.size() - address) return 0;
  if (payload.is_read()) std::memcpy(payload.get_data_ptr(), bytes_.data() + address, length);
  if (payload.is_write()) std::memcpy(bytes_.data() + address, payload.get_data_ptr(), length);
  return length;
}

bool Ram::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  dmi.set_dmi_ptr(bytes_.data());
  dmi.set_start_address(0);
  dmi.set_end_address(bytes_.size() - 1);
  dmi.set_read_latency(access_time_);
  dmi.set_write_latency(access_time_);
  dmi.allow_read_write();
  return true;
}

}  // namespace example
