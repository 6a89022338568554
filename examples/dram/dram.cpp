// SPDX-License-Identifier: Apache-2.0
// Rows, banks, the bus and refresh.
#include "dram.h"

#include <algorithm>
#include <cstring>

namespace example {

namespace {

sc_core::sc_time picoseconds(std::int64_t count) {
  return sc_core::sc_time(static_cast<double>(count), sc_core::SC_PS);
}
std::int64_t now() { return static_cast<std::int64_t>(sc_core::sc_time_stamp() / picoseconds(1)); }

}  // namespace

Dram::Dram(const sc_core::sc_module_name& name, std::size_t bytes, const DramTimes& times)
    : sc_module(name),
      bytes_(bytes),
      times_(times),
      next_refresh_(times.refresh_interval),
      phases_(this, &Dram::on_phase) {
  open_row_.fill(kClosed);
  socket.register_nb_transport_fw(this, &Dram::nb_transport_fw);
  socket.register_transport_dbg(this, &Dram::transport_dbg);
}

tlm::tlm_sync_enum Dram::nb_transport_fw(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                         sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) {
    payload.acquire();
    initiator_of_[&payload] = initiator;
  }
  phases_.notify(payload, phase, delay);
  return tlm::TLM_ACCEPTED;
}

void Dram::answer(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase) {
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket[initiator_of_.at(&payload)]->nb_transport_bw(payload, phase, delay);
}

void Dram::on_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
  if (phase == tlm::BEGIN_REQ) {
    phases_.notify(payload, tlm::END_REQ, picoseconds(times_.clock));
    phases_.notify(payload, tlm::BEGIN_RESP, picoseconds(schedule(payload) - now()));
  } else if (phase == tlm::END_REQ) {
    answer(payload, tlm::END_REQ);
  } else if (phase == tlm::BEGIN_RESP) {
    const bool fits = transport_dbg(0, payload) == payload.get_data_length();
    payload.set_response_status(fits ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    answer(payload, tlm::BEGIN_RESP);
  } else if (phase == tlm::END_RESP) {
    initiator_of_.erase(&payload);
    payload.release();
  }
}

void Dram::refresh_until(std::int64_t time) {
  for (; next_refresh_ <= time; next_refresh_ += times_.refresh_interval) {
    ++counts_.refreshes;
    open_row_.fill(kClosed);
    for (std::int64_t& free : bank_free_) free = std::max(free, next_refresh_) + times_.refresh;
  }
}

/// Rows are spread over the banks; a transfer lies in one row.
std::int64_t Dram::schedule(const tlm::tlm_generic_payload& payload) {
  refresh_until(now());
  const auto row_number = static_cast<std::int64_t>(payload.get_address()) / kRowBytes;
  const auto bank = static_cast<std::size_t>(row_number % kBanks);
  const std::int64_t row = row_number / kBanks;
  std::int64_t ready = std::max(now(), bank_free_[bank]) + times_.cas;
  if (open_row_[bank] == row) {
    ++counts_.hits;
  } else {
    ++counts_.misses;
    ready += times_.activate + (open_row_[bank] == kClosed ? 0 : times_.precharge);
    open_row_[bank] = row;
  }
  const std::int64_t beats = (payload.get_data_length() + times_.bytes_per_beat - 1) / times_.bytes_per_beat;
  bus_free_ = std::max(ready, bus_free_) + beats * times_.clock / 2;
  bank_free_[bank] = bus_free_;
  return bus_free_;
}

unsigned Dram::transport_dbg(int /*initiator*/, tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  const unsigned length = payload.get_data_length();
  if (address > bytes_.size() || length > bytes_.size() - address) return 0;
  if (payload.is_read()) std::memcpy(payload.get_data_ptr(), bytes_.data() + address, length);
  if (payload.is_write()) std::memcpy(bytes_.data() + address, payload.get_data_ptr(), length);
  return length;
}

}  // namespace example
