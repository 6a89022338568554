// SPDX-License-Identifier: Apache-2.0
// Copies bytes and schedules beats.
#include "model/tlm/memory.h"

#include <cstring>
#include <utility>

namespace systoliq::model {

Memory::Memory(const sc_core::sc_module_name& name) : sc_module(name) {
  socket.register_b_transport(this, &Memory::b_transport);
}

void Memory::configure(const MemoryConfig& config, std::vector<std::uint8_t> bytes) {
  config_ = config;
  bytes_ = std::move(bytes);
  read_ = DataChannel(config, Direction::kRead);
  write_ = DataChannel(config, Direction::kWrite);
}

bool Memory::copy(tlm::tlm_generic_payload& payload, bool carries_data) {
  const std::uint64_t length = payload.get_data_length();
  if (payload.get_address() > bytes_.size() || length > bytes_.size() - payload.get_address()) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return false;
  }
  if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return false;
  }
  if (!carries_data) return true;
  std::uint8_t* place = bytes_.data() + payload.get_address();
  if (payload.is_read()) std::memcpy(payload.get_data_ptr(), place, length);
  if (payload.is_write()) std::memcpy(place, payload.get_data_ptr(), length);
  return true;
}

void Memory::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  BurstExtension* extension = payload.get_extension<BurstExtension>();
  if (!copy(payload, extension == nullptr || extension->carries_data)) return;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  const Burst burst = {static_cast<std::int64_t>(payload.get_address()), static_cast<int>(payload.get_data_length())};
  if (extension != nullptr) {
    extension->beats = (payload.is_read() ? read_ : write_).schedule(extension->accept, burst);
    extension->timed = true;
    return;
  }
  delay +=
      static_cast<double>(config_.latency_cycles + beat_count(burst, config_)) * sc_core::sc_time(1, sc_core::SC_NS);
}

}  // namespace systoliq::model
