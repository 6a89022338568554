// SPDX-License-Identifier: Apache-2.0
// Acceptance of addresses and the call of the memory.
// In RTL: systoliq_read_port.sv, systoliq_write_port.sv (rtl_cosim/rtl/).
#include "model/tlm/memory_port.h"

#include <algorithm>
#include <cstring>

namespace systoliq::model {

MemoryPort::Channel::Channel(tlm::tlm_command command) : extension(new BurstExtension) {
  payload.set_command(command);
  payload.set_extension(extension);
  payload.set_byte_enable_ptr(nullptr);
}

MemoryPort::MemoryPort(const sc_core::sc_module_name& name, RunContext& context) : sc_module(name), context_(context) {
  socket.register_invalidate_direct_mem_ptr(this, &MemoryPort::invalidate_dmi);
}

void MemoryPort::clear() {
  for (Channel* channel : {&read_, &write_}) {
    channel->addresses = AddressChannel(context_.config().memory.outstanding);
    channel->last_beat = -1;
    channel->in_transport = false;
    channel->direct.reset();
    channel->direct_refused = false;
  }
  scratch_.assign(static_cast<std::size_t>(context_.config().memory.burst_bytes), 0);
}

MemoryPort::Transfer MemoryPort::fetch(const Burst& burst, std::uint8_t* data, std::int64_t raised) {
  while (read_.in_transport) sc_core::wait(read_.returned);
  if (settles_late()) settle_(context_.now());
  const std::int64_t from = std::max(raised + 1, context_.ceil_cycle(sc_core::sc_time_stamp()));
  return transport(read_, burst, data, true, read_.addresses.next_accept(from));
}

MemoryPort::Transfer MemoryPort::read(const Burst& burst, std::uint8_t* data, std::int64_t offer) {
  return accept_from(read_, burst, data, offer);
}

MemoryPort::Transfer MemoryPort::read_late(const Burst& burst, std::int64_t accept) {
  return transport(read_, burst, scratch_.data(), false, accept);
}

MemoryPort::Transfer MemoryPort::write(const Burst& burst, std::uint8_t* data, std::int64_t offer) {
  return accept_from(write_, burst, data, offer);
}

MemoryPort::Transfer MemoryPort::accept_from(Channel& channel, const Burst& burst, std::uint8_t* data,
                                             std::int64_t offer) {
  for (;;) {
    while (channel.in_transport) sc_core::wait(channel.returned);
    const std::int64_t boundary = context_.ceil_cycle(sc_core::sc_time_stamp());
    const std::int64_t accept = channel.addresses.next_accept(std::max(boundary, offer));
    if (settles_late() || (accept == context_.now() && accept == boundary)) {
      const bool carries_data = context_.carries_data();
      return transport(channel, burst, carries_data ? data : scratch_.data(), carries_data, accept);
    }
    context_.wait_until(accept);  // another request may go first meanwhile
  }
}

MemoryPort::Transfer MemoryPort::transport(Channel& channel, const Burst& burst, std::uint8_t* data, bool carries_data,
                                           std::int64_t accept) {
  channel.extension->accept = accept;
  channel.extension->carries_data = carries_data;
  channel.extension->timed = false;
  tlm::tlm_generic_payload& payload = channel.payload;
  payload.set_address(static_cast<std::uint64_t>(burst.address));
  payload.set_data_ptr(data);
  payload.set_data_length(static_cast<unsigned>(burst.bytes));
  payload.set_streaming_width(static_cast<unsigned>(burst.bytes));
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  payload.set_dmi_allowed(false);
  sc_core::sc_time delay = context_.until(accept);
  if (!transfer_directly(channel, carries_data, &delay)) {
    channel.in_transport = true;
    socket->b_transport(payload, delay);
    channel.in_transport = false;
  }
  if (payload.is_response_error()) {
    context_.note_error(payload.is_read() ? ErrorReason::kBusRead : ErrorReason::kBusWrite);
    throw InternalError("memory refuses " + std::to_string(burst.bytes) + " bytes at address " +
                        std::to_string(burst.address) + ": " + payload.get_response_string());
  }
  Transfer transfer = {accept, channel.extension->beats};
  memory_is_timed_ = channel.extension->timed;
  if (!memory_is_timed_) {
    transfer.beats = beats_of_delay(channel, burst, accept, delay);
    if (payload.is_dmi_allowed()) request_dmi(channel);
    channel.returned.notify(sc_core::SC_ZERO_TIME);
  }
  channel.addresses.accept(accept, transfer.beats.complete);
  return transfer;
}

void MemoryPort::request_dmi(Channel& channel) {
  if (channel.direct_refused) return;
  tlm::tlm_dmi granted;
  const bool any = socket->get_direct_mem_ptr(channel.payload, granted);
  const bool ours = channel.payload.is_read() ? granted.is_read_allowed() : granted.is_write_allowed();
  channel.direct_refused = !any || !ours;
  if (!channel.direct_refused) channel.direct = granted;
}

bool MemoryPort::transfer_directly(Channel& channel, bool carries_data, sc_core::sc_time* delay) const {
  if (!channel.direct) return false;
  const tlm::tlm_dmi& direct = *channel.direct;
  tlm::tlm_generic_payload& payload = channel.payload;
  const bool reads = payload.is_read();
  const sc_dt::uint64 first = payload.get_address();
  const unsigned length = payload.get_data_length();
  if (first < direct.get_start_address() || first > direct.get_end_address()) return false;
  if (length - 1 > direct.get_end_address() - first) return false;
  unsigned char* place = direct.get_dmi_ptr() + (first - direct.get_start_address());
  if (carries_data && reads) std::memcpy(payload.get_data_ptr(), place, length);
  if (carries_data && !reads) std::memcpy(place, payload.get_data_ptr(), length);
  *delay += reads ? direct.get_read_latency() : direct.get_write_latency();
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  return true;
}

/// A region that only overlaps is dropped too, and asked for again.
void MemoryPort::invalidate_dmi(sc_dt::uint64 first, sc_dt::uint64 last) {
  for (Channel* channel : {&read_, &write_}) {
    channel->direct_refused = false;
    if (!channel->direct) continue;
    if (first <= channel->direct->get_end_address() && last >= channel->direct->get_start_address()) {
      channel->direct.reset();
    }
  }
}

DataChannel::Beats MemoryPort::beats_of_delay(Channel& channel, const Burst& burst, std::int64_t accept,
                                              const sc_core::sc_time& delay) const {
  const std::int64_t count = beat_count(burst, context_.config().memory);
  const std::int64_t done = context_.ceil_cycle(sc_core::sc_time_stamp() + delay) - 1;
  DataChannel::Beats beats;
  beats.last = std::max({done, accept + count, channel.last_beat + count});
  beats.first = beats.last - count + 1;
  beats.complete = beats.last;
  channel.last_beat = beats.last;
  return beats;
}

}  // namespace systoliq::model
