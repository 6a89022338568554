// SPDX-License-Identifier: Apache-2.0
// The memory that the Verilated accelerator sees on its AXI4 port, with the latency and bandwidth of the model's
// (model/timing/memory_timing.h): a read burst's first beat comes latency_cycles after its address was accepted, beats
// follow one a cycle and bursts in order, a write's response comes latency_cycles after its last beat. What no AXI4
// memory would accept is an InternalError.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "model/config/accelerator_config.h"

namespace systoliq::rtl {

/// What an address channel says.
struct AxiAddress {
  std::uint64_t address = 0;
  int beats = 0;  ///< AxLEN + 1
  int size = 0;   ///< AxSIZE: log2 of the bytes of a beat
  int burst = 0;  ///< AxBURST
};

class AxiMemory final {
 public:
  AxiMemory(const model::MemoryConfig& config, std::vector<std::uint8_t> bytes);

  /// The beat on the read data channel in this cycle.
  struct Beat {
    bool valid = false, last = false;
    std::int64_t address = 0;  ///< of the beat's first byte lane
  };
  Beat read_beat(std::int64_t cycle) const;
  /// The beat was taken.
  void take_read_beat();
  bool response(std::int64_t cycle) const;
  void take_response();

  /// What was accepted in this cycle. Throws InternalError if beats are not as wide as the bus, the burst is no INCR,
  /// leaves memory or crosses a boundary of 4 KiB.
  void accept_read(std::int64_t cycle, const AxiAddress& address);
  void accept_write(const AxiAddress& address);
  /// A beat of write data; returns the address of its first byte lane. Throws InternalError if no burst expects it or
  /// `last` is wrong.
  std::int64_t accept_beat(std::int64_t cycle, bool last);

  /// A byte of a beat; 0 in the lanes of memory's last beat that lie beyond its end. Throws InternalError elsewhere.
  std::uint8_t byte(std::int64_t address) const;
  /// Throws InternalError outside of memory.
  void set_byte(std::int64_t address, std::uint8_t value);
  std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  struct Burst {
    std::int64_t address = 0;  ///< of the next beat's first byte lane
    int beats_left = 0;
    std::int64_t time = 0;  ///< read: first cycle of its data; written: cycle of its response
  };
  Burst checked(const AxiAddress& address, std::int64_t time) const;

  model::MemoryConfig config_;
  std::vector<std::uint8_t> bytes_;
  std::deque<Burst> reads_, writes_, responses_;
};

}  // namespace systoliq::rtl
