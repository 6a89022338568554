// SPDX-License-Identifier: Apache-2.0
// The accelerator's port to external memory: a TLM-2.0 initiator, with an address channel per direction. On the read
// channel command fetch goes before LOAD.
//
// A memory that does not know BurstExtension may grant DMI. Then bursts inside the granted region call it no more: data
// go through the pointer, and a burst takes the granted latency. A memory that knows the extension is asked for the
// time of every burst, hence called, and DMI would save nothing.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <systemc>
#include <utility>
#include <vector>

#include "model/tlm/burst_extension.h"
#include "model/tlm/run_context.h"

namespace systoliq::model {

class MemoryPort final : public sc_core::sc_module {
 public:
  struct Transfer {
    std::int64_t accept = 0;  ///< cycle in which the address was accepted
    DataChannel::Beats beats;
  };

  MemoryPort(const sc_core::sc_module_name& name, RunContext& context);
  void clear();

  /// Command fetch, a request raised in cycle `raised`: it competes from the next cycle and wins. To be called in the
  /// second half of a cycle, when LOAD's address of that cycle is settled; the acceptance may lie in the future.
  Transfer fetch(const Burst& burst, std::uint8_t* data, std::int64_t raised);
  /// LOAD and STORE: the address is not offered before cycle `offer`; returns in the cycle in which it is accepted.
  /// `data` is ignored at level timing.
  Transfer read(const Burst& burst, std::uint8_t* data, std::int64_t offer);
  Transfer write(const Burst& burst, std::uint8_t* data, std::int64_t offer);

  /// Where no data travel and the memory times beats, addresses need not be accepted in their own cycle: then STORE's
  /// are accepted at once (nothing else uses the channel), and LOAD's when `settle(p)` is called, which accepts those
  /// of the cycles up to p. They are certain then, since a fetch request of cycle p enters the channel after that call.
  bool settles_late() const { return memory_is_timed_ && !context_.carries_data(); }
  void set_settle(std::function<void(std::int64_t)> settle) { settle_ = std::move(settle); }
  /// The cycle in which LOAD's next address would be accepted, and its acceptance in that cycle.
  std::int64_t next_read(std::int64_t offer) const { return read_.addresses.next_accept(offer); }
  Transfer read_late(const Burst& burst, std::int64_t accept);

  tlm_utils::simple_initiator_socket<MemoryPort> socket{"socket"};

 private:
  struct Channel {
    explicit Channel(tlm::tlm_command command);
    AddressChannel addresses{1};
    std::int64_t last_beat = -1;  ///< for a memory without timing of beats
    bool in_transport = false;    ///< such a memory may let time pass
    sc_core::sc_event returned;
    tlm::tlm_generic_payload payload;
    BurstExtension* extension;           ///< owned by the payload
    std::optional<tlm::tlm_dmi> direct;  ///< what was granted, for this direction
    bool direct_refused = false;         ///< in spite of the payload's hint
  };

  Transfer accept_from(Channel& channel, const Burst& burst, std::uint8_t* data, std::int64_t offer);
  Transfer transport(Channel& channel, const Burst& burst, std::uint8_t* data, bool carries_data, std::int64_t accept);
  /// Asks for DMI after a transport that allows it.
  void request_dmi(Channel& channel);
  /// Carries out the channel's payload by DMI, adding its latency to `delay`; false where none is granted.
  bool transfer_directly(Channel& channel, bool carries_data, sc_core::sc_time* delay) const;
  void invalidate_dmi(sc_dt::uint64 first, sc_dt::uint64 last);
  DataChannel::Beats beats_of_delay(Channel& channel, const Burst& burst, std::int64_t accept,
                                    const sc_core::sc_time& delay) const;

  RunContext& context_;
  Channel read_{tlm::TLM_READ_COMMAND}, write_{tlm::TLM_WRITE_COMMAND};
  bool memory_is_timed_ = false;
  std::function<void(std::int64_t)> settle_;
  std::vector<std::uint8_t> scratch_;  ///< stands for the data that level timing does not carry
};

}  // namespace systoliq::model
