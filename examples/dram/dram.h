// SPDX-License-Identifier: Apache-2.0
// A small DRAM with banks and refresh, in place of a simulator: requests in order of arrival; a row that is open
// answers after CL, another row must be opened first, after the old one has been closed; every refresh interval all
// banks stand still and lose their rows. Its target socket takes any number of initiators and speaks the base protocol,
// like that of DRAMSys.
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/peq_with_cb_and_phase.h>

#include <array>
#include <cstdint>
#include <map>
#include <systemc>
#include <vector>

namespace example {

/// Times in picoseconds, of DDR3-1600 (11-11-11) with a bus of 8 bytes.
struct DramTimes {
  std::int64_t clock = 1250, cas = 13750, activate = 13750, precharge = 13750;
  std::int64_t refresh_interval = 7'800'000, refresh = 160'000;
  int bytes_per_beat = 8;  ///< two beats a clock
};

class Dram : public sc_core::sc_module {
 public:
  Dram(const sc_core::sc_module_name& name, std::size_t bytes, const DramTimes& times = {});

  tlm_utils::multi_passthrough_target_socket<Dram> socket{"socket"};

  struct Counts {
    std::int64_t hits = 0, misses = 0, refreshes = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  static constexpr int kBanks = 8;
  static constexpr std::int64_t kRowBytes = 8192, kClosed = -1;

  tlm::tlm_sync_enum nb_transport_fw(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  unsigned transport_dbg(int initiator, tlm::tlm_generic_payload& payload);
  void on_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
  /// When the last beat of a transfer that arrives now has passed, in picoseconds.
  std::int64_t schedule(const tlm::tlm_generic_payload& payload);
  void refresh_until(std::int64_t now);
  void answer(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase);

  std::vector<std::uint8_t> bytes_;
  DramTimes times_;
  Counts counts_;
  std::array<std::int64_t, kBanks> open_row_{}, bank_free_{};
  std::int64_t bus_free_ = 0, next_refresh_;
  std::map<tlm::tlm_generic_payload*, int> initiator_of_;
  tlm_utils::peq_with_cb_and_phase<Dram> phases_;
};

}  // namespace example
