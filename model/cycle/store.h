// SPDX-License-Identifier: Apache-2.0
// STORE: activation buffer to memory. RTL: systoliq_store.sv, systoliq_store_reader.sv.
//
// Words are read one a cycle, in order, into slots of the data buffer; a burst's address is offered in the cycle after
// the last word that it contains any byte of was read. A word waits until the slot of the burst in which it begins is
// free.
#pragma once

#include <deque>
#include <vector>

#include "model/cycle/burst_cutter.h"
#include "model/cycle/engine.h"

namespace systoliq::model::cycle {

class StoreBlock final : public EngineBlock {
 public:
  StoreBlock(const sc_core::sc_module_name& name, Machine& machine, Semaphores& semaphores)
      : EngineBlock(name, Engine::kStore, machine, semaphores) {}
  void clear() override;
  void declare(TraceSink& trace) const;

  void start();
  /// The burst that is offered in this cycle, if there is one, and its acceptance.
  bool offers();
  Burst burst() const { return started_[offering_].addresses.burst(); }
  void accepted();
  /// After the address of a cycle.
  void read_word();
  /// The next bytes of data, in the order of the bursts; *last: a burst's last.
  void send(std::uint8_t* place, int bytes, bool last);
  void response();

 private:
  struct Transfer {
    BurstCutter addresses, slots;  ///< bursts to be offered; bursts that words are read into
    std::int64_t words = 0, read = 0;
    int lanes_left = 0;               ///< of the record that is read
    int bit = 0;                      ///< of the last byte, where the next lane begins; 0: of a new one
    std::int64_t offered_until = 0;   ///< bytes of the bursts accepted
    std::int64_t slot_end = 0;        ///< where in the data the burst ends that words are read into
    std::int64_t responses_left = 0;  ///< of bursts accepted
    std::int64_t row_address = 0;
    int x = 0;
    std::vector<std::uint8_t> bytes;
    std::int64_t sent = 0;
    std::int64_t complete_bytes() const { return static_cast<std::int64_t>(bytes.size()) - (bit == 0 ? 0 : 1); }
  };
  void append_word(const Store& store, const std::int16_t* word, Transfer* transfer);
  bool slot_free(Transfer& transfer);

  std::deque<Transfer> started_;  ///< as in_flight()
  std::size_t offering_ = 0, reading_ = 0, sending_ = 0;
  std::int64_t slots_filled_ = 0, bursts_sent_ = 0;  ///< bursts begun to be read, and sent, of all STOREs
  bool burst_valid_o = false, burst_ready_i = false, activation_read_o = false;
  std::int32_t activation_read_address_o = 0;
};

}  // namespace systoliq::model::cycle
