// SPDX-License-Identifier: Apache-2.0
// Copies bytes and schedules beats.
#include "model/tlm/memory.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "model/tlm/cycle_time.h"

namespace systoliq::model {

Memory::Memory(const sc_core::sc_module_name& name) : sc_module(name) {
  socket.register_b_transport(this, &Memory::b_transport);
  socket.register_transport_dbg(this, &Memory::transport_dbg);
  socket.register_get_direct_mem_ptr(this, &Memory::get_direct_mem_ptr);
}

void Memory::configure(const AcceleratorConfig& config, std::vector<std::uint8_t> bytes) {
  withdraw_dmi();
  config_ = config.memory;
  cycle_ = cycle_time(config);
  bytes_ = std::move(bytes);
  read_ = DataChannel(config_, Direction::kRead);
  write_ = DataChannel(config_, Direction::kWrite);
}

std::vector<std::uint8_t> Memory::take_bytes() {
  withdraw_dmi();
  return std::exchange(bytes_, {});
}

void Memory::withdraw_dmi() {
  if (dmi_granted_) socket->invalidate_direct_mem_ptr(0, std::numeric_limits<sc_dt::uint64>::max());
  dmi_granted_ = false;
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
  payload.set_dmi_allowed(true);
  const Burst burst = {static_cast<std::int64_t>(payload.get_address()), static_cast<int>(payload.get_data_length())};
  if (extension != nullptr) {
    extension->beats = (payload.is_read() ? read_ : write_).schedule(extension->accept, burst);
    extension->timed = true;
    return;
  }
  delay += static_cast<double>(config_.latency_cycles + beat_count(burst, config_)) * cycle_;
}

unsigned Memory::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  if (address >= bytes_.size()) return 0;
  const std::size_t length = std::min<std::uint64_t>(payload.get_data_length(), bytes_.size() - address);
  if (payload.is_read()) std::memcpy(payload.get_data_ptr(), &bytes_[address], length);
  if (payload.is_write()) std::memcpy(&bytes_[address], payload.get_data_ptr(), length);
  return static_cast<unsigned>(length);
}

bool Memory::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  dmi.init();
  if (bytes_.empty()) return false;
  dmi.set_dmi_ptr(bytes_.data());
  dmi.set_end_address(bytes_.size() - 1);
  dmi.set_read_latency(static_cast<double>(config_.latency_cycles + 1) * cycle_);
  dmi.set_write_latency(dmi.get_read_latency());
  dmi.allow_read_write();
  dmi_granted_ = true;
  return true;
}

}  // namespace systoliq::model
