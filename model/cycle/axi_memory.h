// SPDX-License-Identifier: Apache-2.0
// The external memory behind five AXI4 channels, a beat at a time, with the latency and bandwidth of docs/timing.md.
// RTL: the memory of the co-simulation's test bench.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "model/cycle/machine.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model::cycle {

class AxiMemory final : public sc_core::sc_module {
 public:
  /// A beat of read data, in order of the addresses.
  struct ReadBeat {
    const std::uint8_t* data = nullptr;
    int bytes = 0;
    bool last = false;
  };

  AxiMemory(const sc_core::sc_module_name& name, Machine& machine) : sc_module(name), machine_(machine) {}
  void configure(std::vector<std::uint8_t> bytes);
  std::vector<std::uint8_t> take_bytes() { return std::move(bytes_); }
  /// The channels, under the names of the accelerator's ports.
  void declare(TraceSink& trace) const;

  /// An address is accepted in this cycle. Throws InternalError outside of the memory.
  void accept_read(const Burst& burst);
  void accept_write(const Burst& burst);
  /// The beat on the read data channel in this cycle, if there is one.
  bool read_beat(ReadBeat* beat);
  /// The next beat of write data, if one may pass in this cycle: where it goes. *last: the burst's last.
  std::uint8_t* write_beat(int* bytes, bool* last);
  /// The beat's data have been put there.
  void written(const std::uint8_t* place, int bytes);
  /// A write response comes in this cycle.
  bool response();

  bool quiet() const { return reads_.empty() && writes_.empty() && responses_.empty(); }

 private:
  struct Transfer {
    std::int64_t address = 0;
    int left = 0;
    std::int64_t may_begin = 0;
  };
  void require(const Burst& burst) const;
  void show_data(std::int64_t address);
  int beat_bytes(const Transfer& transfer) const;

  Machine& machine_;
  std::vector<std::uint8_t> bytes_;
  std::deque<Transfer> reads_, writes_;
  std::deque<std::int64_t> responses_;  ///< cycles

  std::int64_t ar_cycle_ = -1, aw_cycle_ = -1;
  bool arvalid_ = false, rvalid_ = false, rlast_ = false, awvalid_ = false, wvalid_ = false, wlast_ = false,
       bvalid_ = false;
  std::int64_t araddr_ = 0, awaddr_ = 0;
  std::int32_t arbytes_ = 0, awbytes_ = 0, rbytes_ = 0, wbytes_ = 0;
  std::vector<std::uint64_t> rdata_, wdata_;  ///< the buses, lowest lanes first; empty without a trace
};

}  // namespace systoliq::model::cycle
